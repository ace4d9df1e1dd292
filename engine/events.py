"""Events that jobs emit to their caller.

Events hold numbers, strings, paths, exceptions and ``uint8`` arrays, never tensors. A training run
emits ``RunReady`` when its networks are built, any number of other events, and exactly one
``RunEnded`` at the end. A gallery emits ``GalleryProgressed`` and exactly one ``GalleryEnded``, an
import ``ImportProgressed`` and exactly one ``ImportEnded``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

ImageArray = npt.NDArray[np.uint8]


class Phase(StrEnum):
    """Phase of a training run."""

    LOADING = "loading"
    WARMING_UP = "warming_up"
    TRAINING = "training"
    SAMPLING = "sampling"
    """A requested preview is drawn."""
    EVALUATING = "evaluating"
    SAVING = "saving"


class Alert(StrEnum):
    """Problems of a run that do not end it."""

    MODE_COLLAPSE = "mode_collapse"
    """The samples of the generator lack diversity."""
    DISCRIMINATOR_WINNING = "discriminator_winning"
    """The discriminator is almost always right, so the generator's gradients carry no signal."""
    OVERFITTING = "overfitting"
    """The discriminator has memorised the training items."""
    GRID = "fine_grid"
    """The images have far more detail of single pixels than real ones: a checkerboard or grain."""
    BLUR = "blur"
    """The images have far less detail of single pixels than real ones."""
    INCOHERENT = "incoherent"
    """Images and texts belong together no more often than by chance."""
    NON_FINITE = "non_finite"
    """A loss or gradient became infinite or NaN."""


ALERT_REMEDIES: Mapping[Alert, str] = {
    Alert.MODE_COLLAPSE: "Try a larger batch, relativistic pairing, or a lower rate.",
    Alert.DISCRIMINATOR_WINNING: "Try a larger penalty (gamma), R1 as regularizer, or fewer steps.",
    Alert.OVERFITTING: "Try augmentation, a smaller discriminator, or more data.",
    Alert.GRID: "Try longer training, a lower learning rate, or a wider discriminator.",
    Alert.BLUR: "Try longer training, a wider discriminator, or a GAN family; VAEs always blur.",
    Alert.INCOHERENT: "Try longer training, R1 as regularizer, or fewer, more regular words.",
    Alert.NON_FINITE: "Try a lower learning rate, or full precision (fp32).",
}
"""What to change, for the command line and, translated, for the window."""


class Outcome(StrEnum):
    """Outcome of a job."""

    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


class RunRequest(StrEnum):
    """What another process may request of a run, through the run's folder."""

    PAUSE = "pause"
    RELEASE = "release"
    """Pause, save a checkpoint and free the memory."""
    CONTINUE = "continue"
    """Continue after a pause, or retry to save."""
    STOP = "stop"
    """Save and end the run."""
    SAVE = "save"
    """Save a checkpoint after the current step."""
    PREVIEW = "preview"
    """Draw a preview after the current step."""
    EVALUATE = "evaluate"
    """Evaluate the current weights."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Progress of a run. Pauses, loading and warm-up are not included in the elapsed time."""

    images_seen: int
    """Number of real images that the discriminator was trained on."""
    elapsed_s: float
    remaining_s: float | None
    """Estimated wall-clock seconds until the end, including previews, checkpoints and evaluations
    but not pauses. ``None`` if unknown or if the run has no limit."""
    fraction: float | None
    """0 to 1; ``None`` if the run has no limit."""
    images_per_s: float


@dataclass(frozen=True, kw_only=True)
class PhaseChanged:
    """The run entered another phase."""

    phase: Phase


@dataclass(frozen=True, kw_only=True)
class RunReady:
    """Data and networks are ready; training starts next."""

    folder: Path
    dataset: str
    pairs: int
    """Number of training pairs."""
    image_size: int
    """Longer side in pixels."""
    device: str
    """Display name, such as ``CPU, 2 threads`` or the GPU model."""
    generator_parameters: int
    discriminator_parameters: int
    image_height: int = 0
    image_width: int = 0
    """In pixels; 0 in the logs of older versions, whose images are square."""
    columns: Mapping[str, str] = field(default_factory=dict[str, str])
    """Kind by name of column; empty in the logs of older versions, whose pairs have an image and a
    text."""
    notice: str = ""
    """Of the dataset; what has to be said wherever samples are shown."""

    @property
    def size_text(self) -> str:
        """The size of the images, such as ``64`` or, if they are not square, ``64 x 48``."""
        is_square = self.image_height == self.image_width
        return str(self.image_size) if is_square else f"{self.image_width} x {self.image_height}"


