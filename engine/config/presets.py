"""Presets for different kinds of machines.

Widths, batch and rates of the presets for the CPU are measured on 2 cores (docs/measurements.md).
Those for a GPU take the architecture that leaves no checkerboard at 64 px and published settings
for their resolution; they are not measured on a GPU.
"""

import ctypes
import functools
import importlib.util
import os
import re
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine.config.networks import JOINT_DENSE, NetworkConfig
from engine.config.run import RunConfig
from engine.config.sections import DataConfig, TrainingConfig


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Named initial values of networks, training and data."""

    name: str
    title: str
    summary: str
    """Purpose, in one line."""
    networks: NetworkConfig
    training: TrainingConfig
    data: DataConfig = field(default_factory=lambda: DataConfig(tokenizer="auto"))
    family: str = "hybrid"
    note: str = ""
    """What to expect of it, in a few sentences; empty where the summary says enough."""


AUTO = "auto"
"""In place of a preset's name: select one by device and dataset."""
GPU_BYTES = {"workstation": 20e9, "laptop": 5e9, "gpu-64": 3e9}
"""GPU memory that a preset needs, largest first."""
SMALL_DATASET = 10_000
"""Pairs below which colour images get ``cpu-colour``; larger sets were not compared."""
_TINY_NETWORKS = NetworkConfig(
    image_size=32,
    generator_channels=32,
    discriminator_channels=16,
    text_encoding="auto",
    context_norm="rms",
    text_conditioning="auto",
    generation_order="text-first",
)
_COLOUR_NETWORKS = NetworkConfig(
    architecture="modulated",
    image_size=32,
    generator_channels=16,
    discriminator_channels=48,
    text_encoding="auto",
    context_norm="rms",
    output_filter="low-pass",
    generation_order="text-first",
)
_COLOUR_TRAINING = TrainingConfig(
    learning_rate=5e-4,
    final_learning_rate=2.5e-5,
    text_learning_rate=2e-4,
    batch_size=32,
    penalty_weight=0.5,
    penalty_scale="auto",
    text_relaxation="soft",
    redescription_weight=0.1,
)
_GPU_NETWORKS = replace(
    _COLOUR_NETWORKS,
    image_size=64,
    latent_dim=128,
    generator_channels=32,
    embedding_dim=256,
    token_dim=64,
)
_GPU_TRAINING = TrainingConfig(
    learning_rate=5e-4,
    final_learning_rate=5e-5,
    batch_size=0,
    penalty_weight=0.5,
    penalty_scale="auto",
    text_relaxation="soft",
    redescription_weight=0.1,
    ema_half_life=50_000.0,
)


def _textbook_preset(
    *, name: str, title: str, summary: str, training: TrainingConfig, note: str
) -> Preset:
    """Create a preset with the networks and the data that code for beginners has."""
    return Preset(
        name=name,
        title=title,
        summary=summary,
        note=note,
        family="adversarial",
        networks=NetworkConfig(
            architecture=JOINT_DENSE, image_size=32, latent_dim=100, embedding_dim=128
        ),
        training=training,
        data=DataConfig(tokenizer="auto", augmentation="none"),
    )


_TEXTBOOK_TRAINING = TrainingConfig(
    adversarial_loss="non-saturating",
    regularizer="none",
    mismatched_pairs="never",
    learning_rate=1e-4,
    final_learning_rate=1e-4,
    # Adam's defaults in PyTorch and in Keras.
    beta1=0.9,
    beta2=0.999,
    # Samples come from the weights themselves.
    ema_half_life=0.0,
)
PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            name="cpu-tiny",
            title="Tiny, for the CPU",
            summary="32 px, for computers without a GPU",
            networks=_TINY_NETWORKS,
            training=TrainingConfig(
                learning_rate=2e-3,
                final_learning_rate=1e-4,
                penalty_scale="auto",
                text_relaxation="soft",
                redescription_weight=0.1,
            ),
        ),
        Preset(
            name="cpu-colour",
            title="Colour, for the CPU",
            summary="32 px, for colour images on computers without a GPU",
            networks=_COLOUR_NETWORKS,
            training=_COLOUR_TRAINING,
        ),
        Preset(
            name="cpu-colour-64",
            title="Colour at 64 px, for the CPU",
            summary="64 px, for colour images on computers without a GPU, about three times slower",
            networks=replace(
                _COLOUR_NETWORKS, image_size=64, generator_channels=12, discriminator_channels=32
            ),
            training=replace(_COLOUR_TRAINING, batch_size=16),
        ),
        Preset(
            name="gpu-64",
            title="64 px, for a GPU",
            summary="64 px, for small images and a GPU with 4 GB",
            networks=_GPU_NETWORKS,
            training=_GPU_TRAINING,
        ),
        Preset(
            name="laptop",
            title="Laptop GPU",
            summary="128 px, for a GPU with 6 GB",
            networks=replace(
                _GPU_NETWORKS, image_size=128, generator_channels=16, discriminator_channels=32
            ),
            training=_GPU_TRAINING,
        ),
        Preset(
            name="workstation",
            title="Workstation GPU",
            summary="256 px, for a GPU with 24 GB",
            networks=replace(
                _GPU_NETWORKS,
                image_size=256,
                latent_dim=256,
                embedding_dim=512,
                token_dim=128,
                discriminator_channels=32,
            ),
            training=replace(
                _GPU_TRAINING,
                learning_rate=2e-4,
                penalty_weight=1.0,
                ema_half_life=100_000.0,
            ),
        ),
        Preset(
            name="wasserstein",
            title="Wasserstein GAN",
            summary="32 px, Wasserstein loss with gradient penalty (Gulrajani et al. 2017), for "
            "computers without a GPU",
            networks=_TINY_NETWORKS,
            # One discriminator step, as in Karras et al. 2018 (arXiv:1710.10196), appendix A.1.
            training=TrainingConfig(
                adversarial_loss="wasserstein",
                regularizer="gradient-penalty",
                learning_rate=1e-3,
                final_learning_rate=1e-4,
                penalty_weight=10.0,
                penalty_scale="spread",
                reg_interval=1,
                mismatched_pairs="always",
            ),
        ),
        _textbook_preset(
            name="textbook",
            title="Textbook GAN",
            summary="32 px, the GAN of introductions: one hidden layer, binary cross-entropy, "
            "nothing else",
            training=_TEXTBOOK_TRAINING,
            note="To see what the first recipe does, not for good images: on handwritten digits, "
            "all of them were still the same noisy blob after 950,000 training images. The other "
            "presets have what it takes. A given image or text is completed by the nearest of 32 "
            "pairs generated from noise.",
        ),
        _textbook_preset(
            name="minimax-2014",
            title="Minimax GAN of 2014",
            summary="32 px, the textbook GAN with the loss as the formula of Goodfellow et al. "
            "(2014) has it",
            training=replace(_TEXTBOOK_TRAINING, adversarial_loss="saturating"),
            note="To compare with the textbook GAN: the generator's gradient vanishes while the "
            "discriminator wins. On handwritten digits, all images were the same noisy blob after "
            "300,000 training images.",
        ),
    )
}


