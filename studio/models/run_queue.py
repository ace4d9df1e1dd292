"""The queue of runs, stored in a file of the workspace so that it survives a restart."""

import logging
from collections.abc import Iterable, Iterator
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
    """State of a queued run; finished runs leave the queue."""

    WAITING = "waiting"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    """Stopped by the user or by the end of the program; resumed from its checkpoint."""
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class QueuedRun:
    """One run in the queue."""

    plan: RunPlan
    state: QueueState = QueueState.WAITING
    reason: str = ""
    """Why the run failed."""

    @property
    def name(self) -> str:
        """Name of the run."""
        return self.plan.config.run.name

    @property
    def is_due(self) -> bool:
        """Whether the run may be started."""
        return self.state in (QueueState.WAITING, QueueState.INTERRUPTED)


@dataclass(frozen=True, kw_only=True)
class _StoredQueue:
    """Content of the queue file."""

    stops_on_failure: bool = False
    runs: tuple[QueuedRun, ...]


class RunQueue:
    """The queue of runs.

    Every change is saved before its method returns. Raises ``FolderNotWritableError`` or
    ``DiskFullError`` if that fails.

    Args:
        file: of the workspace; a damaged one is renamed, and the queue starts empty.
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
        """Number of runs that may be started."""
        return sum(run.is_due for run in self._runs)

    def set_stops_on_failure(self, *, stops: bool) -> None:
        """Set whether a failed run holds up the others."""
        self.stops_on_failure = stops
        self._save()

    def add(self, plan: RunPlan) -> QueuedRun:
        """Append a run; if its name is taken, it gets the next free one."""
        self._runs.append(QueuedRun(plan=self.with_free_name(plan)))
        self._save()
        return self._runs[-1]

    def add_all(self, plans: Iterable[RunPlan]) -> None:
        """Append several runs, which are saved at once."""
        for plan in plans:
            self._runs.append(QueuedRun(plan=self.with_free_name(plan)))
        self._save()

    def remove(self, place: int) -> None:
        """Remove a run."""
        del self._runs[place]
        self._save()

    def move(self, place: int, to: int) -> None:
        """Move a run to another place."""
        self._runs.insert(to, self._runs.pop(place))
        self._save()

    def change(self, place: int, state: QueueState, reason: str = "") -> None:
        """Set the state of a run."""
        self._runs[place] = replace(self._runs[place], state=state, reason=reason)
        self._save()

    def replace_plan(self, place: int, plan: RunPlan) -> None:
        """Replace the plan of a run, such as to rename it."""
        self._runs[place] = replace(self._runs[place], plan=plan)
        self._save()

    def next_due(self) -> int | None:
        """Return the place of the next run to start, or ``None``."""
        return next((place for place, run in enumerate(self._runs) if run.is_due), None)

    def running(self) -> int | None:
        """Return the place of the running run, or ``None``."""
        states = [run.state for run in self._runs]
        return states.index(QueueState.RUNNING) if QueueState.RUNNING in states else None

    def with_free_name(self, plan: RunPlan, but: int | None = None) -> RunPlan:
        """Return the plan with a folder that neither exists nor belongs to another queued run."""
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
        # The process that trained a running one is gone.
        self._runs = [
            replace(run, state=QueueState.INTERRUPTED) if run.state is QueueState.RUNNING else run
            for run in stored.runs
        ]

    def _save(self) -> None:
        stored = _StoredQueue(runs=tuple(self._runs), stops_on_failure=self.stops_on_failure)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(self._file, to_json(stored, version=FORMAT))
