"""The end of a log, which may be long, and a stranger's."""

import os
from pathlib import Path

from engine.plain_files import open_plain
from engine.runs.log_lines import MOST_BYTES


def read_tail(path: Path, longest: int) -> list[bytes]:
    """Read the last lines of a file, as far as they fit into so many bytes.

    They are whole, but for the one line of a file that has none that fits.

    Raises:
        StrangeFileError: it is no plain file.
        OSError: it cannot be read.
    """
    with open_plain(path, MOST_BYTES) as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - longest)
        file.seek(start)
        lines = file.read(longest).splitlines()
    # The first line was cut unless the reading began at the file's beginning.
    return lines[1:] or lines if start else lines
