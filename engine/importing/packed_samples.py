"""Samples and decoded samples of a whole import, a few hundred bytes each.

``PackedSamples`` and ``PackedItems`` are sequences of ``RawSample`` and ``DecodedSample``, whose
objects are created when they are read. What the checks ask of every item they ask of arrays.
"""

import tempfile
import weakref
from array import array
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.importing.formats.format import NOTHING, AudioRef, ImageRef, RawSample
from engine.importing.ledger import Reason
from engine.importing.packed import Lazy, Mapped, Numbers, Picked, Records, StringSet
from engine.importing.samples import DecodedSample, ImageFacts
from engine.importing.sources.entries import SharedFile

_MAX_SHARED = 65_536
"""Different extras that are kept once; beyond it, each sample keeps its own."""
_HAS_IMAGE, _HAS_MEMBERS = 1, 2


class PackedSamples(Lazy[RawSample]):
    """Raw samples; grows while a source is scanned."""

    def __init__(self, samples: Iterable[RawSample] = ()) -> None:
        self._records, self._paths, self._flags = Records(), StringSet(), bytearray()
        self._extras: list[Mapping[str, str]] = []
        self._extras_numbers: dict[tuple[tuple[str, str], ...], int] = {}
        self._keys: dict[int, str] = {}
        self._hashes = array("q")
        for sample in samples:
            self.append(sample)

    def append(self, sample: RawSample) -> None:
        """Append a sample."""
        image, key, members = sample.image, sample.key, ()
        packed = None if image is None else self._packed(image)
        if packed == (key, -1, 0):
            # Most images are the file that gives the sample its key.
            packed = True
        if sample.sounds or sample.cells or sample.pictures or sample.further_texts:
            sounds = {name: (*self._packed(s), s.is_prepared) for name, s in sample.sounds.items()}
            pictures = {name: self._packed(ref) for name, ref in sample.pictures.items()}
            members = (sounds, dict(sample.cells), pictures, dict(sample.further_texts))
        self._records.append((key, packed, sample.texts, self._shared(sample.extras), *members))
        self._flags.append(_HAS_IMAGE * (image is not None) + _HAS_MEMBERS * bool(members))
        self._hashes.append(hash(key))

    def key(self, number: int) -> str:
        """Return the key of a sample."""
        return self._keys.get(number) or self._records.entry(number)[0]

    def texts(self, number: int) -> tuple[str, ...]:
        """Return the texts of a sample."""
        return self._records.entry(number)[2]

    def extras(self, number: int) -> Mapping[str, str]:
        """Return the extras of a sample."""
        extras = self._records.entry(number)[3]
        return self._extras[extras] if isinstance(extras, int) else extras

    def rename(self, number: int, key: str) -> None:
        """Give a sample another key."""
        self._keys[number] = key

    @property
    def with_image(self) -> Numbers:
        """The numbers of the samples that have an image."""
        return np.flatnonzero(np.array(self._flags) & _HAS_IMAGE)

    @property
    def with_members(self) -> Numbers:
        """The numbers of the samples with sounds, cells, pictures or texts of further columns."""
        return np.flatnonzero(np.array(self._flags) & _HAS_MEMBERS)

    @property
    def may_share_keys(self) -> bool:
        """Whether two samples may have one key: whether hashes of keys are equal."""
        return len(np.unique(np.array(self._hashes))) < len(self)

    def entry(self, number: int) -> RawSample:
        """Return a sample."""
        key, image, texts, extras, *members = self._records.entry(number)
        if image is not None:
            path, part, frame = (key, -1, 0) if image is True else self._unpacked(image)
            image = ImageRef(path=path, part=part, frame=frame)
        key = self._keys.get(number) or key
        extras = self._extras[extras] if isinstance(extras, int) else extras
        if not members:
            return RawSample(key=key, image=image, texts=texts, extras=extras)
        sounds, cells, pictures, further = members
        return RawSample(
            key=key,
            image=image,
            texts=texts,
            extras=extras,
            sounds={name: self._sound(found) for name, found in sounds.items()} or NOTHING,
            cells=cells or NOTHING,
            pictures={name: self._picture(found) for name, found in pictures.items()} or NOTHING,
            further_texts=further or NOTHING,
        )

    def _packed(self, ref: ImageRef | AudioRef) -> tuple[str | int, int, int]:
        """Return path, part and frame; a number for the path of a file of several parts."""
        path = ref.path if ref.part < 0 else self._paths.add(ref.path)
        return path, ref.part, ref.frame if isinstance(ref, ImageRef) else 0

    def _unpacked(self, packed: Sequence[Any]) -> tuple[str, int, int]:
        path, part, frame = packed
        return self._paths.entry(path) if isinstance(path, int) else path, part, frame

    def _sound(self, packed: Sequence[Any]) -> AudioRef:
        path, part, _frame = self._unpacked(packed[:3])
        return AudioRef(path=path, part=part, is_prepared=packed[3])

    def _picture(self, packed: Sequence[Any]) -> ImageRef:
        path, part, frame = self._unpacked(packed)
        return ImageRef(path=path, part=part, frame=frame)

    def _shared(self, extras: Mapping[str, str]) -> int | dict[str, str]:
        found = tuple(extras.items())
        number = self._extras_numbers.get(found)
        if number is None:
            if len(self._extras) >= _MAX_SHARED:
                return dict(extras)
            number = self._extras_numbers[found] = len(self._extras)
            self._extras.append(extras)
        return number

    def __len__(self) -> int:
        return len(self._flags)


