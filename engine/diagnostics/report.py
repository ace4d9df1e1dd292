"""Diagnostic report: a ZIP file that a user can inspect and send.

It includes a run folder, damaged or not, without texts of the dataset.
"""

import io
import itertools
import json
import logging
import os
import stat
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.diagnostics.machine import SHOWN_VARIABLES, hardware, versions
from engine.diagnostics.scrub import Scrubber, scrubber_of_this_machine
from engine.fs.atomic import atomic_write, check_free_space, ensure_writable, free_bytes
from engine.fs.untrusted import MalformedFileError, read_regular, read_table
from engine.runs.event_reader import read_tail
from engine.runs.folder import RunFolder

LOG_BYTES = 256_000
"""Bytes from the end of a log, about the last minutes."""
_CONFIG_BYTES = 200_000
_MODEL_BYTES = 50_000_000
"""Limit of the model's metadata, whose vocabulary is left out of the report."""
_MAX_FILES = 500


def run_files(folder: Path) -> dict[str, str]:
    """Return the files of a run for the report, by name."""
    run = RunFolder(folder)
    return {
        "run/run.toml": _tried(
            lambda: read_regular(run.config_file, _CONFIG_BYTES).decode("utf-8", "replace")
        ),
        "run/model.json": _tried(lambda: _pretty(_model_facts(run.model_file))),
        "run/events.jsonl": _tried(lambda: log_tail(run.log_file)),
        "run/files.json": _tried(lambda: _pretty(_list_files(folder))),
    }


def log_tail(path: Path) -> str:
    """Read the last complete lines of a log.

    Raises:
        OSError: it cannot be read.
        MalformedFileError: it is not a regular file.
    """
    return b"\n".join(read_tail(path, LOG_BYTES)).decode("utf-8", "replace") + "\n"


def _tried(read: Callable[[], str]) -> str:
    """Return the content, or the error as text."""
    try:
        return read()
    except (OSError, ValueError) as error:
        return f"It cannot be read. {type(error).__name__}: {error}\n"


def _model_facts(path: Path) -> dict[str, Any]:
    table = read_table(read_regular(path, _MODEL_BYTES), path.name)
    columns = table.get("columns")
    listed = columns if isinstance(columns, list) else []
    return _plain_values(table) | {
        "columns": [_column_facts(column) for column in listed if isinstance(column, dict)]
    }


def _column_facts(column: dict[str, Any]) -> dict[str, Any]:
    """Keep kind and numbers of a column; of words, categories and the like only how many."""
    tokenizer = column.get("tokenizer")
    parts: dict[str, Any] = {
        name: _size_of(value) for name, value in column.items() if isinstance(value, list | dict)
    }
    if isinstance(tokenizer, dict):
        parts["tokenizer"] = {
            name: value if isinstance(value, int | float) else _size_of(value)
            for name, value in tokenizer.items()
            if name != "kind"
        } | {"kind": str(tokenizer.get("kind", "?"))[:40]}
    return _plain_values(column) | parts


def _plain_values(table: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in table.items() if isinstance(value, str | int | float)}


def _size_of(value: Any) -> str:
    length = len(value) if isinstance(value, list | dict | str) else 0
    return f"{type(value).__name__} of {length}"


def _list_files(folder: Path) -> dict[str, Any]:
    """List names and sizes of files without opening them or following links."""
    if not folder.is_dir():
        raise MalformedFileError("the run folder is not there")
    paths = sorted(itertools.islice(folder.rglob("*"), _MAX_FILES + 1), key=str)
    found: dict[str, Any] = {}
    for path in paths[:_MAX_FILES]:
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode):
            link = " (a link)" if stat.S_ISLNK(status.st_mode) else ""
            found[path.relative_to(folder).as_posix() + link] = status.st_size
    if len(paths) > _MAX_FILES:
        found["more"] = "not listed"
    return found


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


STUDIO_LOGS = ("studio.log.1", "studio.log")
"""Names of the studio's log files, oldest first."""
_SMALL = 4_000_000
"""Upper bound of the size of a report."""
_ABOUT = """Diptych diagnostic report

machine.json   versions, hardware, free disk space, a few variables of the environment
studio.log     the end of the studio's log
run/           configuration, facts of the model, end of the log and names of the files of a run

Images, texts of the dataset, weights and previews are not in it. The names of the user and the
computer, home folders, e-mail addresses and whatever looks like a password or key were replaced.
Have a look before you send it: folder and dataset names outside your home are as you chose them.
"""
log = logging.getLogger(__name__)


def write_report(
    target: Path,
    *,
    run: Path | None = None,
    logs: Path | None = None,
    scrubber: Scrubber | None = None,
) -> Path:
    """Write a report atomically.

    Args:
        target: the ZIP file; an existing one is replaced.
        run: folder of a run to include, damaged or not.
        logs: folder of the studio's log.
        scrubber: removes personal data; by default that of this user and machine.

    Raises:
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    # Check before collecting data, which takes seconds.
    ensure_writable(target.parent)
    check_free_space(target.parent, _SMALL)
    members = {"about.txt": _ABOUT, "machine.json": _machine(target, run)}
    if logs is not None:
        members["studio.log"] = _studio_log(logs)
    if run is not None:
        members |= run_files(run)
    scrubber = scrubber or scrubber_of_this_machine()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, scrubber.scrub(text).encode("utf-8", "replace"))
    atomic_write(target, content.getvalue())
    log.info("Diagnostic report written to %s", target)
    return target


def _machine(target: Path, run: Path | None) -> str:
    places = {"report": target.parent} | ({"run": run} if run is not None else {})
    table: dict[str, Any] = {
        "written": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "versions": versions(),
        "hardware": hardware(),
        "free_bytes": {name: free_bytes(place) for name, place in places.items()},
        "environment": {name: os.environ[name] for name in SHOWN_VARIABLES if name in os.environ},
    }
    return _pretty(table)


def _studio_log(folder: Path) -> str:
    parts: list[str] = []
    for name in STUDIO_LOGS:
        try:
            parts.append(log_tail(folder / name))
        except (OSError, ValueError) as error:
            log.info("%s is not in the report: %s", name, error)
    return "".join(parts)
