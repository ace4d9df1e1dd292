"""Readers of attributes: what generated texts, rows, sounds and pictures state.

Texts and categories are read by the rule that the training items imply; pictures, sounds and
numbers by small classifiers, which are trained on real training items only. Sounds are read from
their waves, so what is lost on the way from a spectrogram to a wave counts. Their classifier is
trained with shifts, gains, an equaliser and noise; without, it tells sounds apart by a rumble that
nobody hears (docs/measurements.md).

Shapes: N items, A attributes, D numbers of an encoded row, S samples, M mel bands, T frames.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from engine.augment.audio import AudioAugmenter
from engine.augment.transforms import DIFFAUGMENT
from engine.control import RunControl
from engine.data.facts import AudioFacts, ColumnFacts, ImageFacts, TableFacts
from engine.data.image_files import resize, to_channels
from engine.data.image_shape import ImageShape
from engine.data.store import TRAIN, StoredDataset
from engine.data.table_cells import Column, read_texts
from engine.data.table_codec import Cells, encode
from engine.data.table_fields import CategoricalField
from engine.data.waveform import Sounds
from engine.events import ImageArray
from engine.metrics.attributes import ItemAttributes, labels_of_groups
from engine.metrics.extractor import (
    MAX_SIDE,
    UNKNOWN,
    AttributeTarget,
    EvaluatorClassifier,
    Labels,
    cached_classifier,
    normal_form,
    predict_attributes,
    run_classifier,
    train_classifier,
)
from engine.nets.spectrogram import SpectrogramConfig, log_mel
from engine.sample.sampler import Shown

READER_RECIPE = 1
"""Version of the classifiers; those of older versions are trained again."""
MIN_LABELLED = 0.5
"""Share of a column's training values that must have a label of an attribute to learn it."""
NOISE_DB = (-70.0, -30.0)
"""Level of the noise in training, relative to a sine of full scale."""
FLOOR_DB = 60.0
HIDDEN_DIM, STEPS, BATCH, PEAK_RATE = 64, 1_500, 256, 1e-2
"""Of the classifier of rows."""
_ENCODED_TOGETHER = 256

Rows = npt.NDArray[np.int64]


class AttributeReader(Protocol):
    """Reads attributes from values of a column."""

    def read(self, shown: Shown, control: RunControl) -> Labels:
        """Read N values as the sampler returns them: [N, A], ``UNKNOWN`` where nothing is stated.

        Raises:
            StoppedError: a stop was requested.
        """
        ...


def build_reader(
    dataset: StoredDataset,
    name: str,
    facts: ColumnFacts,
    attributes: ItemAttributes,
    *,
    longer_side: int,
    cache: Path,
    control: RunControl,
) -> AttributeReader:
    """Build the reader of a column.

    Args:
        dataset: has the column; its training items are learned from.
        name: of the column.
        facts: of the column.
        attributes: of the items.
        longer_side: of generated images, in pixels.
        cache: folder of the trained classifiers.
        control: checked while a classifier is trained.

    Raises:
        StoppedError: a stop was requested.
    """
    items = dataset.rows(TRAIN)
    items = items[dataset.columns[name].present[items]]
    if isinstance(facts, ImageFacts):
        shape = facts.aspect.scaled(longer_side)
        return ImageAttributeReader(dataset, name, shape, items, attributes, cache, control)
    if isinstance(facts, AudioFacts):
        return SoundAttributeReader(dataset, name, facts, items, attributes, cache, control)
    if isinstance(facts, TableFacts):
        cells = dataset.table(name).of(items)
        return TableAttributeReader(
            facts, cells, attributes.labels[items], attributes.sizes, control
        )
    return TextAttributeReader(dataset.text(name).by_item(items), attributes.labels[items])


class TextAttributeReader:
    """Reads texts by rule: a caption states what all training items with it have in common.

    Args:
        captions: of each training item.
        labels: of the same items, [N, A].
    """

    def __init__(self, captions: Sequence[Sequence[str]], labels: Labels) -> None:
        counts = [len(texts) for texts in captions]
        places: dict[str, int] = {}
        groups = [
            places.setdefault(normal_form(text), len(places))
            for texts in captions
            for text in texts
        ]
        found = labels_of_groups(np.array(groups, int), labels.repeat(counts, axis=0), len(places))
        self._labels = np.concatenate([found, np.full((1, labels.shape[1]), UNKNOWN)])
        self._places = places

    def read(self, shown: Shown, control: RunControl) -> Labels:  # noqa: ARG002 (the protocol's)
        """Read N texts; a caption that training does not have states nothing.

        Raises:
            TypeError: these are no texts.
        """
        if not isinstance(shown, tuple):
            raise TypeError(f"not texts: {type(shown).__name__}")
        return self._labels[[self._places.get(normal_form(text), -1) for text in shown]]


