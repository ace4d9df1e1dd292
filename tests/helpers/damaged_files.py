"""Damages files of every kind that the command line reads, and judges what it does with them.

A damaged file must be ``REFUSED`` in one line or ``TAKEN``. ``packaging/fuzz_files.py`` tries many.
"""

import contextlib
import copy
import gzip
import hashlib
import io
import json
import logging
import random
import re
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.cli.main import main as diptych
from engine.runs.checkpoint_files import FACTS, MANIFEST, TENSORS, FileEntry, manifest_to_json
from tests.helpers import sources
from tests.helpers.columns import four_columns
from tests.helpers.command_line import TINY
from tests.helpers.old_datasets import old_tiny_dataset
from tests.helpers.tiny import WORDS, tiny_dataset

MAX_BYTES = 1_000_000_000
REFUSED, TAKEN, TRACEBACK, HANG, MEMORY = "refused", "taken", "traceback", "hang", "over 1 GB"
FATES = (REFUSED, TAKEN, TRACEBACK, HANG, MEMORY)
CHECKPOINT = "run/checkpoints/checkpoint-000000000032"
Random = random.Random
Mutate = Callable[[Random, bytes], bytes]


# --------------------------------------------------------------------------
# Mutations.


PIECES = (b"\0", b"\xff\xfe", b'"', b"\n", b"\r", b"{", b"[", b"../", b"\xf0\x9f", b"9" * 400)
NUMBERS = (b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\xff" * 8)
VALUES: tuple[Any, ...] = (
    10**400,
    -(10**400),
    2**63,
    -1,
    0,
    1e308,
    float("nan"),
    float("inf"),
    True,
    None,
    "",
    "x" * 100_000,
    "\ud800",
    "a\0b",
    "\u202eab\x1b[2J\n",
    "../../etc/passwd",
    [],
    {},
    [[]] * 1_000,
    json.loads("[" * 90 + "]" * 90),
)


def mutate_bytes(source: Random, content: bytes) -> bytes:
    """Change, insert, remove or repeat a few bytes, or cut off the end."""
    changed = bytearray(content)
    for _ in range(source.randint(1, 6)):
        start = source.randrange(max(len(changed), 1))
        size = source.randint(1, 40)
        match source.choice(("change", "change", "insert", "remove", "repeat", "cut", "number")):
            case "change":
                changed[start : start + 1] = source.randbytes(source.randint(1, 4))
            case "insert":
                changed[start:start] = source.choice(PIECES)
            case "remove":
                del changed[start : start + size]
            case "repeat":
                changed[start:start] = changed[start : start + size]
            case "cut":
                del changed[max(start, 8) :]
            case _:
                number = source.choice(NUMBERS)
                changed[start : start + len(number)] = number
    return bytes(changed)


def mutate_json(source: Random, content: bytes) -> bytes:
    """Replace, remove or add a value anywhere in a JSON document; or mutate its bytes."""
    if source.random() < 0.3:
        return mutate_bytes(source, content)
    table = json.loads(content)
    for _ in range(source.randint(1, 2)):
        group, key = source.choice(list(_places(table)))
        match source.choice(("replace", "replace", "replace", "remove", "add")):
            case "replace":
                group[key] = copy.deepcopy(source.choice(VALUES))
            case "remove":
                del group[key]
            case _ if isinstance(group, dict):
                group[f"more{source.randint(0, 9)}"] = copy.deepcopy(source.choice(VALUES))
            case _:
                group.append(copy.deepcopy(source.choice(VALUES)))
        if not table:
            break
    return json.dumps(table).encode()


def mutate_lines(source: Random, content: bytes) -> bytes:
    """Mutate one of the JSON documents that stand one a line."""
    lines = content.split(b"\n")
    number = source.randrange(max(len(lines) - 1, 1))
    lines[number] = mutate_json(source, lines[number])
    return b"\n".join(lines)


def mutate_toml(source: Random, content: bytes) -> bytes:
    """Replace a value of a TOML document, or mutate its bytes."""
    lines = content.decode().split("\n")
    numbers = [number for number, line in enumerate(lines) if " = " in line]
    if source.random() < 0.3:
        return mutate_bytes(source, content)
    number = source.choice(numbers)
    value = json.dumps(source.choice(VALUES)).replace("NaN", "nan").replace("Infinity", "inf")
    lines[number] = f"{lines[number].partition(' = ')[0]} = {value}"
    return "\n".join(lines).encode()


def mutate_head(source: Random, content: bytes) -> bytes:
    """Mutate the JSON at the head of a safetensors file, with its length; or the bytes."""
    if source.random() < 0.3:
        return mutate_bytes(source, content)
    size = int.from_bytes(content[:8], "little")
    head = mutate_json(source, content[8 : 8 + size])
    return len(head).to_bytes(8, "little") + head + content[8 + size :]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def reseal(case: Path) -> None:
    """Write a checkpoint's manifest again, as an attacker would."""
    entries: dict[str, FileEntry] = {}
    for name in (TENSORS, FACTS):
        content = (case / CHECKPOINT / name).read_bytes()
        entries[name] = FileEntry(len(content), hashlib.sha256(content).hexdigest())
    (case / CHECKPOINT / MANIFEST).write_bytes(manifest_to_json(entries))


# --------------------------------------------------------------------------
# Kinds of files, and the commands that read them.


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    ``{}`` in a command is the folder of the case.
    """

    path: str
    """Of the file that is mutated, in the folder of the case; its first part is copied."""
    commands: tuple[str, ...]
    """One of them reads each mutation."""
    mutate: Mutate = mutate_bytes
    is_resealed: bool = False
    also: str = ""
    """Another folder that the commands need."""


SAMPLE = "sample --run {}/run --gallery {}/gallery --count 2"
RESUME = f"train --resume --run {{}}/run --images 48 {' '.join(TINY[-1:])}"
RUNS = "runs {}"
TRAIN = f"train --dataset {{}}/data --run {{}}/new --images 8 {' '.join(TINY)}"
DATASET = ("doctor {}/data", "doctor {}/data --json", "export {}/data --folder {}/out", TRAIN)
OTHER_DATASET = ("doctor {}/source", "export {}/source --folder {}/out")
IMPORT = ("import {}/source --dataset {}/out --size 32", "doctor {}/source")


def _source(name: str) -> tuple[str, ...]:
    return tuple(command.replace("{}/source", f"{{}}/source/{name}") for command in IMPORT)


KINDS = {
    "run.toml": Kind("run/run.toml", (RUNS, SAMPLE, RESUME), mutate_toml, also="data"),
    "model.json": Kind("run/model.json", (SAMPLE, RESUME), mutate_json, also="data"),
    "notes.json": Kind("run/notes.json", (RUNS,), mutate_json),
    "log": Kind("run/events.jsonl", (RUNS, RESUME), mutate_lines, also="data"),
    "checkpoint manifest": Kind(f"{CHECKPOINT}/{MANIFEST}", (SAMPLE, RESUME), mutate_json,
                                also="data"),
    "facts": Kind(f"{CHECKPOINT}/{FACTS}", (SAMPLE, RESUME), mutate_json, is_resealed=True,
                  also="data"),
    "tensors": Kind(f"{CHECKPOINT}/{TENSORS}", (SAMPLE, RESUME), mutate_head, is_resealed=True,
                    also="data"),
    "lock": Kind("run/run.lock", (RUNS, RESUME), mutate_json, also="data"),
    "dataset manifest": Kind("data/manifest.json", DATASET, mutate_json),
    "items": Kind("data/items.arrow", DATASET),
    "columns": Kind("source/items.arrow", OTHER_DATASET),
    "pairs": Kind("source/pairs.jsonl", OTHER_DATASET, mutate_lines),
    "images": Kind("data/images.npy", DATASET),
    "word vectors": Kind("vectors.txt", (f"{TRAIN} --word-vectors {{}}/vectors.txt",),
                         also="data"),
    "texts": Kind("texts.txt", (f"{SAMPLE} --direction text-to-image --texts {{}}/texts.txt",),
                  also="run"),
    "ZIP": Kind("source/pictures.zip", _source("pictures.zip")),
    "tar": Kind("source/shard-00000.tar", (*IMPORT, *_source("shard-00000.tar"))),
    "Parquet": Kind("source/train.parquet", IMPORT),
    "Arrow": Kind("source/data.arrow", (*IMPORT, *_source("data.arrow"))),
    "CSV": Kind("source/captions.csv", IMPORT),
    "JSON": Kind("source/metadata.jsonl", IMPORT, mutate_lines),
    "COCO": Kind("source/captions.json", IMPORT, mutate_json),
    "IDX": Kind("source/train-images-idx3-ubyte", IMPORT),
    "PNG chunks": Kind("source/003.png", IMPORT),
    "JPEG": Kind("source/3.jpeg", IMPORT),
    "TIFF": Kind("source/3.tiff", IMPORT),
    "GIF": Kind("source/3.gif", IMPORT),
    "WebP": Kind("source/3.webp", IMPORT),
}  # fmt: skip


def build_shared(folder: Path) -> None:
    """Make a dataset and train a run on it, in ``data`` and ``run``."""
    tiny_dataset(folder / "data")
    options = ["--dataset", f"{folder}/data", "--run", f"{folder}/run", "--images=32", *TINY]
    with contextlib.redirect_stdout(io.StringIO()):
        if diptych(["train", *options]):
            raise RuntimeError("the run that is to be damaged could not be trained")


def build_base(name: str, base: Path, shared: Path) -> None:
    """Make the intact files of a kind in a new folder.

    Args:
        name: of the kind.
        base: the folder.
        shared: made by ``build_shared``.
    """
    base.mkdir(parents=True)
    kind = KINDS[name]
    for part in {kind.path.partition("/")[0], kind.also} & {"run", "data"}:
        shutil.copytree(shared / part, base / part)
    if name in FILES:
        (base / kind.path).write_text(FILES[name], encoding="utf-8")
    elif name in SOURCES:
        SOURCES[name](base / "source")
    if not (base / kind.path).is_file():
        raise FileNotFoundError(base / kind.path)


def check_base(name: str, base: Path) -> None:
    """Check that every command reads the intact files of a kind.

    Raises:
        RuntimeError: one does not, so that it would say nothing about damaged files.
    """
    case = base.with_name("case")
    for command in KINDS[name].commands:
        shutil.rmtree(case, ignore_errors=True)
        shutil.copytree(base, case)
        outcome = read_here([word.replace("{}", str(case)) for word in command.split()])
        if outcome.fate != TAKEN:
            raise RuntimeError(f"{command} does not read {name}: {outcome}")


def _idx(folder: Path) -> None:
    sources.idx(folder)
    for path in list(folder.iterdir()):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()


def _arrow(folder: Path) -> None:
    folder.mkdir(parents=True)
    images = [{"bytes": sources.png(n), "path": f"{n}.png"} for n in range(sources.COUNT)]
    texts = [sources.caption(n) for n in range(sources.COUNT)]
    table = pa.table({"image": images, "text": texts})
    with (
        pa.OSFile(f"{folder}/data.arrow", "wb") as file,
        pa.ipc.new_stream(file, table.schema) as w,
    ):
        w.write_table(table)


def _pictures(kind: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        folder.mkdir(parents=True)
        for number in range(sources.COUNT):
            sources.picture(number).save(folder / f"{number}.{kind}")
            (folder / f"{number}.txt").write_text(sources.caption(number), encoding="utf-8")

    return make


FILES = {
    "lock": '{"pid": 1, "host": "", "started": 1.5}',
    "notes.json": '{"format": 2, "text": "n", "is_starred": true, "origin": {"run": "r", '
    '"checkpoint": "c", "images_seen": 1, "is_branch": true}}',
    "word vectors": "\n".join(["3 3", *(f"{word} 0.5 1 -2e-3" for word in WORDS)]),
    "texts": "\n".join(WORDS),
}
SOURCES: dict[str, Callable[[Path], object]] = {
    "columns": four_columns,
    "pairs": old_tiny_dataset,
    "ZIP": sources.zipped,
    "tar": sources.webdataset,
    "Parquet": sources.parquet,
    "Arrow": _arrow,
    "CSV": sources.csv_table,
    "JSON": sources.image_folder,
    "COCO": sources.coco,
    "IDX": _idx,
    "PNG chunks": sources.embedded,
    "JPEG": _pictures("jpeg"),
    "TIFF": _pictures("tiff"),
    "GIF": _pictures("gif"),
    "WebP": _pictures("webp"),
}


# --------------------------------------------------------------------------
# Cases.


@dataclass(frozen=True)
class Outcome:
    """What became of one mutation."""

    fate: str
    detail: str = ""
    """Of a fault."""


def make_case(name: str, base: Path, case: Path, number: int, seed: int) -> list[str]:
    """Make a copy of a kind's files with one mutation; return the command that reads it."""
    kind, source = KINDS[name], random.Random(f"{name} {number} {seed}")  # noqa: S311
    shutil.rmtree(case, ignore_errors=True)
    shutil.copytree(base, case)
    path = case / kind.path
    path.write_bytes(kind.mutate(source, path.read_bytes()))
    if kind.is_resealed:
        reseal(case)
    return [word.replace("{}", str(case)) for word in source.choice(kind.commands).split()]


def judge(code: int, complaints: str, peak_bytes: int = 0) -> Outcome:
    """Judge a command by its exit code, its standard error and its memory."""
    lines = complaints.strip().splitlines()
    if peak_bytes > MAX_BYTES:
        return Outcome(MEMORY, f"{peak_bytes / 1e6:,.0f} MB")
    if code == 0 and not lines:
        return Outcome(TAKEN)
    if code in (1, 2) and len(lines) == 1 and not lines[0].startswith("diptych: unexpected "):
        return Outcome(REFUSED)
    return Outcome(TRACEBACK, f"exit code {code}: {' | '.join(lines[-2:])[-400:]}")


def read_here(arguments: Sequence[str]) -> Outcome:
    """Run a command in this process."""
    _reset_peak()
    handlers = logging.getLogger().handlers[:]
    complaints = io.StringIO()
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(complaints),
        warnings.catch_warnings(),
    ):
        try:
            code = diptych(arguments)
        except SystemExit as error:
            code = int(error.code or 0)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is a fault
            code = -1
            complaints.write(f"{type(error).__name__}: {error}")
        finally:
            # Remove its handler, which writes to the standard error of this case.
            logging.getLogger().handlers[:] = handlers
    return judge(code, complaints.getvalue(), _peak())


def _reset_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak() -> int:
    with contextlib.suppress(OSError):
        status = Path("/proc/self/status").read_text(encoding="ascii")
        if found := re.search(r"VmHWM:\s+(\d+) kB", status):
            return int(found[1]) * 1024
    return 0