def images_of(samples: Sequence[RawSample]) -> Sequence[ImageRef]:
    """Return the images of samples, in order."""
    if isinstance(samples, PackedSamples):
        return Mapped(lambda sample: sample.image, Picked(samples, samples.with_image))
    return [sample.image for sample in samples if sample.image is not None]


def with_members(samples: Sequence[RawSample]) -> Sequence[RawSample]:
    """Return the samples that have more than an image and texts, and perhaps others."""
    is_packed = isinstance(samples, PackedSamples)
    return Picked(samples, samples.with_members) if is_packed else samples


_IN_MEMORY = 16_000_000
_PIECE = 1 << 20


class _Spill:
    """Byte strings that are moved into an unnamed temporary file once there are many.

    Where no such file can be written they stay in memory. May be read by several threads.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder, self._tail, self._written = folder, bytearray(), 0
        self._ends = array("Q", [0])
        self._shared: SharedFile | None = None
        self._is_refused = False

    def append(self, content: bytes) -> None:
        """Append a byte string."""
        self._tail += content
        self._ends.append(self._ends[-1] + len(content))
        if len(self._tail) > (_PIECE if self._shared else _IN_MEMORY) and not self._is_refused:
            try:
                self._move()
            except OSError:
                self._is_refused = True

    def entry(self, number: int) -> bytes:
        """Return a byte string."""
        start, end = self._ends[number], self._ends[number + 1]
        if start >= self._written or self._shared is None:
            return bytes(self._tail[start - self._written : end - self._written])
        return self._shared.read_at(start, end - start)

    def _move(self) -> None:
        """Move what is in memory to the file; strings are never divided."""
        if self._shared is None:
            self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 - closed with its owner
            self._shared = SharedFile(self._file)
            weakref.finalize(self, self._file.close)
        self._file.seek(self._written)
        left = memoryview(self._tail)
        while left:
            left = left[self._file.write(left) :]
        self._written, self._tail = self._ends[-1], bytearray()


_REASONS = tuple(Reason)
_NUMBERS = {reason: number for number, reason in enumerate(_REASONS)}
_USABLE = 255
_HAS_FACTS, _IS_GREY, _IS_DEEP, _HAS_MORE_FRAMES, _HAS_DIGEST = 1, 2, 4, 8, 16
_DIGEST_BYTES = 16


class PackedItems(Lazy[DecodedSample]):
    """Decoded samples without their pixels and waves; grows while a source is decoded.

    Args:
        raw: the samples that are decoded, in the order in which they will be appended; by default
            those of what is appended.
        folder: for the temporary file of the colours, which only the search for similar images
            asks for; by default the system's.
    """

    def __init__(self, raw: Sequence[RawSample] | None = None, folder: Path | None = None) -> None:
        self.raw = PackedSamples() if raw is None else raw
        self._own = self.raw if raw is None and isinstance(self.raw, PackedSamples) else None
        self._flags, self._reasons = bytearray(), bytearray()
        self._widths, self._heights, self._bands = array("I"), array("I"), array("I")
        self._hashes, self._digests = array("Q"), bytearray()
        self._colours = _Spill(folder)
        self._rows = array("q")
        self._details, self._detail_numbers = StringSet([""]), array("I")
        self._more: dict[int, dict[str, Any]] = {}

    @classmethod
    def of(cls, items: "Iterable[DecodedSample] | PackedItems") -> "PackedItems":
        """Pack items, unless they are packed."""
        if isinstance(items, PackedItems):
            return items
        packed = cls()
        for item in items:
            packed.append(item)
        return packed

    def append(self, item: DecodedSample) -> None:
        """Append an item; its pixels and waves are not kept.

        Raises:
            ValueError: the digest of its image is not one of ``pixel_digest``.
        """
        if self._own is not None:
            self._own.append(item.raw)
        facts = item.facts or _NO_FACTS
        if len(facts.pixel_digest) not in (0, _DIGEST_BYTES):
            raise ValueError(f"a digest has {_DIGEST_BYTES} bytes")
        self._flags.append(
            _HAS_FACTS * (item.facts is not None)
            + _IS_GREY * facts.is_grey
            + _IS_DEEP * facts.is_deep
            + _HAS_MORE_FRAMES * facts.has_more_frames
            + _HAS_DIGEST * bool(facts.pixel_digest)
        )
        self._widths.append(facts.width)
        self._heights.append(facts.height)
        self._bands.append(facts.bands)
        self._hashes.append(facts.phash)
        self._digests += facts.pixel_digest or bytes(_DIGEST_BYTES)
        self._colours.append(facts.colours)
        self._rows.append(item.row)
        self._reasons.append(_USABLE if item.reason is None else _NUMBERS[item.reason])
        self._detail_numbers.append(self._details.add(item.detail))
        if item.sounds or item.pictures or item.refused or item.member_rows:
            self._more[len(self) - 1] = {
                "sounds": item.sounds,
                "pictures": item.pictures,
                "refused": item.refused,
                "member_rows": item.member_rows,
            }

    @property
    def is_usable(self) -> npt.NDArray[np.bool_]:
        """[N], whether each item can be used."""
        return np.array(self._reasons) == _USABLE

    @property
    def usable(self) -> Numbers:
        """The numbers of the items that can be used."""
        return np.flatnonzero(self.is_usable)

    @property
    def refused(self) -> Numbers:
        """The numbers of the items that cannot be used, or whose members cannot."""
        with_refused = [number for number, more in self._more.items() if more["refused"]]
        return np.union1d(np.flatnonzero(~self.is_usable), np.array(with_refused, dtype=np.int64))

    @property
    def with_members(self) -> Numbers:
        """The numbers of the items that have sounds or further pictures."""
        return np.array(sorted(self._more), dtype=np.int64)

    @property
    def has_image(self) -> npt.NDArray[np.bool_]:
        """[N], whether each item has an image that can be used."""
        return self._flagged(_HAS_FACTS)

    @property
    def is_grey(self) -> npt.NDArray[np.bool_]:
        """[N], whether all channels of an image are equal."""
        return self._flagged(_IS_GREY)

    @property
    def is_deep(self) -> npt.NDArray[np.bool_]:
        """[N], as ``ImageFacts.is_deep``."""
        return self._flagged(_IS_DEEP)

    @property
    def has_more_frames(self) -> npt.NDArray[np.bool_]:
        """[N], as ``ImageFacts.has_more_frames``."""
        return self._flagged(_HAS_MORE_FRAMES)

    @property
    def has_digest(self) -> npt.NDArray[np.bool_]:
        """[N], whether the pixels of an image have a digest."""
        return self._flagged(_HAS_DIGEST)

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """[N, 2], width and height of the original images."""
        return np.stack([np.array(self._widths), np.array(self._heights)], axis=1).astype(np.int64)

    @property
    def bands(self) -> npt.NDArray[np.int64]:
        """[N], channels of the original images."""
        return np.array(self._bands).astype(np.int64)

    @property
    def phashes(self) -> npt.NDArray[np.uint64]:
        """[N], perceptual hashes of the stored images."""
        return np.array(self._hashes, dtype=np.uint64)

    @property
    def digests(self) -> npt.NDArray[np.void]:
        """[N] digests of the stored images, of 16 bytes; zeros where there is none."""
        return np.frombuffer(bytes(self._digests), dtype=f"V{_DIGEST_BYTES}")

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """[N], rows of the images in the staging; -1 if there are none."""
        return np.array(self._rows)

    def colours(self, number: int) -> bytes:
        """Return the mean colours of an image."""
        return self._colours.entry(number)

    def more(self, number: int) -> Mapping[str, Any]:
        """Return sounds, pictures, refused members and rows of an item, where it has any."""
        return self._more.get(number, NOTHING)

    def entry(self, number: int) -> DecodedSample:
        """Return an item."""
        reason = self._reasons[number]
        return DecodedSample(
            raw=self.raw[number],
            facts=self.facts(number),
            reason=None if reason == _USABLE else _REASONS[reason],
            detail=self._details.entry(self._detail_numbers[number]),
            row=self._rows[number],
            **self._more.get(number, NOTHING),
        )

    def facts(self, number: int) -> ImageFacts | None:
        """Return the facts of an item's image, None without one."""
        flags = self._flags[number]
        if not flags & _HAS_FACTS:
            return None
        start = number * _DIGEST_BYTES
        digest = bytes(self._digests[start : start + _DIGEST_BYTES])
        return ImageFacts(
            width=self._widths[number],
            height=self._heights[number],
            pixel_digest=digest if flags & _HAS_DIGEST else b"",
            phash=self._hashes[number],
            colours=self._colours.entry(number),
            is_grey=bool(flags & _IS_GREY),
            bands=self._bands[number],
            is_deep=bool(flags & _IS_DEEP),
            has_more_frames=bool(flags & _HAS_MORE_FRAMES),
        )

    def _flagged(self, flag: int) -> npt.NDArray[np.bool_]:
        return (np.array(self._flags) & flag) > 0

    def __len__(self) -> int:
        return len(self._flags)


_NO_FACTS = ImageFacts(width=0, height=0, pixel_digest=b"", phash=0, colours=b"", is_grey=False)