SERIES = (("cpu-colour", "cpu-colour-64"), ("gpu-64", "laptop", "workstation"))
"""Presets that differ in the image size, and in what has to differ with it."""


def preset_of_size(name: str, image_size: int) -> str:
    """Return the preset of the same series with another image size; empty if there is none."""
    others = next((series for series in SERIES if name in series), ())
    return next((n for n in others if PRESETS[n].networks.image_size == image_size), "")


@dataclass(frozen=True, kw_only=True)
class DataFacts:
    """What the choice of a preset and a forecast need to know about a dataset."""

    image_size: int
    """Longer side of the images in pixels; 0 if there are none."""
    channels: int
    """1 (grey) or 3 (RGB)."""
    pairs: int
    starter: str = ""
    """Name of the example dataset that it is; empty for the user's own."""
    is_pair: bool = True
    """Whether an item is an image, usually with a text, as in all measured runs."""


@dataclass(frozen=True)
class Suggestion:
    """Preset that suits a machine and a dataset."""

    name: str
    reason: str
    """English clause for the log and the command line."""


def suitable_preset(data: DataFacts, *, gpu_bytes: int) -> Suggestion:
    """Select a preset.

    Args:
        data: to train on. More pixels than its images have would be invented, and the networks for
            colour images were measured on pairs alone.
        gpu_bytes: memory of the GPU to train on; 0 for none.
    """
    gigabytes = f"the GPU has {gpu_bytes / 1e9:.0f} GB"
    for name, needed in GPU_BYTES.items():
        size = PRESETS[name].networks.image_size
        if gpu_bytes >= needed and data.image_size > size // 2:
            return Suggestion(name, f"{gigabytes} and the images have {data.image_size} px")
    reason = f"the images have {data.image_size} px" if data.image_size else "there are no images"
    if gpu_bytes < min(GPU_BYTES.values()):
        reason = f"{gigabytes} only" if gpu_bytes else "no GPU is available"
    if data.channels > 1 and data.pairs < SMALL_DATASET and data.is_pair:
        return Suggestion("cpu-colour", f"{reason}, and the images are few and in colour")
    return Suggestion("cpu-tiny", reason)


def config_from_preset(name: str, *, dataset: Path, run: Path) -> RunConfig:
    """Create a configuration from a preset.

    Raises:
        KeyError: there is no such preset.
    """
    preset = PRESETS[name]
    return RunConfig(
        dataset=dataset,
        run=run,
        preset=name,
        family=preset.family,
        networks=preset.networks,
        training=preset.training,
        data=preset.data,
    )


# --------------------------------------------------------------------------
# Hardware detection without importing torch.


_DRIVERS = {"win32": "nvcuda.dll", "linux": "libcuda.so.1"}


@functools.cache
def gpu_memory_bytes() -> int:
    """Memory of the first GPU that training can use; 0 when there is none.

    Asks the NVIDIA driver; 0 also if the installed torch has no CUDA support.
    """
    if not _torch_has_cuda():
        return 0
    try:
        driver = ctypes.CDLL(_DRIVERS[sys.platform])
    except (KeyError, OSError):
        return 0
    device, size = ctypes.c_int(), ctypes.c_size_t()
    calls = (
        lambda: driver.cuInit(0),
        lambda: driver.cuDeviceGet(ctypes.byref(device), 0),
        lambda: driver.cuDeviceTotalMem_v2(ctypes.byref(size), device),
    )
    return size.value if all(call() == 0 for call in calls) else 0


def memory_bytes() -> int:
    """Return the main memory in bytes; 0 if unknown."""
    if sys.platform == "win32":
        return _windows_memory_bytes()
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0


def _windows_memory_bytes() -> int:
    """Ask GlobalMemoryStatusEx, whose structure begins with its own size."""
    status = (ctypes.c_ulonglong * 8)()
    ctypes.cast(status, ctypes.POINTER(ctypes.c_ulong))[0] = ctypes.sizeof(status)
    answered = vars(ctypes)["windll"].kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
    # The total follows two 4-byte numbers.
    return status[1] if answered else 0


def _torch_has_cuda() -> bool:
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return False
    try:
        text = (Path(found.origin).parent / "version.py").read_text(encoding="utf-8")
    except OSError:
        return False
    return re.search(r"^cuda[^=]*= *['\"]", text, re.MULTILINE) is not None
