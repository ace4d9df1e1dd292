"""Tiny datasets, networks and runs: small enough to train in a test."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.config.networks import NetworkConfig
from engine.config.run import RunConfig
from engine.config.sections import ReportingConfig, TrainingConfig
from engine.data.facts import ImageFacts, TextFacts
from engine.data.store import write_dataset
from engine.data.tokenizers import Tokenizer, Vocabulary
from engine.nets.image import ImageModality
from engine.nets.protocols import Modality
from engine.nets.text import TextModality
from engine.runs.metadata import ModelMetadata
from engine.train.families import build_state
from engine.train.state import TrainingState

WORDS = ("dark", "light", "grey")


def tiny_dataset(
    folder: Path, *, pairs: int = 24, size: int = 32, width: int = 0, channels: int = 1
) -> Path:
    """Build a dataset of plain images named by their lightness; every fourth is for validation.

    The images are ``size`` high, and as wide unless a width is given.
    """
    random = np.random.default_rng(0)
    kinds = np.arange(pairs) % len(WORDS)
    level = np.array([40, 215, 128])[kinds]
    noise = random.integers(-20, 20, (pairs, size, width or size, channels))
    images = (level[:, None, None, None] + noise).astype(np.uint8)
    records = [
        {"text": WORDS[kind], "split": "held_out" if row % 4 == 3 else "train"}
        for row, kind in enumerate(kinds)
    ]
    write_dataset(
        folder,
        name="tiny",
        title="Tiny",
        images=images,
        records=records,
        licence="CC0",
        source="a test",
    )
    return folder


def unpaired_dataset(folder: Path) -> Path:
    """Build two dozen items: every third without its text, every fifth without its image."""
    random = np.random.default_rng(0)
    records: list[dict[str, Any]] = []
    images: list[np.ndarray] = []
    for row in range(24):
        split = "held_out" if row > 20 else "train"
        record: dict[str, Any] = {"text": ("dark", "light")[row % 2], "split": split}
        if row % 3 == 1:
            record["text"] = None
        if row % 5 == 2:
            record["image"] = False
        if record["text"] is None and record.get("image") is False:
            continue
        if record.get("image") is not False:
            images.append(random.integers(0, 255, (32, 32, 1), dtype=np.uint8))
        records.append(record)
    write_dataset(
        folder,
        name="half",
        title="",
        images=np.stack(images),
        records=records,
        licence="",
        source="",
    )
    return folder


def tiny_config(dataset: Path, run: Path, *, images: int = 64, seed: int = 1) -> RunConfig:
    """Configure a run of a second, which is not evaluated."""
    return RunConfig(
        dataset=dataset,
        run=run,
        device="cpu",
        seed=seed,
        minutes=0.0,
        images=images,
        networks=NetworkConfig(
            latent_dim=4,
            generator_channels=4,
            discriminator_channels=4,
            embedding_dim=8,
            token_dim=4,
        ),
        # The faster precision is found by measuring, which takes a second and may end either way.
        training=TrainingConfig(batch_size=8, reg_interval=2, precision="fp32"),
        reporting=ReportingConfig(
            preview_count=4, preview_every_s=1.0, checkpoint_every_s=5.0, evaluate_every_s=0.0
        ),
    )


def tiny_modalities(*, length: int = 3) -> tuple[TextModality, ImageModality]:
    """Describe 8 px images and short captions."""
    text = TextModality(tokenizer=Vocabulary(WORDS), length=length, token_dim=4, embedding_dim=8)
    image = ImageModality(
        size=8,
        channels=1,
        latent_dim=4,
        generator_channels=4,
        discriminator_channels=4,
        embedding_dim=8,
    )
    return text, image


def tiny_pairs(count: int = 8, *, length: int = 3, seed: int = 0) -> dict[str, torch.Tensor]:
    """Draw pairs in the networks' form: noise for images, one word for texts."""
    generator = torch.Generator().manual_seed(seed)
    text, _image = tiny_modalities(length=length)
    stored = torch.zeros(count, length, dtype=torch.long)
    stored[:, 0] = 3 + torch.arange(count) % len(WORDS)
    stored[:, 1] = 1
    return {
        "text": text.preprocess(stored),
        "image": torch.rand(count, 1, 8, 8, generator=generator) * 2 - 1,
    }


def tiny_step_config(family: str = "hybrid", seed: int = 0, **training: Any) -> RunConfig:
    """Configure a family for ``tiny_modalities``, in single steps."""
    return RunConfig(
        dataset=Path(),
        run=Path(),
        family=family,
        seed=seed,
        networks=NetworkConfig(embedding_dim=8, latent_dim=4),
        training=TrainingConfig(**{"precision": "fp32", "batch_size": 8, **training}),
    )


def tiny_state(
    family: str = "hybrid",
    seed: int = 0,
    *,
    modalities: Sequence[Modality] | None = None,
    **training: Any,
) -> TrainingState:
    """Build the networks of a family for ``tiny_modalities``."""
    config = tiny_step_config(family, seed, **training)
    return build_state(modalities or tiny_modalities(), config, torch.device("cpu"))


def text_facts(model: ModelMetadata) -> TextFacts:
    """Return the facts of a model's texts, which it must have."""
    assert model.text is not None
    return model.text


def tiny_facts(
    *,
    tokenizer: Tokenizer = Vocabulary(WORDS),  # noqa: B008 (frozen)
    text_length: int = 3,
    channels: int = 1,
    height: int = 1,
    width: int = 1,
) -> ModelMetadata:
    """Say what a run on ``tiny_dataset`` would say of itself."""
    return ModelMetadata(
        dataset="tiny",
        dataset_version="0" * 16,
        columns={
            "text": TextFacts(tokenizer=tokenizer, length=text_length),
            "image": ImageFacts(channels=channels, height=height, width=width),
        },
    )
