"""Decoded samples of an unfinished import, on disk, so that the import can be resumed.

The folder ``.<name>.import`` beside the dataset holds ``plan.json`` (fingerprint of plan and
source), ``images.part`` (raw rows of pixels), ``<column>.part`` of each column of sounds or further
pictures, and ``items.jsonl`` (one line for each sample: the facts of its image, pictures and
sounds, or why it is skipped). After a crash the last line may be truncated and the last
rows may be missing or zero: each line is checked against its row, and everything from the first
difference on is decoded again.

Shapes: K rows, H height and W width of the stored images, C channels.
"""

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
import numpy.typing as npt

from engine.errors import ImportLockedError
from engine.fs.atomic import atomic_write, wrapping_os_errors
from engine.fs.codec import decode, encode
from engine.fs.lock import FolderLock
from engine.importing.decode_audio import wave_digest
from engine.importing.formats.format import NOTHING, Pixels, RawSample
from engine.importing.ledger import Reason, SkipRecord
from engine.importing.near_duplicates import pixel_digest
from engine.importing.packed import Numbers
from engine.importing.packed_samples import PackedItems
from engine.importing.samples import AudioFacts, DecodedSample, ImageFacts, PictureFacts

FORMAT = 5
SYNC_EVERY_S = 3.0
"""Interval of ``fsync``: what is synced survives a power cut."""
FLUSH_EVERY_S = 0.25
"""Interval of ``flush``: what is flushed survives the end of the process."""
PIECE_ROWS = 256
BUFFER_BYTES = 1_000_000
_IMAGES = "images"
"""Array of the first column of pictures; no column can have the name."""


@dataclass(frozen=True)
class StagedArray:
    """The values of a column of sounds or further pictures."""

    shape: tuple[int, ...]
    """Of one value."""
    dtype: str = "u1"
    """``u1`` of pixels, ``<i2`` of waves."""

    @property
    def row_bytes(self) -> int:
        """Size of one value."""
        return int(np.prod(self.shape)) * np.dtype(self.dtype).itemsize


