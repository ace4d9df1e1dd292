"""What an import has done so far, on disk beside the dataset, so that it can be gone on with.

The folder ``.<name>.import`` holds ``plan.json`` (whose work it is), ``images.part`` (raw rows of
pixels) and ``items.jsonl`` (a line a sample: its facts, or why it is skipped). After a crash the
last line may be torn and the last rows may be missing or blank: what a line says of its row is held
against the row itself, and everything from the first difference on is done again.

Shapes: N rows, S side of the stored images, C channels.
"""

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np

from engine.errors import ImportLockedError
from engine.fs.atomic import atomic_write, explain_os_error
from engine.fs.lock import FolderLock
from engine.importing.decode import Decoded, ImageFacts
from engine.importing.formats.format import Pixels
from engine.importing.ledger import Reason
from engine.importing.near_duplicates import pixel_digest

FORMAT = 1
SYNC_EVERY_S = 3.0
"""How often what is written is made to survive a power cut."""
FLUSH_EVERY_S = 0.25
"""And how often, to survive the end of the program alone; that costs next to nothing."""
PIECE_ROWS = 256
BUFFER_BYTES = 1_000_000
_HEX = ("pixel_digest", "colours")
_FIELDS = tuple(field.name for field in fields(ImageFacts))


@dataclass(frozen=True, kw_only=True, slots=True)
class StagedItem:
    """One sample that has been decoded, or could not be."""

    key: str
    row: int
    """In ``images.part``; -1 where there is no image."""
    facts: ImageFacts | None = None
    reason: Reason | None = None
    detail: str = ""


class Staging:
    """The staged work of one import. A context manager; leaving it closes the files.

    Args:
        folder: made if need be.
        fingerprint: of plan and source; work of another is thrown away.
        shape: [S, S, C] of a row.

    Raises:
        ImportLockedError: on entering, another process imports into the same dataset.
        FolderNotWritableError, DiskFullError: it cannot be written; so says every method.
    """

    def __init__(
        self, folder: Path, fingerprint: Mapping[str, str], shape: tuple[int, int, int]
    ) -> None:
        self.folder = folder
        self._fingerprint = {"format": FORMAT, **fingerprint}
        self._shape = shape
        self.row_bytes = int(np.prod(shape))
        self.items: list[StagedItem] = []
        """In the order of the samples."""
        self.rows = 0
        self._files = contextlib.ExitStack()
        self._held = contextlib.ExitStack()
        self._synced_s = self._flushed_s = time.monotonic()

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as held, self._explaining():
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            # Beside the folder, which may be thrown away and made anew.
            file = self.folder.with_name(f"{self.folder.name}.lock")
            held.enter_context(FolderLock(self._dataset, file, ImportLockedError))
            if not self._is_ours():
                self._throw_away()
                self.folder.mkdir()
                atomic_write(self._plan_file, json.dumps(self._fingerprint).encode())
            self._lines = self._open("items.jsonl")
            self._images = self._open("images.part")
            self._recover()
            self._held = held.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        # On a full disk closing fails as well: what is buffered cannot be written.
        with contextlib.suppress(OSError):
            self._files.close()
        self._held.close()

    def append(self, decoded: Decoded) -> StagedItem:
        """Write down one sample: its pixels first, then what is known of it."""
        item = StagedItem(
            key=decoded.sample.key,
            row=-1 if decoded.pixels is None else self.rows,
            facts=decoded.facts,
            reason=decoded.reason,
            detail=decoded.detail,
        )
        with self._explaining():
            if decoded.pixels is not None:
                self._images.write(decoded.pixels.data)
                self.rows += 1
            self._lines.write(_line(item))
            self._keep()
        self.items.append(item)
        return item

    def start_over(self) -> None:
        """Forget everything: the staged items are not those of the source after all."""
        with self._explaining():
            for file in (self._images, self._lines):
                file.seek(0)
                file.truncate()
        self.items.clear()
        self.rows = 0

    def sync(self) -> None:
        """Make what is written survive a power cut; pixels before the lines that speak of them."""
        with self._explaining():
            for file in (self._images, self._lines):
                file.flush()
                os.fsync(file.fileno())
        self._synced_s = time.monotonic()

    def pieces(self, rows: Sequence[int]) -> Iterator[Pixels]:
        """Read rows, ascending, a few at a time: [K, S, S, C]."""
        self.sync()
        with self._explaining(), (self.folder / "images.part").open("rb") as file:
            for start in range(0, len(rows), PIECE_ROWS):
                wanted = np.asarray(rows[start : start + PIECE_ROWS])
                first = int(wanted[0])
                # What lies between is skipped items; they are few, and reading on is quick.
                file.seek(first * self.row_bytes)
                content = file.read((int(wanted[-1]) - first + 1) * self.row_bytes)
                block = np.frombuffer(content, np.uint8).reshape(-1, *self._shape)
                yield block[wanted - first]

    def remove(self) -> None:
        """Delete the folder."""
        self._files.close()
        self._throw_away()

    def _throw_away(self) -> None:
        with self._explaining(), contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.folder)

    def _keep(self) -> None:
        now_s = time.monotonic()
        if now_s - self._synced_s > SYNC_EVERY_S:
            self.sync()
        elif now_s - self._flushed_s > FLUSH_EVERY_S:
            self._images.flush()
            self._lines.flush()
            self._flushed_s = now_s

    @property
    def _dataset(self) -> Path:
        name = self.folder.name.removeprefix(".").removesuffix(".import")
        return self.folder.with_name(name)

    @property
    def _plan_file(self) -> Path:
        return self.folder / "plan.json"

    def _is_ours(self) -> bool:
        try:
            return json.loads(self._plan_file.read_bytes()) == self._fingerprint
        except (OSError, ValueError):
            return False

    def _open(self, name: str) -> BinaryIO:
        path = self.folder / name
        path.touch()
        return self._files.enter_context(path.open("r+b", buffering=BUFFER_BYTES))

    def _recover(self) -> None:
        """Read what is whole and true, and cut off the rest."""
        whole = 0
        for line in self._lines:
            item = _item(line, self.rows)
            if item is None or not self._is_row_whole(item):
                break
            self.items.append(item)
            self.rows += item.row >= 0
            whole += len(line)
        for file, end in ((self._lines, whole), (self._images, self.rows * self.row_bytes)):
            file.seek(end)
            file.truncate()

    def _is_row_whole(self, item: StagedItem) -> bool:
        if item.facts is None:
            return True
        content = self._images.read(self.row_bytes)
        if len(content) < self.row_bytes:
            return False
        pixels = np.frombuffer(content, np.uint8).reshape(self._shape)
        return pixel_digest(pixels) == item.facts.pixel_digest

    @contextlib.contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise explain_os_error(error, self.folder, self.row_bytes) from error


