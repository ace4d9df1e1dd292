"""User-facing texts about alerts and incidents of an active run."""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QLocale

from engine.events import (
    ALERT_REMEDIES,
    Alert,
    DatasetVerified,
    LogRestored,
    MicroBatchingEnabled,
    RolledBack,
    RunResumed,
    StepsSkipped,
)
from studio.i18n import translate_engine
from studio.models.run_state import count_text


@dataclass(frozen=True)
class Advice:
    """A problem and what to do about it, in the user's language."""

    trouble: str
    remedy: str


def advice(alert: Alert) -> Advice:
    """Return what an alert means and what to change."""
    trouble = {
        Alert.MODE_COLLAPSE: translate(
            "Health", "The generator makes the same thing again and again."
        ),
        Alert.DISCRIMINATOR_WINNING: translate(
            "Health", "The discriminator is never wrong, so the generator learns nothing."
        ),
        Alert.OVERFITTING: translate(
            "Health", "The discriminator has memorised the training pairs."
        ),
        Alert.GRID: translate(
            "Health", "The pictures show a fine grid or grain that real ones do not have."
        ),
        Alert.BLUR: translate("Health", "The pictures are blurred."),
        Alert.INCOHERENT: translate(
            "Health", "The pictures match their texts no more often than by chance."
        ),
        Alert.NON_FINITE: translate("Health", "A loss is no longer a number."),
    }[alert]
    return Advice(trouble, translate_engine(ALERT_REMEDIES[alert]))


def evidence_text(evidence: Mapping[str, float]) -> str:
    """Format the figures behind an alert."""
    return ", ".join(f"{name} {value:.3g}" for name, value in sorted(evidence.items()))


translate = QCoreApplication.translate
_SHOWN_STEPS = 5


def skipped_text(event: StepsSkipped) -> Advice:
    """Return which steps were skipped, and why."""
    shown = ", ".join(count_text(step) for step in event.steps[:_SHOWN_STEPS])
    steps = f"{shown}, …" if len(event.steps) > _SHOWN_STEPS else shown
    return Advice(
        translate("Trouble", "Steps were left out at {0} images. Not a number: {1}.").format(
            count_text(event.images_seen), ", ".join(event.terms)
        ),
        translate("Trouble", "They changed nothing (step {0}). Training continues.").format(steps),
    )


def rolled_back_text(event: RolledBack) -> Advice:
    """Return how far a run was rolled back, and what has changed."""
    percent = QLocale().toString(event.rate_scale * 100, "g", 3) + " %"
    return Advice(
        translate("Trouble", "Training became unstable at {0} images.").format(
            count_text(event.from_images_seen)
        ),
        translate(
            "Trouble", "It went back to {0} images and continues with {1} of the learning rate."
        ).format(count_text(event.images_seen), percent),
    )


def split_text(event: MicroBatchingEnabled) -> Advice:
    """Return that a batch did not fit into memory, with the measured sizes."""
    remedy = translate(
        "Trouble", "Each batch is now split into {0} micro-batches, to the same effect but slower."
    ).format(count_text(event.num_micro_batches))
    if event.memory_bytes and event.budget_bytes:
        measured = translate("Trouble", "{0} of {1} were taken.").format(
            size_text(event.memory_bytes), size_text(event.budget_bytes)
        )
        remedy = f"{remedy} {measured}"
    return Advice(
        translate("Trouble", "A batch of {0} does not fit into memory.").format(
            count_text(event.batch_size)
        ),
        remedy,
    )


def skipped_checkpoints_text(event: RunResumed) -> Advice | None:
    """Return which checkpoints were damaged and which one was used, or ``None``."""
    if not event.skipped_checkpoints:
        return None
    return Advice(
        translate("Trouble", "Damaged checkpoints were skipped: {0}.").format(
            "; ".join(event.skipped_checkpoints)
        ),
        translate("Trouble", "The run resumes from {0} ({1} images), which is intact.").format(
            event.checkpoint, count_text(event.images_seen)
        ),
    )


def damage_text(event: DatasetVerified) -> Advice | None:
    """Return what has changed in a dataset since it was written, or ``None`` if it is intact."""
    if not event.damage:
        return None
    return Advice(
        translate("Trouble", "The dataset has changed since it was written: {0}.").format(
            ", ".join(event.damage)
        ),
        translate("Trouble", "Training continues with it. Import it again, or restore a backup."),
    )


def restored_text(event: LogRestored) -> Advice:
    """Return that a deleted log was restored."""
    return Advice(
        translate("Trouble", "The log of this run was deleted."),
        translate("Trouble", "Its {0} are restored, and training continues.").format(
            size_text(event.bytes_restored)
        ),
    )


def held_text(holder: str, *, takes_requests: bool) -> Advice:
    """Return that another program trains the run, and what can be done here."""
    remedy = translate("Trouble", "It can be resumed here once that program has stopped it.")
    if takes_requests:
        remedy = translate("Trouble", "Pause, Stop and the other buttons are passed on to it.")
    return Advice(
        translate("Trouble", "Another program trains this run: {0}.").format(holder), remedy
    )


def unanswered_text() -> Advice:
    """Return that another program has not answered a request."""
    return Advice(
        translate("Trouble", "The program that trains this run has not answered yet."),
        translate(
            "Trouble",
            "In a synchronised folder this can take minutes. If it never answers, use the "
            "terminal in which it runs.",
        ),
    )


def refused_text(refusal: str) -> Advice:
    """Return that another program refuses a request, with its reason."""
    return Advice(
        translate("Trouble", "The program that trains this run refuses the request: {0}.").format(
            refusal
        ),
        translate("Trouble", "Check the clocks of both computers, then try again."),
    )


def holder_text(pid: int, host: str) -> str:
    """Return the name of the process that trains a run."""
    return translate("Trouble", "process {0} on {1}").format(pid, host)


def size_text(count: int) -> str:
    """Format a number of bytes."""
    return QLocale().formattedDataSize(count)
