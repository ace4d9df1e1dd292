"""What the engine tells whoever started a job.

Events hold numbers, strings, paths, exceptions and ``uint8`` arrays, never tensors. A training run
emits ``RunReady`` whenever its networks stand, any number of the others, and ends with exactly
one ``RunEnded``. Other jobs speak in the events of ``engine.events``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

ImageArray = npt.NDArray[np.uint8]


class Phase(StrEnum):
    """What a training run is doing."""

    LOADING = "loading"
    WARMING_UP = "warming_up"
    TRAINING = "training"
    SAMPLING = "sampling"
    """A preview is drawn because somebody asked for it."""
    EVALUATING = "evaluating"
    SAVING = "saving"


class Alert(StrEnum):
    """What can go wrong with a run that goes on."""

    MODE_COLLAPSE = "mode_collapse"
    """The generator makes the same thing again and again."""
    DISCRIMINATOR_WINNING = "discriminator_winning"
    """The discriminator is never wrong, so the generator has nothing to follow."""
    OVERFITTING = "overfitting"
    """The discriminator knows the training items by heart."""
    NON_FINITE = "non_finite"
    """A loss or gradient became infinite or not a number."""


class Outcome(StrEnum):
    """How a job ended."""

    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run has come. Pauses, loading and warming up do not count as elapsed."""

    images_seen: int
    """Real images that the discriminator has been trained on."""
    elapsed_s: float
    remaining_s: float | None
    """Seconds until the run is over, on a clock on the wall: with previews, checkpoints and
    evaluations, without pauses. ``None`` while unknown or when it goes on until it is stopped."""
    fraction: float | None
    """0 to 1; ``None`` when the run goes on until it is stopped."""
    images_per_s: float


@dataclass(frozen=True, kw_only=True)
class PhaseChanged:
    """The run has entered another phase."""

    phase: Phase


@dataclass(frozen=True, kw_only=True)
class RunReady:
    """Data and networks stand; training is about to begin."""

    folder: Path
    dataset: str
    pairs: int
    """Training pairs."""
    image_size: int
    """Side length in pixels."""
    device: str
    """Name a person knows, such as ``CPU, 2 threads`` or the GPU's model."""
    generator_parameters: int
    discriminator_parameters: int


@dataclass(frozen=True, kw_only=True)
class MetricsReported:
    """Means over the batches since the last report; at most four reports a second."""

    progress: Progress
    losses: Mapping[str, float]
    """By name: ``generator``, ``discriminator``, ``penalty``, ``text_nll``."""
    metrics: Mapping[str, float]
    """Live health metrics by name, such as ``real_score`` and ``fake_score`` (probabilities)."""


@dataclass(frozen=True, kw_only=True)
class PreviewReady:
    """A grid of pairs from the fixed preview noise, already on disk as one PNG sheet."""

    images_seen: int
    elapsed_s: float
    images: ImageArray
    """[N, H, W, 3]."""
    texts: tuple[str, ...]
    path: Path


@dataclass(frozen=True, kw_only=True)
class EvaluationCompleted:
    """How good the run's samples are, in the metrics of ``engine.metrics``."""

    images_seen: int
    elapsed_s: float
    metrics: Mapping[str, float]
    """By name, such as ``kid`` and ``joint_coherence``; what could not be measured is absent."""
    best: frozenset[str] = frozenset()
    """Names of the metrics that are the best of the run so far."""


@dataclass(frozen=True, kw_only=True)
class EvaluationFailed:
    """Quality could not be measured; training goes on."""

    error: Exception


@dataclass(frozen=True, kw_only=True)
class AlertChanged:
    """An alert began or ended."""

    alert: Alert
    is_raised: bool
    images_seen: int
    evidence: Mapping[str, float]
    """The metrics that tell, by name."""


@dataclass(frozen=True, kw_only=True)
class BatchSizeSelected:
    """The batch size that a measurement settled on."""

    batch_size: int
    images_per_s: float
    """Measured with that batch."""
    memory_bytes: int
    """Largest memory that a step took; 0 where it cannot be told."""
    budget_bytes: int
    """Memory that a step may take; 0 where it cannot be told."""
    refused: int = 0
    """The next larger batch that did not fit or brought nothing; 0 when none was tried."""


@dataclass(frozen=True, kw_only=True)
class CheckpointSaved:
    """A checkpoint is safe on disk."""

    images_seen: int
    path: Path


@dataclass(frozen=True, kw_only=True)
class RunResumed:
    """The run goes on from a checkpoint; what it had done since then is done again."""

    images_seen: int
    elapsed_s: float
    checkpoint: str
    """Name of the checkpoint."""
    skipped_checkpoints: tuple[str, ...] = ()
    """Newer checkpoints that are damaged: name and reason of each."""


