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
    """Fingerprints that were added, to be asked for one near another.

    Flat images are near none. With more than ``128`` in one bucket, later ones are not compared:
    that bounds the work, and only matters where images are alike by the hundreds.

    Args:
        distance: how many bits may differ.
        tolerance: how far the mean colours of a field may lie apart.
    """

    def __init__(self, distance: int, tolerance: int = COLOUR_TOLERANCE) -> None:
        self.distance, self.tolerance = distance, tolerance
        edges = np.linspace(0, _BITS, distance + 2).astype(int).tolist()
        bands = [(1 << high) - (1 << low) for low, high in itertools.pairwise(edges)]
        self._tables: list[tuple[int, dict[int, list[int]]]] = [(band, {}) for band in bands]
        self._hashes: list[int] = []
        self._colours: list[bytes] = []
        self._sums: list[int] = []
        self._names: list[int] = []
        self._known: dict[tuple[int, bytes], int] = {}

    def add(self, name: int, hash_: int, colours: bytes = b"") -> None:
        """Add a fingerprint by a number of the caller's; equal ones keep the first."""
        if hash_ == FLAT or (hash_, colours) in self._known:
            return
        self._known[hash_, colours] = place = len(self._names)
        self._names.append(name)
        self._hashes.append(hash_)
        self._colours.append(colours)
        self._sums.append(sum(colours))
        for mask, table in self._tables:
            bucket = table.setdefault(hash_ & mask, [])
            if len(bucket) < _MAX_COMPARED:
                bucket.append(place)

    def find(self, hash_: int, colours: bytes = b"") -> int | None:
        """Return the first added that is near, None if none is."""
        if hash_ == FLAT:
            return None
        best = self._known.get((hash_, colours), len(self._names))
        total = sum(colours)
        for mask, table in self._tables:
            for place in table.get(hash_ & mask, ()):
                if place >= best:
                    break
                if (
                    self._hashes[place] ^ hash_
                ).bit_count() <= self.distance and self._is_same_colour(place, colours, total):
                    best = place
                    break
        return self._names[best] if best < len(self._names) else None

    def _is_same_colour(self, place: int, colours: bytes, total: int) -> bool:
        known = self._colours[place]
        if known == colours or not known or not colours:
            return True
        # The sums tell most apart, many times quicker than field by field.
        if abs(self._sums[place] - total) > self.tolerance * len(colours):
            return False
        return all(abs(a - b) <= self.tolerance for a, b in zip(known, colours, strict=False))


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
    index = NearDuplicateIndex(distance)
    groups: dict[int, list[int]] = {}
    numbers = hashes.tolist() if isinstance(hashes, np.ndarray) else hashes
    for place, hash_ in enumerate(numbers):
        layout = colours[place] if colours else b""
        leader = index.find(hash_, layout)
        if leader is None:
            index.add(place, hash_, layout)
        groups.setdefault(place if leader is None else leader, []).append(place)
    return [group for group in groups.values() if len(group) > 1]
