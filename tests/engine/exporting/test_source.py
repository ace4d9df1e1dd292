"""The part of a package's source that a program needs."""

import importlib.util
import sys
from pathlib import Path

import pytest

from engine.errors import EncoderMissingError
from engine.exporting import source
from engine.exporting.source import standalone_source

PROGRAM = '''"""The program."""

import math

from small.shapes import Circle, area


def main() -> float:
    """Return an area."""
    return area(Circle(math.pi))
'''
SHAPES = '''"""Shapes."""

import json
from dataclasses import dataclass

from small.numbers_ import SCALE, UNUSED

# How much to round.
DIGITS = 3
"""Digits of an area."""
OTHER = 4


@dataclass
class Circle:
    """A circle."""

    radius: "Radius"

    def draw(self) -> str:
        """Draw it."""
        return json.dumps(UNUSED)

    def size(self) -> float:
        """Return its size."""
        return self.radius


Radius = float


def area(circle: Circle) -> float:
    """Return the area."""
    from small.late import square

    return round(SCALE * square(circle.size()), DIGITS)


def unused() -> int:
    """Return another number."""
    return OTHER
'''
NUMBERS = '''"""Numbers."""

SCALE = 3.0
SCALE += 0.14
UNUSED = 5
'''
LATE = '''"""Imported by functions."""


def square(value: float) -> float:
    """Return the square."""
    return value * value
'''


@pytest.fixture
def texts(tmp_path, monkeypatch):
    folder = tmp_path / "small"
    folder.mkdir()
    modules = {
        "__init__": "",
        "program": PROGRAM,
        "shapes": SHAPES,
        "numbers_": NUMBERS,
        "late": LATE,
    }
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(source, "ROOT", "small")
    source._parsed.cache_clear()
    yield standalone_source("small.program", "copy_", {"Circle": frozenset({"size"})})
    source._parsed.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] in ("small", "copy_")]:
        del sys.modules[name]


def test_what_is_needed_is_kept_and_the_rest_left_out(texts):
    assert set(texts) == {
        "program.py",
        "copy_/__init__.py",
        "copy_/shapes.py",
        "copy_/numbers_.py",
        "copy_/late.py",
    }
    shapes = texts["copy_/shapes.py"]
    assert '# How much to round.\nDIGITS = 3\n"""Digits of an area."""' in shapes
    assert "from copy_.late import square" in shapes
    assert "Radius = float" in shapes, "a forward reference counts"
    for gone in ("OTHER", "unused", "def draw", "json", "small"):
        assert gone not in shapes
    assert texts["copy_/numbers_.py"] == '"""Numbers."""\n\nSCALE = 3.0\nSCALE += 0.14\n'


def test_the_copy_does_what_the_original_does(texts, tmp_path):
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    spec = importlib.util.spec_from_file_location("copied", tmp_path / "program.py")
    assert spec is not None
    assert spec.loader is not None
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    assert program.main() == 30.991


def test_without_the_source_it_is_said():
    with pytest.raises(EncoderMissingError, match="which is not installed"):
        standalone_source("engine.nowhere", "networks", {})
    assert Path(source.__file__).is_file()
