"""Read the pixel values of TIFF files as they are stored: any depth, sign and number of channels.

Pillow reads few of these kinds, and reduces 16 bits of colour to 8. Here it still decompresses:
a directory is appended to the file that describes each row of pixels as a row of bytes, and those
are unpacked afterwards.

Shapes: H height, W width, C channels, S samples of each pixel in the file.

Source: TIFF 6.0 (Adobe, 1992), sections 2, 7, 14 and 15; predictor 3 is in "TIFF Technical Note 3"
(Adobe, 2005).
"""

import io
import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from engine.data.image_errors import ImageErrorKind
from engine.data.pixel_values import Values
from engine.errors import EntryError

MAGIC = (b"II*\0", b"MM\0*", b"II+\0")
_BIG = MAGIC[2]
MAX_PAGES = 10_000
"""Pages of one file that are looked at."""

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _ORIENTATION, _SAMPLES, _ROWS_PER_STRIP, _STRIP_COUNTS = 273, 274, 277, 278, 279
_PLANAR, _PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_COUNTS = (
    284,
    317,
    322,
    323,
    324,
    325,
)
_SUBFILE, _EXTRA_SAMPLES, _SAMPLE_FORMAT, _PROFILE = 254, 338, 339, 34_675
_LOSSLESS = frozenset({1, 5, 8, 32_773, 32_946, 34_925, 50_000})
"""None, LZW, deflate, PackBits, LZMA and Zstandard."""
_READ = _WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_KINDS = {1: "u", 2: "i", 3: "f", 4: "u"}
"""NumPy's kinds by sample format; complex numbers have none."""
_WHOLE_BITS = {"u": (8, 16, 32, 64), "i": (8, 16, 32, 64), "f": (16, 32, 64)}
_MAX_BITS = 32
"""Of samples that do not fill whole bytes."""
_UNPACKED_ROWS = 64


