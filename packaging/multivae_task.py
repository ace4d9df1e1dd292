"""Load the digits and the classifier for the comparison with ``multivae``."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from mnist_judge import Judge, digits, load_judge
from torch import Tensor

from engine.data.store import TRAIN, VALIDATION, StoredDataset
from engine.data.tokenizers import Vocabulary, encode_all, percentile_length
from engine.nets.image import ImageModality, PixelLikelihood
from engine.nets.text import TextModality

VALIDATION_PAIRS = 1_000
FEATURES, WIDTH, WORD = 128, 16, 32

Items = Mapping[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class Task:
    """What there is to learn, and who judges."""

    modalities: tuple[TextModality, ImageModality]
    train: dict[str, Tensor]
    validation: dict[str, Tensor]
    judge: Judge
    samples: int
    """K of the bound."""


def prepare(arguments: argparse.Namespace) -> Task:
    """Load the digits in the networks' form."""
    data = digits()
    density = PixelLikelihood(family=arguments.density, scale=arguments.scale)
    texts = [data.texts[row] for row in data.rows(TRAIN)]
    tokenizer = Vocabulary.build(texts)
    text = TextModality(
        tokenizer=tokenizer,
        length=percentile_length(tokenizer, texts),
        token_dim=WORD,
        embedding_dim=FEATURES,
    )
    image = ImageModality(
        size=32,
        channels=1,
        latent_dim=arguments.latent,
        generator_channels=WIDTH,
        discriminator_channels=WIDTH,
        embedding_dim=FEATURES,
        likelihood=density,
    )
    return Task(
        modalities=(text, image),
        train=_items(data, TRAIN, arguments.pairs, (text, image)),
        validation=_items(data, VALIDATION, VALIDATION_PAIRS, (text, image)),
        judge=load_judge(),
        samples=arguments.samples,
    )


def _items(
    data: StoredDataset, split: str, limit: int, modalities: tuple[TextModality, ImageModality]
) -> dict[str, Tensor]:
    rows = data.rows(split)[:limit]
    texts = [data.texts[row] for row in rows]
    text, _ = modalities
    stored = {
        "text": torch.from_numpy(encode_all(text.tokenizer, texts, text.length)),
        "image": torch.from_numpy(np.ascontiguousarray(data.images[rows])).permute(0, 3, 1, 2),
    }
    return {m.name: m.preprocess(stored[m.name]) for m in modalities}
