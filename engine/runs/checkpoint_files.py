"""A checkpoint as a folder of three files: written whole or not at all, believed never unread.

Nothing here knows torch, so that the studio may look at checkpoints too.
"""

import contextlib
import hashlib
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path
from typing import NoReturn

from engine.disk import ensure_room, explain_os_error, files, remove_if_there, staged_path
from engine.errors import CheckpointCorruptError
from engine.plain_files import StrangeFileError, ensure_plain_folder, open_plain, read_plain
from engine.runs.checkpoint_facts import FACTS, CheckpointFacts, facts_from_json, facts_to_json
from engine.runs.manifest import (
    LARGEST,
    MANIFEST,
    MANIFEST_BYTES,
    TENSORS,
    FileEntry,
    manifest_from_json,
    manifest_to_json,
)
from engine.runs.tensor_header import (
    LENGTH_BYTES,
    TensorSpan,
    header_length,
    is_pickle,
    spans_in,
)

PIECE_BYTES = 1_000_000
OLD_SUFFIX = ".safetensors"
"""Checkpoints were single files once."""


def publish_checkpoint(
    path: Path, tensors: Iterable[bytes | memoryview], size: int, facts: CheckpointFacts
) -> int:
    """Write a checkpoint beside its place, and then give it its name.

    Args:
        path: folder of the checkpoint; one that is there already is replaced.
        tensors: content of the safetensors file, in pieces.
        size: bytes of it.
        facts: go beside the tensors.

    Returns:
        Bytes written.

    Raises:
        FolderNotWritableError, DiskFullError: it cannot be written; what was there before is.
    """
    said = facts_to_json(facts)
    needed = size + len(said) + MANIFEST_BYTES
    # Only the last folder is made: a run's folder that is gone must not come back as a husk.
    with _staged(path, needed) as staged:
        entries = {
            TENSORS: _write(staged / TENSORS, tensors),
            FACTS: _write(staged / FACTS, [said]),
        }
        manifest = manifest_to_json(entries)
        _write(staged / MANIFEST, [manifest])
        files.sync_folder(staged)
        _take_place(staged, path)
    return sum(entry.size for entry in entries.values()) + len(manifest)


def copy_checkpoint(source: Path, target: Path, facts: CheckpointFacts) -> int:
    """Copy a checkpoint with other facts; what is damaged is not copied.

    Returns:
        Bytes written.

    Raises:
        CheckpointCorruptError: the source cannot be used.
        FolderNotWritableError, DiskFullError: the target cannot be written.
    """
    verify_checkpoint(source)
    size = _entries(source)[TENSORS].size
    with explaining(source), open_plain(source / TENSORS, LARGEST[TENSORS]) as file:
        pieces: Iterator[bytes] = iter(lambda: file.read(PIECE_BYTES), b"")
        written = publish_checkpoint(target, pieces, size, facts)
    verify_checkpoint(target)
    return written


def verify_checkpoint(path: Path) -> CheckpointFacts:
    """Read all of a checkpoint and hold it against its manifest.

    Raises:
        CheckpointCorruptError: a byte of it has changed, or it is none of ours.
    """
    facts = read_facts(path)
    with open_tensors(path) as (file, entry):
        digest = hashlib.sha256()
        for piece in iter(lambda: file.read(PIECE_BYTES), b""):
            digest.update(piece)
        ensure_checksum(digest.hexdigest(), entry, TENSORS)
        file.seek(0)
        head_of(file, entry.size)
    return facts


def read_facts(path: Path) -> CheckpointFacts:
    """Read what a checkpoint says about itself, without its tensors.

    Raises:
        CheckpointCorruptError: its facts or its manifest are damaged, or it is none of ours.
    """
    with explaining(path):
        entry = _entries(path)[FACTS]
        content = read_plain(path / FACTS, LARGEST[FACTS])
        ensure_checksum(hashlib.sha256(content).hexdigest(), entry, FACTS)
        return facts_from_json(content)


@contextlib.contextmanager
def open_tensors(path: Path) -> Iterator[tuple[FileIO, FileEntry]]:
    """Open the tensors of a checkpoint, whose size has been checked but no byte of them.

    Raises:
        CheckpointCorruptError: it is none of ours, or whatever the block finds wrong.
    """
    with explaining(path):
        entry = _entries(path)[TENSORS]
        with open_plain(path / TENSORS, LARGEST[TENSORS]) as file:
            yield file, entry