@dataclass(frozen=True, kw_only=True)
class RunPaused:
    """The run stands still; the next ``PhaseChanged`` says that it goes on."""

    images_seen: int
    is_released: bool = False
    """Its memory was given back, after a checkpoint."""
    error: Exception | None = None
    """Set when nobody asked for it: what keeps the run from saving. It tries again now and then."""


@dataclass(frozen=True, kw_only=True)
class RunRelocated:
    """The run goes on in another folder, which somebody offered; all later files are there."""

    folder: Path


@dataclass(frozen=True, kw_only=True)
class StepsSkipped:
    """Some steps would have spoilt the weights, and changed nothing."""

    images_seen: int
    steps: tuple[int, ...]
    """Numbers of the steps, ascending."""
    terms: tuple[str, ...]
    """Losses and gradients that were infinite or not a number, such as ``discriminator``."""


@dataclass(frozen=True, kw_only=True)
class RolledBack:
    """After many skipped steps the run went back to its last good state, with a lower rate."""

    images_seen: int
    """Where it goes on from."""
    from_images_seen: int
    rate_scale: float
    """What the learning rates are multiplied with from here on."""


@dataclass(frozen=True, kw_only=True)
class MicroBatchingEnabled:
    """A step did not fit into memory: batches are learnt from in parts, to the same effect."""

    images_seen: int
    batch_size: int
    """Unchanged: of the whole batch."""
    num_micro_batches: int
    memory_bytes: int
    """Most memory that was taken before, on the CPU by the whole process; 0 where it cannot be
    told."""
    budget_bytes: int
    """Memory of the device; 0 where it cannot be told."""


@dataclass(frozen=True, kw_only=True)
class PreviewFailed:
    """A preview could not be made or written; training goes on."""

    error: Exception


@dataclass(frozen=True, kw_only=True)
class RunEnded:
    """The last event of every run, whichever way it ended."""

    outcome: Outcome
    folder: Path
    images_seen: int
    elapsed_s: float
    images_saved: int = 0
    """Images seen at the newest checkpoint; 0 when there is none."""
    error: Exception | None = None
    """Set when the outcome is ``FAILED``."""


RunEvent = (
    PhaseChanged
    | RunReady
    | MetricsReported
    | PreviewReady
    | PreviewFailed
    | EvaluationCompleted
    | EvaluationFailed
    | AlertChanged
    | BatchSizeSelected
    | CheckpointSaved
    | RunResumed
    | RunPaused
    | RunRelocated
    | StepsSkipped
    | RolledBack
    | MicroBatchingEnabled
    | RunEnded
)
Emit = Callable[[RunEvent], None]


# --------------------------------------------------------------------------
# What galleries and imports tell whoever started them.
#
# A gallery emits ``GalleryProgressed`` and ends with exactly one ``GalleryEnded``, an import
# likewise ``ImportProgressed`` and ``ImportEnded``.


class ImportStage(StrEnum):
    """What an import is doing."""

    LISTING = "listing"
    """Names are read."""
    SCANNING = "scanning"
    """Texts and images are brought together."""
    DECODING = "decoding"
    """Images are decoded and checked."""
    EXAMINING = "examining"
    """The doctor compares them."""
    WRITING = "writing"
    """The dataset is put in its place."""


@dataclass(frozen=True, kw_only=True)
class GalleryProgressed:
    """Some pairs of a gallery are written."""

    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class GalleryEnded:
    """The last event of every gallery. A stopped gallery keeps the pairs that it has."""

    outcome: Outcome
    folder: Path
    count: int
    error: Exception | None = None


@dataclass(frozen=True, kw_only=True)
class ImportProgressed:
    """An import has come further; at most ten such reports a second."""

    stage: ImportStage
    done: int
    total: int
    """0 while it is not known."""
    items_per_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ImportEnded:
    """The last event of every import. What is not finished leaves no dataset."""

    outcome: Outcome
    folder: Path
    """Of the dataset."""
    version: str = ""
    """Content hash of the dataset; empty when there is none."""
    imported: int = 0
    """Items in the dataset."""
    skipped: int = 0
    """Items and files that are not."""
    report: Path | None = None
    """The readable report, where one was written."""
    error: Exception | None = None


GalleryEvent = GalleryProgressed | GalleryEnded
ImportEvent = ImportProgressed | ImportEnded
GalleryEmit = Callable[[GalleryEvent], None]
ImportEmit = Callable[[ImportEvent], None]