@dataclass(frozen=True, kw_only=True)
class WeightsTransferred:
    """A new run starts from the weights of an earlier one."""

    run: str
    """Name of the earlier run."""
    checkpoint: str
    """Name of its checkpoint."""
    images_seen: int
    """By the earlier run, at the checkpoint."""
    tensors: int
    """Tensors of the new networks that are taken over, whole or in part."""
    all_tensors: int
    words: int
    """Tokens of the new vocabulary that the earlier run knows, without special ones."""
    all_words: int


@dataclass(frozen=True, kw_only=True)
class MetricsReported:
    """Means over the batches since the last report; at most two reports per second."""

    progress: Progress
    losses: Mapping[str, float]
    """By name: ``generator``, ``discriminator``, ``penalty``, ``text_nll``."""
    metrics: Mapping[str, float]
    """Training metrics by name, such as ``real_score`` and ``fake_score`` (probabilities)."""


@dataclass(frozen=True, kw_only=True)
class PreviewReady:
    """A grid of pairs from the fixed preview noise was saved as a PNG sheet."""

    images_seen: int
    elapsed_s: float
    images: ImageArray
    """[N, H, W, 3]."""
    texts: tuple[str, ...]
    path: Path
    sounds: Mapping[str, Path] = field(default_factory=dict[str, Path])
    """By column of sounds, the WAV file with the clips of all pairs, one after another."""


@dataclass(frozen=True, kw_only=True)
class EvaluationStarted:
    """An evaluation has begun; the next one of its events tells its end."""

    images_seen: int
    """By the weights that are measured."""


@dataclass(frozen=True, kw_only=True)
class EvaluationCompleted:
    """Metrics of the run's samples, from ``engine.metrics``."""

    images_seen: int
    elapsed_s: float
    metrics: Mapping[str, float]
    """By name, such as ``kid`` and ``joint_coherence``; unavailable metrics are absent."""
    best: frozenset[str] = frozenset()
    """Names of the metrics whose value is the best of the run so far."""


@dataclass(frozen=True, kw_only=True)
class EvaluationFailed:
    """An evaluation failed; training continues."""

    error: Exception


@dataclass(frozen=True, kw_only=True)
class AlertChanged:
    """An alert was raised or cleared."""

    alert: Alert
    is_raised: bool
    images_seen: int
    evidence: Mapping[str, float]
    """Values of the metrics that the alert is based on, by name."""


@dataclass(frozen=True, kw_only=True)
class BatchSizeSelected:
    """The batch size was selected by measurement."""

    batch_size: int
    images_per_s: float
    """Throughput at that batch size."""
    memory_bytes: int
    """Peak memory of a step; 0 if unknown."""
    budget_bytes: int
    """Available memory; 0 if unknown."""
    refused: int = 0
    """The next larger batch size that did not fit or was not faster; 0 if none was tried."""


@dataclass(frozen=True, kw_only=True)
class CheckpointSaved:
    """A checkpoint was saved."""

    images_seen: int
    path: Path


@dataclass(frozen=True, kw_only=True)
class RunResumed:
    """The run resumed from a checkpoint; later progress is lost."""

    images_seen: int
    elapsed_s: float
    checkpoint: str
    """Name of the checkpoint."""
    skipped_checkpoints: tuple[str, ...] = ()
    """Newer checkpoints that are damaged: name and reason of each."""


@dataclass(frozen=True, kw_only=True)
class RunPaused:
    """The run is paused until the next ``PhaseChanged``."""

    images_seen: int
    is_released: bool = False
    """Whether its memory was freed, after saving a checkpoint."""
    error: Exception | None = None
    """The error that prevents saving, if the pause was not requested. The run retries."""


@dataclass(frozen=True, kw_only=True)
class RunRelocated:
    """The run continues in another folder, which receives all later files."""

    folder: Path


@dataclass(frozen=True, kw_only=True)
class SettingsChanged:
    """A setting has another value from the next step on."""

    images_seen: int
    step: int
    """Number of the first step with the new value."""
    field: str
    """Dotted name of the setting."""
    old: str
    new: str
    """Values as text, as on the command line."""


@dataclass(frozen=True, kw_only=True)
class SettingsRejected:
    """Requested changes of settings were not made; training continues."""

    images_seen: int
    error: Exception


@dataclass(frozen=True, kw_only=True)
class RequestAnswered:
    """A request of another process has arrived; what it leads to is reported as usual."""

    request: RunRequest
    nonce: str
    """Identifies the request."""
    sender: str
    """Display name of the process that sent it."""
    refusal: str = ""
    """Why it is not carried out, as a clause; empty if it is."""


@dataclass(frozen=True, kw_only=True)
class StepsSkipped:
    """Steps with non-finite losses or gradients were skipped; the weights are unchanged."""

    images_seen: int
    steps: tuple[int, ...]
    """Step numbers in ascending order."""
    terms: tuple[str, ...]
    """Names of the non-finite losses and gradients, such as ``discriminator``."""


