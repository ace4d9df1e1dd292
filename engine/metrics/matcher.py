"""Matcher: scores how well items of two columns belong together, where these state no attributes.

One encoder for each column embeds its items in a common space, close together for items of one
record. They are trained on real training items only, by the InfoNCE loss over the pairs of columns
that are to be compared, and share no code or weights with generators and discriminators.

Shapes: B batch, N items, K candidates, S = ``SPACE`` numbers of an embedding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.control import RunControl
from engine.data.columns import ArrayColumn, TextColumn
from engine.data.facts import AudioFacts, ColumnFacts, ImageFacts, TableFacts
from engine.data.image_files import to_channels
from engine.data.image_shape import ImageShape
from engine.data.store import StoredDataset
from engine.data.table_codec import Cells, TableLayout, encode
from engine.data.tokenizers import Vocabulary
from engine.data.waveform import Sounds
from engine.metrics.attributes import normal_form
from engine.metrics.distances import subsample
from engine.metrics.extractor import (
    MAX_SIDE,
    MAX_WORDS,
    EvaluatorClassifier,
    as_input,
    num_training_steps,
    translate_batch,
)
from engine.metrics.readers import SoundAugmentation, real_samples, spectrogram_images
from engine.metrics.retrieval import bags
from engine.metrics.row_reader import cells_by_field
from engine.nets.spectrogram import SpectrogramConfig
from engine.sample.sampler import Shown

SPACE, HIDDEN_DIM = 32, 64
BATCH, PEAK_RATE, DECAY, TEMPERATURE = 128, 3e-3, 0.05, 0.1
ITEMS = 2_000
"""Training items at most."""

Rows = npt.NDArray[np.int64]
Pairs = Sequence[tuple[str, str]]


class ColumnEncoder(Protocol):
    """Embeds the items of a column."""

    network: nn.Module
    """Inputs [B, ...] to [B, S]."""

    def prepare(self, shown: Shown, control: RunControl) -> Tensor:
        """Convert N items, as the sampler returns them, to inputs of the network: [N, ...].

        Raises:
            StoppedError: a stop was requested.
        """
        ...

    def augment(self, inputs: Tensor) -> Tensor:
        """Change a batch of inputs by what is no property of its items."""
        ...


def build_encoder(
    dataset: StoredDataset, name: str, facts: ColumnFacts, items: Rows, longer_side: int
) -> ColumnEncoder:
    """Build the encoder of a column, not trained.

    Args:
        dataset: has the column.
        name: of the column.
        facts: of the column.
        items: training items that have it.
        longer_side: of generated images, in pixels.
    """
    if isinstance(facts, ImageFacts):
        channels = dataset.array(name).info.shape[3]
        return _ImageEncoder(channels, facts.aspect.scaled(longer_side))
    if isinstance(facts, AudioFacts):
        return _SoundEncoder(facts)
    if isinstance(facts, TableFacts):
        return _RowEncoder(facts)
    return _TextEncoder(dataset.text(name).first(items))


class _ImageEncoder:
    def __init__(self, channels: int, shape: ImageShape) -> None:
        self._channels = channels
        self.network: nn.Module = _Picture(channels, shape)

    def prepare(self, shown: Shown, control: RunControl) -> Tensor:
        control.stop_if_asked()
        return as_input(to_channels(np.asarray(shown), self._channels))

    def augment(self, inputs: Tensor) -> Tensor:
        return translate_batch(inputs)


class _SoundEncoder:
    def __init__(self, facts: AudioFacts) -> None:
        self._config = SpectrogramConfig.for_square(
            MAX_SIDE, rate=facts.rate, samples=facts.samples
        )
        self._augmentation = SoundAugmentation()
        self.network: nn.Module = _Picture(1, ImageShape(MAX_SIDE, MAX_SIDE))

    def prepare(self, shown: Shown, control: RunControl) -> Tensor:
        if not isinstance(shown, Sounds):
            raise TypeError(f"not sounds: {type(shown).__name__}")
        return as_input(spectrogram_images(shown.samples, self._config, control))

    def augment(self, inputs: Tensor) -> Tensor:
        return self._augmentation(inputs)


class _Picture(nn.Module):
    """The network of the evaluator's classifiers, with an embedding for an output."""

    def __init__(self, channels: int, shape: ImageShape) -> None:
        super().__init__()
        self.classifier = EvaluatorClassifier(channels, shape, SPACE)

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(images)[1]


class _TextEncoder:
    def __init__(self, texts: Sequence[str]) -> None:
        self._vocabulary = Vocabulary.build(texts, size=MAX_WORDS)
        self.network: nn.Module = nn.Linear(len(self._vocabulary), SPACE)

    def prepare(self, shown: Shown, control: RunControl) -> Tensor:
        control.stop_if_asked()
        if not isinstance(shown, tuple):
            raise TypeError(f"not texts: {type(shown).__name__}")
        return bags(shown, self._vocabulary)

    def augment(self, inputs: Tensor) -> Tensor:
        return inputs


class _RowEncoder:
    def __init__(self, facts: TableFacts) -> None:
        self._fields = facts.fields
        self.network: nn.Module = nn.Sequential(
            nn.Linear(TableLayout(tuple(facts.fields)).width, HIDDEN_DIM),
            nn.ReLU(),
            nn.Linear(HIDDEN_DIM, SPACE),
        )

    def prepare(self, shown: Shown, control: RunControl) -> Tensor:
        control.stop_if_asked()
        if not isinstance(shown, Cells):
            raise TypeError(f"not cells: {type(shown).__name__}")
        return torch.from_numpy(encode(self._fields, cells_by_field(shown))).float()

    def augment(self, inputs: Tensor) -> Tensor:
        return inputs


