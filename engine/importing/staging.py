"""Decoded samples of an unfinished import, on disk, so that the import can be resumed.

The folder ``.<name>.import`` beside the dataset holds ``plan.json`` (fingerprint of plan and
source), ``images.part`` (raw rows of pixels), ``sounds.part`` (raw waves of all columns) and
``items.jsonl`` (one line for each sample: the facts of its image and sounds, or why it is skipped).
After a crash the last line may be truncated and the last
rows may be missing or zero: each line is checked against its row, and everything from the first
difference on is decoded again.

Shapes: N rows, H height and W width of the stored images, C channels, S samples of the stored
waves.
"""

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np
import numpy.typing as npt

from engine.data.waveform import Wave
from engine.errors import ImportLockedError
from engine.fs.atomic import atomic_write, wrapping_os_errors
from engine.fs.codec import decode, encode
from engine.fs.lock import FolderLock
from engine.importing.decode_audio import wave_digest
from engine.importing.formats.format import NOTHING, Pixels, RawSample
from engine.importing.ledger import Reason, SkipRecord
from engine.importing.near_duplicates import pixel_digest
from engine.importing.samples import AudioFacts, DecodedSample, ImageFacts

FORMAT = 4
SYNC_EVERY_S = 3.0
"""Interval of ``fsync``: what is synced survives a power cut."""
FLUSH_EVERY_S = 0.25
"""Interval of ``flush``: what is flushed survives the end of the process."""
PIECE_ROWS = 256
BUFFER_BYTES = 1_000_000


class Staging:
    """The staged samples of one import. A context manager; leaving it closes the files.

    Args:
        folder: created if it does not exist.
        fingerprint: of plan and source; the staging of any other is deleted.
        shape: [H, W, C] of a row.
        samples: all samples of the import; a staging of other samples is deleted.
        wave_samples: S; 0 if no sample has a sound.

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
        wave_samples: int = 0,
    ) -> None:
        self.folder = folder
        self._fingerprint = {"format": FORMAT, **fingerprint}
        self._shape = shape
        self.row_bytes = int(np.prod(shape))
        self.wave_bytes = wave_samples * np.dtype(np.int16).itemsize
        self._samples = samples
        self.items: list[DecodedSample] = []
        """In the order of the samples."""
        self.rows = 0
        """Of images."""
        self.waves = 0
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
            self._images = self._open("images.part")
            self._sounds = self._open("sounds.part")
            self._recover()
            self._held = held.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        # On a full disk closing fails as well: what is buffered cannot be written.
        with contextlib.suppress(OSError):
            self._files.close()
        self._held.close()

    def append(self, decoded: DecodedSample) -> DecodedSample:
        """Write one sample: its pixels and waves first, then its line.

        Returns:
            The sample without its pixels and waves, and with the rows where they are stored.
        """
        item = self._placed(replace(decoded, pixels=None, waves=NOTHING))
        with wrapping_os_errors(self.folder, self.row_bytes):
            if decoded.pixels is not None:
                self._images.write(decoded.pixels.data)
                self.rows += 1
            for wave in decoded.waves.values():
                self._sounds.write(wave.astype("<i2", copy=False).tobytes())
                self.waves += 1
            line = _Line(
                key=item.raw.key,
                facts=item.facts,
                reason=item.reason,
                detail=item.detail,
                sounds=item.sounds,
                refused=item.refused,
            )
            # ASCII: a file name may hold bytes that are not valid in any encoding.
            self._lines.write(json.dumps(encode(line)).encode() + b"\n")
            self._keep()
        self.items.append(item)
        return item

    def sync(self) -> None:
        """Sync the files to disk, pixels and waves before the lines that refer to them."""
        with wrapping_os_errors(self.folder, self.row_bytes):
            for file in (self._images, self._sounds, self._lines):
                file.flush()
                os.fsync(file.fileno())
        self._synced_s = time.monotonic()

    def pieces(self, rows: Sequence[int]) -> Iterator[Pixels]:
        """Yield rows of images, which must be ascending, in pieces [K, H, W, C]."""
        for block in self._blocks("images.part", rows, self.row_bytes):
            yield block.reshape(-1, *self._shape)

    def wave_pieces(self, rows: Sequence[int]) -> Iterator[npt.NDArray[np.int16]]:
        """Yield waves, whose rows must be ascending, in pieces [K, S]."""
        for block in self._blocks("sounds.part", rows, self.wave_bytes):
            yield np.ascontiguousarray(block).view("<i2").astype(np.int16, copy=False)

    def _blocks(self, name: str, rows: Sequence[int], row_bytes: int) -> Iterator[Pixels]:
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
            self._images.flush()
            self._sounds.flush()
            self._lines.flush()
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
            if found is None or not (self._is_row_whole(found) and self._are_waves_whole(found)):
                break
            raw = self._samples[len(self.items)] if len(self.items) < len(self._samples) else None
            if raw is None or raw.key != found.raw.key:
                self.items.clear()
                whole = self.rows = self.waves = 0
                break
            self.items.append(self._placed(replace(found, raw=raw)))
            self.rows += found.facts is not None
            self.waves += len(found.sounds)
            whole += len(line)
        for file, end in (
            (self._lines, whole),
            (self._images, self.rows * self.row_bytes),
            (self._sounds, self.waves * self.wave_bytes),
        ):
            file.seek(end)
            file.truncate()

    def _placed(self, item: DecodedSample) -> DecodedSample:
        """Set the rows of a sample that follows those staged so far."""
        rows = {column: self.waves + place for place, column in enumerate(item.sounds)}
        return replace(item, row=-1 if item.facts is None else self.rows, sound_rows=rows)

    def _are_waves_whole(self, item: DecodedSample) -> bool:
        contents = [self._sounds.read(self.wave_bytes) for _column in item.sounds]
        # A torn wave may end amid a number.
        if any(len(content) < self.wave_bytes for content in contents):
            return False
        waves: list[Wave] = [np.frombuffer(content, "<i2") for content in contents]
        facts = item.sounds.values()
        return all(wave_digest(w) == f.digest for w, f in zip(waves, facts, strict=True))

    def _is_row_whole(self, item: DecodedSample) -> bool:
        if item.facts is None:
            return True
        content = self._images.read(self.row_bytes)
        if len(content) < self.row_bytes:
            return False
        pixels = np.frombuffer(content, np.uint8).reshape(self._shape)
        return pixel_digest(pixels) == item.facts.pixel_digest


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
        refused=found.refused,
    )
