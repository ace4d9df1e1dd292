"""What the inspection of a run returns: numbers, texts and NumPy arrays. Does not import torch.

Shapes: N items, H height, W width, T tokens or fields, G points along an axis of a grid.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.events import ImageArray

Floats = npt.NDArray[np.float32]


class Origin(StrEnum):
    """Where an item comes from."""

    REAL = "real"
    """The dataset; held out, if the dataset holds any out."""
    GENERATED = "generated"
    """The EMA of the generator, from the noise of the previews."""
    MISMATCHED = "mismatched"
    """A real item with a text, or another discrete item, of another one."""


class Measure(StrEnum):
    """What the numbers of an item are."""

    LOG_ODDS = "log-odds"
    """Logits of the discriminator; their sigmoid is the probability of being real."""
    LOGIT = "logit"
    """Logits of a discriminator whose loss gives them no probability."""
    NATS = "nats"
    """Of a variational family, which has no discriminator: the negative log-likelihood of each
    column, the divergence of the posterior, and the negative ELBO, their sum."""


PAIR_HEAD = "pair"
"""Name of the head that judges whole pairs, as ``engine.nets.discriminator.PAIR``."""
DIVERGENCE, BOUND = "divergence", "negative_elbo"
"""Names of numbers of a variational family, beside the columns."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture or a spectrogram, and how much each pixel contributes to logits."""

    pixels: ImageArray
    """[H, W, 3]."""
    contributions: Mapping[str, Floats] = field(default_factory=dict)
    """By head, [H, W]; a positive one raises the logit."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """The tokens of a text or the cells of a row, and how much each contributes to logits."""

    words: tuple[str, ...]
    """T tokens, or cells with the names of their fields."""
    contributions: Mapping[str, Floats] = field(default_factory=dict)
    """By head, [T]; a positive one raises the logit."""


@dataclass(frozen=True, kw_only=True)
class InspectedItem:
    """An item with its numbers."""

    origin: Origin
    caption: str
    numbers: Mapping[str, float]
    """By head of the discriminator, or by term of the bound."""
    parts: Mapping[str, Picture | Words]
    """By column."""


@dataclass(frozen=True, kw_only=True)
class LensView:
    """What the networks of a run say of real and of generated items."""

    run: Path
    images_seen: int
    measure: Measure
    names: tuple[str, ...]
    """Of the numbers, in the order of the columns; the pair's last."""
    exchanged: str
    """Column that mismatched items have from another item; empty if there are none."""
    items: tuple[InspectedItem, ...]


# --------------------------------------------------------------------------
# Fields.


@dataclass(frozen=True, kw_only=True)
class PlaneChoice:
    """The two numeric fields of a table that a plane shows, and which head colours it."""

    column: str = ""
    """Of the table; empty for the first that has two numeric fields."""
    x: str = ""
    y: str = ""
    """Fields; empty for the first two."""
    head: str = ""
    """Of the discriminator; empty for that of the column, or the pair's if it has none."""
    given: str = ""
    """Caption of the real item whose other columns and fields are held; empty for the first."""
    is_in_scores: bool = False
    """Show normal scores, which the networks see, instead of the values of the dataset."""


@dataclass(frozen=True, kw_only=True)
class PlaneView:
    """Points of two numeric fields, the discriminator's logits between them, and gradients."""

    run: Path
    images_seen: int
    choice: PlaneChoice
    """With everything resolved."""
    columns: Mapping[str, tuple[str, ...]]
    """Tables with two numeric fields or more, and these fields."""
    heads: tuple[str, ...]
    """That see the column; empty without a discriminator."""
    captions: tuple[str, ...]
    """That can be given."""
    measure: Measure
    low: tuple[float, float]
    high: tuple[float, float]
    """Corners of the grid, in x and y."""
    logits: Floats
    """[G, G], rows along y from low to high; empty, [0, 0], without a discriminator."""
    real: Floats
    """[N, 2]."""
    real_captions: tuple[str, ...]
    generated: Floats
    """[N, 2], by the generator itself."""
    generated_captions: tuple[str, ...]
    moved: Floats
    """[N, 2]: where the generated points come to along the negative gradient of the generator's
    adversarial loss; the same distance in scores for the largest gradient in any view."""


# --------------------------------------------------------------------------
# Steps.


class Part(StrEnum):
    """What a step updates."""

    DISCRIMINATOR = "discriminator"
    GENERATOR = "generator"
    WHOLE = "whole"
    """Whatever the run's own next step updates."""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """The networks on fixed items: the same real ones and the same noise before and after a step.

    Without a discriminator only the tiles are there.
    """

    real_logits: Mapping[str, float]
    """By head, mean over the real items."""
    generated_logits: Mapping[str, float]
    """By head, mean over the generated items."""
    losses: Mapping[str, float]
    """Of ``discriminator`` and ``generator``, without penalty and likelihood."""
    tiles: ImageArray
    """[N, H, W, 3], of the generator itself: its EMA hardly changes in one step."""
    captions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class WeightChange:
    """How far a step moved the weights of a network."""

    norm: float
    """2-norm of the change of all weights together."""
    relative: float
    """The same, divided by the norm of the weights."""
    gradient_norm: float
    """2-norm of the gradient of all weights together."""


@dataclass(frozen=True, kw_only=True)
class StepView:
    """What one step changed."""

    run: Path
    part: Part
    number: int
    """Number of the step, from 0, which determines its batch and its random numbers."""
    images_seen: int
    """After the step."""
    learning_rate: float
    is_exact: bool
    """Whether all steps so far are those that the run itself takes."""
    trains_generator: bool
    """Whether the run's own next step updates the generator; some runs do so in every k-th."""
    has_discriminator: bool
    has_pictures: bool
    """Whether tiles show anything: a column of pictures or sounds."""
    measure: Measure
    losses: Mapping[str, float]
    """Of the step's own batch, before its weights changed."""
    changes: Mapping[str, WeightChange]
    """By network; only those that were updated."""
    before: Probe
    after: Probe
    tile_change: ImageArray
    """[N, H, W, 3], absolute change of the tiles; white is ``max_change``."""
    max_change: float
    """Largest change of a pixel; black and white are 1 apart."""
    plane: PlaneView | None = None
    """After the step, if a table has two numeric fields."""