class ImageAttributeReader:
    """Reads pictures by a classifier.

    Args:
        dataset: has the column.
        name: of the column.
        shape: height and width of generated images.
        items: to learn from, which have the column.
        attributes: of the items.
        cache: folder of the trained classifiers.
        control: checked while the classifier is trained.

    Raises:
        StoppedError: a stop was requested.
    """

    def __init__(
        self,
        dataset: StoredDataset,
        name: str,
        shape: ImageShape,
        items: Rows,
        attributes: ItemAttributes,
        cache: Path,
        control: RunControl,
    ) -> None:
        column = dataset.array(name)
        self._channels = column.info.shape[3]
        rows, truth = _labelled_rows(column.rows[items], attributes.labels[items])
        self._target = _Target.of(truth, attributes.sizes)

        def train() -> EvaluatorClassifier:
            images = np.ascontiguousarray(column.values[rows])
            images = images if images.shape[1:3] == shape else resize(images, shape)
            target = AttributeTarget(self._target.sizes)
            return train_classifier(images, truth[:, self._target.places], target, control)

        recipe = _Recipe(dataset.manifest.version, name, self._channels, shape)
        self._classifier = _find_classifier(cache, recipe, self._target, train)

    def read(self, shown: Shown, control: RunControl) -> Labels:
        """Read images [N, H, W, 1 or 3] of the generated shape."""
        images = to_channels(np.asarray(shown), self._channels)
        return _run(self._classifier, self._target, images, control)


class SoundAttributeReader:
    """Reads sounds by a classifier of their spectrograms, ``MAX_SIDE`` bands and frames.

    Its spectrograms are computed from waves and do not depend on those of a run.

    Args:
        dataset: has the column.
        name: of the column.
        facts: of the column.
        items: to learn from, which have the column.
        attributes: of the items.
        cache: folder of the trained classifiers.
        control: checked while the classifier is trained.

    Raises:
        StoppedError: a stop was requested.
    """

    def __init__(
        self,
        dataset: StoredDataset,
        name: str,
        facts: AudioFacts,
        items: Rows,
        attributes: ItemAttributes,
        cache: Path,
        control: RunControl,
    ) -> None:
        column = dataset.array(name)
        self._config = SpectrogramConfig.for_square(
            MAX_SIDE, rate=facts.rate, samples=facts.samples
        )
        rows, truth = _labelled_rows(column.rows[items], attributes.labels[items])
        self._target = _Target.of(truth, attributes.sizes)
        shape = ImageShape(MAX_SIDE, MAX_SIDE)

        def train() -> EvaluatorClassifier:
            spectrograms = self._spectrograms(np.ascontiguousarray(column.values[rows]), control)
            return train_classifier(
                spectrograms,
                truth[:, self._target.places],
                AttributeTarget(self._target.sizes),
                control,
                augment=SoundAugmentation(),
            )

        recipe = _Recipe(dataset.manifest.version, name, 1, shape)
        self._classifier = _find_classifier(cache, recipe, self._target, train)

    def read(self, shown: Shown, control: RunControl) -> Labels:
        """Read the waves of sounds.

        Raises:
            TypeError: these are no sounds.
        """
        if not isinstance(shown, Sounds):
            raise TypeError(f"not sounds: {type(shown).__name__}")
        spectrograms = self._spectrograms(shown.samples, control)
        return _run(self._classifier, self._target, spectrograms, control)

    def _spectrograms(self, waves: npt.NDArray[np.int16], control: RunControl) -> ImageArray:
        """Convert waves [N, S] to pictures [N, M, T, 1]."""
        found = [np.empty((0, MAX_SIDE, MAX_SIDE, 1), dtype=np.uint8)]
        for start in range(0, len(waves), _ENCODED_TOGETHER):
            control.stop_if_asked()
            part = torch.from_numpy(waves[start : start + _ENCODED_TOGETHER])
            levels = (log_mel(part, self._config) + 1) * 127.5
            found.append(levels.round().to(torch.uint8).permute(0, 2, 3, 1).numpy())
        return np.concatenate(found)


