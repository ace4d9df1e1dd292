"""What the measurement makes of a gallery, with a judge that is told what it sees."""

import importlib
import json
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from PIL import Image

PACKAGING = Path(__file__).parents[2] / "packaging"
DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]


@pytest.fixture
def measure_digits(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load the script; its folder is deliberately no package."""
    monkeypatch.syspath_prepend(str(PACKAGING))
    return importlib.import_module("measure_digits")


@pytest.fixture
def judge() -> SimpleNamespace:
    """Read the digit that ``write_gallery`` has hidden in the first pixel."""
    return SimpleNamespace(read=lambda images: images[:, 0, 0, 0].astype(np.int64))


def write_gallery(folder: Path, digits: list[int], texts: list[str]) -> None:
    lines = []
    for row, (digit, text) in enumerate(zip(digits, texts, strict=True)):
        Image.new("RGB", (4, 4), (digit, digit, digit)).save(folder / f"{row:06d}.png")
        lines.append(json.dumps({"file_name": f"{row:06d}.png", "text": text}))
    (folder / "metadata.jsonl").write_text("\n".join(lines) + "\n")


def test_that_agreement_counts_the_texts_that_name_their_picture(measure_digits, judge, tmp_path):
    texts = list(measure_digits.WORDS)
    texts[3], texts[4] = "eight", "four four"
    write_gallery(tmp_path, DIGITS, texts)
    verdict = measure_digits.judge_gallery(tmp_path, judge)
    assert verdict.agreement == pytest.approx(0.8)
    assert verdict.shares == (0.1,) * 10


def test_that_a_missing_digit_has_no_share(measure_digits, judge, tmp_path):
    write_gallery(tmp_path, [1, 1, 1, 7], ["one", "one", "one", "seven"])
    verdict = measure_digits.judge_gallery(tmp_path, judge)
    assert verdict.agreement == 1.0
    assert (verdict.shares[1], verdict.shares[7], min(verdict.shares)) == (0.75, 0.25, 0.0)
