"""Fingerprints of images, and the search for those that differ in few bits.

Equal pixels have equal digests; images that look alike have perceptual hashes that differ in few
bits. The hash ignores colours, so mean colours of a grid are compared in addition. All arithmetic
is on integers, so every machine computes the same hash.

Sources: Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions", section
3.2.1 (pHash): 64 low frequencies of the discrete cosine transform of a 32 x 32 grey image, each
above the median or not. Norouzi et al. 2012, arXiv:1307.2982 (multi-index hashing): cut into d + 1
bands, two hashes that differ in at most d bits agree in at least one band, so only those that do
are compared, in time that grows with the number of hashes alone.

Shapes: N images, H height, W width, C channels.
"""

import hashlib
import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from engine.importing.formats.format import Pixels

FLAT = 0
"""The hash of an image without contrast; it is near no other."""
LAYOUT = 8
"""Side of the layout of mean colours."""
_SIDE, _LOW = 32, 9
_MIN_CONTRAST = 8
# Whole numbers in float64: products and sums stay below 2 ** 53, so BLAS adds them up exactly, in
# whatever order.
_SCALE = 4_096
_WAVES = np.rint(_SCALE * np.cos(np.pi / _SIDE * np.outer(np.arange(_LOW), np.arange(_SIDE) + 0.5)))
# 8 x 8 frequencies without the mean, which says nothing about what is seen; one more takes
# its place.
_ROWS, _COLUMNS = np.divmod(np.arange(1, 64), 8)
_ROWS, _COLUMNS = np.append(_ROWS, 8), np.append(_COLUMNS, 0)