class SoundAugmentation:
    """Changes spectrograms by what is no property of the sound: shift, gain, equaliser and noise.

    Bands and frames are masked too; see ``engine.augment.audio``.
    """

    def __init__(self) -> None:
        self._augmenter = AudioAugmenter(DIFFAUGMENT, floor_db=FLOOR_DB)
        self._generator = torch.Generator().manual_seed(0)

    def __call__(self, spectrograms: Tensor) -> Tensor:
        """Augment [B, 1, M, T] in [-1, 1]."""
        changed = self._augmenter(spectrograms, self._generator).clamp(-1, 1)
        return self._add_noise(changed)

    def _add_noise(self, spectrograms: Tensor) -> Tensor:
        """Add the power of white noise, whose magnitudes are Rayleigh distributed."""
        low, high = NOISE_DB
        draws = torch.rand(len(spectrograms), 1, 1, 1, generator=self._generator)
        noise_power = 10 ** ((low + (high - low) * draws) / 10)
        uniform = torch.rand(spectrograms.shape, generator=self._generator)
        power = 10 ** ((spectrograms - 1) / 2 * FLOOR_DB / 10)
        power = power - noise_power * uniform.clamp(min=1e-9).log()
        return (1 + 2 * (10 * power.log10()) / FLOOR_DB).clamp(-1, 1)


class TableAttributeReader:
    """Reads rows: attributes that a category implies by rule, others by a classifier of rows.

    Args:
        facts: of the column.
        cells: of the training items, by field.
        labels: of the same items, [N, A].
        sizes: number of values of each attribute.
        control: checked while the classifier is trained.

    Raises:
        StoppedError: a stop was requested.
    """

    def __init__(
        self,
        facts: TableFacts,
        cells: Mapping[str, Column],
        labels: Labels,
        sizes: Sequence[int],
        control: RunControl,
    ) -> None:
        self._fields = facts.fields
        self._rules: dict[int, tuple[str, Mapping[str | None, int]]] = {}
        for field in facts.fields:
            if isinstance(field, CategoricalField):
                self._add_rules(field.name, read_texts(cells[field.name]), labels)
        rest = labels.copy()
        rest[:, list(self._rules)] = UNKNOWN
        self._target = _Target.of(rest, sizes)
        self._classifier: nn.Module | None = None
        if self._target.places:
            rows = torch.from_numpy(encode(facts.fields, cells))
            truth = torch.from_numpy(rest[:, self._target.places])
            target = AttributeTarget(self._target.sizes)
            self._classifier = _train_row_classifier(rows, truth, target, control)

    def read(self, shown: Shown, control: RunControl) -> Labels:
        """Read the cells of N rows.

        Raises:
            TypeError: these are no cells.
        """
        if not isinstance(shown, Cells):
            raise TypeError(f"not cells: {type(shown).__name__}")
        control.stop_if_asked()
        cells = cells_by_field(shown)
        labels = np.full((len(shown), self._target.count), UNKNOWN, dtype=np.int64)
        if self._classifier is not None:
            with torch.no_grad():
                said = self._classifier(torch.from_numpy(encode(self._fields, cells)))
            labels = self._target.labels(said)
        for place, (field, meanings) in self._rules.items():
            labels[:, place] = [meanings.get(text, UNKNOWN) for text in read_texts(cells[field])]
        return labels

    def _add_rules(self, field: str, texts: Sequence[str | None], labels: Labels) -> None:
        """Find the attributes of which each value of a field implies one."""
        places: dict[str | None, int] = {}
        groups = np.array([places.setdefault(text, len(places)) for text in texts], dtype=int)
        meanings = labels_of_groups(groups, labels, len(places))
        is_implied = (meanings != UNKNOWN).all(0) & bool(places)
        for place in np.flatnonzero(is_implied).tolist():
            implied = {text: int(meanings[group, place]) for text, group in places.items()}
            self._rules.setdefault(place, (field, implied))


def cells_by_field(cells: Cells) -> dict[str, Column]:
    """Return the cells of N rows by field."""
    columns = zip(*cells.rows, strict=True) if cells.rows else [()] * len(cells.fields)
    return dict(zip(cells.fields, map(list, columns), strict=True))


