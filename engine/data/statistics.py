"""Statistics of a dataset: text lengths, words, groups, colours.

Shapes: K sampled images, H height, W width, C channels.
"""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.control import RunControl
from engine.data.editing import Edits, ItemState
from engine.data.search import rank_counts
from engine.data.store import VALIDATION, StoredDataset
from engine.data.tokenizers import split_words
from engine.errors import StoppedError

BRIGHTNESS_BINS = 32
_SAMPLED, _SAMPLE_SEED = 2000, 0
_LOOK_EVERY = 1024
_END = "\0"
"""Marks the end of a caption."""
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
    changed = {item: edits.state(item) for item in edits.changed} if edits else {}
    is_kept = np.ones(dataset.count, dtype=bool)
    is_validation, has_image = dataset.is_validation.copy(), dataset.image_rows >= 0
    num_captions = _caption_counts(dataset)
    for item, state in changed.items():
        is_kept[item] = not state.is_excluded
        is_validation[item] = state.split == VALIDATION
        num_captions[item] = len(state.captions)
    lengths, words = _count_words(_captions(dataset, changed), control)
    rows = dataset.image_rows[is_kept & has_image]
    means = _sample_means(dataset, rows, sample, control)
    has_text = num_captions > 0
    captions = np.bincount(num_captions[is_kept & has_image])
    groups = Counter(itertools.compress(dataset.groups, is_kept))
    groups.pop("", None)
    brightness, _edges = np.histogram(means @ _LUMA, bins=BRIGHTNESS_BINS, range=(0, 256))
    red, green, blue = means.mean(axis=0).tolist() if len(means) else (0.0, 0.0, 0.0)
    return Statistics(
        pairs=int((is_kept & has_image & has_text).sum()),
        image_only=int((is_kept & has_image & ~has_text).sum()),
        text_only=int((is_kept & ~has_image & has_text).sum()),
        train_items=int((is_kept & ~is_validation).sum()),
        validation_items=int((is_kept & is_validation).sum()),
        excluded=int((~is_kept).sum()),
        image_bytes=len(rows) * dataset.images[:1].nbytes,
        text_lengths=dict(sorted(lengths.items())),
        captions_per_image={n: c for n, c in enumerate(captions.tolist()) if c},
        words=tuple(rank_counts(words)),
        groups=tuple(rank_counts(groups)),
        brightness=tuple(brightness.tolist()),
        mean_colour=(red, green, blue),
        sampled=len(means),
    )


def _caption_counts(dataset: StoredDataset) -> npt.NDArray[np.int64]:
    """Return the number of captions of each item: [N]."""
    column = dataset.text_column
    return np.zeros(dataset.count, np.int64) if column is None else column.counts.astype(np.int64)


def _captions(dataset: StoredDataset, changed: Mapping[int, ItemState]) -> Counter[str]:
    """Count equal captions of the items that are not excluded."""
    counts = Counter[str]()
    column = dataset.text_column
    if column is not None:
        unchanged = np.setdiff1d(np.arange(dataset.count), list(changed)) if changed else None
        for array in column.arrays(unchanged):
            counts.update(array.to_pylist())
    for state in changed.values():
        if not state.is_excluded:
            counts.update(state.captions)
    return counts


def _count_words(
    captions: Mapping[str, int], control: RunControl
) -> tuple[Counter[int], Counter[str]]:
    """Count captions by their number of words, and words, of captions and how often each is."""
    lengths: Counter[int] = Counter()
    words: Counter[str] = Counter()
    by_count: dict[int, list[str]] = {}
    for caption, count in captions.items():
        by_count.setdefault(count, []).append(caption)
    for count, texts in by_count.items():
        for start in range(0, len(texts), _LOOK_EVERY):
            if control.is_stop_requested:
                raise StoppedError
            found_lengths, found_words = _words_of(texts[start : start + _LOOK_EVERY])
            lengths.update({length: number * count for length, number in found_lengths.items()})
            words.update({word: number * count for word, number in found_words.items()})
    return lengths, words


def _words_of(captions: Sequence[str]) -> tuple[Counter[int], Counter[str]]:
    """Count words as ``_count_words``, of captions that are all split at once: that is faster."""
    # No word contains the mark, which is a token of its own and normalised to itself.
    text = "".join(f"{caption.replace(_END, ' ')}{_END}" for caption in captions)
    tokens = split_words(text)
    found = Counter(tokens)
    is_word = {token: token[0].isalnum() for token in found}
    words_before = np.cumsum([is_word[token] for token in tokens])
    ends = [place for place, token in enumerate(tokens) if token == _END]
    lengths = np.diff(words_before[ends], prepend=0)
    words = {
        word: count
        for word, count in found.items()
        if is_word[word] and (len(word) > 1 or not word.isascii())
    }
    return Counter(lengths.tolist()), Counter(words)


def _sample_means(
    dataset: StoredDataset, chosen: npt.NDArray[np.int64], sample: int, control: RunControl
) -> npt.NDArray[np.float64]:
    """Return the mean colour of each sampled image: [K, 3]."""
    if len(chosen) > sample:
        picked = np.random.default_rng(_SAMPLE_SEED).choice(len(chosen), sample, replace=False)
        chosen = chosen[np.sort(picked)]
    means = np.zeros((len(chosen), 3))
    for place, row in enumerate(chosen):
        if control.is_stop_requested:
            raise StoppedError
        means[place] = dataset.images[row].mean(axis=(0, 1))
    return means
