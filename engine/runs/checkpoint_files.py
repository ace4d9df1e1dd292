"""A checkpoint as a folder of three files: written whole or not at all, believed never unread.

Nothing here knows torch, so that the studio may look at checkpoints too.
"""

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from io import FileIO
from math import prod
from pathlib import Path
from typing import Any, NoReturn, TypeGuard

from engine.errors import CheckpointCorruptError
from engine.fs.atomic import ensure_room, explain_os_error, files, remove_if_there, staged_path
from engine.fs.untrusted import (
    MalformedFileError,
    ensure_plain_folder,
    open_plain,
    read_plain,
    read_table,
)

# --------------------------------------------------------------------------
# What a checkpoint says about itself, as JSON, and nothing else than that.


FACTS = "facts.json"
FACTS_BYTES = 8_000_000
"""Most that the facts may take; a run's own take a few thousand."""
MOST = 10**15
"""No run takes so many steps, images or seconds."""


@dataclass(frozen=True, kw_only=True)
class CheckpointMetadata:
    """What a checkpoint says about itself."""

    step: int
    images_seen: int
    elapsed_s: float
    config_hash: str
    config: str = ""
    """The run's configuration, as TOML."""
    dataset_version: str = ""
    """Content hash of the dataset."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of the software that wrote it, by name."""
    positions: Mapping[str, Any] = field(default_factory=dict)
    """What the loop must remember beside its tensors, as JSON can hold it."""


def facts_to_json(facts: CheckpointMetadata) -> bytes:
    """Write facts.

    Raises:
        ValueError: they hold what JSON cannot, or too much of it; that is a bug of ours.
    """
    content = json.dumps(vars(facts), ensure_ascii=False, indent=1).encode()
    facts_from_json(content)
    return content


def facts_from_json(content: bytes) -> CheckpointMetadata:
    """Read facts that may be a stranger's.

    Raises:
        MalformedFileError: they are none of ours.
    """
    if len(content) > FACTS_BYTES:
        raise MalformedFileError(f"{FACTS} is larger than {FACTS_BYTES:,} bytes")
    table = read_table(content, FACTS)
    known = {entry.name: entry for entry in dataclasses.fields(CheckpointMetadata)}
    for name in table.keys() - known.keys():
        raise MalformedFileError(f"{FACTS} holds '{name[:100]}', which is none of its facts")
    for name in ("step", "images_seen", "elapsed_s", "config_hash"):
        if name not in table:
            raise MalformedFileError(f"{FACTS} lacks '{name}'")
    for name, value in table.items():
        if not _is_sane(name, value):
            raise MalformedFileError(f"{FACTS} has no usable '{name}'")
    return CheckpointMetadata(**table)


def _is_sane(name: str, value: Any) -> bool:
    match name:
        case "step" | "images_seen":
            return type(value) is int and 0 <= value <= MOST
        case "elapsed_s":
            return type(value) in {int, float} and 0 <= value <= MOST
        case "versions":
            return isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
        case "positions":
            return isinstance(value, dict)
        case _:
            return isinstance(value, str)


# --------------------------------------------------------------------------
# The list of a checkpoint's files with their sizes and checksums.
#
# It carries a checksum of itself and has exactly one way of being written, so that no byte of it
# can change unseen either.


MANIFEST = "manifest.json"
MANIFEST_BYTES = 16_384
TENSORS = "tensors.safetensors"
FORMAT = "diptych-checkpoint-2"
LARGEST = {TENSORS: 1 << 36, FACTS: FACTS_BYTES}
"""The files of a checkpoint beside its manifest, and the most bytes of each."""
_DIGITS = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class FileEntry:
    """What a manifest knows of one file."""

    size: int
    """Bytes."""
    sha256: str


def manifest_to_json(entries: Mapping[str, FileEntry]) -> bytes:
    """Write a manifest."""
    return _written(
        {
            "format": FORMAT,
            "files": {name: {"bytes": e.size, "sha256": e.sha256} for name, e in entries.items()},
        }
    )


