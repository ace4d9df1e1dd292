"""Previews of an invented run, as events and as files."""

from pathlib import Path

import numpy as np

from engine.events import PreviewReady
from engine.runs.folder import RunFolder
from engine.sample.sheet import write_sheet

TEXTS = ("zero", "one", "two", "three")


def make_preview(run: Path, images_seen: int, *, count: int = 4, side: int = 8) -> PreviewReady:
    """Make an event whose pictures are flat: tile ``i`` at ``images_seen`` is ``shade_of`` both."""
    shades = [shade_of(tile, images_seen) for tile in range(count)]
    images = np.empty((count, side, side, 3), dtype=np.uint8)
    images[:] = np.array(shades, dtype=np.uint8)[:, None, None, None]
    return PreviewReady(
        images_seen=images_seen,
        elapsed_s=images_seen / 500,
        images=images,
        texts=tuple(TEXTS[tile % len(TEXTS)] for tile in range(count)),
        path=RunFolder(run).preview_path(images_seen),
    )


def shade_of(tile: int, images_seen: int) -> int:
    """Give the grey of one tile."""
    return (tile * 16 + images_seen) % 256


def write_preview(run: Path, images_seen: int, **shape: int) -> Path:
    """Write a sheet where the engine would."""
    event = make_preview(run, images_seen, **shape)
    event.path.parent.mkdir(parents=True, exist_ok=True)
    write_sheet(
        event.path,
        event.images,
        event.texts,
        images_seen=event.images_seen,
        elapsed_s=event.elapsed_s,
    )
    return event.path
