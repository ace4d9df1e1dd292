"""Everything that decides a run, in one frozen value."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

from engine.config.combinations import combination_problems
from engine.config.data import DataConfig
from engine.config.families import FAMILIES
from engine.config.networks import NetworkConfig
from engine.config.reporting import ReportingConfig
from engine.config.setting import problems_in, setting
from engine.config.training import TrainingConfig
from engine.config.variational import VariationalConfig
from engine.errors import ConfigError

DEVICES = ("auto", "cpu", "cuda")


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
    family: str = setting(
        "hybrid",
        label="Family",
        help="What kind of model learns: a GAN whose texts also learn by likelihood, a GAN through "
        "and through, or a multimodal VAE.",
        choices=FAMILIES,
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
    variational: VariationalConfig = field(default_factory=VariationalConfig)
    data: DataConfig = field(default_factory=DataConfig)
    reporting: ReportingConfig = field(default_factory=ReportingConfig)

    def __post_init__(self) -> None:
        """Refuse values outside their ranges, and those that cannot go together.

        Raises:
            ConfigError: names every problem at once.
        """
        problems = problems_in(self) + combination_problems(self)
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
