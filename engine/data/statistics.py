"""Statistics of a dataset: text lengths, words, groups, colours.

Shapes: K sampled images, H height, W width, C channels.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.control import RunControl
from engine.data.editing import Edits, ItemState
from engine.data.search import rank_counts
from engine.data.store import VALIDATION, StoredDataset
from engine.data.words import split_words
from engine.errors import StoppedError

BRIGHTNESS_BINS = 32
_SAMPLED, _SAMPLE_SEED = 2000, 0
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


def _captions(dataset: StoredDataset, changed: Mapping[int, ItemState]) -> Iterator[Any]:
    """Yield all captions of the items that are not excluded, as Arrow arrays."""
    # Imported on use: the studio starts without it.
    import pyarrow as pa

    column = dataset.text_column
    if column is not None:
        unchanged = np.setdiff1d(np.arange(dataset.count), list(changed)) if changed else None
        yield from column.arrays(unchanged)
    edited = [
        text for state in changed.values() if not state.is_excluded for text in state.captions
    ]
    yield pa.array([text.encode(errors="replace").decode() for text in edited], pa.utf8())


def _count_words(arrays: Iterable[Any], control: RunControl) -> tuple[Counter[int], Counter[str]]:
    """Count captions by their number of words, and words.

    No word contains white space, so Arrow splits the captions at it, and only the different pieces
    are split into words here.
    """
    import pyarrow.compute as pc

    lengths: Counter[int] = Counter()
    words: Counter[str] = Counter()
    for array in arrays:
        if control.is_stop_requested:
            raise StoppedError
        split = pc.call_function("utf8_split_whitespace", [array])
        pieces = split.flatten().dictionary_encode()
        codes = pieces.indices.to_numpy()
        sizes: list[int] = []
        for piece, count in zip(
            pieces.dictionary.to_pylist(), np.bincount(codes).tolist(), strict=True
        ):
            found = [word for word in split_words(piece) if word[0].isalnum()]
            sizes.append(len(found))
            for word in found:
                if len(word) > 1 or not word.isascii():
                    words[word] += count
        before = np.concatenate([[0], np.array(sizes, np.int64)[codes].cumsum()])
        offsets = split.offsets.to_numpy() - split.offsets[0].as_py()
        lengths.update(np.diff(before[offsets]).tolist())
    return lengths, words


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
