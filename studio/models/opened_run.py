"""A run that lies on disk, as the window shows it: how it stands, and whether it can go on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.errors import EngineError
from engine.events import LossesReported
from engine.runs.folder import RunFolder
from engine.runs.standing import RunStanding, Standing, standing_of
from studio.models.more_training import Resumable
from studio.models.run_life import Happening, LifeState, next_state
from studio.models.run_status import RunState, RunStatus
from studio.models.trouble_text import holder_text

_OPENED = {
    Standing.RUNNING: (Happening.OPENED_NEW, RunState.ELSEWHERE),
    Standing.NEW: (Happening.OPENED_NEW, RunState.IDLE),
    Standing.FINISHED: (Happening.OPENED_ENDED, RunState.FINISHED),
    Standing.STOPPED: (Happening.OPENED_ENDED, RunState.STOPPED),
    Standing.FAILED: (Happening.OPENED_BROKEN, RunState.FAILED),
    Standing.INTERRUPTED: (Happening.OPENED_UNENDED, RunState.INTERRUPTED),
}


@dataclass(frozen=True, kw_only=True)
class OpenedRun:
    """How a run on disk is shown."""

    status: RunStatus
    resumable: Resumable | None
    """Set where it can go on and nobody trains it."""


def opened_run(before: LifeState, folder: Path, reports: Sequence[LossesReported]) -> OpenedRun:
    """Find out how to show a run.

    Args:
        before: state of the run that was shown before; it must not be under way.
        folder: of the run on disk.
        reports: what its log says of its losses.

    Raises:
        ValueError: another run is under way.
    """
    stands = standing_of(folder)
    holder = stands.holder
    is_cut_off = stands.standing is Standing.INTERRUPTED
    resumable = None if holder else resumable_run(folder, reports, begins_again=is_cut_off)
    happening, state = _opened(stands, resumable)
    progress = replace(reports[-1].progress, remaining_s=None) if reports else None
    status = RunStatus(
        life=next_state(before, happening),
        state=state,
        name=folder.name,
        progress=progress,
        saved_images=resumable.images_seen if resumable else 0,
        saved_s=resumable.elapsed_s if resumable else 0.0,
        holder=holder_text(holder.pid, holder.host) if holder else "",
    )
    return OpenedRun(status=status, resumable=resumable)


def resumable_run(
    folder: Path, reports: Sequence[LossesReported], *, begins_again: bool = False
) -> Resumable | None:
    """Give what is needed to go on with a run, or ``None`` where it has no checkpoint.

    Args:
        folder: of the run.
        reports: what its log says of its losses.
        begins_again: a run that was cut off before its first checkpoint goes on from its beginning.
    """
    run = RunFolder(folder)
    checkpoints = run.checkpoint_paths()
    if not checkpoints and not begins_again:
        return None
    try:
        config = run.read_config()
    except EngineError:
        return None
    images = _images_in(checkpoints[-1]) if checkpoints else 0
    times = [r.progress.elapsed_s for r in reports if r.progress.images_seen <= images]
    return Resumable(
        config=config.with_values(run=folder),
        images_seen=images,
        elapsed_s=times[-1] if times else 0.0,
    )


def _opened(stands: RunStanding, run: Resumable | None) -> tuple[Happening, RunState]:
    if run is not None:
        if stands.standing is Standing.NEW:
            # A branch: it has a checkpoint to go on from, and no past of its own.
            return Happening.OPENED_UNENDED, RunState.IDLE
        if stands.standing is Standing.STOPPED and run.images_seen < stands.images_seen:
            return Happening.OPENED_ENDED, RunState.DISCARDED
    return _OPENED[stands.standing]


def _images_in(checkpoint: Path) -> int:
    digits = "".join(filter(str.isdecimal, checkpoint.name))
    return int(digits or 0)
