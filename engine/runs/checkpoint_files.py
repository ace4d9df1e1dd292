"""Files of a checkpoint, written atomically and verified before use.

``tensors.safetensors`` holds the tensors, ``facts.json`` the metadata, and ``manifest.json`` sizes
and checksums of both. The manifest includes a checksum of itself and has a canonical serialisation,
so every changed byte is detected. Does not import torch, so that the studio can read checkpoints.

Format of the tensors: https://huggingface.co/docs/safetensors.
"""

import contextlib
import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NoReturn

from safetensors import SafetensorError, safe_open

from engine.errors import CheckpointCorruptError, format_problem
from engine.fs.atomic import check_free_space, files, remove_if_there, staged_path, wrap_os_error
from engine.fs.codec import DecodeError, Range, decode, encode, from_json, to_json
from engine.fs.untrusted import (
    MalformedFileError,
    ensure_folder,
    open_regular,
    read_regular,
    read_table,
)

FACTS = "facts.json"
MAX_FACTS_BYTES = 8_000_000
"""Limit of the metadata; typical metadata has a few thousand bytes."""
MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 16_384
TENSORS = "tensors.safetensors"
FORMAT = "diptych-checkpoint-3"
MAX_BYTES = {TENSORS: 1 << 36, FACTS: MAX_FACTS_BYTES}
"""Largest size of each file of a checkpoint other than the manifest."""
MAX_HEADER_BYTES = 16_000_000
"""Limit of the safetensors header; that of a large network has 1 % of it."""
MAX_DIMENSIONS, MAX_ELEMENTS = 16, 1 << 40
DTYPES = frozenset({"BOOL", "U8", "I8", "I16", "I32", "I64", "F16", "BF16", "F32", "F64"})
PIECE_BYTES = 1_000_000
OLD_SUFFIX = ".safetensors"
"""Suffix of the single-file checkpoints of older versions."""
_MAX_COUNT = 10**15
_PICKLES = (b"PK\x03\x04", *(bytes([0x80, version]) for version in range(2, 6)))
"""Magic bytes of files of ``torch.save`` and ``pickle``."""


@dataclass(frozen=True, kw_only=True)
class CheckpointMetadata:
    """State of a run other than tensors, and its provenance."""

    step: Annotated[int, Range(0, _MAX_COUNT)]
    images_seen: Annotated[int, Range(0, _MAX_COUNT)]
    elapsed_s: Annotated[float, Range(0, _MAX_COUNT)]
    config_hash: str
    config: str = ""
    """The run's configuration, as TOML."""
    dataset_version: str = ""
    """Content hash of the dataset."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions of the software that wrote it, by name."""
    loop_state: Mapping[str, Any] = field(default_factory=dict)
    """State of the training loop, as JSON values."""


def metadata_from_json(content: bytes) -> CheckpointMetadata:
    """Read metadata from an untrusted file.

    Raises:
        MalformedFileError: it is too large, or a field is missing, unknown or out of range.
    """
    if len(content) > MAX_FACTS_BYTES:
        raise MalformedFileError(f"{FACTS} is larger than {MAX_FACTS_BYTES:,} bytes")
    return from_json(CheckpointMetadata, content, FACTS)


