"""Runs that wait their turn, in a file of the workspace: they wait through a restart too."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from engine.errors import ConfigError
from engine.fs.atomic import atomic_write
from engine.fs.codec import from_json, to_json
from engine.fs.untrusted import MalformedFileError, read_regular
from engine.runs.metadata import free_name_like
from studio.models.run_form import RunPlan

FILE_NAME = "queue.json"
FORMAT = 2
_MAX_FILE_BYTES = 8_000_000
_log = logging.getLogger(__name__)


class QueueState(StrEnum):
    """How a run in the queue stands; one that is done is in the queue no more."""

    WAITING = "waiting"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    """It was stopped, or the program went down while it ran; it goes on where it was left."""
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class QueuedRun:
    """One run in the queue."""

    plan: RunPlan
    state: QueueState = QueueState.WAITING
    reason: str = ""
    """Why it failed."""

    @property
    def name(self) -> str:
        """The run's name."""
        return self.plan.config.run.name

    @property
    def is_due(self) -> bool:
        """Whether it may be started."""
        return self.state in (QueueState.WAITING, QueueState.INTERRUPTED)


@dataclass(frozen=True, kw_only=True)
class _StoredQueue:
    """The content of the queue's file."""

    stops_on_failure: bool = False
    runs: tuple[QueuedRun, ...]


class RunQueue:
    """The order of runs to come.

    Every change is on disk when its method returns; each raises ``FolderNotWritableError`` or
    ``DiskFullError`` if it cannot be saved.

    Args:
        file: of the workspace; one that is damaged is kept aside, and the queue begins empty.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._runs: list[QueuedRun] = []
        self.stops_on_failure = False
        """Whether a failed run holds up the others; set with ``set_stops_on_failure``."""
        self._load()

    def __iter__(self) -> Iterator[QueuedRun]:
        return iter(self._runs)

    def __len__(self) -> int:
        return len(self._runs)

    def __getitem__(self, place: int) -> QueuedRun:
        return self._runs[place]

    @property
    def due_count(self) -> int:
        """How many may still be started."""
        return sum(run.is_due for run in self._runs)

    def set_stops_on_failure(self, *, stops: bool) -> None:
        """Let a run that fails hold up the others, or not."""
        self.stops_on_failure = stops
        self._save()

    def add(self, plan: RunPlan) -> QueuedRun:
        """Put a run at the end; one whose name is taken gets the next free one."""
        self._runs.append(QueuedRun(plan=self.with_free_name(plan)))
        self._save()
        return self._runs[-1]

    def remove(self, place: int) -> None:
        """Take a run out."""
        del self._runs[place]
        self._save()

    def move(self, place: int, to: int) -> None:
        """Give a run another place; those between make room."""
        self._runs.insert(to, self._runs.pop(place))
        self._save()

    def change(self, place: int, state: QueueState, reason: str = "") -> None:
        """Note how a run stands."""
        self._runs[place] = replace(self._runs[place], state=state, reason=reason)
        self._save()

    def replace_plan(self, place: int, plan: RunPlan) -> None:
        """Note that a run will be made another way, such as under another name."""
        self._runs[place] = replace(self._runs[place], plan=plan)
        self._save()

    def next_due(self) -> int | None:
        """Give the place of the run that comes next, if there is one."""
        return next((place for place, run in enumerate(self._runs) if run.is_due), None)

    def running(self) -> int | None:
        """Give the place of the run that is under way, if there is one."""
        states = [run.state for run in self._runs]
        return states.index(QueueState.RUNNING) if QueueState.RUNNING in states else None

    def with_free_name(self, plan: RunPlan, but: int | None = None) -> RunPlan:
        """Give a plan whose folder neither exists nor is meant by another run of the queue."""
        folder = plan.config.run
        others = (run for place, run in enumerate(self._runs) if place != but)
        taken = frozenset(run.name for run in others if run.plan.config.run.parent == folder.parent)
        name = free_name_like(folder.parent, folder.name, taken)
        return replace(plan, config=plan.config.with_values(run=folder.parent / name))

    def _load(self) -> None:
        try:
            content = read_regular(self._file, _MAX_FILE_BYTES)
            stored = from_json(_StoredQueue, content, FILE_NAME, version=FORMAT)
        except FileNotFoundError:
            return
        except (OSError, MalformedFileError, ConfigError) as error:
            _log.info("The queue %s is not usable and begins empty: %s", self._file, error)
            try:
                self._file.replace(self._file.with_name("queue-damaged.json"))
            except OSError as failure:
                _log.info("The damaged queue cannot be kept: %s", failure)
            return
        self.stops_on_failure = stored.stops_on_failure
        # No process is left to say how a running one ended.
        self._runs = [
            replace(run, state=QueueState.INTERRUPTED) if run.state is QueueState.RUNNING else run
            for run in stored.runs
        ]

    def _save(self) -> None:
        stored = _StoredQueue(runs=tuple(self._runs), stops_on_failure=self.stops_on_failure)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(self._file, to_json(stored, version=FORMAT))
