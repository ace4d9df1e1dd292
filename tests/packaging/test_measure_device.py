"""The measurements of a device, in their short form on the CPU."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 600


def rows(*options: str) -> dict[str, str]:
    """Run the script; return the figures by question."""
    command = [sys.executable, "packaging/measure_device.py", "--short", "--device", "cpu"]
    found = subprocess.run(
        [*command, *options],
        cwd=ROOT,
        env=_environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    table = [line.strip("| ").split(" | ") for line in found.stdout.splitlines() if "|" in line]
    return dict(pair for pair in table if len(pair) == 2)


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.mark.slow
def test_that_the_short_form_measures_or_says_that_it_did_not():
    found = rows("--only", "launches", "resume", "memory", "heartbeat")
    assert found["device"].startswith("CPU, ")
    assert "operators" in " ".join(found)
    assert found["cpu-tiny, stopped and resumed, largest difference"] == "0, bit for bit"
    assert found["cpu-tiny, the same run twice, largest difference"] == "0, bit for bit"
    assert found["memory of the device"].startswith("not measured")
    assert found["heartbeat of the window"].startswith("not measured")
    assert found["CUDA graphs"].startswith("not measured")
    assert not any("Error" in figure for figure in found.values())