@dataclass(frozen=True, kw_only=True)
class TiffPage:
    """One page: how its samples are stored. Reading it takes no pixels."""

    content: bytes
    tags: Mapping[int, Any]
    width: int
    height: int
    bits: int
    """Of each sample."""
    kind: str
    """``u`` unsigned, ``i`` signed, ``f`` floating-point."""
    samples: int
    alpha: int
    """Index of the sample that is the opacity; -1 without."""

    @property
    def bands(self) -> int:
        """Samples of a pixel apart from the opacity."""
        return self.samples - (self.alpha >= 0)

    @property
    def is_premultiplied(self) -> bool:
        """Whether colours are multiplied by the opacity."""
        return self.alpha >= 0 and 1 in _as_tuple(self.tags.get(_EXTRA_SAMPLES, ()))

    @property
    def is_inverted(self) -> bool:
        """Whether the lowest value is white."""
        return self.tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO

    @property
    def orientation(self) -> object:
        """How the page must be turned, as in EXIF."""
        return self.tags.get(_ORIENTATION, 1)

    @property
    def profile(self) -> object:
        """The ICC profile, if there is one."""
        return self.tags.get(_PROFILE)

    @property
    def decoded_bytes(self) -> int:
        """Memory that decompressing the page takes at once, at least."""
        samples = 1 if self._is_planar else self.samples
        across, down = (
            math.ceil(side / tile) for side, tile in zip(self._size, self._tile, strict=True)
        )
        return across * down * math.prod(self._tile) * samples * math.ceil(self.bits / 8)

    @property
    def _size(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def _tile(self) -> tuple[int, int]:
        """Width and height of a tile; without tiles those of the page."""
        is_tiled = _TILE_OFFSETS in self.tags
        return (self.tags[_TILE_WIDTH], self.tags[_TILE_HEIGHT]) if is_tiled else self._size

    @property
    def _is_planar(self) -> bool:
        """Whether each sample has a plane of its own."""
        return self.tags.get(_PLANAR, 1) == 2

    def read(self, wanted: Sequence[int]) -> Values:
        """Read some samples of all pixels, by their index: [H, W, len(wanted)].

        Raises:
            Exception: of any kind, from Pillow, for damaged files.
        """
        if self._is_planar:
            planes = [self._unpacked(plane, 1) for plane in wanted]
            return np.concatenate(planes, axis=2)
        return self._unpacked(0, self.samples)[:, :, list(wanted)]

    def _unpacked(self, plane: int, samples: int) -> Values:
        """Read one plane, in which each pixel has so many samples: [H, W, samples]."""
        tile_width, tile_height = self._tile
        # Whole tiles, because a predictor reaches over the edge of the image.
        across = math.ceil(self.width / tile_width)
        height = math.ceil(self.height / tile_height) * tile_height
        tile_bytes = math.ceil(tile_width * samples * self.bits / 8)
        rows = self._rows(plane, (height, across * tile_bytes), tile_bytes, tile_height)
        pieces = [
            self._values(rows[:, start : start + tile_bytes], tile_width, samples)
            for start in range(0, across * tile_bytes, tile_bytes)
        ]
        whole = pieces[0] if across == 1 else np.concatenate(pieces, axis=1)
        return whole[: self.height, : self.width]

    def _rows(
        self, plane: int, shape: tuple[int, int], tile_bytes: int, tile_height: int
    ) -> npt.NDArray[np.uint8]:
        """Decompress a plane to rows of bytes."""
        is_tiled = _TILE_OFFSETS in self.tags
        names = (_TILE_OFFSETS, _TILE_COUNTS) if is_tiled else (_STRIP_OFFSETS, _STRIP_COUNTS)
        places = [_as_tuple(self.tags[name]) for name in names if name in self.tags]
        count = len(places[0])
        if self._is_planar:
            count //= self.samples
        first = plane * count
        height, width = shape
        tags: dict[int, tuple[int, ...]] = {
            _WIDTH: (width,),
            _HEIGHT: (height,),
            _BITS: (8,),
            _COMPRESSION: (self.tags.get(_COMPRESSION, 1),),
            _PHOTOMETRIC: (_BLACK_IS_ZERO,),
            _SAMPLES: (1,),
        }
        if is_tiled:
            tags |= {_TILE_WIDTH: (tile_bytes,), _TILE_HEIGHT: (tile_height,)}
        else:
            tags[_ROWS_PER_STRIP] = (min(self.tags.get(_ROWS_PER_STRIP, height), height),)
        tags |= {
            name: place[first : first + count] for name, place in zip(names, places, strict=False)
        }
        with Image.open(io.BytesIO(_with_directory(self.content, tags)), formats=("TIFF",)) as file:
            return np.asarray(file)

    def _values(self, rows: npt.NDArray[np.uint8], width: int, samples: int) -> Values:
        """Convert rows of bytes, of one column of tiles, to numbers: [H, width, samples]."""
        shape = (len(rows), width, samples)
        order = "<" if self.content[:1] == b"I" else ">"
        predictor = self.tags.get(_PREDICTOR, 1)
        if self.bits not in _WHOLE_BITS[self.kind]:
            return _unpack_bits(rows, width * samples, self.bits).reshape(shape)
        size = self.bits // 8
        rows = np.ascontiguousarray(rows)
        if predictor == 3:
            rows = _undo_float_predictor(rows, size, samples)
            order = ">"
        elif predictor == 2:
            steps = rows.view(f"{order}u{size}").reshape(shape)
            rows = np.cumsum(steps, axis=1, dtype=f"u{size}").view(np.uint8)
            order = "="
        values = rows.view(f"{order}{self.kind}{size}").reshape(shape)
        return values.astype(values.dtype.newbyteorder("="), copy=False)


def _unpack_bits(rows: npt.NDArray[np.uint8], count: int, bits: int) -> npt.NDArray[np.uint32]:
    """Read so many unsigned numbers of some bits from each row, the highest bit first."""
    weights = 1 << np.arange(bits, dtype=np.uint32)[::-1]
    unpacked = np.empty((len(rows), count), np.uint32)
    for start in range(0, len(rows), _UNPACKED_ROWS):
        some = np.unpackbits(rows[start : start + _UNPACKED_ROWS], axis=1)[:, : count * bits]
        unpacked[start : start + _UNPACKED_ROWS] = some.reshape(-1, count, bits) @ weights
    return unpacked


def _undo_float_predictor(
    rows: npt.NDArray[np.uint8], size: int, samples: int
) -> npt.NDArray[np.uint8]:
    """Undo predictor 3: differences of bytes, whose planes begin with the highest bytes."""
    sums = np.cumsum(rows.reshape(len(rows), -1, samples), axis=1, dtype=np.uint8)
    planes = sums.reshape(len(rows), size, -1)
    return np.ascontiguousarray(planes.transpose(0, 2, 1)).reshape(len(rows), -1)


def tiff_page(content: bytes, number: int = 0) -> TiffPage | None:
    """Describe a page of a TIFF file; None if Pillow reads all that it holds.

    Args:
        content: the whole file.
        number: which of the pages that are not reduced copies of another.

    Raises:
        EntryError: with an ``ImageErrorKind``: no such page, or its samples are of no known kind.
    """
    tags = next((t for n, (_at, t) in enumerate(_pages(content)) if n == number), None)
    if tags is None:
        raise EntryError("", ImageErrorKind.DAMAGED, f"it has no page {number + 1}")
    samples, photometric = tags.get(_SAMPLES, 1), tags.get(_PHOTOMETRIC, _WHITE_IS_ZERO)
    bits, formats = set(_as_tuple(tags.get(_BITS, 1))), set(_as_tuple(tags.get(_SAMPLE_FORMAT, 1)))
    is_grey = samples == 1 and max(bits) <= 8
    is_colour = photometric == _RGB and samples in (3, 4) and bits == {8}
    if photometric not in _READ or (formats == {1} and (is_grey or is_colour)):
        return None
    (depth, *other_bits), (sample_format, *other_formats) = bits, formats
    kind = _KINDS.get(sample_format, "")
    what = f"a TIFF of {samples} channels of {depth} bits"
    if other_bits or other_formats or not kind or not _is_known(depth, kind):
        raise EntryError("", ImageErrorKind.UNSUPPORTED, f"it is {what} of a kind that is not read")
    if tags.get(_COMPRESSION, 1) not in _LOSSLESS:
        detail = f"it is {what} whose compression, {tags.get(_COMPRESSION)}, is not read"
        raise EntryError("", ImageErrorKind.UNSUPPORTED, detail)
    return TiffPage(
        content=content,
        tags=tags,
        width=tags[_WIDTH],
        height=tags[_HEIGHT],
        bits=depth,
        kind=kind,
        samples=samples,
        alpha=_alpha(tags, samples, photometric),
    )


def describes_pixels(content: bytes) -> bool:
    """Whether the first page says where its pixels are, so that the file is not damaged there."""
    _place, tags = next(_pages(content), (0, {}))
    has_places = _STRIP_OFFSETS in tags or _TILE_OFFSETS in tags
    return has_places and _WIDTH in tags and _HEIGHT in tags


def page_places(content: bytes) -> Iterator[int]:
    """Yield the places, as Pillow counts them, of the pages that are no copies of another."""
    return (place for place, _tags in _pages(content))


def _pages(content: bytes) -> Iterator[tuple[int, dict[int, Any]]]:
    """Yield the pages that are not reduced copies of another, such as the levels of a pyramid."""
    stream = io.BytesIO(content)
    directory = ImageFileDirectory_v2(stream.read(16 if content.startswith(_BIG) else 8))
    seen: set[int] = set()
    while directory.next and directory.next not in seen and len(seen) < MAX_PAGES:
        seen.add(directory.next)
        stream.seek(directory.next)
        directory.load(stream)
        tags = dict(directory.items())
        if len(seen) == 1 or not _is_copy(tags):
            yield len(seen) - 1, tags


def _is_copy(tags: Mapping[int, Any]) -> bool:
    subfile = tags.get(_SUBFILE, 0)
    return isinstance(subfile, int) and bool(subfile & 1)


def _is_known(bits: int, kind: str) -> bool:
    return bits in _WHOLE_BITS[kind] or (kind == "u" and 8 < bits < _MAX_BITS)


def _alpha(tags: Mapping[int, Any], samples: int, photometric: int) -> int:
    """Return the index of the opacity, -1 without."""
    extra = _as_tuple(tags.get(_EXTRA_SAMPLES, ()))
    if not extra:
        # As Pillow reads colours of four samples.
        return 3 if photometric == _RGB and samples == 4 else -1
    found = next((place for place, meaning in enumerate(extra) if meaning in (1, 2)), None)
    return -1 if found is None else samples - len(extra) + found


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _with_directory(content: bytes, tags: Mapping[int, Sequence[int]]) -> bytes:
    """Append a directory of whole numbers to a file, as its only one."""
    order = "<" if content[:1] == b"I" else ">"
    at = len(content) + len(content) % 2
    head = struct.pack(f"{order}2sHI", content[:2], 42, at)
    entries, more = b"", b""
    behind = at + 2 + 12 * len(tags) + 4
    for tag, values in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(values)}I", *values)
        if len(packed) > 4:
            packed, more = struct.pack(f"{order}I", behind + len(more)), more + packed
        entries += struct.pack(f"{order}HHI", tag, 4, len(values)) + packed
    directory = struct.pack(f"{order}H", len(tags)) + entries + struct.pack(f"{order}I", 0)
    return head + content[8:at].ljust(at - 8, b"\0") + directory + more
