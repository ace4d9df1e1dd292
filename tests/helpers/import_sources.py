"""Folders to import: small pictures, each its own, with texts beside them."""

from pathlib import Path

import numpy as np
from PIL import Image

from engine.importing.formats.format import Reading
from engine.importing.plan import ImportPlan, PicturePlan

WORDS = ("red", "green", "blue", "white", "black", "yellow", "brown")


def picture(number: int, size: int = 40, *, grey: bool = False) -> Image.Image:
    """Draw a picture that looks like no other of another number."""
    random = np.random.default_rng(number)
    coarse = random.integers(0, 256, (5, 5, 1 if grey else 3), dtype=np.uint8)
    pixels = np.repeat(coarse, 3, axis=2) if grey else coarse
    return Image.fromarray(pixels).resize((size, size), Image.Resampling.BICUBIC)


def caption(number: int) -> str:
    """Give a text of its own."""
    words = [WORDS[(number // len(WORDS) ** place) % len(WORDS)] for place in range(3)]
    return f"{' '.join(words)} number {number}"


def sidecar_folder(folder: Path, count: int = 20, *, size: int = 40, grey: bool = False) -> Path:
    """Make pictures with a text of the same name beside each."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        picture(number, size, grey=grey).save(folder / f"{number:04}.png")
        (folder / f"{number:04}.txt").write_text(caption(number), encoding="utf-8")
    return folder


def sidecar_plan(source: Path, dataset: Path, **changes: object) -> ImportPlan:
    """Plan to import such a folder at 32 px."""
    values = {"pictures": PicturePlan(size=32), "reading": Reading(format="sidecar"), **changes}
    return ImportPlan(source=source, dataset=dataset, **values)  # pyright: ignore[reportArgumentType]