def _sha256(text: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise ValueError("must be 64 hexadecimal digits")
    return text


@dataclass(frozen=True)
class FileEntry:
    """Size and checksum of a file in the manifest."""

    bytes: Annotated[int, Range(0, 1 << 36)]
    sha256: Annotated[str, _sha256]


def manifest_to_json(entries: Mapping[str, FileEntry]) -> bytes:
    """Serialise a manifest."""
    table = {"format": FORMAT, "files": encode(entries)}
    own = hashlib.sha256(_canonical(table)).hexdigest()
    return _canonical({**table, "sha256": own})


def manifest_from_json(content: bytes) -> dict[str, FileEntry]:
    """Parse an untrusted manifest.

    Raises:
        MalformedFileError: it is damaged, or does not list exactly the files of a checkpoint.
    """
    table = read_table(content, MANIFEST)
    if table.get("format") != FORMAT:
        raise MalformedFileError(format_problem(table.get("format"), FORMAT))
    listed = table.get("files")
    if not isinstance(listed, dict) or listed.keys() != MAX_BYTES.keys():
        raise MalformedFileError(f"{MANIFEST} must list {' and '.join(MAX_BYTES)}, nothing else")
    entries = {name: _entry(name, entry) for name, entry in listed.items()}
    if content != manifest_to_json(entries):
        raise MalformedFileError(f"{MANIFEST} is damaged: it does not fit its own checksum")
    return entries


def _entry(name: str, value: Any) -> FileEntry:
    try:
        entry = decode(FileEntry, value)
    except DecodeError as error:
        wrong = {"bytes": "an impossible size", "sha256": "an impossible checksum"}
        reason = wrong.get(error.problems[0].field, "no size and checksum")
        raise MalformedFileError(f"{MANIFEST} gives {name} {reason}") from error
    except ValueError as error:
        raise MalformedFileError(f"{MANIFEST} gives {name} no size and checksum") from error
    if entry.bytes > MAX_BYTES[name]:
        raise MalformedFileError(f"{MANIFEST} gives {name} an impossible size")
    return entry


def _canonical(table: dict[str, Any]) -> bytes:
    return json.dumps(table, indent=1, sort_keys=True).encode() + b"\n"


def publish_checkpoint(
    path: Path, tensors: Iterable[bytes | memoryview], size: int, metadata: CheckpointMetadata
) -> int:
    """Write a checkpoint to a temporary folder and rename it.

    Args:
        path: folder of the checkpoint; an existing one is replaced.
        tensors: content of the safetensors file, in pieces.
        size: size of the safetensors file in bytes.
        metadata: metadata to store with the tensors.

    Returns:
        Bytes written.

    Raises:
        FolderNotWritableError, DiskFullError: it cannot be written; an existing one is unchanged.
    """
    content = to_json(metadata)
    # Do not write metadata that cannot be read back.
    metadata_from_json(content)
    needed = size + len(content) + MAX_MANIFEST_BYTES
    # Create only the parent folder: a deleted run folder must not be recreated.
    with _staged(path, needed) as staged:
        entries = {
            TENSORS: _write(staged / TENSORS, tensors),
            FACTS: _write(staged / FACTS, [content]),
        }
        manifest = manifest_to_json(entries)
        _write(staged / MANIFEST, [manifest])
        files.sync_folder(staged)
        _take_place(staged, path)
    return sum(entry.bytes for entry in entries.values()) + len(manifest)


def copy_checkpoint(source: Path, target: Path, metadata: CheckpointMetadata) -> int:
    """Verify and copy a checkpoint, with other metadata.

    Returns:
        Bytes written.

    Raises:
        CheckpointCorruptError: the source cannot be used.
        FolderNotWritableError, DiskFullError: the target cannot be written.
    """
    verify_checkpoint(source)
    size = _entries(source)[TENSORS].bytes
    with explaining(source), open_regular(source / TENSORS, MAX_BYTES[TENSORS]) as file:
        pieces: Iterator[bytes] = iter(lambda: file.read(PIECE_BYTES), b"")
        written = publish_checkpoint(target, pieces, size, metadata)
    verify_checkpoint(target)
    return written


def verify_checkpoint(path: Path) -> CheckpointMetadata:
    """Verify all files of a checkpoint against its manifest, and return the metadata.

    Raises:
        CheckpointCorruptError: it is damaged, or not a checkpoint.
    """
    metadata = read_metadata(path)
    with explaining(path):
        verify_tensors(path)
    return metadata


def read_metadata(path: Path) -> CheckpointMetadata:
    """Read the metadata of a checkpoint, without its tensors.

    Raises:
        CheckpointCorruptError: its metadata or manifest is damaged, or it is not a checkpoint.
    """
    with explaining(path):
        entry = _entries(path)[FACTS]
        content = read_regular(path / FACTS, MAX_BYTES[FACTS])
        ensure_checksum(hashlib.sha256(content).hexdigest(), entry, FACTS)
        return metadata_from_json(content)


def verify_tensors(path: Path) -> None:
    """Check size, checksum, header and layout of a checkpoint's tensors.

    Raises:
        MalformedFileError: they are damaged, or not a safetensors file.
        OSError: they cannot be read.
    """
    entry = _entries(path)[TENSORS]
    with open_regular(path / TENSORS, MAX_BYTES[TENSORS]) as file:
        start = file.read(8)
        digest = hashlib.sha256(start)
        for piece in iter(lambda: file.read(PIECE_BYTES), b""):
            digest.update(piece)
    ensure_checksum(digest.hexdigest(), entry, TENSORS)
    _ensure_tensors(path / TENSORS, start, entry.bytes)


def ensure_safetensors(path: Path) -> None:
    """Check size, header and layout of a safetensors file that has no manifest.

    Raises:
        MalformedFileError: it is not a safetensors file.
        OSError: it cannot be read.
    """
    with open_regular(path, MAX_BYTES[TENSORS]) as file:
        start, size = file.read(8), file.seek(0, 2)
    _ensure_tensors(path, start, size)


def _ensure_tensors(path: Path, start: bytes, size: int) -> None:
    """Check header and layout of a safetensors file with its first 8 bytes and its size."""
    _ensure_header_size(path.name, start, size)
    try:
        with safe_open(path, framework="numpy") as tensors:
            for name in tensors.keys():  # noqa: SIM118 (no mapping)
                span = tensors.get_slice(name)
                if span.get_dtype() not in DTYPES or not _is_possible(span.get_shape()):
                    raise MalformedFileError(f"{path.name} has a strange entry for '{name[:100]}'")
    except (SafetensorError, OverflowError) as error:
        raise MalformedFileError(f"{path.name} cannot be used: {str(error)[:200]}") from error


def _is_possible(shape: Sequence[int]) -> bool:
    """Whether a tensor can have a shape; one without elements may have any other sizes."""
    return (
        len(shape) <= MAX_DIMENSIONS and math.prod(size for size in shape if size) <= MAX_ELEMENTS
    )


def _ensure_header_size(name: str, start: bytes, file_bytes: int) -> None:
    length = int.from_bytes(start, "little")
    if len(start) == 8 and length + 8 <= file_bytes and length <= MAX_HEADER_BYTES:
        return
    if start.startswith(_PICKLES):
        reason = "is a pickle, which can run any code when it is loaded"
    elif len(start) == 8 and length + 8 <= file_bytes:
        reason = f"has a head of {length:,} bytes, and {MAX_HEADER_BYTES:,} are the most"
    else:
        reason = "is cut off, or no safetensors file: its head would reach beyond its end"
    raise MalformedFileError(f"{name} {reason}")


def ensure_checksum(found: str, entry: FileEntry, name: str) -> None:
    """Check a file's checksum.

    Raises:
        MalformedFileError: it differs from the manifest.
    """
    if found != entry.sha256:
        raise MalformedFileError(f"{name} is damaged: its checksum is not that of the manifest")


@contextlib.contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Convert file errors to ``CheckpointCorruptError``."""
    try:
        yield
    except FileNotFoundError as error:
        name = Path(error.filename or path).name
        raise CheckpointCorruptError(path, f"{name} is missing") from error
    except MalformedFileError as error:
        raise CheckpointCorruptError(path, str(error)) from error
    except OSError as error:
        raise CheckpointCorruptError(path, error.strerror or str(error)) from error


def _entries(path: Path) -> dict[str, FileEntry]:
    """Read the manifest, and check that its files exist and have the listed sizes."""
    if path.is_file() and not path.is_symlink():
        _refuse_file(path)
    ensure_folder(path)
    entries = manifest_from_json(read_regular(path / MANIFEST, MAX_MANIFEST_BYTES))
    for name, entry in entries.items():
        with open_regular(path / name, MAX_BYTES[name]) as file:
            size = file.seek(0, 2)
        if size != entry.bytes:
            raise MalformedFileError(f"{name} has {size:,} bytes, and {entry.bytes:,} were written")
    return entries


def _refuse_file(path: Path) -> NoReturn:
    with open_regular(path, MAX_BYTES[TENSORS]) as file:
        start = file.read(len(_PICKLES[0]))
    if start.startswith(_PICKLES):
        raise MalformedFileError(
            f"{path.name} is a pickle, which can run any code when it is loaded"
        )
    if path.suffix == OLD_SUFFIX:
        raise MalformedFileError("it was made by an older Diptych, in a format that is gone")
    raise MalformedFileError("it is a file, and checkpoints are folders")


@contextlib.contextmanager
def _staged(path: Path, needed: int) -> Iterator[Path]:
    """Create a temporary folder beside ``path``, and remove it on an error."""
    staged = staged_path(path)
    try:
        if not path.parent.is_dir():
            files.make_folder(path.parent)
        check_free_space(path.parent, needed)
        remove_if_there(staged)
        files.make_folder(staged)
        yield staged
    except BaseException as error:
        with contextlib.suppress(OSError):
            remove_if_there(staged)
        if isinstance(error, OSError):
            raise wrap_os_error(error, path.parent, needed) from error
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
    """Rename a folder to ``path``; an existing one is moved aside first, and back on failure."""
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
        # If it cannot be removed, ``clean_temp_files`` removes it later.
        if is_taken:
            with contextlib.suppress(OSError):
                files.remove(aside)