def real_samples(
    dataset: StoredDataset, name: str, facts: ColumnFacts, items: Rows, longer_side: int
) -> Shown:
    """Return a column of real items as a sampler would: of several captions the first.

    Args:
        dataset: has the column.
        name: of the column.
        facts: of the column.
        items: [N] that have it.
        longer_side: of generated images, in pixels.
    """
    if isinstance(facts, ImageFacts):
        images = dataset.array(name).of(items)
        shape = facts.aspect.scaled(longer_side)
        return images if images.shape[1:3] == shape else resize(images, shape)
    if isinstance(facts, AudioFacts):
        waves = dataset.array(name).of(items)
        pictures = np.empty((len(waves), 0, 0), dtype=np.uint8)
        return Sounds(samples=waves, rate=facts.rate, spectrograms=pictures)
    if isinstance(facts, TableFacts):
        columns = dataset.table(name).of(items)
        rows = zip(*(columns[field.name] for field in facts.fields), strict=True)
        return Cells(fields=tuple(field.name for field in facts.fields), rows=tuple(rows))
    return tuple(dataset.text(name).first(items))


# --------------------------------------------------------------------------
# Targets and training.


@dataclass(frozen=True, kw_only=True)
class _Target:
    """The attributes that a classifier predicts."""

    count: int
    """A."""
    places: tuple[int, ...]
    """Of the predicted ones among all."""
    sizes: tuple[int, ...]
    """Number of values of each predicted attribute."""

    @classmethod
    def of(cls, truth: Labels, sizes: Sequence[int]) -> "_Target":
        """Predict the attributes that most of the training values have: [N, A]."""
        is_known = (truth != UNKNOWN).mean(0) if len(truth) else np.zeros(truth.shape[1])
        places = tuple(np.flatnonzero(is_known >= MIN_LABELLED).tolist())
        return cls(count=len(sizes), places=places, sizes=tuple(sizes[place] for place in places))

    def labels(self, said: Tensor) -> Labels:
        """Return the likeliest values: [N, outputs] to [N, A]."""
        labels = np.full((len(said), self.count), UNKNOWN, dtype=np.int64)
        if self.places:
            labels[:, self.places] = predict_attributes(said, self.sizes)
        return labels


def _labelled_rows(rows: npt.NDArray[np.int32], labels: Labels) -> tuple[Rows, Labels]:
    """Return the rows of an array that items use, each once, and what all items of each share."""
    used, groups = np.unique(rows, return_inverse=True)
    return used.astype(np.int64), labels_of_groups(groups, labels, len(used))


@dataclass(frozen=True)
class _Recipe:
    """What a classifier depends on besides its target."""

    version: str
    """Of the dataset."""
    column: str
    channels: int
    shape: ImageShape

    def name(self, target: _Target) -> str:
        """Name a classifier by the dataset's version and a hash of all else."""
        content = f"reader {READER_RECIPE}/{self}/{target}"
        return f"{self.version}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def _find_classifier(
    cache: Path, recipe: _Recipe, target: _Target, train: Callable[[], EvaluatorClassifier]
) -> EvaluatorClassifier | None:
    """Load a classifier or train it; None if there is nothing to predict."""
    if not target.places:
        return None
    blank = EvaluatorClassifier(recipe.channels, recipe.shape, sum(target.sizes))
    return cached_classifier(cache, recipe.name(target), blank, train)


def _run(
    classifier: EvaluatorClassifier | None, target: _Target, images: ImageArray, control: RunControl
) -> Labels:
    """Predict attributes of images [N, H, W, C]: [N, A]."""
    if classifier is None or not len(images):
        return np.full((len(images), target.count), UNKNOWN, dtype=np.int64)
    return target.labels(run_classifier(classifier, images, control)[1])


def _train_row_classifier(
    rows: Tensor, truth: Tensor, target: AttributeTarget, control: RunControl
) -> nn.Module:
    """Train an MLP on encoded rows [N, D] and labels [N, attributes], deterministically.

    Raises:
        StoppedError: a stop was requested.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        classifier = nn.Sequential(
            nn.Linear(rows.shape[1], HIDDEN_DIM),
            nn.ReLU(),
            nn.Linear(HIDDEN_DIM, HIDDEN_DIM),
            nn.ReLU(),
            nn.Linear(HIDDEN_DIM, target.outputs),
        )
        optimizer = torch.optim.AdamW(classifier.parameters())
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=STEPS)
        for step in range(STEPS):
            if step % 50 == 0:
                control.stop_if_asked()
            batch = torch.randint(len(rows), (min(BATCH, len(rows)),))
            loss = target.loss(classifier(rows[batch]), truth[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return classifier.eval()
