"""The configuration of a training run."""

import dataclasses
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Self

from engine.config.changes import (
    SettingChange,
    change_problems,
    changes_from_texts,
    changes_to_texts,
)
from engine.config.networks import JOINT_DENSE, NetworkConfig
from engine.config.sections import (
    ADVERSARIAL_FAMILIES,
    FAMILIES,
    GRADIENT_PENALTIES,
    DataConfig,
    ReportingConfig,
    TrainingConfig,
    VariationalConfig,
)
from engine.config.setting import problems_in, setting, value_at
from engine.errors import ConfigError, Problem
from engine.fs.codec import Via

MAX_DENSE_IMAGE_SIZE = 64
DENSE_ARCHITECTURES = ("dense", JOINT_DENSE)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A combination of settings that is refused although each is valid on its own."""

    field: str
    """Dotted name of the setting to change first."""
    reason: str
    is_broken: Callable[["RunConfig"], bool]


RULES = (
    Rule(
        field="training.final_learning_rate",
        reason="must not exceed the learning rate",
        is_broken=lambda run: run.training.final_learning_rate > run.training.learning_rate,
    ),
    Rule(
        field="training.batch_size",
        reason="must be at least 2, or 0 to select it automatically: batch statistics need more "
        "than one pair",
        is_broken=lambda run: run.training.batch_size == 1,
    ),
    Rule(
        field="training.compile_discriminator",
        reason="cannot be combined with a gradient penalty: a compiled network cannot be "
        "differentiated twice. Choose spectral-norm or none as the regularizer, or disable "
        "compilation",
        is_broken=lambda run: (
            _is_adversarial(run)
            and run.training.compile_discriminator
            and _has_gradient_penalty(run)
        ),
    ),
    Rule(
        field="networks.discriminator_norm",
        reason="cannot be combined with a gradient penalty: batch norm makes each output depend on "
        "the whole batch, but the penalty is defined per sample",
        is_broken=lambda run: (
            _is_adversarial(run)
            and run.networks.discriminator_norm == "batch"
            and _has_gradient_penalty(run)
        ),
    ),
    Rule(
        field="training.regularizer",
        reason="cannot be none with the Wasserstein loss, which needs a discriminator with a "
        "bounded gradient. Choose gradient-penalty",
        is_broken=lambda run: (
            _is_adversarial(run)
            and run.training.adversarial_loss == "wasserstein"
            and run.training.regularizer == "none"
        ),
    ),
    Rule(
        field="training.text_relaxation",
        reason="can be soft only with the generation order text-first",
        is_broken=lambda run: (
            run.family == "adversarial"
            and run.training.text_relaxation == "soft"
            and run.networks.generation_order != "text-first"
        ),
    ),
    Rule(
        field="networks.architecture",
        reason=f"can be dense or joint-dense only up to {MAX_DENSE_IMAGE_SIZE} px: the number of "
        "weights grows with the number of pixels",
        is_broken=lambda run: (
            run.networks.architecture in DENSE_ARCHITECTURES
            and run.networks.image_size > MAX_DENSE_IMAGE_SIZE
        ),
    ),
    Rule(
        field="networks.architecture",
        reason="can be joint-dense only with the adversarial family: one network for the whole "
        "pair has no parts that could be trained by likelihood",
        is_broken=lambda run: (
            run.networks.architecture == JOINT_DENSE and run.family != "adversarial"
        ),
    ),
    Rule(
        field="networks.generation_order",
        reason="must be simultaneous with the architecture joint-dense, which generates both items "
        "at once",
        is_broken=lambda run: (
            run.networks.architecture == JOINT_DENSE
            and run.networks.generation_order != "simultaneous"
        ),
    ),
    Rule(
        field="networks.text_encoding",
        reason="can be token-ids only with the hybrid family: the other families generate texts as "
        "one-hot vectors",
        is_broken=lambda run: run.networks.text_encoding == "token-ids" and run.family != "hybrid",
    ),
    Rule(
        field="networks.text_encoder",
        reason="must be linear unless the text encoding is token-ids, in the hybrid family",
        is_broken=lambda run: (
            run.networks.text_encoder != "linear"
            and (run.networks.text_encoding == "one-hot" or run.family != "hybrid")
        ),
    ),
    Rule(
        field="training.column_weights",
        reason="cannot be set with the architecture joint-dense, whose discriminator judges all "
        "columns together",
        is_broken=lambda run: (
            bool(run.training.column_weights.strip()) and run.networks.architecture == JOINT_DENSE
        ),
    ),
    Rule(
        field="data.word_vectors",
        reason="require the word tokenizer",
        is_broken=lambda run: (
            bool(run.data.word_vectors) and run.data.tokenizer not in ("auto", "word")
        ),
    ),
)


NEW_RUN_RULES = (
    Rule(
        field="training.regularizer",
        reason="cannot be r1 or r1-r2 with the Wasserstein loss: the images collapse. Start from "
        "the preset wasserstein, or choose gradient-penalty with its settings: weight 10 in every "
        "step, penalty scale spread, mismatched pairs always, learning rate 0.001",
        is_broken=lambda run: (
            _is_adversarial(run)
            and run.training.adversarial_loss == "wasserstein"
            and run.training.regularizer in ("r1", "r1-r2")
        ),
    ),
    Rule(
        field="data.word_vectors",
        reason="must be a file of word vectors, or empty",
        is_broken=lambda run: (
            bool(run.data.word_vectors) and not os.path.isfile(run.data.word_vectors)  # noqa: PTH113 (Path raises for names that are too long)
        ),
    ),
)
"""What only new runs are refused: older runs that have it load and resume."""


def check_new_run(run: "RunConfig") -> None:
    """Check what only a new run is refused.

    Raises:
        ConfigError: names all of them.
    """
    problems = [Problem(rule.field, rule.reason) for rule in NEW_RUN_RULES if rule.is_broken(run)]
    if problems:
        raise ConfigError(problems)


NO_TEXT = (
    "has a name that is not text in this system's encoding, so it cannot be stored. Rename it, or "
    "set a UTF-8 locale"
)


def combination_problems(run: "RunConfig") -> list[Problem]:
    """Return all refused combinations of a configuration."""
    problems = [Problem(rule.field, rule.reason) for rule in RULES if rule.is_broken(run)]
    # Bytes of a file name that are no text are lone surrogates, which TOML cannot hold.
    strange = [
        name
        for name in ("dataset", "run", "init_from", "data.word_vectors")
        if any("\ud800" <= character <= "\udfff" for character in str(value_at(run, name)))
    ]
    problems += [Problem(name, NO_TEXT) for name in strange]
    try:
        parse_column_weights(run.training.column_weights)
    except ValueError as error:
        problems.append(Problem("training.column_weights", str(error)))
    return problems


MAX_COLUMN_WEIGHT = 1_000.0


def parse_column_weights(text: str) -> dict[str, float]:
    """Read the weights of columns, such as ``speech=0.5, facts=2``; empty for none.

    Raises:
        ValueError: the text is of another form, names a column twice or has a weight that is not a
            number from 0 to ``MAX_COLUMN_WEIGHT``; the message says so.
    """
    weights: dict[str, float] = {}
    for part in text.split(",") if text.strip() else ():
        name, _, number = (each.strip() for each in part.partition("="))
        try:
            weight = float(number)
        except ValueError:
            reason = f"must be of the form 'speech=0.5, facts=2', and '{part.strip()[:60]}' is not"
            raise ValueError(reason) from None
        if not name or name in weights:
            raise ValueError(f"must name each column once, unlike '{text.strip()[:60]}'")
        if not 0 <= weight <= MAX_COLUMN_WEIGHT:
            reason = f"must be numbers from 0 to {MAX_COLUMN_WEIGHT:g}, not {name[:60]}={weight:g}"
            raise ValueError(reason)
        weights[name] = weight
    return weights


LARGE_VOCABULARY = 256
"""Tokens from which token ids replace one-hot vectors. From there on the two-level softmax has
clusters, and a step with token ids takes no longer (docs/measurements.md).
"""


def resolved_text_encoding(
    encoding: str, family: str, vocabulary_size: int, encoder: str = "linear"
) -> str:
    """Return the text encoding.

    ``auto`` is decided by the size of the vocabulary in tokens, and by an encoder that needs ids.
    """
    if encoding != "auto":
        return encoding
    needs_ids = encoder != "linear" or vocabulary_size >= LARGE_VOCABULARY
    return "token-ids" if needs_ids and family == "hybrid" else "one-hot"


def _is_adversarial(run: "RunConfig") -> bool:
    return run.family in ADVERSARIAL_FAMILIES


def _has_gradient_penalty(run: "RunConfig") -> bool:
    return run.training.regularizer in GRADIENT_PENALTIES and run.training.penalty_weight > 0


DEVICES = ("auto", "cpu", "cuda", "mps", "xpu")
"""``cuda`` is also the name of AMD's GPUs (ROCm)."""
NUMBERED_DEVICE = r"(cuda|xpu):\d{1,3}"


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Configuration of a training run.

    Two runs of equal configurations on one machine have equal weights after equal numbers of
    images, provided that what depends on the machine's speed is equal too: a batch size of 0 is
    measured (and stored in ``run.toml``), and with a budget in minutes the learning rate follows
    an estimate of the run's total images (``engine.train.lr_schedule``, stored in each
    checkpoint). With a batch size and a budget in images alone, nothing depends on speed.
    """

    dataset: Path
    """Folder of a built dataset."""
    run: Path
    """Folder of the run; must be new or empty."""
    preset: str = setting(
        "cpu-tiny",
        label="Preset",
        help="Preset that provides the initial values of the other settings.",
    )
    family: str = setting(
        "hybrid",
        label="Family",
        help="Model family: a GAN whose text decoder is also trained by likelihood, a purely "
        "adversarial GAN, or a multimodal VAE. A GAN trains a generator G and a discriminator D: "
        "min over G, max over D of E[log D(x)] + E[log(1 - D(G(z)))]. With the non-saturating "
        "loss, G maximizes E[log D(G(z))] instead, whose gradient does not vanish while D wins.",
        choices=FAMILIES,
    )
    device: str = setting(
        "auto",
        label="Device",
        help="Device to train on. 'auto' uses the GPU if one is available. 'cuda' is a GPU of "
        "NVIDIA or AMD, 'mps' one of Apple, 'xpu' one of Intel; cuda:1 is the second of several.",
        choices=DEVICES,
        pattern=NUMBERED_DEVICE,
    )
    seed: int = setting(
        0,
        label="Seed",
        help="Random seed. The same seed and settings reproduce a run.",
        low=0,
        high=2**31 - 1,
    )
    minutes: float = setting(
        5.0,
        label="Time",
        help="Budget of training time. 0 means no limit.",
        unit="min",
        low=0.0,
        high=100_000.0,
    )
    images: int = setting(
        0,
        label="Images",
        help="Budget of real images to train on, repetitions included. 0 means no limit.",
        unit="images",
        low=0,
        high=10**12,
    )
    init_from: str = setting(
        "",
        label="Start from",
        help="Folder of an earlier run of the same family. What fits is taken over from its "
        "networks, and words from its vocabulary; the rest starts from the seed. Empty for none.",
    )
    init_checkpoint: str = setting(
        "newest",
        label="Checkpoint to start from",
        help="Checkpoint of the earlier run: newest, a metric such as kid for the best by it, or a "
        "checkpoint's name.",
    )
    networks: NetworkConfig = field(default_factory=NetworkConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    variational: VariationalConfig = field(default_factory=VariationalConfig)
    data: DataConfig = field(default_factory=DataConfig)
    reporting: ReportingConfig = field(default_factory=ReportingConfig)
    changes: Annotated[tuple[SettingChange, ...], Via(changes_to_texts, changes_from_texts)] = ()
    """Settings that change during the run; ``engine.config.changes.settings_at`` applies them."""

    def __post_init__(self) -> None:
        """Validate all values and their combinations.

        Raises:
            ConfigError: names every problem at once.
        """
        # Changes of values that are refused themselves would only repeat the problems.
        problems = problems_in(self) + combination_problems(self) or change_problems(self)
        if problems:
            raise ConfigError(problems)

    def with_values(self, **values: object) -> Self:
        """Copy with other values; dotted names use a double underscore (``training__beta1``)."""
        own: dict[str, object] = {}
        nested: dict[str, dict[str, object]] = {}
        for name, value in values.items():
            group, _, inner = name.partition("__")
            if inner:
                nested.setdefault(group, {})[inner] = value
            else:
                own[name] = value
        for group, changes in nested.items():
            own[group] = dataclasses.replace(getattr(self, group), **changes)
        return dataclasses.replace(self, **own)  # pyright: ignore[reportArgumentType]