def staging_folder(dataset: Path) -> Path:
    """Say where the import into a dataset folder keeps its work."""
    return dataset.with_name(f".{dataset.name}.import")


def has_staged(dataset: Path, plan_hash: str) -> bool:
    """Whether an import of a plan into a dataset folder was cut off; the source may have changed.

    Args:
        dataset: folder of the dataset.
        plan_hash: ``fingerprint.decoding_hash`` of the plan.
    """
    try:
        return json.loads((staging_folder(dataset) / "plan.json").read_bytes())["plan"] == plan_hash
    except (OSError, ValueError, LookupError, TypeError):
        return False


def discard_staging(dataset: Path) -> None:
    """Delete what an import has left that is not to be gone on with."""
    shutil.rmtree(staging_folder(dataset), ignore_errors=True)


def _line(item: StagedItem) -> bytes:
    table: dict[str, Any] = {"key": item.key}
    if item.facts is not None:
        # Not ``asdict``, which copies deeply: every millisecond here holds the decoders up.
        table["image"] = {name: getattr(item.facts, name) for name in _FIELDS}
        for name in _HEX:
            table["image"][name] = table["image"][name].hex()
    if item.reason is not None:
        table |= {"reason": item.reason, "detail": item.detail}
    # ASCII: a name from a disk may hold bytes that are no text in any encoding.
    return json.dumps(table).encode() + b"\n"


def _item(line: bytes, row: int) -> StagedItem | None:
    """Read a line, or None if it is torn or nothing of ours."""
    if not line.endswith(b"\n"):
        return None
    try:
        table: dict[str, Any] = json.loads(line)
        reason = Reason(table["reason"]) if "reason" in table else None
        facts = _facts(table["image"]) if "image" in table else None
        return StagedItem(
            key=table["key"],
            row=-1 if facts is None else row,
            facts=facts,
            reason=reason,
            detail=table.get("detail", ""),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _facts(table: dict[str, Any]) -> ImageFacts:
    return ImageFacts(**{**table, **{name: bytes.fromhex(table[name]) for name in _HEX}})