def head_of(file: FileIO, size: int) -> tuple[bytes, list[TensorSpan]]:
    """Read the head of the tensors: its bytes, and what it says.

    Raises:
        StrangeFileError: it is damaged.
    """
    start = file.read(LENGTH_BYTES)
    length = header_length(start, size, TENSORS)
    table = bytes(read_exactly(file, length))
    return start + table, spans_in(table, size - LENGTH_BYTES - length, TENSORS)


def read_exactly(file: FileIO, size: int) -> bytearray:
    """Read so many bytes.

    Raises:
        StrangeFileError: the file ends before.
    """
    content = bytearray(size)
    left = memoryview(content)
    while left:
        count = file.readinto(left)
        if not count:
            raise StrangeFileError(f"{TENSORS} was cut off while it was read")
        left = left[count:]
    return content


def ensure_checksum(found: str, entry: FileEntry, name: str) -> None:
    """Check a file's checksum.

    Raises:
        StrangeFileError: it is not what the manifest says.
    """
    if found != entry.sha256:
        raise StrangeFileError(f"{name} is damaged: its checksum is not that of the manifest")


@contextlib.contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Say of whatever is wrong that the checkpoint cannot be used."""
    try:
        yield
    except FileNotFoundError as error:
        name = Path(error.filename or path).name
        raise CheckpointCorruptError(path, f"{name} is missing") from error
    except StrangeFileError as error:
        raise CheckpointCorruptError(path, str(error)) from error
    except OSError as error:
        raise CheckpointCorruptError(path, error.strerror or str(error)) from error


def _entries(path: Path) -> dict[str, FileEntry]:
    """Read the manifest, and check that its files are there and as long as it says."""
    if path.is_file() and not path.is_symlink():
        _refuse_file(path)
    ensure_plain_folder(path)
    entries = manifest_from_json(read_plain(path / MANIFEST, MANIFEST_BYTES))
    for name, entry in entries.items():
        with open_plain(path / name, LARGEST[name]) as file:
            size = file.seek(0, 2)
        if size != entry.size:
            raise StrangeFileError(f"{name} has {size:,} bytes, and {entry.size:,} were written")
    return entries


def _refuse_file(path: Path) -> NoReturn:
    with open_plain(path, LARGEST[TENSORS]) as file:
        start = file.read(LENGTH_BYTES)
    if is_pickle(start):
        raise StrangeFileError(f"{path.name} is a pickle, which can run any code when it is loaded")
    if path.suffix == OLD_SUFFIX:
        raise StrangeFileError("it was made by an older Diptych, in a format that is gone")
    raise StrangeFileError("it is a file, and checkpoints are folders")


@contextlib.contextmanager
def _staged(path: Path, needed: int) -> Iterator[Path]:
    """Give a folder to write into, and remove it whatever happens."""
    staged = staged_path(path)
    try:
        if not path.parent.is_dir():
            files.make_folder(path.parent)
        ensure_room(path.parent, needed)
        remove_if_there(staged)
        files.make_folder(staged)
        yield staged
    except BaseException as error:
        with contextlib.suppress(OSError):
            remove_if_there(staged)
        if isinstance(error, OSError):
            raise explain_os_error(error, path.parent, needed) from error
        raise


def _write(path: Path, pieces: Iterable[bytes | memoryview]) -> FileEntry:
    digest, size = hashlib.sha256(), 0
    with files.create(path) as file:
        for content in pieces:
            whole = memoryview(content)
            for start in range(0, len(whole), PIECE_BYTES):
                piece = whole[start : start + PIECE_BYTES]
                digest.update(piece)
                files.write(file, piece)
            size += len(whole)
        files.sync(file)
    return FileEntry(size, digest.hexdigest())


def _take_place(staged: Path, path: Path) -> None:
    """Rename; what has the name already steps aside first, and back if that fails."""
    aside = staged_path(path, is_old=True)
    is_taken = path.exists() or path.is_symlink()
    if is_taken:
        remove_if_there(aside)
        files.rename(path, aside)
    try:
        files.rename(staged, path)
    except BaseException:
        if is_taken:
            with contextlib.suppress(OSError):
                files.rename(aside, path)
        raise
    try:
        files.sync_folder(path.parent)
    finally:
        # The new one has the name; an old one that cannot be removed is swept another time.
        if is_taken:
            with contextlib.suppress(OSError):
                files.remove(aside)