class Staging:
    """The staged samples of one import. A context manager; leaving it closes the files.

    Args:
        folder: created if it does not exist.
        fingerprint: of plan and source; the staging of any other is deleted.
        shape: [H, W, C] of a row.
        samples: all samples of the import; a staging of other samples is deleted.
        arrays: of the columns of sounds and further pictures, by name.
        tell: receives the number of items that are found on entering, and of all samples.

    Raises:
        ImportLockedError: on entering, another process imports into the same dataset.
        FolderNotWritableError, DiskFullError: it cannot be written; so says every method.
    """

    def __init__(
        self,
        folder: Path,
        fingerprint: Mapping[str, str],
        shape: tuple[int, int, int],
        samples: Sequence[RawSample],
        arrays: Mapping[str, StagedArray] | None = None,
        tell: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> None:
        self.folder = folder
        self._fingerprint = {"format": FORMAT, **fingerprint}
        self._arrays = {_IMAGES: StagedArray(shape), **(arrays or {})}
        self.row_bytes = self._arrays[_IMAGES].row_bytes
        self._samples, self._tell = samples, tell
        self.items = PackedItems(samples)
        """In the order of the samples."""
        self._rows = dict.fromkeys(self._arrays, 0)
        self._values: dict[str, BinaryIO] = {}
        self._files = contextlib.ExitStack()
        self._held = contextlib.ExitStack()
        self._synced_s = self._flushed_s = time.monotonic()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as held, wrapping_os_errors(self.folder, self.row_bytes):
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            # Beside the folder, which may be deleted and created again.
            file = self.folder.with_name(f"{self.folder.name}.lock")
            name = self.folder.name.removeprefix(".").removesuffix(".import")
            dataset = self.folder.with_name(name)
            held.enter_context(FolderLock(dataset, file, ImportLockedError))
            if _read_fingerprint(self.folder) != self._fingerprint:
                self._delete_folder()
                self.folder.mkdir()
                atomic_write(self.folder / "plan.json", json.dumps(self._fingerprint).encode())
            self._lines = self._open("items.jsonl")
            self._values = {name: self._open(f"{name}.part") for name in self._arrays}
            self.items = PackedItems(self._samples, self.folder)
            self._recover()
            self._held = held.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        # On a full disk closing fails as well: what is buffered cannot be written.
        with contextlib.suppress(OSError):
            self._files.close()
        self._held.close()

    def append(self, decoded: DecodedSample) -> DecodedSample:
        """Write one sample: its values first, then its line.

        Returns:
            The sample without its values, and with the rows where they are stored.
        """
        item = replace(decoded, pixels=None, members=NOTHING, **self._rows_after(decoded))
        with wrapping_os_errors(self.folder, self.row_bytes):
            if decoded.pixels is not None:
                self._values[_IMAGES].write(decoded.pixels.data)
                self._rows[_IMAGES] += 1
            for name, value in decoded.members.items():
                dtype = self._arrays[name].dtype
                self._values[name].write(value.astype(dtype, copy=False).tobytes())
                self._rows[name] += 1
            line = _Line(
                key=item.raw.key,
                facts=item.facts,
                reason=item.reason,
                detail=item.detail,
                sounds=item.sounds,
                pictures=item.pictures,
                refused=item.refused,
            )
            # ASCII: a file name may hold bytes that are not valid in any encoding.
            self._lines.write(json.dumps(encode(line)).encode() + b"\n")
            self._keep()
        self.items.append(item)
        return item

    def sync(self) -> None:
        """Sync the files to disk, values before the lines that refer to them."""
        with wrapping_os_errors(self.folder, self.row_bytes):
            for file in (*self._values.values(), self._lines):
                file.flush()
                os.fsync(file.fileno())
        self._synced_s = time.monotonic()

    def pieces(self, rows: Sequence[int] | Numbers) -> Iterator[Pixels]:
        """Yield rows of images, which must be ascending, in pieces [K, H, W, C]."""
        return self.member_pieces(_IMAGES, rows)

    def member_pieces(
        self, column: str, rows: Sequence[int] | Numbers
    ) -> Iterator[npt.NDArray[Any]]:
        """Yield values of a column, whose rows must be ascending, in pieces [K, ...]."""
        array = self._arrays[column]
        native = np.dtype(array.dtype).newbyteorder("=")
        for block in self._blocks(f"{column}.part", rows, array.row_bytes):
            values = np.ascontiguousarray(block).view(array.dtype).astype(native, copy=False)
            yield values.reshape(-1, *array.shape)

    @property
    def staged_bytes(self) -> int:
        """Size of the values staged so far."""
        return sum(self._rows[name] * array.row_bytes for name, array in self._arrays.items())

    def _blocks(self, name: str, rows: Sequence[int] | Numbers, row_bytes: int) -> Iterator[Pixels]:
        """Yield ascending rows of a file in pieces [K, bytes]."""
        self.sync()
        with (
            wrapping_os_errors(self.folder, row_bytes),
            (self.folder / name).open("rb") as file,
        ):
            for start in range(0, len(rows), PIECE_ROWS):
                wanted = np.asarray(rows[start : start + PIECE_ROWS])
                first = int(wanted[0])
                # Rows in between belong to skipped samples; they are few and quickly read.
                file.seek(first * row_bytes)
                content = file.read((int(wanted[-1]) - first + 1) * row_bytes)
                block = np.frombuffer(content, np.uint8).reshape(-1, row_bytes)
                yield block[wanted - first]

    def remove(self) -> None:
        """Delete the folder."""
        self._files.close()
        self._delete_folder()

    def _delete_folder(self) -> None:
        with (
            wrapping_os_errors(self.folder, self.row_bytes),
            contextlib.suppress(FileNotFoundError),
        ):
            shutil.rmtree(self.folder)

    def _keep(self) -> None:
        now_s = time.monotonic()
        if now_s - self._synced_s > SYNC_EVERY_S:
            self.sync()
        elif now_s - self._flushed_s > FLUSH_EVERY_S:
            for file in (*self._values.values(), self._lines):
                file.flush()
            self._flushed_s = now_s

    def _open(self, name: str) -> BinaryIO:
        path = self.folder / name
        path.touch()
        return self._files.enter_context(path.open("r+b", buffering=BUFFER_BYTES))

    def _recover(self) -> None:
        """Read the valid lines and truncate the rest; start over if they are of other samples."""
        whole = 0
        for line in self._lines:
            found = _read_line(line)
            if found is None or not self._is_whole(found):
                break
            raw = self._samples[len(self.items)] if len(self.items) < len(self._samples) else None
            if raw is None or raw.key != found.raw.key:
                self.items = PackedItems(self._samples, self.folder)
                whole, self._rows = 0, dict.fromkeys(self._arrays, 0)
                break
            self.items.append(replace(found, raw=raw, **self._rows_after(found)))
            self._rows[_IMAGES] += found.facts is not None
            for name in (*found.sounds, *found.pictures):
                self._rows[name] += 1
            whole += len(line)
            self._tell(len(self.items), len(self._samples))
        ends = [(self._lines, whole)]
        for name, file in self._values.items():
            ends.append((file, self._rows[name] * self._arrays[name].row_bytes))
        for file, end in ends:
            file.seek(end)
            file.truncate()

    def _rows_after(self, item: DecodedSample) -> dict[str, Any]:
        """Return the fields ``row`` and ``member_rows`` of a sample that follows those staged."""
        rows = {name: self._rows[name] for name in (*item.pictures, *item.sounds)}
        row = -1 if item.facts is None else self._rows[_IMAGES]
        return {"row": row, "member_rows": rows or NOTHING}

    def _is_whole(self, item: DecodedSample) -> bool:
        """Whether the next rows of the files are the values of an item."""
        digests = dict.fromkeys((_IMAGES, *item.pictures), pixel_digest)
        expected = {name: facts.digest for name, facts in item.pictures.items()}
        if item.facts is not None:
            expected[_IMAGES] = item.facts.pixel_digest
        expected |= {name: facts.digest for name, facts in item.sounds.items()}
        for name, digest in expected.items():
            if name not in self._arrays:
                return False
            array = self._arrays[name]
            content = self._values[name].read(array.row_bytes)
            if len(content) < array.row_bytes:
                return False
            value = np.frombuffer(content, array.dtype).reshape(array.shape)
            if digests.get(name, wave_digest)(value) != digest:
                return False
        return True


def staging_folder(dataset: Path) -> Path:
    """Return the staging folder of an import into a dataset folder."""
    return dataset.with_name(f".{dataset.name}.import")


def has_staged(dataset: Path, plan_hash: str) -> bool:
    """Whether an unfinished import of a plan can be resumed, unless the source has changed.

    Args:
        dataset: folder of the dataset.
        plan_hash: ``scan.decoding_hash`` of the plan.
    """
    found = _read_fingerprint(staging_folder(dataset))
    return isinstance(found, dict) and found.get("plan") == plan_hash


def _read_fingerprint(folder: Path) -> object:
    try:
        return json.loads((folder / "plan.json").read_bytes())
    except (OSError, ValueError):
        return None


def discard_staging(dataset: Path) -> None:
    """Delete the staging of an import that is not to be resumed."""
    shutil.rmtree(staging_folder(dataset), ignore_errors=True)


@dataclass(frozen=True, kw_only=True)
class _Line:
    """A sample as it is staged; the raw sample is found by its key."""

    key: str
    facts: ImageFacts | None
    reason: Reason | None
    detail: str
    sounds: Mapping[str, AudioFacts]
    pictures: Mapping[str, PictureFacts]
    refused: tuple[SkipRecord, ...]


def _read_line(line: bytes) -> DecodedSample | None:
    """Read a line; None if it is truncated or malformed. Of the raw sample only the key is set."""
    if not line.endswith(b"\n"):
        return None
    try:
        found = decode(_Line, json.loads(line))
    except ValueError:
        return None
    return DecodedSample(
        raw=RawSample(key=found.key, image=None, texts=()),
        facts=found.facts,
        reason=found.reason,
        detail=found.detail,
        sounds=found.sounds,
        pictures=found.pictures,
        refused=found.refused,
    )
