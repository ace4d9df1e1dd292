"""Which items the batch of a step has.

Both orders are counter-based: a batch follows from seed and step alone, so there is nothing to save
and any step can be asked for by itself. In ``FreeOrder`` an epoch is a permutation of all items.
``BlockOrder`` suits data that are read from a disk while training: blocks of neighbouring items
come in random order, and the items of a window of blocks are shuffled. Its price is that batches of
a dataset that is sorted by class vary more in their classes.

Shapes: N items, B batch.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from engine.data.seeds import mix_seed

Rows = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]
BLOCK, WINDOW = 256, 64
"""Items of a block and blocks of a window. Measured in docs/measurements.md, *Streamed data*."""
AHEAD = 8
"""Steps ahead of which a free order says what it will need."""


class Order(Protocol):
    """The items of each step."""

    count: int
    """N."""
    batch_size: int

    def rows(self, step: int) -> Rows:
        """Return the items of the batch of a step, counted from 0: [B]."""
        ...

    def upcoming(self, step: int, *, is_first: bool) -> Sequence[Rows]:
        """Return items that will be needed soon, to have them read in advance.

        Args:
            step: whose batch is gathered next.
            is_first: whether no call for the step before came before.
        """
        ...


class FreeOrder:
    """A permutation of all items in each epoch.

    Args:
        count: N.
        batch_size: B.
        seed: seed of the order.
        weights: [N] sampling weights, with replacement; by default each item comes once per epoch.
    """

    def __init__(
        self, count: int, batch_size: int, seed: int, weights: Weights | None = None
    ) -> None:
        self.count, self.batch_size = count, batch_size
        self._seed = seed
        self._cumulative = None if weights is None else np.cumsum(weights)
        self._kept: tuple[int, Rows] | None = None

    def rows(self, step: int) -> Rows:
        """Return the items of the batch of a step: [B]."""
        parts: list[Rows] = []
        for epoch, start, stop in _parts(self.count, self.batch_size, step):
            parts.append(self._order(epoch)[start:stop])
        return np.concatenate(parts)

    def upcoming(self, step: int, *, is_first: bool) -> Sequence[Rows]:
        """Return the items of a later step, or of all until then."""
        return [self.rows(n) for n in range(step if is_first else step + AHEAD, step + AHEAD + 1)]

    def _order(self, epoch: int) -> Rows:
        kept = self._kept
        if kept is None or kept[0] != epoch:
            seed = mix_seed(self._seed, epoch)
            if self._cumulative is None:
                drawn = torch.randperm(self.count, generator=torch.Generator().manual_seed(seed))
                kept = epoch, drawn.numpy()
            else:
                kept = epoch, _drawn(self._cumulative, seed)
            self._kept = kept
        return kept[1]


class BlockOrder:
    """Blocks of neighbours in random order, shuffled within windows.

    With weights, an epoch has N items that are drawn with replacement, as in ``FreeOrder``. They
    are arranged as the first copies of all items, ascending, then the second ones, and so on, which
    are then divided into blocks. So neighbours are neighbours in the file, and the copies of an
    item are in different blocks.

    Args:
        count: N.
        batch_size: B.
        seed: seed of the order.
        weights: [N] sampling weights; by default each item comes once per epoch.
        block: items of a block.
        window: blocks of a window.
    """

    def __init__(
        self,
        count: int,
        batch_size: int,
        seed: int,
        weights: Weights | None = None,
        *,
        block: int = BLOCK,
        window: int = WINDOW,
    ) -> None:
        self.count, self.batch_size = count, batch_size
        self._seed, self._block, self._size = seed, block, block * window
        self._windows = -(-count // self._size)
        self._cumulative = None if weights is None else np.cumsum(weights)
        # Each is the last result, with its key: an assignment that no other thread can divide.
        self._blocks: tuple[int, Rows] | None = None
        self._drawn: tuple[int, Rows] | None = None
        self._window: tuple[int, Rows] | None = None

    def rows(self, step: int) -> Rows:
        """Return the items of the batch of a step: [B]."""
        parts: list[Rows] = []
        for epoch, start, stop in _parts(self.count, self.batch_size, step):
            for number in range(start // self._size, -(-stop // self._size)):
                inside = max(0, start - number * self._size)
                items = self._shuffled(epoch * self._windows + number)
                parts.append(items[inside : stop - number * self._size])
        return np.concatenate(parts)

    def upcoming(self, step: int, *, is_first: bool) -> Sequence[Rows]:
        """Return the items of the next window, half a window before it begins."""
        first = self._window_at(step * self.batch_size)
        last = self._window_at((step + 1) * self.batch_size + self._size // 2)
        if not is_first:
            first = 1 + self._window_at(step * self.batch_size + self._size // 2)
        return [self._items(number) for number in range(first, last + 1)]

    def _window_at(self, place: int) -> int:
        """Return the number of the window that a place of the run is in, over all epochs."""
        epoch, inside = divmod(place, self.count)
        return epoch * self._windows + inside // self._size

    def _shuffled(self, number: int) -> Rows:
        kept = self._window
        if kept is None or kept[0] != number:
            epoch, window = divmod(number, self._windows)
            random = np.random.default_rng(mix_seed(self._seed, epoch, window))
            kept = self._window = number, random.permutation(self._items(number))
        return kept[1]

    def _items(self, number: int) -> Rows:
        """Return the items of a window, block by block."""
        epoch, window = divmod(number, self._windows)
        each = self._size // self._block
        blocks = self._block_order(epoch)[window * each : (window + 1) * each]
        places = (blocks[:, None] * self._block + np.arange(self._block)).ravel()
        places = places[places < self.count]
        return places if self._cumulative is None else self._draws(epoch)[places]

    def _block_order(self, epoch: int) -> Rows:
        kept = self._blocks
        if kept is None or kept[0] != epoch:
            full, rest = divmod(self.count, self._block)
            order = np.random.default_rng(mix_seed(self._seed, epoch)).permutation(full)
            # A block that is not full comes last, so that all windows but the last are full.
            kept = self._blocks = epoch, np.append(order, [full] if rest else []).astype(np.int64)
        return kept[1]

    def _draws(self, epoch: int) -> Rows:
        kept = self._drawn
        if kept is None or kept[0] != epoch:
            if self._cumulative is None:
                raise ValueError("nothing is drawn without weights")
            items = np.sort(_drawn(self._cumulative, mix_seed(self._seed, epoch)))
            copy = np.arange(len(items)) - np.searchsorted(items, items)
            kept = self._drawn = epoch, items[np.argsort(copy, kind="stable")]
        return kept[1]


def _parts(count: int, batch_size: int, step: int) -> Sequence[tuple[int, int, int]]:
    """Divide the places of a batch by epoch: the epoch, and the first place and the end in it."""
    place, end = step * batch_size, (step + 1) * batch_size
    parts: list[tuple[int, int, int]] = []
    while place < end:
        epoch, start = divmod(place, count)
        stop = min(count, start + end - place)
        parts.append((epoch, start, stop))
        place += stop - start
    return parts


def _drawn(cumulative: Weights, seed: int) -> Rows:
    """Draw as many items as there are, with replacement, by inverting cumulative weights: [N]."""
    drawn = np.random.default_rng(seed).random(len(cumulative)) * cumulative[-1]
    return np.searchsorted(cumulative, drawn, side="right").astype(np.int64)