def manifest_from_json(content: bytes) -> dict[str, FileEntry]:
    """Read a manifest that may be a stranger's, or damaged.

    Raises:
        MalformedFileError: a byte of it has changed, or it lists what a checkpoint does not hold.
    """
    table = read_table(content, MANIFEST)
    if table.get("format") != FORMAT:
        raise MalformedFileError(f"its format is not {FORMAT}")
    files = table.get("files")
    if not isinstance(files, dict) or files.keys() != LARGEST.keys():
        raise MalformedFileError(f"{MANIFEST} must list {' and '.join(LARGEST)}, nothing else")
    entries = {name: _entry(name, entry) for name, entry in files.items()}
    if content != manifest_to_json(entries):
        raise MalformedFileError(f"{MANIFEST} is damaged: it does not fit its own checksum")
    return entries


def _entry(name: str, entry: Any) -> FileEntry:
    if not isinstance(entry, dict) or entry.keys() != {"bytes", "sha256"}:
        raise MalformedFileError(f"{MANIFEST} has no size and checksum of {name}")
    size, sha256 = entry["bytes"], entry["sha256"]
    if type(size) is not int or not 0 <= size <= LARGEST[name]:
        raise MalformedFileError(f"{MANIFEST} gives {name} an impossible size")
    if not isinstance(sha256, str) or len(sha256) != 64 or not _DIGITS.issuperset(sha256):
        raise MalformedFileError(f"{MANIFEST} gives {name} an impossible checksum")
    return FileEntry(size, sha256)


def _written(table: dict[str, Any]) -> bytes:
    own = hashlib.sha256(_canonical(table)).hexdigest()
    return _canonical({**table, "sha256": own})


def _canonical(table: dict[str, Any]) -> bytes:
    return json.dumps(table, indent=1, sort_keys=True).encode() + b"\n"


# --------------------------------------------------------------------------
# The head of a safetensors file: which tensors lie where. Read without torch.
#
# Format: https://huggingface.co/docs/safetensors (eight bytes with the length of a JSON table, the
# table, then the tensors' bytes without gaps).


LENGTH_BYTES = 8
HEADER_BYTES = 16_000_000
"""Most that the table may take; a large network's takes a hundredth."""
ITEM_BYTES = {
    "BOOL": 1,
    "U8": 1,
    "I8": 1,
    "I16": 2,
    "I32": 4,
    "I64": 8,
    "F16": 2,
    "BF16": 2,
    "F32": 4,
    "F64": 8,
}
_MOST_DIMENSIONS = 16
_PICKLES = (b"PK\x03\x04", *(bytes([0x80, version]) for version in range(2, 6)))
"""How files of ``torch.save`` and ``pickle`` begin."""


@dataclass(frozen=True)
class TensorSpan:
    """Where a tensor lies, counted from the end of the head."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


def header_to_bytes(spans: list[TensorSpan]) -> bytes:
    """Write the head of a file, its length included."""
    table = {
        span.name: {
            "dtype": span.dtype,
            "shape": span.shape,
            "data_offsets": (span.start, span.end),
        }
        for span in spans
    }
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()
    # The tensors begin at a multiple of eight; blanks are what the format fills up with.
    text += b" " * (-len(text) % LENGTH_BYTES)
    return len(text).to_bytes(LENGTH_BYTES, "little") + text


def header_length(start: bytes, file_bytes: int, name: str) -> int:
    """Read how long the table is, from the first eight bytes.

    Raises:
        MalformedFileError: it is no safetensors file; a pickle is called one.
    """
    length = int.from_bytes(start[:LENGTH_BYTES], "little")
    if len(start) < LENGTH_BYTES or length + LENGTH_BYTES > file_bytes:
        reason = "is cut off, or no safetensors file: its head would reach beyond its end"
    elif length > HEADER_BYTES:
        reason = f"has a head of {length:,} bytes, and {HEADER_BYTES:,} are the most"
    else:
        return length
    if is_pickle(start):
        reason = "is a pickle, which can run any code when it is loaded"
    raise MalformedFileError(f"{name} {reason}")


def is_pickle(start: bytes) -> bool:
    """Whether a file's first bytes are those of a pickle, or of an archive with one."""
    return start.startswith(_PICKLES)


