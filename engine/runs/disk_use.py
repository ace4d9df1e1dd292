"""How much room a folder takes."""

import os
from pathlib import Path


def bytes_in(folder: Path) -> int:
    """Add up the files below a folder; links are not followed, what cannot be read counts 0."""
    total, waiting = 0, [os.fspath(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total
