"""Everything that decides a run, in one frozen value."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

from engine.config.setting import problems_in, setting
from engine.errors import ConfigError, Problem

IMAGE_SIZES = (32, 64, 128)
DEVICES = ("auto", "cpu", "cuda")
RATE_ORDER = "must not exceed the learning rate"


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """How large the networks are."""

    image_size: int = setting(
        32,
        label="Image size",
        help="Side of the generated images; datasets are resized to it.",
        unit="px",
        choices=IMAGE_SIZES,
    )
    latent_dim: int = setting(
        64,
        label="Noise size",
        help="Numbers of noise that become one pair.",
        low=2,
        high=1024,
    )
    generator_width: int = setting(
        32,
        label="Generator width",
        help="Channels of the generator's finest layer; cost grows with its square.",
        unit="channels",
        low=4,
        high=512,
    )
    critic_width: int = setting(
        16,
        label="Critic width",
        help="Channels of the critic's finest layer; cost grows with its square.",
        unit="channels",
        low=4,
        high=512,
    )
    feature_dim: int = setting(
        128,
        label="Feature size",
        help="Numbers that sum up one image or one text inside the networks.",
        low=8,
        high=2048,
    )
    word_dim: int = setting(
        32,
        label="Word size",
        help="Numbers in the embedding of one word.",
        low=4,
        high=1024,
    )


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How the two networks learn from each other."""

    batch_size: int = setting(
        64,
        label="Batch size",
        help="Pairs in one step. Larger is steadier, and slower to react.",
        unit="pairs",
        low=2,
        high=4096,
    )
    learning_rate: float = setting(
        1e-3,
        label="Learning rate",
        help="Size of Adam's steps at the start, for generator and critic alike.",
        low=1e-6,
        high=0.1,
    )
    final_learning_rate: float = setting(
        1e-4,
        label="Final learning rate",
        help="Rate at the end of a run that has one, reached along a cosine.",
        low=0.0,
        high=0.1,
    )
    beta1: float = setting(
        0.0,
        label="Adam beta 1",
        help="Memory of the gradient's mean.",
        low=0.0,
        high=0.999,
    )
    beta2: float = setting(
        0.99,
        label="Adam beta 2",
        help="Memory of the gradient's square.",
        low=0.0,
        high=0.9999,
    )
    penalty_weight: float = setting(
        2.0,
        label="Penalty (gamma)",
        help="Weight of the R1 penalty that keeps the critic smooth; too much starves small nets.",
        low=0.0,
        high=1000.0,
    )
    penalty_interval: int = setting(
        8,
        label="Penalty interval",
        help="The penalty is computed every so many steps and scaled up to match.",
        unit="steps",
        low=1,
        high=64,
    )
    caption_weight: float = setting(
        1.0,
        label="Caption weight",
        help="Weight of the cross-entropy by which the captioner also learns from real pairs.",
        low=0.0,
        high=100.0,
    )
    ema_images: float = setting(
        10_000.0,
        label="Averaging half-life",
        help="Samples come from a running average of the generator with this half-life.",
        unit="images",
        low=0.0,
        high=10_000_000.0,
    )


@dataclass(frozen=True, kw_only=True)
class ReportingConfig:
    """What a run shows and keeps while it goes on."""

    preview_count: int = setting(
        64,
        label="Pairs in a preview",
        help="Pairs drawn from the same noise at every preview.",
        unit="pairs",
        low=4,
        high=256,
    )
    preview_every_s: float = setting(
        15.0,
        label="Preview every",
        help="Longest time between two previews; they come faster at the start.",
        unit="s",
        low=1.0,
        high=3600.0,
    )
    checkpoint_every_s: float = setting(
        60.0,
        label="Checkpoint every",
        help="Time between two checkpoints.",
        unit="s",
        low=5.0,
        high=86_400.0,
    )


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """One training run. Two equal configurations on one machine give the same run."""

    dataset: Path
    """Folder of a built dataset."""
    run: Path
    """Folder that the run will leave; must be new or empty."""
    preset: str = setting(
        "cpu-tiny",
        label="Preset",
        help="The row of the preset table that the other settings started from.",
    )
    device: str = setting(
        "auto",
        label="Device",
        help="Where to train. 'auto' takes the GPU when there is one.",
        choices=DEVICES,
    )
    seed: int = setting(
        0,
        label="Seed",
        help="Start of every random number; the same seed gives the same run.",
        low=0,
        high=2**31 - 1,
    )
    minutes: float = setting(
        5.0,
        label="Time",
        help="Training time. 0 means no limit in time.",
        unit="min",
        low=0.0,
        high=100_000.0,
    )
    images: int = setting(
        0,
        label="Images",
        help="Real images to train on, counted with repeats. 0 means no limit in images.",
        unit="images",
        low=0,
        high=10**12,
    )
    networks: NetworkConfig = field(default_factory=NetworkConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    reporting: ReportingConfig = field(default_factory=ReportingConfig)

    def __post_init__(self) -> None:
        """Refuse values outside their ranges.

        Raises:
            ConfigError: names every problem at once.
        """
        problems = problems_in(self)
        if self.training.final_learning_rate > self.training.learning_rate:
            problems.append(Problem("training.final_learning_rate", RATE_ORDER))
        if problems:
            raise ConfigError(problems)

    def with_values(self, **values: object) -> "RunConfig":
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
