"""SQLite index of the runs of a workspace, for fast listing of a thousand runs.

It is a cache: a damaged or older file is deleted and rebuilt from the run folders. A refresh reads
only the runs whose files have changed.
"""

import contextlib
import logging
import math
import os
import sqlite3
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Self

from engine.control import RunControl
from engine.errors import StoppedError
from engine.fs.codec import decode
from engine.fs.lock import holder_of
from engine.runs.listing import ListedRun, read_run, run_folders, stamp_of
from engine.runs.status import MAX_COUNT, Status

log = logging.getLogger(__name__)

FILE_NAME = "catalogue.sqlite"
SCHEMA = 4
"""Version of the table; increase it with every change. A file of another version is rebuilt."""
BUSY_S = 10.0
MEMORY = ":memory:"
_KINDS: dict[str, Any] = {
    field.name: field.type for field in fields(ListedRun) if field.name != "folder"
}
"""Columns other than name and stamp."""
_TYPES = {int: "INTEGER", bool: "INTEGER", float: "REAL", float | None: "REAL"}
"""SQL types by field type; others are TEXT."""

Report = Callable[[int, int], None]


class Catalogue:
    """Index of the runs in one folder; a context manager, to be used in one thread.

    Args:
        runs: folder of the run folders.
        file: database file; without one, or if it cannot be written, the database is in memory.
    """

    def __init__(self, runs: Path, file: Path | None = None) -> None:
        self._runs, self._file = runs, file
        self._base = self._opened()

    def refresh(self, report: Report | None = None, control: RunControl | None = None) -> None:
        """Update the index from the folders.

        Args:
            report: progress callback: number of runs read, and of all changed runs.
            control: may request a stop; the runs read so far are kept.

        Raises:
            StoppedError: a stop was requested.
        """
        try:
            self._refresh(report, control)
        except sqlite3.DatabaseError as error:
            self._make_again(error)
            self._refresh(report, control)

    def runs(self, text: str = "") -> list[ListedRun]:
        """Return the runs that match a search, newest first."""
        try:
            found = self._read()
        except (sqlite3.DatabaseError, ValueError, TypeError) as error:
            self._make_again(error)
            self.refresh()
            found = self._read()
        found.sort(key=lambda run: (-run.changed_s, run.name))
        return [run for run in found if run.matches(text)]

    def close(self) -> None:
        """Close the database."""
        self._base.close()

    def _refresh(self, report: Report | None, control: RunControl | None) -> None:
        folders = {os.fsencode(path.name): path for path in run_folders(self._runs)}
        known = dict(self._base.execute("SELECT name, stamp FROM runs"))
        stamps = {name: stamp_of(path) for name, path in folders.items()}
        changed = [name for name in folders if known.get(name) != stamps[name]]
        rows: list[tuple[Any, ...]] = []
        try:
            for done, name in enumerate(changed):
                if control is not None and control.is_stop_requested:
                    raise StoppedError
                run = read_run(folders[name])
                values = (_storable(getattr(run, column)) for column in _KINDS)
                rows.append((name, stamps[name], *values))
                if report is not None:
                    report(done + 1, len(changed))
        finally:
            gone = [(name,) for name in known if name not in folders]
            marks = ", ".join("?" * (len(_KINDS) + 2))
            with self._base:
                self._base.executemany("DELETE FROM runs WHERE name = ?", gone)
                self._base.executemany(f"INSERT OR REPLACE INTO runs VALUES ({marks})", rows)  # noqa: S608 (question marks)
        self._note_holders(folders)

    def _note_holders(self, folders: dict[bytes, Path]) -> None:
        """Update the lock holders of all runs; a process that dies changes no file."""
        held = [
            (holder.pid, holder.host, name)
            for name, path in folders.items()
            if (holder := holder_of(path)) is not None
        ]
        with self._base:
            self._base.execute(
                "UPDATE runs SET is_held = 0, holder_pid = 0, holder_host = '' WHERE is_held"
            )
            self._base.executemany(
                "UPDATE runs SET is_held = 1, holder_pid = ?, holder_host = ? WHERE name = ?", held
            )

    def _read(self) -> list[ListedRun]:
        names = ", ".join(_KINDS)
        rows = self._base.execute(f"SELECT name, {names} FROM runs")  # noqa: S608 (our own names)
        return [self._run(name, values) for name, *values in rows]

    def _run(self, name: bytes, row: list[Any]) -> ListedRun:
        """Build a run from a row.

        Raises:
            ValueError, TypeError: a value is malformed.
        """
        table = dict(zip(_KINDS, row, strict=True), folder=str(self._runs / os.fsdecode(name)))
        run = decode(ListedRun, table, readers={bool: _bool, float: _finite})
        return replace(run, status=Status.RUNNING) if run.is_held else run

    def _opened(self) -> sqlite3.Connection:
        if self._file is None:
            return _open(MEMORY)
        try:
            try:
                return _open(str(self._file))
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError as error:
                log.info("The catalogue %s is made again: %s", self._file, error)
                _delete(self._file)
                return _open(str(self._file))
        except sqlite3.DatabaseError as error:
            log.info("The catalogue %s is kept in memory: %s", self._file, error)
            return _open(MEMORY)

    def _make_again(self, error: Exception) -> None:
        log.info("The catalogue %s is made again: %s", self._file, error)
        with contextlib.suppress(sqlite3.Error):
            self._base.close()
        if self._file is not None:
            _delete(self._file)
        self._base = self._opened()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _open(place: str) -> sqlite3.Connection:
    """Open a database and create its table if necessary.

    Raises:
        sqlite3.OperationalError: the file cannot be created.
        sqlite3.DatabaseError: the file is damaged, or of another version.
    """
    base = sqlite3.connect(place, timeout=BUSY_S)
    try:
        _check_integrity(base)
        base.execute("PRAGMA journal_mode = WAL")
        # A write that is lost in a power failure is repeated from the folders.
        base.execute("PRAGMA synchronous = OFF")
        columns = "".join(f", {name} {_TYPES.get(kind, 'TEXT')}" for name, kind in _KINDS.items())
        base.execute(
            f"CREATE TABLE IF NOT EXISTS runs (name BLOB PRIMARY KEY, stamp TEXT{columns})"
        )
        base.execute(f"PRAGMA user_version = {SCHEMA}")
        base.commit()
    except BaseException:
        base.close()
        raise
    return base


def _check_integrity(base: sqlite3.Connection) -> None:
    (version,) = base.execute("PRAGMA user_version").fetchone()
    (count,) = base.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if version != SCHEMA and count:
        raise sqlite3.DatabaseError(f"its schema is {version}, not {SCHEMA}")
    if base.execute("PRAGMA quick_check").fetchone() != ("ok",):
        raise sqlite3.DatabaseError("its pages are damaged")


def _delete(file: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(OSError):
            file.with_name(file.name + suffix).unlink()


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        # File names may hold lone surrogates, which SQLite refuses.
        return str(value).encode("utf-8", "replace").decode()
    if isinstance(value, int):
        return min(int(value), MAX_COUNT)
    return value


def _bool(value: Any) -> bool:
    if value not in (0, 1):
        raise ValueError("must be 0 or 1")
    return bool(value)


def _finite(value: Any) -> float:
    if not math.isfinite(value):
        raise ValueError("must be finite")
    return float(value)
