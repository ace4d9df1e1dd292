"""A reader together with the dataset that it was trained on.

Shapes: N items, S side, C channels, D features, A attributes.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.control import RunControl
from engine.data.images import resize, to_channels
from engine.data.store import TRAIN, StoredDataset
from engine.data.vocabulary import Vocabulary
from engine.events import ImageArray
from engine.metrics.attributes import find_attributes
from engine.metrics.cache import cached_reader, reader_name
from engine.metrics.kernel_distance import Features
from engine.metrics.matcher import bags
from engine.metrics.reader import (
    AttributeTarget,
    ImageReader,
    Labels,
    Target,
    WordTarget,
    look,
    read_attributes,
    train_reader,
)

MOST_WORDS = 512
"""Words that a reader learns where there are no attributes: the most frequent ones."""

Rows = npt.NDArray[np.int64]


class Eye:
    """Sees images as standardised features, and as attributes where the dataset has them.

    Args:
        dataset: that it belongs to.
        size: side in pixels of all images.
        cache: folder of the readers.
        control: asked while a reader is trained, and while images are looked at.

    Raises:
        StoppedError: a stop was asked for.
    """

    def __init__(
        self, dataset: StoredDataset, size: int, cache: Path, control: RunControl | None
    ) -> None:
        self._dataset, self._size, self._control = dataset, size, control
        self.attributes = find_attributes(dataset)
        training = dataset.whole_rows(TRAIN)
        target, truth = self._lesson(training)
        channels = dataset.manifest.channels
        self.name = reader_name(dataset.manifest.version, size, target.outputs)
        self._reader = cached_reader(
            cache,
            self.name,
            ImageReader(channels, size, target.outputs),
            lambda: train_reader(self.images_of(training), truth, target, control),
        )
        some, _said = look(self._reader, self.images_of(training[:2_000]))
        self._mean = some.numpy().mean(0)
        self._spread = some.numpy().std(0).clip(min=1e-6)

    def see(self, images: ImageArray) -> tuple[Features, Labels | None]:
        """Look at images: [N, S, S, 1 or 3] to features [N, D] and attributes [N, A].

        Raises:
            StoppedError: a stop was asked for.
        """
        features, said = look(
            self._reader, to_channels(images, self._dataset.manifest.channels), self._control
        )
        standard = ((features.numpy() - self._mean) / self._spread).astype(np.float64)
        if self.attributes is None:
            return standard, None
        return standard, read_attributes(said, [len(kept) for kept in self.attributes.values])

    def images_of(self, rows: Rows) -> ImageArray:
        """Read a dataset's images as the models draw theirs: [N, S, S, C]."""
        images = self._dataset.images_of(rows)
        return images if images.shape[1:3] == (self._size,) * 2 else resize(images, self._size)

    def features_of(self, rows: Rows) -> Features:
        """Features of a dataset's images: [N, D]."""
        return self.see(self.images_of(rows))[0]

    def _lesson(self, rows: Rows) -> tuple[Target, Labels]:
        """What the reader shall learn to say of some items."""
        records = [self._dataset.records[row] for row in rows]
        if self.attributes is not None:
            sizes = tuple(len(kept) for kept in self.attributes.values)
            return AttributeTarget(sizes), self.attributes.labels_of_records(records)
        texts = [self._dataset.texts[row] for row in rows]
        return _word_lesson(texts)


def _word_lesson(texts: Sequence[str]) -> tuple[Target, Labels]:
    vocabulary = Vocabulary.build(texts, size=MOST_WORDS)
    return WordTarget(len(vocabulary)), bags(texts, vocabulary).long().numpy()