def perceptual_hashes(images: Pixels) -> npt.NDArray[np.uint64]:
    """Hash stored images: uint8 [N, H, W, C] to [N]; a few hundred at once are fastest."""
    if not len(images):
        return np.empty(0, dtype=np.uint64)
    images = _to_whole_blocks(images)
    sums = _block_sums(images, _SIDE)
    # Whole numbers [N, 32, 32], weighted as in ITU-R BT.601.
    channels = [sums[..., channel] for channel in range(sums.shape[-1])]
    if len(channels) > 1:
        red, green, blue = channels
        channels = [(red * 299 + green * 587 + blue * 114) // 1_000]
    grey = channels[0].astype(np.float64)
    # Two large matrix products are many times faster than a stack of small ones.
    across = (grey.reshape(-1, _SIDE) @ _WAVES.T).reshape(-1, _SIDE, _LOW)
    down = across.transpose(0, 2, 1).reshape(-1, _SIDE) @ _WAVES.T
    waves = down.reshape(-1, _LOW, _LOW).transpose(0, 2, 1)
    low = waves[:, _ROWS, _COLUMNS]
    flat = grey.reshape(len(grey), -1)
    highest, area = flat.max(axis=1), (images.shape[1] // _SIDE) ** 2
    # Frequencies that an image lacks come out as zero but for rounding, of at most a quarter of the
    # highest grey; those are all set, whatever their sign.
    least = np.minimum(np.median(low, axis=1), -highest * float(_SCALE) ** 2 / 4)
    octets = np.ascontiguousarray(np.packbits(low > least[:, None], axis=1))
    hashes = octets.view(">u8").astype(np.uint64)[:, 0]
    has_contrast = highest - flat.min(axis=1) >= _MIN_CONTRAST * area
    return np.where(has_contrast, hashes, np.uint64(FLAT))


def colour_layouts(images: Pixels) -> npt.NDArray[np.uint8]:
    """Return the mean colours of 8 x 8 fields: uint8 [N, H, W, C] to [N, 64] or [N, 192]."""
    if not len(images):
        return np.empty((0, LAYOUT**2), dtype=np.uint8)
    images = _to_whole_blocks(images)
    area = (images.shape[1] // LAYOUT) ** 2
    return (_block_sums(images, LAYOUT) // area).astype(np.uint8).reshape(len(images), -1)


def pixel_digest(pixels: Pixels) -> bytes:
    """Hash pixels exactly: equal for equal shape and content alone, 16 bytes."""
    digest = hashlib.blake2b(repr(pixels.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.digest()


def _to_whole_blocks(images: Pixels) -> Pixels:
    """Leave one channel or three, and make images squares with a side that is a multiple of 32."""
    images = images[..., : 3 if images.shape[-1] >= 3 else 1]
    side = images.shape[1]
    if side % _SIDE == 0 and images.shape[2] == side:
        return images
    resized = [
        Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).resize(
            (_SIDE, _SIDE), Image.Resampling.BOX
        )
        for image in images
    ]
    return np.stack([np.asarray(image) for image in resized]).reshape(len(images), _SIDE, _SIDE, -1)


def _block_sums(images: Pixels, side: int) -> npt.NDArray[np.uint32]:
    """Add blocks up until ``side`` x ``side`` are left: [N, H, W, C] to [N, side, side, C]."""
    block = images.shape[1] // side
    rows = np.zeros((len(images), side, *images.shape[2:]), dtype=np.uint16)
    for row in range(block):
        rows += images[:, row::block]
    sums = np.zeros((len(images), side, side, images.shape[3]), dtype=np.uint32)
    for column in range(block):
        sums += rows[:, :, column::block]
    return sums


COLOUR_TOLERANCE = 16
"""How far the mean colours of any field may lie apart in images that look the same; of 255."""
_BITS = 64
# Beyond it, hashes collide on purpose or because images are similar by nature.
_MAX_COMPARED = 128


class NearDuplicateIndex:
    """Fingerprints that were added, to be asked for those near others.

    Flat images are near none. With more than ``128`` in one bucket, later ones are not compared:
    that bounds the work, and only matters where images are alike by the hundreds.

    Args:
        hashes: [N], all that will be added or asked for.
        colours: layouts of the colours by number; none leaves colours out of account.
        distance: how many bits may differ.
        tolerance: how far the mean colours of a field may lie apart.
    """

    def __init__(
        self,
        hashes: npt.NDArray[np.uint64],
        colours: Sequence[bytes],
        distance: int,
        tolerance: int = COLOUR_TOLERANCE,
    ) -> None:
        self._hashes, self._colours = hashes, colours
        self.distance, self._tolerance = distance, tolerance
        edges = np.linspace(0, _BITS, distance + 2).astype(int).tolist()
        self._bands = [_Band(hashes, low, high) for low, high in itertools.pairwise(edges)]
        _, places, counts = np.unique(hashes, return_inverse=True, return_counts=True)
        self._is_shared = counts[places] > 1
        self._equal: dict[int, list[int]] = {}
        """Those added of each hash that several have."""

    def add(self, numbers: npt.NDArray[np.int64]) -> None:
        """Add fingerprints by their numbers, ascending; of equal ones the first."""
        numbers = numbers[self._hashes[numbers] != FLAT]
        is_new = np.ones(len(numbers), dtype=bool)
        for place in np.flatnonzero(self._is_shared[numbers]).tolist():
            number = int(numbers[place])
            if self._find_equal(number) is None:
                self._equal.setdefault(int(self._hashes[number]), []).append(number)
            else:
                is_new[place] = False
        for band in self._bands:
            band.add(numbers[is_new])

    def find(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return for each fingerprint the first of those added that is near it, -1 for none."""
        found = np.full(len(numbers), -1, dtype=np.int64)
        for start in range(0, len(numbers), _BLOCK):
            block = numbers[start : start + _BLOCK]
            found[start : start + _BLOCK] = self._found(block)
        return found

    def is_near(self, first: int, second: int) -> bool:
        """Whether two fingerprints, whose hashes differ in few bits, have the same colours."""
        if not self._colours:
            return True
        one, other = self._colours[first], self._colours[second]
        if one == other or not one or not other:
            return True
        size = min(len(one), len(other))
        left, right = (np.frombuffer(c[:size], np.uint8).astype(np.int16) for c in (one, other))
        return bool((np.abs(left - right) <= self._tolerance).all())

    def _found(self, block: npt.NDArray[np.int64]) -> list[int]:
        hashes = self._hashes[block]
        pairs: list[npt.NDArray[np.int64]] = []
        for band in self._bands:
            places, candidates = band.candidates(block)
            apart = np.bitwise_count(self._hashes[candidates] ^ hashes[places])
            is_close = apart <= self.distance
            pairs.append(np.stack([places[is_close], candidates[is_close]]))
        places, candidates = np.concatenate(pairs, axis=1)
        order = np.lexsort((candidates, places))
        found = [-1] * len(block)
        for place, candidate in zip(
            places[order].tolist(), candidates[order].tolist(), strict=True
        ):
            if found[place] < 0 and self.is_near(candidate, int(block[place])):
                found[place] = candidate
        for place in np.flatnonzero(self._is_shared[block]).tolist():
            equal = self._find_equal(int(block[place]))
            if equal is not None and (found[place] < 0 or equal < found[place]):
                found[place] = equal
        for place in np.flatnonzero(hashes == FLAT).tolist():
            found[place] = -1
        return found

    def _find_equal(self, number: int) -> int | None:
        """Return the fingerprint that was added with the same hash and colours."""
        known = self._equal.get(int(self._hashes[number]), ())
        colours = self._colours[number] if self._colours else b""
        return next((k for k in known if not self._colours or self._colours[k] == colours), None)


_BLOCK = 512
"""Fingerprints that are looked up together."""


class _Band:
    """Fingerprints by the value of some of their bits."""

    def __init__(self, hashes: npt.NDArray[np.uint64], low: int, high: int) -> None:
        mask = np.uint64((1 << high) - (1 << low))
        _, buckets, counts = np.unique(hashes & mask, return_inverse=True, return_counts=True)
        self._buckets = buckets.astype(np.int32)
        self._most = np.minimum(counts, _MAX_COMPARED).astype(np.int32)
        self._starts = (np.cumsum(self._most) - self._most).astype(np.int32)
        self._numbers = np.empty(int(self._most.sum()), dtype=np.int32)
        self._filled = np.zeros(len(counts), dtype=np.int32)

    def add(self, numbers: npt.NDArray[np.int64]) -> None:
        """Add fingerprints by their numbers, ascending, as far as their buckets have room."""
        order = np.argsort(self._buckets[numbers], kind="stable")
        numbers = numbers[order]
        buckets = self._buckets[numbers]
        first = np.flatnonzero(np.diff(buckets, prepend=-1))
        counts = np.diff(first, append=len(buckets))
        ranks = np.arange(len(buckets)) - np.repeat(first, counts)
        slots = self._filled[buckets] + ranks
        has_room = slots < self._most[buckets]
        self._numbers[(self._starts[buckets] + slots)[has_room]] = numbers[has_room]
        ends = self._filled[buckets[first]] + counts
        self._filled[buckets[first]] = np.minimum(ends, self._most[buckets[first]])

    def candidates(
        self, numbers: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return pairs: places in ``numbers``, and what was added to their buckets."""
        buckets = self._buckets[numbers]
        counts = self._filled[buckets]
        places = np.repeat(np.arange(len(numbers)), counts)
        ranks = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
        found = self._numbers[self._starts[buckets][places] + ranks]
        return places, found.astype(np.int64)


def near_duplicate_groups(
    hashes: npt.NDArray[np.uint64] | Sequence[int],
    distance: int,
    colours: Sequence[bytes] = (),
) -> list[list[int]]:
    """Group fingerprints that are near, each with the first of its group.

    In order, an item joins the first leader that is near, or becomes a leader. So no group drifts
    away from its leader, as chains of neighbours would.

    Args:
        hashes: [N].
        distance: how many bits may differ.
        colours: the items' layouts of colours; none leaves colours out of account.

    Returns:
        Places in ``hashes``, the leader first; groups of two or more, in the order of leaders.
    """
    hashes = np.asarray(hashes, dtype=np.uint64)
    index = NearDuplicateIndex(hashes, colours, distance)
    groups: dict[int, list[int]] = {}
    for start in range(0, len(hashes), _BLOCK):
        block = np.arange(start, min(start + _BLOCK, len(hashes)))
        block = block[hashes[block] != FLAT]
        found = index.find(block)
        _lead(found, block, hashes, index)
        index.add(block[found == block])
        for leader, place in zip(found.tolist(), block.tolist(), strict=True):
            if leader != place:
                groups.setdefault(leader, [leader]).append(place)
    return [groups[leader] for leader in sorted(groups)]


def _lead(
    found: npt.NDArray[np.int64],
    block: npt.NDArray[np.int64],
    hashes: npt.NDArray[np.uint64],
    index: NearDuplicateIndex,
) -> None:
    """Find leaders within a block for what has none before it; a leader is its own."""
    alone = np.flatnonzero(found < 0)
    found[alone] = block[alone]
    own = hashes[block[alone]]
    is_close = np.bitwise_count(own[:, None] ^ own[None, :]) <= index.distance
    later, earlier = np.nonzero(np.tril(is_close, -1))
    for place, before in zip(alone[later].tolist(), alone[earlier].tolist(), strict=True):
        is_leader = found[before] == block[before]
        has_none = found[place] == block[place]
        if is_leader and has_none and index.is_near(int(block[before]), int(block[place])):
            found[place] = block[before]
