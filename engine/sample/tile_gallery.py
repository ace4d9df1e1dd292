"""Saves chosen tiles of a preview as a gallery, with the pixels and texts that were shown.

A preview keeps a tile and a caption for each item. Where an item has one picture and one text,
these are the columns of the run. Where it has more, a tile shows them side by side and the caption
has the texts and cells one after another: they are saved so, as columns ``tile`` and ``caption``.
Sounds are saved while the preview still has them.

Shapes: N tiles, K chosen ones, H height, W width, S samples of a clip.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.control import RunControl
from engine.data.column_info import AUDIO, IMAGE, TABLE, TEXT
from engine.data.waveform import Sounds
from engine.errors import SheetCorruptError
from engine.runs.metadata import ModelMetadata
from engine.sample.gallery_writer import GalleryWriter
from engine.sample.preview_origin import read_origin
from engine.sample.preview_sheet import Sheet, read_sheet
from engine.sample.preview_sounds import read_clip, sounds_beside
from engine.sample.sampler import Samples, Shown
from engine.sample.tiles import BLANK_HEIGHT

TILE, CAPTION = "tile", "caption"
"""Columns of items with several pictures, or with several texts or cells."""
BATCH = 16
"""Tiles that are written between two looks at the control."""
Report = Callable[[int, int], None]
"""Takes the number of tiles that are written, and of all."""


@dataclass(frozen=True, kw_only=True)
class TileRequest:
    """Which tiles are saved, and where."""

    sheet: Path
    """Path of the preview, in the folder of its run."""
    tiles: tuple[int, ...]
    """Numbers of the tiles from 0, in the order of the gallery."""
    folder: Path
    """Of the gallery; new or empty."""


def save_tiles(request: TileRequest, report: Report, control: RunControl) -> int:
    """Save tiles of a preview as a gallery; return their number.

    Args:
        request: what to save.
        report: receives the progress.
        control: checked between batches; a stopped gallery keeps what is written.

    Raises:
        SheetCorruptError: the preview or its sounds are missing or damaged.
        RunMissingError, ConfigError: the run cannot be read.
        FolderInUseError, FolderNotWritableError, DiskFullError: the gallery cannot be written.
        StoppedError: a stop was requested.
    """
    sheet = read_sheet(request.sheet)
    count = len(sheet.texts)
    if not request.tiles or any(not 0 <= tile < count for tile in request.tiles):
        raise SheetCorruptError(request.sheet, f"it has {count} tiles")
    origin = read_origin(request.sheet, sheet.images_seen, count)
    with GalleryWriter(request.folder, origin.provenance()) as gallery:
        for start in range(0, len(request.tiles), BATCH):
            control.stop_if_asked()
            part = request.tiles[start : start + BATCH]
            shown = (sheet.images[list(part)], [sheet.texts[tile] for tile in part])
            samples = tile_samples(request.sheet, sheet, origin.model, part)
            gallery.add(samples, scenes=[origin.scene(tile) for tile in part], shown=shown)
            report(start + len(part), len(request.tiles))
    return len(request.tiles)


def tile_samples(path: Path, sheet: Sheet, model: ModelMetadata, chosen: Sequence[int]) -> Samples:
    """Return the columns of chosen tiles.

    Args:
        path: of the preview; its sounds are beside it.
        sheet: its N tiles.
        model: of the run.
        chosen: numbers of the K tiles.

    Raises:
        SheetCorruptError: the sounds are damaged.
    """
    kinds = [facts.kind for facts in model.columns.values()]
    columns: dict[str, Shown] = {}
    is_text = (kinds.count(TEXT), kinds.count(TABLE)) == (1, 0)
    words = tuple(sheet.texts[tile] for tile in chosen)
    if is_text or any(words):
        name = model.first(TEXT) if is_text else None
        columns[name or CAPTION] = words
    is_image = (kinds.count(IMAGE), kinds.count(AUDIO)) == (1, 0)
    if is_image or sheet.images.shape[1] > BLANK_HEIGHT:
        name = model.first(IMAGE) if is_image else None
        columns[name or TILE] = sheet.images[list(chosen)]
    for name, sounds in sounds_beside(path).items():
        clips = [read_clip(sounds, tile, len(sheet.texts)) for tile in chosen]
        columns[name] = Sounds(
            samples=np.stack([clip.samples for clip in clips]),
            rate=clips[0].rate,
            # The tiles show them already.
            spectrograms=np.zeros((len(clips), 1, 1), dtype=np.uint8),
        )
    return Samples(columns=columns)
