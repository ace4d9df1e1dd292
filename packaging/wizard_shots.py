"""Step through the import wizard over generated files and take a screenshot of each page."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

EVERY_MS = 100
PATIENCE = 600
"""Looks before a page is photographed as it is."""
_SHOWN_ISSUE = 4
"""Of the list: one with pictures."""
_COLOURS = {"red": (210, 60, 50), "green": (60, 160, 80), "blue": (60, 90, 200)}
_GROUNDS = {"sand": (236, 220, 180), "grass": (190, 220, 170), "water": (180, 210, 235)}
_SIZES = ((320, 240), (240, 320), (256, 256), (400, 300))


def make_pictures(folder: Path, count: int = 120) -> Path:
    """Make a folder as people have them: most of it good, some of it odd."""
    for place in ("holiday", "garden"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = folder / ("holiday" if number % 3 else "garden") / f"IMG_{number:04}.jpg"
        text = _draw(path, number)
        if number % 31 != 30:
            path.with_suffix(".txt").write_text(text, encoding="utf-8")
    holiday = folder / "holiday"
    first = (holiday / "IMG_0001.jpg").read_bytes()
    (holiday / "copy of IMG_0001.jpg").write_bytes(first)
    (holiday / "copy of IMG_0001.txt").write_text("The same again")
    (holiday / "broken.jpg").write_bytes(first[:900])
    (holiday / "broken.txt").write_text("A picture that ends too early")
    (holiday / "Thumbs.db").write_bytes(b"nothing of yours")
    (holiday / "lonely.txt").write_text("A text without an image")
    (holiday / "IMG_0002.txt").write_text("Un petit cafÃ© bleu, trÃ¨s joli", encoding="utf-8")
    (holiday / "nothing").mkdir(exist_ok=True)
    for number in range(8):
        _draw(holiday / "nothing" / f"{number:04}.png", number)
    Image.new("RGB", (20, 18), (200, 100, 50)).save(folder / "garden" / "tiny.png")
    (folder / "garden" / "tiny.txt").write_text("a tiny brown square")
    return folder


def _draw(path: Path, number: int) -> str:
    """Draw one picture and give its text."""
    random = np.random.default_rng(number)
    colour, ground = (list(table)[random.integers(3)] for table in (_COLOURS, _GROUNDS))
    width, height = _SIZES[random.integers(len(_SIZES))]
    noise = random.normal(0, 9, (height, width, 3)) + np.array(_GROUNDS[ground])
    picture = Image.fromarray(noise.clip(0, 255).astype(np.uint8))
    draw, radius = ImageDraw.Draw(picture), int(random.integers(40, 90))
    x, y = (int(random.integers(radius, side - radius)) for side in (width, height))
    box = (x - radius, y - radius, x + radius, y + radius)
    is_round = bool(random.integers(2))
    (draw.ellipse if is_round else draw.rectangle)(box, fill=_COLOURS[colour])
    picture.save(path)
    shape = "circle" if is_round else "square"
    return (
        f"A {colour} {shape} on {ground}.",
        f"{colour.capitalize()} {shape}, lying on the {ground}",
        f"The {shape} is {colour} and stands on {ground}; seen from above on a sunny day",
    )[random.integers(3)]


def walk(flow: Any, source: Path, shoot: Callable[[str, Any], None]) -> Iterator[bool]:
    """Go through the wizard; each step says whether the walk may go on at once.

    Args:
        flow: the studio's ``ImportFlow``.
        source: folder that ``make_pictures`` made.
        shoot: takes a picture under a name.
    """
    flow.open()
    wizard = flow.wizard
    yield from until(lambda: True, extra=4)
    shoot("import-0-empty", wizard)
    wizard.open_source(source)
    yield from until(lambda: not wizard.source.refusal())
    shoot("import-1-source", wizard)
    pages = {"2-format": wizard.format, "3-texts": wizard.texts, "4-images": wizard.images}
    for name, page in pages.items():
        wizard.go_next()
        yield from until(lambda page=page: page.has_answers)
        shoot(f"import-{name}", wizard)
    wizard.go_next()
    yield from until(lambda: wizard.check.dry_run is not None, extra=8)
    wizard.check.issues.setCurrentRow(_SHOWN_ISSUE)
    yield from until(lambda: not wizard.jobs.thumbnails.is_running)
    shoot("import-5-check", wizard)
    wizard.go_next()
    yield from until(lambda: True, extra=4)
    shoot("import-6-summary", wizard)
    wizard.go_next()
    yield from until(lambda: wizard.summary.is_over, extra=4)
    shoot("import-7-done", wizard)
    wizard.close()
    # No pair: the page says why.
    flow.open(source / "holiday" / "nothing")
    wizard = flow.wizard
    yield from until(lambda: not wizard.source.refusal())
    wizard.go_next()
    yield from until(lambda: wizard.format.has_answers)
    shoot("import-8-no-pair", wizard)
    wizard.close()


def start_walk(studio: Any, shoot: Callable[[str, Any], None], after: Callable[[], object]) -> None:
    """Walk through the wizard while the application runs, and then do what comes after.

    Args:
        studio: the open ``Studio``.
        shoot: takes a picture of a widget under a name.
        after: called at the end.
    """
    pictures = tempfile.TemporaryDirectory()
    source = make_pictures(Path(pictures.name) / "My pictures")

    def leave() -> None:
        pictures.cleanup()
        after()

    go_through(studio, walk(studio.importing, source, shoot), leave)


def go_through(studio: Any, steps: Iterator[bool], after: Callable[[], object]) -> None:
    """Take one step after another while the application runs, and then do what comes after."""
    from PySide6.QtCore import QTimer

    timer = QTimer(studio, interval=EVERY_MS)

    def go_on() -> None:
        if next(steps, None) is None:
            timer.stop()
            after()

    timer.timeout.connect(go_on)
    timer.start()


def until(is_ready: Callable[[], bool], extra: int = 3) -> Iterator[bool]:
    """Wait for something, and then for what follows a moment later."""
    for _look in range(PATIENCE):
        yield False
        if is_ready():
            break
    # Thumbnails, layouts and paintings follow a moment later.
    for _look in range(extra):
        yield False
