"""Readers of attributes: what generated texts, sounds and pictures state.

Texts are read by the rule that the training items imply, pictures and sounds by small classifiers,
which are trained on real training items only; ``engine.metrics.row_reader`` reads rows of tables.
Sounds are read from their waves, so what is lost on the way from a spectrogram to a wave counts.
Their classifier is trained with shifts, gains, an equaliser and noise; without, it tells sounds
apart by a rumble that nobody hears (docs/measurements.md).

Shapes: N items, A attributes, S samples, M mel bands, T frames.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.augment.audio import AudioAugmenter
from engine.augment.transforms import DIFFAUGMENT
from engine.control import RunControl
from engine.data.facts import AudioFacts, ColumnFacts, ImageFacts, TableFacts
from engine.data.image_files import resize, to_channels
from engine.data.image_shape import ImageShape
from engine.data.store import TRAIN, StoredDataset
from engine.data.table_codec import Cells
from engine.data.waveform import Sounds
from engine.events import ImageArray
from engine.metrics.attributes import (
    UNKNOWN,
    ItemAttributes,
    Labels,
    LearnedAttributes,
    Mask,
    labels_of_groups,
    normal_form,
)
from engine.metrics.distances import Features
from engine.metrics.extractor import (
    MAX_SIDE,
    AttributeTarget,
    EvaluatorClassifier,
    FeatureExtractor,
    cached_classifier,
    run_classifier,
    train_classifier,
    untrained_classifier,
)
from engine.metrics.row_reader import TableAttributeReader
from engine.nets.spectrogram import SpectrogramConfig, log_mel
from engine.sample.sampler import Shown

READER_RECIPE = 2
"""Version of the classifiers; those of older versions are trained again."""
NOISE_DB = (-70.0, -30.0)
"""Level of the noise in training, relative to a sine of full scale."""
FLOOR_DB = 60.0
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
    wanted: Mask | None = None,
    share: float = 1.0,
    extractor: FeatureExtractor | None = None,
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
        wanted: the attributes that a classifier of pictures or sounds learns, [A]; by default all.
            One that the column does not state makes it worse at the others: it learns the
            training items by heart.
        share: of the usual training of such a classifier, 0 to 1.
        extractor: whose classifier reads the first column of pictures, if it knows what is wanted.

    Raises:
        StoppedError: a stop was requested.
    """
    items = dataset.rows(TRAIN)
    items = items[dataset.columns[name].present[items]]
    training = Training(wanted=wanted, share=share, cache=cache, control=control)
    if isinstance(facts, ImageFacts):
        shape = facts.aspect.scaled(longer_side)
        if extractor is not None and dataset.image_column is dataset.columns[name]:
            places = extractor_places(extractor, attributes, wanted)
            if places is not None:
                return ExtractorAttributeReader(extractor, places)
        return ImageAttributeReader(dataset, name, shape, items, attributes, training)
    if isinstance(facts, AudioFacts):
        return SoundAttributeReader(dataset, name, facts, items, attributes, training)
    if isinstance(facts, TableFacts):
        cells = dataset.table(name).of(items)
        return TableAttributeReader(
            facts, cells, attributes.labels[items], attributes.sizes, control
        )
    return TextAttributeReader(dataset.text(name).by_item(items), attributes.labels[items])


@dataclass(frozen=True, kw_only=True)
class Training:
    """How a classifier of pictures or sounds is trained."""

    wanted: Mask | None
    """The attributes to learn, [A]; None for all."""
    share: float
    """Of the usual training, 0 to 1."""
    cache: Path
    """Folder of the trained classifiers."""
    control: RunControl
    """Checked while the classifier is trained."""


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


@dataclass(frozen=True, kw_only=True)
class ExtractorPlaces:
    """Where the attributes of a feature extractor are among those of the items."""

    count: int
    """A."""
    by_attribute: Mapping[int, tuple[int, Labels]]
    """By attribute of the items, its place in the extractor and the label of each value there."""


class ExtractorAttributeReader:
    """Reads pictures by the classifier of a feature extractor.

    Args:
        extractor: has attributes.
        places: of the attributes to read.
    """

    def __init__(self, extractor: FeatureExtractor, places: ExtractorPlaces) -> None:
        self._extractor, self._places = extractor, places

    def read(self, shown: Shown, control: RunControl) -> Labels:
        """Read images [N, H, W, 1 or 3] of the generated shape."""
        self._extractor.control = control
        _features, said = self._extractor.extract(np.asarray(shown))
        labels = np.full((len(np.asarray(shown)), self._places.count), UNKNOWN, dtype=np.int64)
        if said is not None:
            for place, (own, values) in self._places.by_attribute.items():
                labels[:, place] = values[said[:, own]]
        return labels


def extractor_places(
    extractor: FeatureExtractor, attributes: ItemAttributes, wanted: Mask | None
) -> ExtractorPlaces | None:
    """Find the wanted attributes of items in an extractor; None if it does not know them all."""
    table = extractor.attributes
    if table is None:
        return None
    found: dict[int, tuple[int, Labels]] = {}
    for place, name in enumerate(attributes.names):
        if wanted is not None and not wanted[place]:
            continue
        if name not in table.names:
            return None
        own = table.names.index(name)
        numbers = {value: number for number, value in enumerate(attributes.values[place])}
        values = [numbers.get(value, UNKNOWN) for value in table.values[own]]
        found[place] = own, np.array(values, dtype=np.int64)
    return ExtractorPlaces(count=len(attributes.names), by_attribute=found)


