"""Statistics of a dataset: text lengths, words, groups, colours.

Shapes: K sampled images, H height, W width, C channels.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.control import RunControl
from engine.data.editing import Edits, ItemState
from engine.data.manifest import group_of
from engine.data.search import rank_counts
from engine.data.store import TRAIN, VALIDATION, StoredDataset
from engine.data.tokenizers import split_words
from engine.errors import StoppedError

BRIGHTNESS_BINS = 32
_SAMPLED, _SAMPLE_SEED = 2000, 0
_LOOK_EVERY = 1024
_LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, as Pillow's own "L"


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """Statistics over all items that are not excluded."""

    pairs: int
    image_only: int
    text_only: int
    train_items: int
    validation_items: int
    excluded: int
    image_bytes: int
    """Uncompressed size of the images."""
    text_lengths: Mapping[int, int]
    """Number of captions by their number of words."""
    captions_per_image: Mapping[int, int]
    """Number of images by their number of captions."""
    words: tuple[tuple[str, int], ...]
    """Words of at least two letters and their counts, most frequent first."""
    groups: tuple[tuple[str, int], ...]
    """Groups or labels and their counts, most frequent first; items without one are left out."""
    brightness: tuple[int, ...]
    """Histogram of the mean brightness of the sampled images, in ``BRIGHTNESS_BINS`` bins."""
    mean_colour: tuple[float, float, float]
    """Mean red, green and blue of the sampled images, 0 to 255."""
    sampled: int
    """Number of images sampled for brightness and colour."""


def measure(
    dataset: StoredDataset,
    edits: Edits | None = None,
    *,
    control: RunControl | None = None,
    sample: int = _SAMPLED,
) -> Statistics:
    """Compute the statistics of a dataset; colours are those of a fixed random sample.

    Raises:
        StoppedError: a stop was requested.
    """
    control = control or RunControl()
    states = dict(enumerate((edits or Edits(dataset)).states()))
    kept = {item: state for item, state in states.items() if not state.is_excluded}
    has_image = {item: bool(dataset.image_rows[item] >= 0) for item in kept}
    lengths, words = _count_words(kept.values(), control)
    rows = [int(dataset.image_rows[item]) for item in kept if has_image[item]]
    means = _sample_means(dataset, rows, sample, control)
    text_only = len(kept) - len(rows)
    image_only = sum(not state.captions for state in kept.values())
    captions = Counter(len(state.captions) for item, state in kept.items() if has_image[item])
    groups = Counter(filter(None, (group_of(dataset.records[item]) for item in kept)))
    brightness, _edges = np.histogram(means @ _LUMA, bins=BRIGHTNESS_BINS, range=(0, 256))
    red, green, blue = means.mean(axis=0).tolist() if len(means) else (0.0, 0.0, 0.0)
    return Statistics(
        pairs=len(kept) - text_only - image_only,
        image_only=image_only,
        text_only=text_only,
        train_items=sum(state.split == TRAIN for state in kept.values()),
        validation_items=sum(state.split == VALIDATION for state in kept.values()),
        excluded=len(states) - len(kept),
        image_bytes=len(rows) * dataset.images[:1].nbytes,
        text_lengths=dict(sorted(lengths.items())),
        captions_per_image=dict(sorted(captions.items())),
        words=tuple(rank_counts(words)),
        groups=tuple(rank_counts(groups)),
        brightness=tuple(brightness.tolist()),
        mean_colour=(red, green, blue),
        sampled=len(means),
    )


def _count_words(
    states: Iterable[ItemState], control: RunControl
) -> tuple[Counter[int], Counter[str]]:
    lengths: Counter[int] = Counter()
    words: Counter[str] = Counter()
    for number, state in enumerate(states):
        if number % _LOOK_EVERY == 0 and control.is_stop_requested:
            raise StoppedError
        for caption in state.captions:
            found = [word for word in split_words(caption) if word[0].isalnum()]
            lengths[len(found)] += 1
            words.update(word for word in found if len(word) > 1 or not word.isascii())
    return lengths, words


def _sample_means(
    dataset: StoredDataset, rows: list[int], sample: int, control: RunControl
) -> npt.NDArray[np.float64]:
    """Return the mean colour of each sampled image: [K, 3]."""
    chosen = np.array(rows, dtype=np.int64)
    if len(chosen) > sample:
        picked = np.random.default_rng(_SAMPLE_SEED).choice(len(chosen), sample, replace=False)
        chosen = chosen[np.sort(picked)]
    means = np.zeros((len(chosen), 3))
    for place, row in enumerate(chosen):
        if control.is_stop_requested:
            raise StoppedError
        means[place] = dataset.images[row].mean(axis=(0, 1))
    return means
