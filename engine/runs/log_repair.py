"""Opening a log at its end, which may be torn."""

import os
from io import FileIO
from pathlib import Path

from engine.disk import files
from engine.plain_files import WARY, ensure_plain
from engine.runs.log_lines import LONGEST_LINE, entry_in

_PIECE_BYTES = 1 << 16


def open_end(path: Path) -> tuple[FileIO, int]:
    """Open a log to append to it, and repair its last line.

    A last line that lacks its end alone gets it; one that is torn is cut off.

    Returns:
        The file, and how many bytes were cut off.

    Raises:
        StrangeFileError: it is no plain file.
        OSError: it cannot be opened or written.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | WARY, 0o644)
    file = FileIO(handle, "r+b")
    try:
        ensure_plain(path.name, os.fstat(handle))
        return file, _repair(file)
    except BaseException:
        file.close()
        raise


def _repair(file: FileIO) -> int:
    size = file.seek(0, os.SEEK_END)
    whole = _end_of_last_line(file, size)
    if whole == size:
        return 0
    file.seek(whole)
    last = file.read(LONGEST_LINE + 1)
    if len(last) <= LONGEST_LINE and entry_in(last) is not None:
        files.write(file, b"\n")
        return 0
    files.cut(file, whole)
    return size - whole


def _end_of_last_line(file: FileIO, size: int) -> int:
    """Find the place after the last line end, from the back."""
    end = size
    while end:
        start = max(0, end - _PIECE_BYTES)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
