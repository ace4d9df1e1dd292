"""Lists and changes the runs of a workspace."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

from engine.config.run import RunConfig
from engine.control import RunControl
from engine.errors import EngineError, SceneInvalidError
from engine.metrics.verdict import judge_run
from engine.runs.branching import BranchStart, make_branch
from engine.runs.catalogue import FILE_NAME, Catalogue
from engine.runs.checkpoint_files import read_metadata
from engine.runs.folder import RunFolder
from engine.runs.listing import ListedRun
from engine.runs.metadata import change_notes
from engine.runs.trash import (
    TrashedRun,
    delete_run,
    empty_trash,
    rename_run,
    restore_run,
    trash_bytes,
    trashed_runs,
)
from engine.sample.scene_file import SavedScene, read_scene
from engine.sample.scene_run import SceneRun, find_run
from studio.jobs.task import Task, TaskEnded

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class RunList:
    """The runs of a workspace and the content of its trash."""

    runs: tuple[ListedRun, ...]
    trashed: int = 0
    trash_bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class RunChanged:
    """A change to a run's folder."""

    folder: Path
    """Folder before the change."""
    result: object = None
    """The new folder, the object that undoes the change, or the bytes freed."""


@dataclass(frozen=True, kw_only=True)
class BranchChoices:
    """Checkpoints that a branch can start from."""

    source: Path
    starts: tuple[BranchStart, ...]
    """Newest first, then the best by each metric."""


@dataclass(frozen=True, kw_only=True)
class SceneSearch:
    """The scene of a picture, and the run that it is from."""

    path: Path
    """The picture."""
    saved: SavedScene | None
    """None if the picture holds no scene."""
    run: SceneRun | None
    """None if the run is not there."""


Change = Callable[[], object]


