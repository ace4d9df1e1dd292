"""Lines of a log that may be torn, endless or a stranger's."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from engine.plain_files import StrangeFileError, open_plain, read_table

LONGEST_LINE = 1_000_000
"""Bytes; a longer line is none of ours and is passed over."""
MOST_BYTES = 1 << 40
"""Of a log; more is none of ours."""
_BUFFER_BYTES = 1 << 16


@contextlib.contextmanager
def open_log(path: Path) -> Iterator[BinaryIO]:
    """Open a log for reading.

    Raises:
        StrangeFileError: it is no plain file.
        OSError: it cannot be read, or is not there.
    """
    with open_plain(path, MOST_BYTES) as plain, io.BufferedReader(plain, _BUFFER_BYTES) as file:
        yield file


def lines_in(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Read lines from where a file stands; what no line end follows is not given.

    Yields:
        The line (empty for every piece of one that is too long) and the place after its end.
    """
    end, is_long = file.tell(), False
    while line := file.readline(LONGEST_LINE + 1):
        end += len(line)
        is_whole = line.endswith(b"\n")
        if not is_whole and len(line) <= LONGEST_LINE:
            return
        is_long = is_long or not is_whole
        yield b"" if is_long else line, end
        is_long = is_long and not is_whole


def entry_in(line: bytes) -> dict[str, Any] | None:
    """Read a line, or None if it is torn, or nothing of ours."""
    with contextlib.suppress(StrangeFileError):
        return read_table(line, "the line")
    return None