def spans_in(header: bytes, data_bytes: int, name: str) -> list[TensorSpan]:
    """List the tensors in the order in which they lie.

    Args:
        header: the table.
        data_bytes: how many bytes follow it.
        name: of the file, for the reason.

    Raises:
        MalformedFileError: the table is damaged, or does not fit what follows.
    """
    table = read_table(header, f"the head of {name}")
    table.pop("__metadata__", None)
    spans = sorted((_span(key, entry, name) for key, entry in table.items()), key=_place)
    end = 0
    for span in spans:
        if span.start != end:
            raise MalformedFileError(f"{name} has gaps or overlaps between its tensors")
        end = span.end
    if end != data_bytes:
        raise MalformedFileError(f"{name} holds {data_bytes:,} bytes of tensors, not {end:,}")
    return spans


def _place(span: TensorSpan) -> tuple[int, int]:
    return span.start, span.end


def _span(key: str, entry: Any, name: str) -> TensorSpan:
    fields: Mapping[str, Any] = entry if isinstance(entry, dict) else {}
    shape, offsets = fields.get("shape"), fields.get("data_offsets")
    item = ITEM_BYTES.get(str(fields.get("dtype")))
    if item is None or not _are_counts(shape) or not _are_counts(offsets) or len(offsets) != 2:
        raise MalformedFileError(f"{name} has a strange entry for '{key[:100]}'")
    if offsets[1] - offsets[0] != prod(shape) * item:
        raise MalformedFileError(f"{name} has too few or too many bytes for '{key[:100]}'")
    return TensorSpan(key, fields["dtype"], tuple(shape), *offsets)


def _are_counts(values: Any) -> TypeGuard[list[int]]:
    return (
        isinstance(values, list)
        and len(values) <= _MOST_DIMENSIONS
        and all(type(value) is int and 0 <= value < 1 << 48 for value in values)
    )


PIECE_BYTES = 1_000_000
OLD_SUFFIX = ".safetensors"
"""Checkpoints were single files once."""


def publish_checkpoint(
    path: Path, tensors: Iterable[bytes | memoryview], size: int, facts: CheckpointMetadata
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


def copy_checkpoint(source: Path, target: Path, facts: CheckpointMetadata) -> int:
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


def verify_checkpoint(path: Path) -> CheckpointMetadata:
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


def read_facts(path: Path) -> CheckpointMetadata:
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
        MalformedFileError: it is damaged.
    """
    start = file.read(LENGTH_BYTES)
    length = header_length(start, size, TENSORS)
    table = bytes(read_exactly(file, length))
    return start + table, spans_in(table, size - LENGTH_BYTES - length, TENSORS)


def read_exactly(file: FileIO, size: int) -> bytearray:
    """Read so many bytes.

    Raises:
        MalformedFileError: the file ends before.
    """
    content = bytearray(size)
    left = memoryview(content)
    while left:
        count = file.readinto(left)
        if not count:
            raise MalformedFileError(f"{TENSORS} was cut off while it was read")
        left = left[count:]
    return content


def ensure_checksum(found: str, entry: FileEntry, name: str) -> None:
    """Check a file's checksum.

    Raises:
        MalformedFileError: it is not what the manifest says.
    """
    if found != entry.sha256:
        raise MalformedFileError(f"{name} is damaged: its checksum is not that of the manifest")


@contextlib.contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Say of whatever is wrong that the checkpoint cannot be used."""
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
    """Read the manifest, and check that its files are there and as long as it says."""
    if path.is_file() and not path.is_symlink():
        _refuse_file(path)
    ensure_plain_folder(path)
    entries = manifest_from_json(read_plain(path / MANIFEST, MANIFEST_BYTES))
    for name, entry in entries.items():
        with open_plain(path / name, LARGEST[name]) as file:
            size = file.seek(0, 2)
        if size != entry.size:
            raise MalformedFileError(f"{name} has {size:,} bytes, and {entry.size:,} were written")
    return entries


def _refuse_file(path: Path) -> NoReturn:
    with open_plain(path, LARGEST[TENSORS]) as file:
        start = file.read(LENGTH_BYTES)
    if is_pickle(start):
        raise MalformedFileError(
            f"{path.name} is a pickle, which can run any code when it is loaded"
        )
    if path.suffix == OLD_SUFFIX:
        raise MalformedFileError("it was made by an older Diptych, in a format that is gone")
    raise MalformedFileError("it is a file, and checkpoints are folders")


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
