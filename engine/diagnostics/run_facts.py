"""What a run folder says about itself, however damaged it is; no text of its dataset."""

import itertools
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.plain_files import StrangeFileError, read_plain, read_table
from engine.runs.folder import RunFolder
from engine.runs.tail import read_tail

LOG_BYTES = 256_000
"""Of the end of a log: the last minutes."""
_CONFIG_BYTES = 200_000
_MODEL_BYTES = 50_000_000
"""The facts of the model hold its vocabulary, which stays out of the report."""
_MOST_FILES = 500


def run_files(folder: Path) -> dict[str, str]:
    """Read what a report says of a run, by the name that it has there."""
    run = RunFolder(folder)
    return {
        "run/run.toml": _tried(lambda: _text(run.config_file)),
        "run/model.json": _tried(lambda: _pretty(_model_facts(run.model_file))),
        "run/events.jsonl": _tried(lambda: log_tail(run.log_file)),
        "run/files.json": _tried(lambda: _pretty(_list_files(folder))),
    }


def log_tail(path: Path) -> str:
    """Read the last whole lines of a log.

    Raises:
        OSError: it cannot be read.
        StrangeFileError: it is no plain file.
    """
    return b"\n".join(read_tail(path, LOG_BYTES)).decode("utf-8", "replace") + "\n"


def _tried(read: Callable[[], str]) -> str:
    """Read, or say why that is not possible: this is what the report is for."""
    try:
        return read()
    except (OSError, ValueError) as error:
        return f"It cannot be read. {type(error).__name__}: {error}\n"


def _text(path: Path) -> str:
    return read_plain(path, _CONFIG_BYTES).decode("utf-8", "replace")


def _model_facts(path: Path) -> dict[str, Any]:
    table = read_table(read_plain(path, _MODEL_BYTES), path.name)
    kept = {name: value for name, value in table.items() if isinstance(value, str | int | float)}
    facts: dict[str, Any] = dict(kept)
    tokenizer = table.get("tokenizer")
    if isinstance(tokenizer, dict):
        facts["tokenizer"] = {
            name: value if isinstance(value, int | float) else _size_of(value)
            for name, value in tokenizer.items()
            if name != "kind"
        } | {"kind": str(tokenizer.get("kind", "?"))[:40]}
    return facts


def _size_of(value: Any) -> str:
    length = len(value) if isinstance(value, list | dict | str) else 0
    return f"{type(value).__name__} of {length}"


def _list_files(folder: Path) -> dict[str, Any]:
    """List names and sizes; nothing is followed or opened."""
    if not folder.is_dir():
        raise StrangeFileError("the run folder is not there")
    paths = sorted(itertools.islice(folder.rglob("*"), _MOST_FILES + 1), key=str)
    found: dict[str, Any] = {}
    for path in paths[:_MOST_FILES]:
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode):
            link = " (a link)" if stat.S_ISLNK(status.st_mode) else ""
            found[path.relative_to(folder).as_posix() + link] = status.st_size
    if len(paths) > _MOST_FILES:
        found["more"] = "not listed"
    return found


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