class RunJobs(QObject):
    """Lists runs in one thread and changes them one after the other in another."""

    listed = Signal(object)
    """Carries a ``RunList``."""
    changed = Signal(object)
    """Carries a ``RunChanged``."""
    judged = Signal(object)
    """Carries a ``JudgedRun``."""
    choices_found = Signal(object)
    """Carries ``BranchChoices``."""
    starts_found = Signal(object)
    """Carries ``BranchChoices``, too, to choose the nearest."""
    scene_run_searched = Signal(object)
    """Carries a ``SceneSearch``."""
    failed = Signal(object)
    """Carries the error."""
    branch_failed = Signal(object)
    """Carries the error, which ``failed`` carries too."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.listing = Task("list runs", self)
        self.changing = Task("change run", self)
        self.looking = Task("look for checkpoints", self)
        self.finding = Task("find checkpoints", self)
        self.branching = Task("branch run", self)
        self.judging = Task("judge run", self)
        self.searching = Task("find the run of a scene", self)
        self._waiting: deque[tuple[Path, Change]] = deque()
        self._now = Path()
        self.listing.ended.connect(partial(self._emit_result, self.listed))
        self.changing.ended.connect(self._on_change)
        self.looking.ended.connect(partial(self._emit_result, self.choices_found))
        self.finding.ended.connect(self._on_found)
        self.branching.ended.connect(self._on_branch)
        self.judging.ended.connect(partial(self._emit_result, self.judged))
        self.searching.ended.connect(partial(self._emit_result, self.scene_run_searched))

    @property
    def is_changing(self) -> bool:
        """Whether a change is running or queued."""
        return self.changing.is_running or bool(self._waiting)

    def list_runs(self, workspace: Path) -> None:
        """List the runs; emits ``listed``."""

        def work(_report: object, control: RunControl) -> RunList:
            runs = workspace / "runs"
            with Catalogue(runs, workspace / FILE_NAME if runs.is_dir() else None) as catalogue:
                catalogue.refresh(control=control)
                found = tuple(catalogue.runs())
            return RunList(
                runs=found, trashed=len(trashed_runs(runs)), trash_bytes=trash_bytes(runs)
            )

        self.listing.start(work)

    def rename(self, folder: Path, name: str) -> None:
        """Rename a run; the result is its folder."""
        self._change(folder, lambda: rename_run(folder, name))
        _log.info("Run %s is renamed to %s", folder, name)

    def delete(self, folder: Path) -> None:
        """Move a run to the trash; the result is a ``TrashedRun``."""
        self._change(folder, lambda: delete_run(folder))
        _log.info("Run %s is moved to the trash", folder)

    def restore(self, trashed: TrashedRun) -> None:
        """Restore a run from the trash; the result is its folder."""
        self._change(trashed.runs / trashed.name, lambda: restore_run(trashed))
        _log.info("Run %s is taken out of the trash", trashed.name)

    def empty_trash(self, workspace: Path) -> None:
        """Permanently delete the content of the trash; the result is the number of bytes freed."""
        runs = workspace / "runs"
        self._change(runs, lambda: empty_trash(runs))
        _log.info("The trash of %s is emptied", runs)

    def write_text(self, folder: Path, text: str) -> None:
        """Change the notes of a run; the result is the new notes."""
        self._change(folder, lambda: change_notes(folder, text=text))

    def star(self, folder: Path, *, is_starred: bool) -> None:
        """Star or unstar a run; the result is its notes."""
        self._change(folder, lambda: change_notes(folder, is_starred=is_starred))

    def branch(self, start: BranchStart, config: RunConfig) -> None:
        """Create a branch; the result is its configuration, ready to resume."""

        def work(_report: object, _control: RunControl) -> RunConfig:
            made = make_branch(RunFolder(start.source), start.checkpoint, config)
            return made.read_config().with_values(run=made.path)

        self.branching.start(work)
        _log.info("Run %s branches from %s", config.run, start.checkpoint)

    def find_choices(self, source: Path) -> None:
        """Find the checkpoints that a branch can start from; emits ``choices_found``."""
        self.looking.start(lambda _report, _control: _choices(source))

    def find_starts(self, source: Path) -> None:
        """Find the same checkpoints in the background; emits ``starts_found`` unless it fails."""
        self.finding.start(lambda _report, _control: _choices(source))

    @Slot(object)
    def judge(self, folder: Path) -> None:
        """Judge a run by its evaluations; emits ``judged``."""
        self.judging.start(lambda _report, _control: judge_run(folder))

    def find_scene_run(self, path: Path, parents: Sequence[Path]) -> None:
        """Find the run that made a picture; emits ``scene_run_searched``.

        Args:
            path: of the picture.
            parents: folders of run folders, those that count first come first.
        """

        def work(_report: object, _control: RunControl) -> SceneSearch:
            try:
                saved = read_scene(path)
            except SceneInvalidError as error:
                _log.info("%s holds no scene: %s", path, error)
                return SceneSearch(path=path, saved=None, run=None)
            return SceneSearch(path=path, saved=saved, run=find_run(saved, parents))

        self.searching.start(work)

    def cancel(self) -> None:
        """Cancel listing; queued changes are still made before the program ends."""
        self.listing.cancel()
        self.looking.cancel()
        self.finding.cancel()
        self.judging.cancel()
        self.searching.cancel()

    def wait(self, timeout_ms: int) -> bool:
        """Block until all threads have ended, when quitting. Returns whether they did in time."""
        is_done = self.changing.wait(timeout_ms)
        while self._waiting and is_done:
            folder, change = self._waiting.popleft()
            try:
                change()
            except (EngineError, OSError) as error:
                _log.warning("%s is not changed: %s", folder, error)
        others = (
            self.listing,
            self.looking,
            self.finding,
            self.branching,
            self.judging,
            self.searching,
        )
        return all([is_done, *(task.wait(timeout_ms) for task in others)])

    def _change(self, folder: Path, change: Change) -> None:
        # Queued here, because a task drops an older request in favour of a newer one.
        self._waiting.append((folder, change))
        if not self.changing.is_running:
            self._begin_next()

    def _begin_next(self) -> None:
        if self._waiting:
            self._now, change = self._waiting.popleft()
            self.changing.start(lambda _report, _control: change())

    @Slot(object)
    def _on_change(self, event: TaskEnded) -> None:
        folder = self._now
        self._begin_next()
        if event.error is not None:
            self.failed.emit(event.error)
        else:
            self.changed.emit(RunChanged(folder=folder, result=event.result))

    @Slot(object)
    def _on_branch(self, event: TaskEnded) -> None:
        if event.error is not None:
            self.failed.emit(event.error)
            self.branch_failed.emit(event.error)
        elif isinstance(event.result, RunConfig):
            self.changed.emit(RunChanged(folder=event.result.run, result=event.result))

    @Slot(object)
    def _on_found(self, event: TaskEnded) -> None:
        if event.error is not None:
            # Whoever wants to branch is told then.
            _log.info("The checkpoints cannot be listed: %s", event.error)
        elif isinstance(event.result, BranchChoices):
            self.starts_found.emit(event.result)

    def _emit_result(self, found: SignalInstance, event: TaskEnded) -> None:
        if event.error is not None:
            self.failed.emit(event.error)
        elif event.result is not None:
            found.emit(event.result)


def _choices(source: Path) -> BranchChoices:
    run = RunFolder(source)
    run.read_config()
    paths = [*reversed(run.checkpoint_paths()), *run.best_paths()]
    starts: list[BranchStart] = []
    for path in paths:
        try:
            facts = read_metadata(path)
        except EngineError as error:
            _log.info("No branch can begin here: %s", error)
            continue
        start = BranchStart(
            source=source,
            checkpoint=path,
            images_seen=facts.images_seen,
            elapsed_s=facts.elapsed_s,
        )
        starts.append(start)
    return BranchChoices(source=source, starts=tuple(starts))
