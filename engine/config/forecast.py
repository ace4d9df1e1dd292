"""What a run will look like before it is started: how many images it needs, as measured.

Pure data and arithmetic, without torch. The speed of a machine is measured by
``engine.train.setup.measure_throughput``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engine.config.networks import IMAGE_SIZES
from engine.config.presets import PRESETS, SMALL_DATASET, DataFacts
from engine.config.run import DENSE_ARCHITECTURES, MAX_DENSE_IMAGE_SIZE, RunConfig
from engine.config.sections import ReportingConfig, TrainingConfig


@dataclass(frozen=True, kw_only=True)
class MeasuredRun:
    """How many images runs of a preset needed on one kind of dataset."""

    sample: str
    """Name of a contact sheet of such a run, a PNG file in ``resources/forecast``; empty if there
    is none."""
    sample_images: int
    """Images seen by the run of the sheet."""
    preset: str
    subject: str
    """Dataset that it was measured on; follows "Measured on"."""
    recognisable_images: int | None
    """Images seen until what they show can be recognised; None if not measured. One of both is."""
    best_images: int | None
    """Images seen until more changed little, or of the longest run that was measured; None if no
    run was long enough to say."""
    source: str
    """Section of ``docs/measurements.md`` with the figures."""


MEASURED_RUNS: Mapping[str, MeasuredRun] = {
    "digits": MeasuredRun(
        sample="grey-32.png",
        sample_images=364_864,
        preset="cpu-tiny",
        subject="60,000 handwritten digits, each with its word",
        recognisable_images=60_000,
        best_images=260_000,
        source="Digits",
    ),
    "emoji": MeasuredRun(
        sample="colour-32.png",
        sample_images=172_032,
        preset="cpu-colour",
        subject="1,810 emoji, each with its name",
        recognisable_images=86_000,
        best_images=330_000,
        source="Emoji",
    ),
    "emoji at 64 px": MeasuredRun(
        sample="colour-64.png",
        sample_images=81_920,
        preset="cpu-colour-64",
        subject="1,810 emoji, each with its name",
        recognisable_images=82_000,
        best_images=None,
        source="Emoji at 64 px",
    ),
    "shapes": MeasuredRun(
        sample="",
        sample_images=0,
        preset="cpu-tiny",
        subject="18,000 drawn shapes whose captions name every attribute",
        recognisable_images=None,
        best_images=1_540_000,
        source="Shapes, 30 minutes, seed 1",
    ),
}
"""By example dataset. Not measured, and so not listed: images of more than 64 px, the families
without likelihood of texts, few grey images, and many colour images other than drawn shapes."""


def measured_run(data: DataFacts, image_size: int) -> MeasuredRun | None:
    """Return the measured run on the same kind of images, or None; other columns were not measured.

    Args:
        data: to train on.
        image_size: of the run in pixels; decides where runs of several sizes were measured.
    """
    if not data.is_pair:
        return None
    kind, is_small = data.starter, data.pairs < SMALL_DATASET
    if kind not in MEASURED_RUNS and data.channels == 1 and not is_small:
        kind = "digits"
    elif kind not in MEASURED_RUNS and data.channels > 1 and is_small:
        kind = "emoji"
    return MEASURED_RUNS.get(f"{kind} at {image_size} px") or MEASURED_RUNS.get(kind)


def has_measured_settings(run: MeasuredRun, config: RunConfig) -> bool:
    """Whether the settings that decide how fast a run learns are those of the measured run."""
    preset = PRESETS[run.preset]
    # The mismatched pairs matter with an unbounded loss only, the relaxation and the order in
    # another family only.
    same = {
        "precision": preset.training.precision,
        "compile_discriminator": False,
        "mismatched_pairs": preset.training.mismatched_pairs,
        "text_relaxation": preset.training.text_relaxation,
    }
    if config.training.penalty_scale == "none":  # As ``auto`` is in the family of these runs.
        same["penalty_scale"] = preset.training.penalty_scale
    order = preset.networks.generation_order
    return (
        config.family == preset.family
        and replace(config.networks, generation_order=order) == preset.networks
        and replace(config.training, **same) == preset.training
    )


def training_seconds(images: int, images_per_s: float) -> float:
    """Return the seconds of training that a number of images takes."""
    return images / images_per_s


def images_within(minutes: float, images_per_s: float) -> int:
    """Return the number of images that a budget in minutes allows."""
    return round(60 * minutes * images_per_s)


def two_digits(number: float) -> int:
    """Round to two significant digits: estimates are no more exact."""
    if number < 1:
        return 0
    unit = 10 ** max(0, math.floor(math.log10(number)) - 1)
    return round(number / unit) * unit


def fitting_image_size(data: DataFacts, config: RunConfig) -> int:
    """Return the image size of the networks that suits a dataset.

    It is the largest that invents no pixels, or the smallest of all for smaller images; 0 without
    images.
    """
    if not data.image_size:
        return 0
    is_dense = config.networks.architecture in DENSE_ARCHITECTURES
    largest = MAX_DENSE_IMAGE_SIZE if is_dense else max(IMAGE_SIZES)
    sizes = [size for size in IMAGE_SIZES if size <= min(data.image_size, largest)]
    return max(sizes, default=min(IMAGE_SIZES))


@dataclass(frozen=True, kw_only=True)
class TextCost:
    """What texts cost, as multiples of a training step on digits."""

    step: float
    """Time of a step."""
    memory: float
    """Peak memory of the process."""


@dataclass(frozen=True, kw_only=True)
class _CostLaw:
    """``1 + per_token L + per_entry L V`` for length L and vocabulary size V, fitted."""

    step_per_token: float
    step_per_entry: float
    memory_per_token: float
    memory_per_entry: float


_COST_LAWS: Mapping[str, _CostLaw] = {
    "one-hot": _CostLaw(
        step_per_token=0.0,
        step_per_entry=5.7e-5,
        memory_per_token=5.0e-3,
        memory_per_entry=7.4e-6,
    ),
    "token-ids": _CostLaw(
        step_per_token=0.0144,
        step_per_entry=7.9e-7,
        memory_per_token=2.0e-3,
        memory_per_entry=1.4e-7,
    ),
    "transformer": _CostLaw(
        step_per_token=0.0347,
        step_per_entry=2.1e-7,
        memory_per_token=5.2e-3,
        memory_per_entry=6.4e-8,
    ),
}
"""By text encoding: least squares of relative errors over the table of ``docs/measurements.md``,
*Texts as one-hot rows and as token ids*, which is met within 13 %; a test compares both.
``transformer`` is for token ids that such a layer encodes, from the table of *Encoders of
captions*."""


def text_cost(
    *, vocabulary_size: int, length: int, encoding: str, encoder: str = "linear"
) -> TextCost:
    """Estimate what texts cost in time and memory, relative to digits (13 words, 3 tokens).

    Measured with the preset ``cpu-tiny`` on a CPU; wider image networks make texts count for less.

    Args:
        vocabulary_size: in tokens.
        length: of a text in tokens.
        encoding: ``one-hot`` or ``token-ids``.
        encoder: of the texts; the mean of the tokens costs no more than linear layers.
    """
    law = _COST_LAWS[encoder if encoder == "transformer" else encoding]
    entries = length * vocabulary_size
    return TextCost(
        step=1 + law.step_per_token * length + law.step_per_entry * entries,
        memory=1 + law.memory_per_token * length + law.memory_per_entry * entries,
    )


def speed_key(config: RunConfig) -> RunConfig:
    """Return a configuration that is equal for all runs of the same speed on one machine."""
    training, neutral = config.training, TrainingConfig()
    return replace(
        config,
        run=Path(),
        preset="",
        seed=0,
        minutes=0.0,
        images=0,
        reporting=ReportingConfig(),
        training=replace(
            training,
            learning_rate=neutral.learning_rate,
            text_learning_rate=neutral.text_learning_rate,
            final_learning_rate=neutral.final_learning_rate,
            beta1=neutral.beta1,
            beta2=neutral.beta2,
            ema_half_life=neutral.ema_half_life,
            penalty_weight=float(training.penalty_weight > 0),
        ),
    )
