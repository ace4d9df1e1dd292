"""Write a dataset folder in a stream, with few images in memory at once.

Shapes: M images, H height, W width, C channels.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np
import numpy.typing as npt

from engine.data.checksums import MAX_RECORD_BYTES, BlockDigest
from engine.data.manifest import (
    FILE_NAME,
    IMAGES,
    RECORDS,
    TRAIN,
    VALIDATION,
    Checksums,
    Manifest,
    Record,
    has_image,
)
from engine.errors import EditRefusedError, EngineError, FolderInUseError
from engine.fs.atomic import (
    atomic_write,
    check_free_space,
    files,
    remove_abandoned,
    staged_path,
    wrap_os_error,
)
from engine.printable import printable


@contextlib.contextmanager
def atomic_directory(folder: Path, needed_bytes: int) -> Iterator[Path]:
    """Yield a temporary folder that is renamed to ``folder`` on success, and removed on an error.

    Args:
        folder: must not exist, or be empty.
        needed_bytes: estimated size of the content.

    Raises:
        FolderInUseError: the folder holds files.
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    staged = staged_path(folder)
    try:
        ensure_unused(folder)
        remove_abandoned(folder)
        staged.mkdir(parents=True)
        check_free_space(staged, needed_bytes)
        yield staged
        with contextlib.suppress(FileNotFoundError):
            folder.rmdir()
        staged.replace(folder)
        files.sync_folder(folder.parent)
    except BaseException as error:
        shutil.rmtree(staged, ignore_errors=True)
        if isinstance(error, OSError):
            raise wrap_os_error(error, folder, needed_bytes) from error
        raise


def ensure_unused(folder: Path) -> None:
    """Check that a folder does not exist or is empty.

    Raises:
        FolderInUseError: it holds files, or is a file.
        OSError: it cannot be read.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInUseError(folder)


PIECE_BYTES = 4_000_000
"""Approximate size of the pieces in which images are hashed and written."""

Images = npt.NDArray[np.uint8]


class DatasetWriter:
    """Write images and then records, and publish the dataset with one rename.

    A context manager; a dataset that is not published is removed on exit.

    Args:
        folder: folder of the dataset; must not exist, or be empty.
        shape: [M, H, W, C] of all images together, C 1 or 3.
        staged: temporary folder on the same disk; by default beside ``folder``.
        shared: an images.npy with the same images, to be shared by a hard link if the disk supports
            it. The images must be added nevertheless, for the content hash.

    Raises:
        FolderInUseError: the folder holds files.
        FolderNotWritableError, DiskFullError: it cannot be written; raised by all methods.
    """

    def __init__(
        self,
        folder: Path,
        shape: tuple[int, int, int, int],
        *,
        staged: Path | None = None,
        shared: Path | None = None,
    ) -> None:
        self._folder, self._shape, self._shared = folder, shape, shared
        self.staged = staged or staged_path(folder)
        """The temporary folder; further files may be written to it before ``publish``."""
        self._needed_bytes = int(np.prod(shape, dtype=np.int64))
        self._digest = hashlib.sha256(repr(shape).encode())
        self._image_blocks, self._record_blocks = BlockDigest(), BlockDigest()
        self._counts: Counter[str] = Counter()
        self._images: BinaryIO | None = None
        self._images_written = 0
        self._is_published = False

    def __enter__(self) -> Self:
        with self._explaining():
            ensure_unused(self._folder)
            remove_abandoned(self._folder)
            shutil.rmtree(self.staged, ignore_errors=True)
            self.staged.mkdir(parents=True)
            try:
                self._open_images()
                self._lines = (self.staged / RECORDS).open("wb")
            except (OSError, EngineError):
                self._clean_up()
                raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._clean_up()

    def add_images(self, images: Images) -> None:
        """Append images; a memory-mapped array is read in pieces.

        Args:
            images: [K, H, W, C] uint8, in the order of the records that have one.
        """
        step = max(1, PIECE_BYTES // max(1, int(np.prod(self._shape[1:]))))
        with self._explaining():
            for start in range(0, len(images), step):
                piece = np.ascontiguousarray(images[start : start + step])
                self._digest.update(piece.data)
                self._image_blocks.update(piece.data)
                if self._images is not None:
                    self._images.write(piece.data)
        self._images_written += len(images)

    def add_record(self, record: Record) -> None:
        """Append an item, after all images, because the content hash depends on the order.

        Args:
            record: table with at least ``text``, which may be None, and ``split`` (``train`` or
                ``held_out``); ``"image": False`` marks an item without an image.

        Raises:
            EditRefusedError: its texts are too long to be read again.
        """
        line = json.dumps(record, ensure_ascii=False).encode() + b"\n"
        if len(line) > MAX_RECORD_BYTES:
            item = self._counts["items"] + 1
            raise EditRefusedError(f"the texts of item {item:,} have more than 8 MB")
        self._digest.update(line)
        self._record_blocks.update(line)
        self._counts["items"] += 1
        self._counts["image_only"] += record["text"] is None
        self._counts["text_only"] += not has_image(record)
        self._counts[record["split"]] += 1
        with self._explaining():
            self._lines.write(line)

    def manifest(
        self,
        *,
        name: str,
        title: str,
        licence: str,
        source: str,
        value_range: Sequence[float] | None = None,
        band: int = 0,
    ) -> Manifest:
        """Build the manifest with the content hash, after all images and records.

        Texts may come from file names in any encoding; what cannot be printed is escaped.
        """
        if self._images_written != self._shape[0]:
            raise ValueError(f"{self._shape[0]} images were expected, not {self._images_written}")
        counts = self._counts
        return Manifest(
            name=printable(name),
            title=printable(title),
            version=self._digest.hexdigest()[:16],
            pairs=counts["items"] - counts["image_only"] - counts["text_only"],
            image_only=counts["image_only"],
            text_only=counts["text_only"],
            train_items=counts[TRAIN],
            validation_items=counts[VALIDATION],
            image_height=self._shape[1],
            image_width=self._shape[2],
            channels=self._shape[3],
            licence=printable(licence),
            source=printable(source),
            value_range=tuple(value_range or ()),
            band=band,
            checksums=Checksums(
                images=self._image_blocks.checksums(), records=self._record_blocks.checksums()
            ),
        )

    def publish(self, manifest: Manifest) -> None:
        """Write the manifest and rename the temporary folder to the dataset's."""
        with self._explaining():
            for file in (self._images, self._lines):
                if file is not None:
                    file.flush()
                    os.fsync(file.fileno())
                    file.close()
            atomic_write(self.staged / FILE_NAME, manifest.to_json().encode())
            with contextlib.suppress(FileNotFoundError):
                self._folder.rmdir()
            self.staged.replace(self._folder)
            self._is_published = True
            files.sync_folder(self._folder.parent)

    def _open_images(self) -> None:
        with contextlib.suppress(OSError):
            if self._shared is not None:
                os.link(self._shared, self.staged / IMAGES)
                return
        check_free_space(self.staged, self._needed_bytes)
        self._images = (self.staged / IMAGES).open("wb")
        np.lib.format.write_array_header_1_0(
            self._images, {"descr": "|u1", "fortran_order": False, "shape": self._shape}
        )

    def _clean_up(self) -> None:
        for name in ("_images", "_lines"):
            file: BinaryIO | None = getattr(self, name, None)
            if file is not None:
                # Closing flushes the buffer, which fails too on a full disk.
                with contextlib.suppress(OSError):
                    file.close()
        if not self._is_published:
            shutil.rmtree(self.staged, ignore_errors=True)

    @contextlib.contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise wrap_os_error(error, self._folder, self._needed_bytes) from error
