"""A disk that is really small."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """Mount a disk in main memory; the test is skipped where that is not allowed."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0 or not Path("/bin/mount").exists():
        pytest.skip("only root of a Linux machine can mount a small disk")
    place.mkdir()
    command = ["/bin/mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let its root mount")
    try:
        yield place
    finally:
        subprocess.run(["/bin/umount", "-l", str(place)], check=True)