class ImageAttributeReader:
    """Reads pictures by a classifier.

    Args:
        dataset: has the column.
        name: of the column.
        shape: height and width of generated images.
        items: to learn from, which have the column.
        attributes: of the items.
        training: how the classifier is trained.

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
        training: Training,
    ) -> None:
        column = dataset.array(name)
        self._channels = column.info.shape[3]
        rows, truth = _labelled_rows(column.rows[items], attributes.labels[items])
        self._target = LearnedAttributes.of(truth, attributes.sizes, training.wanted)

        def train() -> EvaluatorClassifier:
            images = np.ascontiguousarray(column.values[rows])
            images = images if images.shape[1:3] == shape else resize(images, shape)
            target = AttributeTarget(self._target.sizes)
            truths = truth[:, self._target.places]
            return train_classifier(images, truths, target, training.control, share=training.share)

        recipe = _Recipe(dataset.manifest.version, name, self._channels, shape, training.share)
        self._classifier = _find_classifier(training.cache, recipe, self._target, train)

    def read(self, shown: Shown, control: RunControl) -> Labels:
        """Read images [N, H, W, 1 or 3] of the generated shape."""
        return _run(self._classifier, self._target, self._pictures(shown), control)

    @property
    def is_trained(self) -> bool:
        """Whether there is an attribute to read."""
        return self._classifier is not None

    def features(self, shown: Shown, control: RunControl) -> Features:
        """Return the classifier's features of images, or those of an untrained one: [N, D]."""
        images = self._pictures(shown)
        classifier = self._classifier or untrained_classifier(images)
        return run_classifier(classifier, images, control)[0].double().numpy()

    def _pictures(self, shown: Shown) -> ImageArray:
        return to_channels(np.asarray(shown), self._channels)


class SoundAttributeReader:
    """Reads sounds by a classifier of their spectrograms, ``MAX_SIDE`` bands and frames.

    Its spectrograms are computed from waves and do not depend on those of a run.

    Args:
        dataset: has the column.
        name: of the column.
        facts: of the column.
        items: to learn from, which have the column.
        attributes: of the items.
        training: how the classifier is trained.

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
        training: Training,
    ) -> None:
        column = dataset.array(name)
        self._config = SpectrogramConfig.for_square(
            MAX_SIDE, rate=facts.rate, samples=facts.samples
        )
        rows, truth = _labelled_rows(column.rows[items], attributes.labels[items])
        self._target = LearnedAttributes.of(truth, attributes.sizes, training.wanted)
        shape = ImageShape(MAX_SIDE, MAX_SIDE)

        def train() -> EvaluatorClassifier:
            return train_classifier(
                spectrogram_images(column.values[rows], self._config, training.control),
                truth[:, self._target.places],
                AttributeTarget(self._target.sizes),
                training.control,
                augment=SoundAugmentation(),
                share=training.share,
            )

        recipe = _Recipe(dataset.manifest.version, name, 1, shape, training.share)
        self._classifier = _find_classifier(training.cache, recipe, self._target, train)

    def read(self, shown: Shown, control: RunControl) -> Labels:
        """Read the waves of sounds.

        Raises:
            TypeError: these are no sounds.
        """
        return _run(self._classifier, self._target, self._spectrograms(shown, control), control)

    @property
    def is_trained(self) -> bool:
        """Whether there is an attribute to read."""
        return self._classifier is not None

    def features(self, shown: Shown, control: RunControl) -> Features:
        """Return the classifier's features of sounds, or those of an untrained one: [N, D]."""
        spectrograms = self._spectrograms(shown, control)
        classifier = self._classifier or untrained_classifier(spectrograms)
        return run_classifier(classifier, spectrograms, control)[0].double().numpy()

    def _spectrograms(self, shown: Shown, control: RunControl) -> ImageArray:
        if not isinstance(shown, Sounds):
            raise TypeError(f"not sounds: {type(shown).__name__}")
        return spectrogram_images(shown.samples, self._config, control)


def spectrogram_images(
    waves: npt.NDArray[np.int16], config: SpectrogramConfig, control: RunControl
) -> ImageArray:
    """Convert waves [N, S] to pictures of their spectrograms: [N, M, T, 1].

    Raises:
        StoppedError: a stop was requested.
    """
    found = [np.empty((0, config.n_mels, config.n_frames, 1), dtype=np.uint8)]
    for start in range(0, len(waves), _ENCODED_TOGETHER):
        control.stop_if_asked()
        part = torch.from_numpy(np.ascontiguousarray(waves[start : start + _ENCODED_TOGETHER]))
        levels = (log_mel(part, config) + 1) * 127.5
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
    share: float
    """Of the usual training."""

    def name(self, target: LearnedAttributes) -> str:
        """Name a classifier by the dataset's version and a hash of all else."""
        content = f"reader {READER_RECIPE}/{self}/{target.places}/{target.sizes}"
        return f"{self.version}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def _find_classifier(
    cache: Path,
    recipe: _Recipe,
    target: LearnedAttributes,
    train: Callable[[], EvaluatorClassifier],
) -> EvaluatorClassifier | None:
    """Load a classifier or train it; None if there is nothing to predict."""
    if not target.places:
        return None
    blank = EvaluatorClassifier(recipe.channels, recipe.shape, sum(target.sizes))
    return cached_classifier(cache, recipe.name(target), blank, train)


def _run(
    classifier: EvaluatorClassifier | None,
    target: LearnedAttributes,
    images: ImageArray,
    control: RunControl,
) -> Labels:
    """Predict attributes of images [N, H, W, C]: [N, A]."""
    if classifier is None or not len(images):
        return np.full((len(images), target.count), UNKNOWN, dtype=np.int64)
    return target.labels(run_classifier(classifier, images, control)[1])
