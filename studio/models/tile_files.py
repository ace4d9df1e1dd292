"""Pictures of tiles as other programs take them: files with their scene, and enlarged ones.

Shapes: N tiles, H height, W width.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QImage, QPainter

from engine.control import RunControl
from engine.errors import EngineError
from engine.fs.atomic import wrapping_os_errors
from engine.sample.preview_origin import PreviewOrigin, read_origin
from engine.sample.preview_sheet import Sheet
from engine.sample.scene_file import picture_info
from studio.models.thumbnails import qimage_of

ENLARGED = 512
"""Longer side in pixels that a single tile has at least; several share ``MAX_SIDE``."""
MAX_SIDE = 2048
GAP = 8
_NOT_FOR_NAMES = re.compile(r"[^\w]+")
_MAX_NAME_LENGTH = 60


@dataclass(frozen=True, kw_only=True)
class ChosenTiles:
    """Some tiles of a preview."""

    path: Path
    """Of the preview."""
    sheet: Sheet
    tiles: tuple[int, ...]
    """Their numbers."""

    @property
    def run(self) -> Path:
        """Folder of the run."""
        return self.path.parents[1]

    @property
    def texts(self) -> tuple[str, ...]:
        """Captions of the tiles."""
        return tuple(self.sheet.texts[tile] for tile in self.tiles)

    def origin(self) -> PreviewOrigin | None:
        """Read where the tiles come from; None if the run cannot be read."""
        try:
            return read_origin(self.path, self.sheet.images_seen, len(self.sheet.texts))
        except EngineError:
            return None


def file_stem(text: str) -> str:
    """Return the words of a caption as the beginning of a file name."""
    return _NOT_FOR_NAMES.sub("-", text).strip("-")[:_MAX_NAME_LENGTH] or "pair"


def file_names(chosen: ChosenTiles) -> list[str]:
    """Return the names of the files that ``write_tile_files`` writes."""
    seen = chosen.sheet.images_seen
    return [f"{file_stem(chosen.sheet.texts[t])}-{seen}-{t + 1}.png" for t in chosen.tiles]


def write_tile_files(chosen: ChosenTiles, folder: Path, control: RunControl) -> None:
    """Write a PNG file for each tile, as a temporary file for other programs.

    The files carry their text and, if the run can be read, provenance and scene.

    Args:
        chosen: the tiles.
        folder: exists.
        control: checked before each file.

    Raises:
        FolderNotWritableError, DiskFullError: they cannot be written.
        StoppedError: a stop was requested.
    """
    origin = chosen.origin()
    facts = origin.provenance().to_table() if origin else {}
    with wrapping_os_errors(folder):
        for tile, name in zip(chosen.tiles, file_names(chosen), strict=True):
            control.stop_if_asked()
            text = chosen.sheet.texts[tile]
            scene = origin.scene(tile) if origin else None
            chunks = picture_info(text, facts, scene)
            # Not synced to the disk: the file is read at once, and lasts as long as the studio.
            picture = Image.fromarray(chosen.sheet.images[tile])
            picture.save(folder / name, "PNG", pnginfo=chunks, compress_level=1)


def enlarged(chosen: ChosenTiles) -> QImage:
    """Enlarge tiles by a whole factor, several side by side in one picture."""
    images = [qimage_of(chosen.sheet.images[tile]) for tile in chosen.tiles]
    size, columns = images[0].size(), math.ceil(math.sqrt(len(images)))
    longer = max(size.width(), size.height())
    if len(images) == 1:
        return images[0].scaled(size * math.ceil(ENLARGED / longer))
    room = min(ENLARGED // 2, MAX_SIDE // columns - GAP)
    factor = max(1, room // longer)
    return _side_by_side(images, size * factor, columns)


def _side_by_side(images: Sequence[QImage], size: QSize, columns: int) -> QImage:
    rows = math.ceil(len(images) / columns)
    width = columns * (size.width() + GAP) - GAP
    picture = QImage(width, rows * (size.height() + GAP) - GAP, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.white)
    painter = QPainter(picture)
    for place, image in enumerate(images):
        row, column = divmod(place, columns)
        corner = QPoint(column * (size.width() + GAP), row * (size.height() + GAP))
        painter.drawImage(corner, image.scaled(size))
    painter.end()
    return picture
