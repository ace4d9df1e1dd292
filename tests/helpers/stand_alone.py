"""Runs the program of an exported model where nothing else of ours can be imported."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

_BLOCKING = """
import importlib.abc, runpy, sys

NOT_HERE = {"engine", "studio", "resources", "PIL", "pyarrow", "platformdirs", "tomli_w"}

class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in NOT_HERE:
            raise ModuleNotFoundError(f"{name} is blocked", name=name)

sys.meta_path.insert(0, Blocker())
try:
    import engine
    raise SystemExit("engine can be imported")
except ModuleNotFoundError:
    pass
script = sys.argv.pop(1)
sys.path.insert(0, script.rpartition("/")[0])
sys.argv[0] = script
runpy.run_path(script, run_name="__main__")
"""


def sample(model: Path, folder: Path, *arguments: str) -> list[dict[str, Any]]:
    """Run ``sample.py`` of an exported model; give its lines."""
    script = (model / "sample.py").as_posix()
    command = [sys.executable, "-I", "-c", _BLOCKING, script, *arguments, "--folder", str(folder)]
    done = subprocess.run(command, cwd=folder.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = (folder / "items.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def pixels(folder: Path, name: str) -> np.ndarray:
    """Read a picture: [H, W, 3]."""
    with Image.open(folder / name) as picture:
        return np.asarray(picture.convert("RGB"))
