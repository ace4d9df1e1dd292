"""The files of a gallery: pictures with provenance, metadata, a contact sheet and a page.

The folder follows the Hugging Face ImageFolder convention (``metadata.jsonl`` with ``file_name``
and ``text``), so other programs load it as a dataset, and so does ours.

Shapes: N images, H height, W width.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from PIL import Image, PngImagePlugin

from engine.disk import atomic_write, explain_os_error
from engine.errors import FolderInUseError
from engine.events import ImageArray
from engine.sample.contact_sheet import MAX_TILES, draw_contact_sheet
from engine.sample.gallery_page import gallery_page

METADATA = "metadata.jsonl"
CONTACT_SHEET = "contact_sheet.png"
PAGE = "index.html"
CHUNK = "diptych"


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where the pairs of a gallery come from."""

    run: str
    """Name of the run's folder."""
    dataset: str
    images_seen: int
    """Progress of the run at the checkpoint."""
    step: int
    seed: int
    direction: str
    config_hash: str
    version: str
    """Version of the program."""


class GalleryWriter:
    """Writes a gallery pair by pair; use it as a context manager.

    A pair's line in the metadata follows its picture, so a gallery that was cut short names no
    file that is missing. The contact sheet and the page are made on leaving, whatever happened.

    Args:
        folder: must be new or empty.
        provenance: written into every picture and every line.

    Raises:
        FolderInUseError: the folder holds files.
        FolderNotWritableError, DiskFullError: it cannot be written, now or later.
    """

    def __init__(self, folder: Path, provenance: Provenance) -> None:
        self._folder = folder
        self._provenance = asdict(provenance)
        self._count = 0
        self._shown: list[tuple[Image.Image, str]] = []
        self._lines: list[tuple[str, str]] = []
        try:
            if folder.exists() and any(folder.iterdir()):
                raise FolderInUseError(folder)
            folder.mkdir(parents=True, exist_ok=True)
            self._metadata: TextIO = (folder / METADATA).open("w", encoding="utf-8")
        except OSError as error:
            raise explain_os_error(error, folder) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._metadata.close()
        if self._count:
            self._finish()

    def add(self, images: ImageArray, texts: Sequence[str], sources: Sequence[str] = ()) -> None:
        """Write some pairs.

        Args:
            images: [N, H, W, 3] uint8.
            texts: N captions.
            sources: names of the N files that the images were read from, if they were.
        """
        try:
            for row, (image, text) in enumerate(zip(images, texts, strict=True)):
                facts = self._provenance | ({"source_file": sources[row]} if sources else {})
                self._add_one(Image.fromarray(image), text, facts)
            self._metadata.flush()
        except OSError as error:
            raise explain_os_error(error, self._folder) from error

    def _add_one(self, picture: Image.Image, text: str, facts: Mapping[str, object]) -> None:
        name = f"{self._count:06d}.png"
        chunks = PngImagePlugin.PngInfo()
        chunks.add_itxt(CHUNK, json.dumps({"text": text, **facts}, ensure_ascii=False))
        chunks.add_itxt("Description", text)
        picture.save(self._folder / name, "PNG", pnginfo=chunks)
        line = {"file_name": name, "text": text, **facts}
        self._metadata.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._count += 1
        self._lines.append((name, text))
        if len(self._shown) < MAX_TILES:
            self._shown.append((picture, text))

    def _finish(self) -> None:
        width, height = self._shown[0][0].size
        page = gallery_page(self._lines, (width, height), self._provenance)
        atomic_write(self._folder / PAGE, page.encode())
        try:
            draw_contact_sheet(self._shown).save(self._folder / CONTACT_SHEET)
        except OSError as error:
            raise explain_os_error(error, self._folder) from error
