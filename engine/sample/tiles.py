"""Pictures and words that show samples of any columns, for previews and contact sheets.

Pictures, and the spectrograms of sounds, stand side by side; texts and cells become a caption.

Shapes: N items, H height, W width.
"""

import numpy as np

from engine.data.spectrogram_picture import colour_spectrograms
from engine.data.table_cells import Cell
from engine.data.table_codec import Cells
from engine.data.waveform import Sounds
from engine.events import ImageArray
from engine.sample.sampler import Samples, Shown

BLANK_HEIGHT, BLANK_WIDTH, BLANK = 2, 64, 160
"""Size in pixels and grey level of the tiles of items without a picture or a sound: a rule above
their words, to be seen on light and dark ground."""


def tiles(samples: Samples) -> ImageArray:
    """Draw the pictures and spectrograms of each item side by side.

    Returns:
        [N, H, W, 3], H of the tallest; a rule where items have neither.
    """
    pictures = [p for p in map(_pictures, samples.columns.values()) if p is not None]
    if not pictures:
        return np.full((len(samples), BLANK_HEIGHT, BLANK_WIDTH, 3), BLANK, dtype=np.uint8)
    height = max(column.shape[1] for column in pictures)
    return np.concatenate([_enlarged(column, height) for column in pictures], axis=2)


def captions(samples: Samples) -> tuple[str, ...]:
    """Write the texts and the cells of each item, one column after another."""
    columns = [_words(column) for column in samples.columns.values()]
    written = [column for column in columns if column is not None]
    if not written:
        return ("",) * len(samples)
    return tuple(" · ".join(filter(None, parts)) for parts in zip(*written, strict=True))


def cell_text(cell: Cell) -> str:
    """Write a cell, numbers with at most three decimals; a missing one is a dash."""
    match cell:
        case None:
            return "–"
        case float():
            return f"{cell:.3f}".rstrip("0").rstrip(".")
        case _:
            return str(cell)


def _pictures(column: Shown) -> ImageArray | None:
    match column:
        case np.ndarray():
            return column
        case Sounds(spectrograms=levels):
            return colour_spectrograms(levels)
        case _:
            return None


def _enlarged(pictures: ImageArray, height: int) -> ImageArray:
    """Enlarge pictures without interpolation to a height; the aspect ratio is kept."""
    own_height, own_width = pictures.shape[1:3]
    if own_height == height:
        return pictures
    width = max(1, round(own_width * height / own_height))
    rows, columns = (
        np.arange(size) * own // size for size, own in ((height, own_height), (width, own_width))
    )
    return pictures[:, rows][:, :, columns]


def _words(column: Shown) -> tuple[str, ...] | None:
    match column:
        case tuple():
            return column
        case Cells(fields=fields, rows=rows):
            return tuple(
                ", ".join(f"{n} {cell_text(c)}" for n, c in zip(fields, row, strict=True))
                for row in rows
            )
        case _:
            return None
