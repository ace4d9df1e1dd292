"""The preset table: one row for each kind of machine.

Widths, batch and rates of ``cpu-tiny`` are measured on 2 cores (docs/measurements.md). The other
rows follow published settings for their resolution and wait for a GPU to be measured on.
"""

from dataclasses import dataclass
from pathlib import Path

from engine.config.networks import NetworkConfig
from engine.config.run import RunConfig
from engine.config.training import TrainingConfig


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One row of the table."""

    name: str
    title: str
    summary: str
    """For whom the row is, in one line."""
    networks: NetworkConfig
    training: TrainingConfig
    family: str = "hybrid"


AUTO = "auto"
"""In place of a row's name: take the one that suits device and dataset."""
GPU_BYTES = {"workstation": 20e9, "laptop": 5e9}
"""Memory that a row's networks want, largest first."""
PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            name="cpu-tiny",
            title="Tiny, for the CPU",
            summary="32 px, for any laptop without a GPU",
            networks=NetworkConfig(image_size=32, generator_width=32, critic_width=16),
            training=TrainingConfig(learning_rate=2e-3, final_learning_rate=1e-4),
        ),
        Preset(
            name="laptop",
            title="Laptop GPU",
            summary="64 px, for a GPU with 6 GB",
            networks=NetworkConfig(
                image_size=64,
                latent_dim=128,
                generator_width=48,
                critic_width=48,
                feature_dim=256,
                word_dim=64,
            ),
            training=TrainingConfig(
                learning_rate=5e-4,
                final_learning_rate=5e-5,
                batch_size=0,
                penalty_weight=0.5,
                ema_images=50_000.0,
            ),
        ),
        Preset(
            name="workstation",
            title="Workstation GPU",
            summary="128 px, for a GPU with 24 GB",
            networks=NetworkConfig(
                image_size=128,
                latent_dim=256,
                generator_width=64,
                critic_width=64,
                feature_dim=512,
                word_dim=128,
            ),
            training=TrainingConfig(
                learning_rate=2e-4,
                final_learning_rate=5e-5,
                batch_size=0,
                penalty_weight=1.0,
                ema_images=100_000.0,
            ),
        ),
        Preset(
            name="textbook",
            title="The textbook's GAN",
            summary="32 px, dense layers and the min-max loss of 2014, to watch and to learn from",
            family="adversarial",
            networks=NetworkConfig(
                architecture="dense", image_size=32, generator_width=32, critic_width=32
            ),
            training=TrainingConfig(
                adversarial_loss="saturating",
                regularizer="none",
                learning_rate=1e-4,
                final_learning_rate=1e-4,
                beta1=0.5,
                beta2=0.999,
            ),
        ),
    )
}


@dataclass(frozen=True)
class Suggestion:
    """A row of the table for a machine and a dataset."""

    name: str
    reason: str
    """Why, as a clause in English for the log and the command line."""


def suitable_preset(*, gpu_bytes: int, image_size: int) -> Suggestion:
    """Choose a row.

    Args:
        gpu_bytes: memory of the GPU to train on; 0 for none.
        image_size: longer side of the dataset's images in pixels; more pixels than they have
            would be invented.
    """
    if not gpu_bytes:
        return Suggestion("cpu-tiny", "there is no GPU to train on")
    gigabytes = f"the GPU has {gpu_bytes / 1e9:.0f} GB"
    for name, needed in GPU_BYTES.items():
        size = PRESETS[name].networks.image_size
        if gpu_bytes >= needed and image_size > size // 2:
            return Suggestion(name, f"{gigabytes} and the images have {image_size} px")
    if gpu_bytes < min(GPU_BYTES.values()):
        return Suggestion("cpu-tiny", f"{gigabytes} only")
    return Suggestion("cpu-tiny", f"the images have {image_size} px")


def config_from_preset(name: str, *, dataset: Path, run: Path) -> RunConfig:
    """Start a configuration from a row of the table.

    Raises:
        KeyError: there is no such row.
    """
    preset = PRESETS[name]
    return RunConfig(
        dataset=dataset,
        run=run,
        preset=name,
        family=preset.family,
        networks=preset.networks,
        training=preset.training,
    )
