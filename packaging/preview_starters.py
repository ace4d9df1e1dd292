"""Draw the previews of the starters with named columns, and write the licences of rendered ones.

``python packaging/preview_starters.py`` writes ``preview.png`` of each starter of the catalogue in
``resources/starters``. With ``--sounds FOLDER`` it also writes the sounds of the previewed items
there, one WAV file for each starter, to listen to.
"""

import argparse
import sys
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.data.manifest import TRAIN  # noqa: E402
from engine.sample.preview_sheet import write_sheet  # noqa: E402 (the path comes first)
from engine.starters.build import COLUMNS  # noqa: E402
from engine.starters.canvas import Canvas  # noqa: E402
from engine.starters.columns import StarterColumns  # noqa: E402
from engine.starters.ring import RADIUS  # noqa: E402

TARGET = ROOT / "resources" / "starters"
ITEMS, SEED = 16, 4
RENDERED = {
    "notes": "The notes are drawn and synthesised by Diptych",
    "road-scenes": "The scenes are drawn and synthesised by Diptych",
    "ring": "The points are computed by Diptych",
}
RENDERED_LICENCE = """\
{what} on the spot and are dedicated to the public domain,
CC0 1.0, https://creativecommons.org/publicdomain/zero/1.0/
"""
PLOT_SIDE, PLOTTED = 128, 1_500
PLOT_COLOURS = {
    "red": (214, 39, 40),
    "orange": (255, 140, 0),
    "yellow": (240, 205, 20),
    "green": (34, 150, 60),
    "cyan": (40, 190, 210),
    "blue": (35, 70, 200),
    "purple": (130, 50, 170),
    "pink": (240, 130, 180),
}


def main() -> None:
    """Draw all previews."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sounds", type=Path)
    sounds: Path | None = parser.parse_args().sounds
    for name, what in RENDERED.items():
        (TARGET / name).mkdir(parents=True, exist_ok=True)
        licence = RENDERED_LICENCE.format(what=what)
        (TARGET / name / "LICENSE.txt").write_text(licence, encoding="utf-8")
    for name, build in COLUMNS.items():
        columns = build(TARGET)
        rows = np.random.default_rng(SEED).choice(
            [item for item, split in enumerate(columns.split) if split == TRAIN], ITEMS
        )
        images, texts = tiles(columns, rows) if columns.images else plot(columns)
        write_sheet(TARGET / name / "preview.png", images, texts, images_seen=0, elapsed_s=0.0)
        if sounds and columns.audio:
            write_sounds(sounds / f"{name}.wav", columns, rows)
        print(f"{name}: {columns.count:,} items")


def tiles(
    columns: StarterColumns, rows: npt.NDArray[np.integer]
) -> tuple[npt.NDArray[np.uint8], list[str]]:
    """Return the pictures of items in RGB, [N, H, W, 3], and their texts."""
    images = columns.images["image"][columns.rows["image"][rows]]
    texts = list(columns.texts["text"])
    return np.broadcast_to(images, (*images.shape[:3], 3)), [texts[row] for row in rows.tolist()]


def plot(columns: StarterColumns) -> tuple[npt.NDArray[np.uint8], list[str]]:
    """Plot points and cut the plot into tiles: [N, H, W, 3] and a word for each."""
    canvas = Canvas(1, PLOT_SIDE)
    canvas.fill((255, 255, 255))
    points, shown = columns.tables["point"], columns.texts["text"][:PLOTTED]
    words: dict[int, str] = {}
    per_side = int(ITEMS**0.5)
    side = PLOT_SIDE // per_side
    x, y = (np.array(points[axis][:PLOTTED], dtype=float) for axis in ("x", "y"))
    across = PLOT_SIDE * (0.5 + 0.4 * x / RADIUS)
    down = PLOT_SIDE * (0.5 - 0.4 * y / RADIUS)
    for column, row, word in zip(across.tolist(), down.tolist(), shown, strict=True):
        canvas.paint(0.5 * canvas.disc(column, row, 1.6), PLOT_COLOURS[word])
        words[int(row) // side * per_side + int(column) // side] = word
    grid = canvas.to_bytes()[0].reshape(per_side, side, per_side, side, 3).swapaxes(1, 2)
    return grid.reshape(ITEMS, side, side, 3), [words.get(tile, "") for tile in range(ITEMS)]


def write_sounds(path: Path, columns: StarterColumns, rows: npt.NDArray[np.integer]) -> None:
    """Write the sounds of items one after the other."""
    name, (waves, rate) = next(iter(columns.audio.items()))
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(waves[columns.rows[name][rows]].astype("<i2").tobytes())


if __name__ == "__main__":
    main()