@dataclass(frozen=True)
class Matcher:
    """Trained encoders by column."""

    encoders: Mapping[str, ColumnEncoder]

    def embed(self, name: str, shown: Shown, control: RunControl) -> Tensor:
        """Embed N items of a column: [N, S] of length 1.

        Raises:
            StoppedError: a stop was requested.
        """
        encoder = self.encoders[name]
        parts = [torch.empty(0, SPACE)]
        for part in encoder.prepare(shown, control).split(BATCH):
            control.stop_if_asked()
            with torch.no_grad():
                parts.append(encoder.network(part))
        return functional.normalize(torch.cat(parts), dim=1)


def fit_matcher(
    dataset: StoredDataset,
    columns: Mapping[str, ColumnFacts],
    pairs: Pairs,
    training: Rows,
    longer_side: int,
    control: RunControl,
) -> Matcher:
    """Train the encoders of columns on real items, deterministically.

    Args:
        dataset: has the columns.
        columns: facts by column; those of the pairs.
        pairs: columns that are compared with each other.
        training: items to learn from.
        longer_side: of generated images, in pixels.
        control: checked between batches.

    Raises:
        StoppedError: a stop was requested.
    """
    items = subsample(training, ITEMS)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        encoders: dict[str, ColumnEncoder] = {}
        inputs: dict[str, Tensor] = {}
        places: dict[str, Rows] = {}
        identities: dict[str, Tensor] = {}
        for name, facts in columns.items():
            present = items[dataset.columns[name].present[items]]
            encoders[name] = build_encoder(dataset, name, facts, present, longer_side)
            shown = real_samples(dataset, name, facts, present, longer_side)
            inputs[name] = encoders[name].prepare(shown, control)
            places[name] = present
            identities[name] = torch.from_numpy(item_identities(dataset, name, present))
        both = {
            (one, other): [
                torch.from_numpy(np.searchsorted(places[name], shared)) for name in (one, other)
            ]
            for one, other in pairs
            for shared in [np.intersect1d(places[one], places[other])]
            if len(shared) > 1
        }
        steps = num_training_steps(len(items)) if both else 0
        networks = nn.ModuleList([encoder.network for encoder in encoders.values()])
        optimizer = torch.optim.AdamW(networks.parameters(), weight_decay=DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=steps + 1)
        for _step in range(steps):
            control.stop_if_asked()
            loss = torch.zeros(())
            for names, rows in both.items():
                chosen = torch.randperm(len(rows[0]))[:BATCH]
                one, other = (
                    encoders[name].network(encoders[name].augment(inputs[name][row[chosen]]))
                    for name, row in zip(names, rows, strict=True)
                )
                same = torch.zeros(len(chosen), len(chosen), dtype=torch.bool)
                for name, row in zip(names, rows, strict=True):
                    ids = identities[name][row[chosen]]
                    same |= ids[:, None] == ids
                loss = loss + matching_loss(one, other, same)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    networks.eval()
    return Matcher(encoders)


def matching_loss(one: Tensor, other: Tensor, same: Tensor) -> Tensor:
    """Return the symmetric InfoNCE loss of two columns.

    Source: van den Oord et al. 2018, arXiv:1807.03748, eq. 4; Radford et al. 2021,
    arXiv:2103.00020, figure 3, take it in both directions.

    Args:
        one: [B, S] embeddings.
        other: [B, S] embeddings of the other column; equal rows belong together.
        same: [B, B] rows that are no negatives of each other, at least the diagonal.
    """
    scores = functional.normalize(one, dim=1) @ functional.normalize(other, dim=1).T / TEMPERATURE
    goal = same.float() / same.sum(1, keepdim=True)
    return functional.cross_entropy(scores, goal) + functional.cross_entropy(scores.T, goal)


def item_identities(dataset: StoredDataset, name: str, items: Rows) -> Rows:
    """Return a number for each item, equal for items with the same value of a column: [N]."""
    column = dataset.columns[name]
    if isinstance(column, ArrayColumn):
        return column.rows[items].astype(np.int64)
    if isinstance(column, TextColumn):
        values: list[object] = [normal_form(text) for text in column.first(items)]
    else:
        cells = dataset.table(name).of(items)
        values = [*zip(*cells.values(), strict=True)]
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=np.int64)


def matched_share(
    given: Sequence[Tensor], made: Tensor, candidates: Tensor, is_same: npt.NDArray[np.bool_]
) -> float:
    """Return R-precision: the share of items that fit what is given better than all candidates.

    The score of several given columns is the sum of theirs.

    Args:
        given: embeddings of each given column, [N, S] each.
        made: [N, S] embeddings of the items that were made for it.
        candidates: [K, S] embeddings of items of other records.
        is_same: [N, K] candidates that count as the item's own, not as false ones.
    """
    asked = torch.stack([*given]).sum(0)
    own = (asked * made).sum(1)
    rivals = (asked @ candidates.T).masked_fill(torch.from_numpy(is_same), -torch.inf)
    return float((own > rivals.max(1).values).float().mean())