@dataclass(frozen=True, kw_only=True)
class RolledBack:
    """After many skipped steps the run was reset to its last good state."""

    images_seen: int
    """Images seen after the rollback."""
    from_images_seen: int
    rate_scale: float
    """Factor of the learning rates from now on."""


@dataclass(frozen=True, kw_only=True)
class MicroBatchingEnabled:
    """A step did not fit into memory; batches are split into micro-batches from now on."""

    images_seen: int
    batch_size: int
    """Size of the whole batch, unchanged."""
    num_micro_batches: int
    memory_bytes: int
    """Peak memory before, on the CPU that of the process; 0 if unknown."""
    budget_bytes: int
    """Memory of the device; 0 if unknown."""


@dataclass(frozen=True, kw_only=True)
class PreviewFailed:
    """A preview could not be drawn or saved; training continues."""

    error: Exception


@dataclass(frozen=True, kw_only=True)
class DatasetVerified:
    """The content of the dataset was compared with its checksums; training continues."""

    damage: tuple[str, ...]
    """What has changed since the dataset was written, one clause each; empty if it is intact."""


@dataclass(frozen=True, kw_only=True)
class LogRestored:
    """The log was deleted during the run and was written again."""

    bytes_restored: int


@dataclass(frozen=True, kw_only=True)
class ReportingFailed:
    """The receiver of events raised an error; the run continues, and reports go to the log."""

    error: Exception


@dataclass(frozen=True, kw_only=True)
class RunEnded:
    """Last event of every run."""

    outcome: Outcome
    folder: Path
    images_seen: int
    elapsed_s: float
    images_saved: int = 0
    """Images seen at the newest checkpoint; 0 if there is none."""
    error: Exception | None = None
    """Set if the outcome is ``FAILED``."""


RunEvent = (
    PhaseChanged
    | RunReady
    | WeightsTransferred
    | MetricsReported
    | PreviewReady
    | PreviewFailed
    | EvaluationStarted
    | EvaluationCompleted
    | EvaluationFailed
    | AlertChanged
    | BatchSizeSelected
    | CheckpointSaved
    | RunResumed
    | RunPaused
    | RunRelocated
    | SettingsChanged
    | SettingsRejected
    | RequestAnswered
    | StepsSkipped
    | RolledBack
    | MicroBatchingEnabled
    | DatasetVerified
    | LogRestored
    | ReportingFailed
    | RunEnded
)
Emit = Callable[[RunEvent], None]


class ImportStage(StrEnum):
    """Stage of an import."""

    LISTING = "listing"
    """List the files."""
    SCANNING = "scanning"
    """Match texts and images."""
    DECODING = "decoding"
    """Decode and check images."""
    EXAMINING = "examining"
    """Run the data checks."""
    WRITING = "writing"
    """Write the dataset."""


@dataclass(frozen=True, kw_only=True)
class PromptsChecked:
    """Some texts of a gallery cannot be drawn, or only their beginning."""

    problems: tuple[str, ...]
    """One sentence for each such line."""


@dataclass(frozen=True, kw_only=True)
class GalleryProgressed:
    """Pairs of a gallery were written."""

    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class GalleryItem:
    """One item of a gallery, to show."""

    pictures: tuple[Path, ...] = ()
    sounds: tuple[Path, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict[str, str])
    """Texts by column and cells by field."""


@dataclass(frozen=True, kw_only=True)
class GalleryEnded:
    """Last event of every gallery. A stopped gallery keeps the pairs written so far."""

    outcome: Outcome
    folder: Path
    count: int
    error: Exception | None = None
    first_items: tuple[GalleryItem, ...] = ()
    """At most 50."""


@dataclass(frozen=True, kw_only=True)
class ImportProgressed:
    """Progress of an import; at most ten reports per second."""

    stage: ImportStage
    done: int
    total: int
    """0 if unknown."""
    items_per_s: float = 0.0
    fraction: float = 0.0
    """Of the whole import, by time; never decreases. 0 while its size is unknown."""


@dataclass(frozen=True, kw_only=True)
class ImportEnded:
    """Last event of every import. An unfinished import writes no dataset."""

    outcome: Outcome
    folder: Path
    """Folder of the dataset."""
    version: str = ""
    """Content hash of the dataset; empty if there is none."""
    imported: int = 0
    """Number of items in the dataset."""
    skipped: int = 0
    """Number of skipped items and files."""
    report: Path | None = None
    """The HTML report, if one was written."""
    error: Exception | None = None


GalleryEvent = PromptsChecked | GalleryProgressed | GalleryEnded
ImportEvent = ImportProgressed | ImportEnded
GalleryEmit = Callable[[GalleryEvent], None]
ImportEmit = Callable[[ImportEvent], None]
