"""Writes galleries: folders of generated items that other programs can read.

A gallery holds PNG and WAV files, ``metadata.jsonl``, ``columns.json``, which says what the members
of its lines are, a contact sheet, a self-contained page and a README. It follows the Hugging Face
conventions of ImageFolder and AudioFolder (``metadata.jsonl`` with ``file_name``, texts and cells),
so it can be loaded or imported as a dataset. PNG files carry their provenance.

Shapes: N items, H height, W width.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Self, TextIO

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from engine.data.audio_files import write_wav
from engine.data.column_info import AUDIO, IMAGE, TABLE, TEXT, FieldKind
from engine.data.facts import ColumnFacts, TableFacts
from engine.data.gallery_info import (
    COLUMNS_FILE,
    FILE_NAME,
    GalleryColumn,
    GalleryField,
    GalleryInfo,
)
from engine.data.table_codec import Cells
from engine.data.table_fields import NumericField
from engine.data.waveform import Sounds, Wave
from engine.errors import FolderInUseError
from engine.events import GalleryItem, ImageArray
from engine.fs.atomic import atomic_write, wrap_os_error
from engine.runs.folder import NEWEST
from engine.sample.gallery_page import (
    MAX_TILES,
    PageItem,
    draw_contact_sheet,
    gallery_page,
    gallery_readme,
)
from engine.sample.sampler import Samples, Shown
from engine.sample.scene import Scene
from engine.sample.scene_file import Provenance, picture_info
from engine.sample.tiles import captions, cell_text, tiles

METADATA = "metadata.jsonl"
CONTACT_SHEET = "contact_sheet.png"
PAGE = "index.html"
README = "README.md"
MAX_REPORTED = 50
"""Items that ``GalleryEnded`` carries."""


class GalleryWriter:
    """Write a gallery incrementally; a context manager.

    The metadata of an item are written after its files, so an interrupted gallery lists no missing
    files. The contact sheet and the page are written on exit, also after an error.

    Args:
        folder: must be new or empty.
        provenance: written into every image and every line of the metadata.
        facts: of the columns; those of tables must be there.
        checkpoint: of the run, for the scenes; see ``SavedScene``.

    Raises:
        FolderInUseError: the folder holds files.
        FolderNotWritableError, DiskFullError: it cannot be written; also raised by ``add``.
    """

    def __init__(
        self,
        folder: Path,
        provenance: Provenance,
        facts: Mapping[str, ColumnFacts] | None = None,
        checkpoint: str = NEWEST,
    ) -> None:
        self._folder, self._facts = folder, facts or {}
        self._checkpoint = checkpoint
        self._info: GalleryInfo | None = None
        self._notice = provenance.notice
        self._provenance = provenance.to_table()
        self._count = 0
        self._shown: list[tuple[Image.Image, str]] = []
        self._items: list[PageItem] = []
        self.first_items: list[GalleryItem] = []
        """At most ``MAX_REPORTED``."""
        try:
            if folder.exists() and any(folder.iterdir()):
                raise FolderInUseError(folder)
            folder.mkdir(parents=True, exist_ok=True)
            self._metadata: TextIO = (folder / METADATA).open("w", encoding="utf-8")
        except OSError as error:
            raise wrap_os_error(error, folder) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._metadata.close()
        if not self._count:
            return
        page = gallery_page(self._items, self._shown[0][0].size, self._provenance, self._notice)
        atomic_write(self._folder / PAGE, page.encode())
        readme = gallery_readme(self._count, self._provenance, self._notice)
        atomic_write(self._folder / README, readme.encode())
        try:
            has_cells = any(item.cells for item in self._items[:MAX_TILES])
            sheet = draw_contact_sheet(self._shown, self._notice, has_cells=has_cells)
            sheet.save(self._folder / CONTACT_SHEET)
        except OSError as error:
            raise wrap_os_error(error, self._folder) from error

    def add(
        self,
        samples: Samples,
        sources: Mapping[str, Sequence[str]] | None = None,
        scenes: Sequence[Scene] = (),
        shown: tuple[ImageArray, Sequence[str]] | None = None,
    ) -> None:
        """Append items.

        Args:
            samples: N items.
            sources: by column, names of the N files that its values were read from.
            scenes: of the N items, for their pictures; empty if they have none.
            shown: tiles [N, H, W, 3] and captions for the contact sheet; ``tiles`` and
                ``captions`` of the samples by default.
        """
        pictures, words = shown or (tiles(samples), captions(samples))
        try:
            if self._info is None:
                described = describe_columns(samples.columns, self._facts)
                self._info = replace(described, notice=self._notice)
                atomic_write(self._folder / COLUMNS_FILE, self._info.to_json().encode())
            for row in range(len(samples)):
                known = {name: files[row] for name, files in (sources or {}).items()}
                tile = (Image.fromarray(pictures[row]), words[row])
                scene = scenes[row] if scenes else None
                self._add_one(self._info, samples, row, known, tile, scene)
            self._metadata.flush()
        except OSError as error:
            raise wrap_os_error(error, self._folder) from error

    def _add_one(
        self,
        info: GalleryInfo,
        samples: Samples,
        row: int,
        sources: Mapping[str, str],
        shown: tuple[Image.Image, str],
        scene: Scene | None,
    ) -> None:
        facts: dict[str, object] = dict(self._provenance)
        if sources:
            facts["source_file"] = next(iter(sources.values()))
        chunks = picture_info(samples.texts[row], facts, scene, self._checkpoint)
        files = _ItemFiles(self._folder, f"{self._count:06d}", chunks)
        written = _Written()
        for column in info.columns:
            _write(samples.columns[column.name], row, column, files, written)
        line = {**written.line, **facts}
        self._metadata.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._count += 1
        self._items.append(
            PageItem(
                pictures=tuple(files.pictures.values()),
                sounds=tuple(files.sounds.items()),
                text=" · ".join(written.texts.values()),
                cells=tuple(written.cells.items()),
            )
        )
        if len(self.first_items) < MAX_REPORTED:
            self.first_items.append(
                GalleryItem(
                    pictures=tuple(self._folder / name for name in files.pictures.values()),
                    sounds=tuple(self._folder / name for name in files.sounds.values()),
                    words={**written.texts, **written.cells},
                )
            )
        if len(self._shown) < MAX_TILES:
            self._shown.append(shown)


class _ItemFiles:
    """Writes the files of one item; the first picture has a plain name.

    Args:
        folder: of the gallery.
        stem: beginning of the names.
        chunks: of its pictures.
    """

    def __init__(self, folder: Path, stem: str, chunks: PngInfo) -> None:
        self._folder, self._stem, self._chunks = folder, stem, chunks
        self.pictures: dict[str, str] = {}
        """By column, the name of the file."""
        self.sounds: dict[str, str] = {}

    def add_picture(self, column: str, pixels: ImageArray) -> str:
        """Write a picture [H, W, 3]; return the name of its file."""
        name = f"{self._stem}.{column}.png" if self.pictures else f"{self._stem}.png"
        Image.fromarray(pixels).save(self._folder / name, "PNG", pnginfo=self._chunks)
        self.pictures[column] = name
        return name

    def add_sound(self, column: str, wave: Wave, rate: int) -> str:
        """Write a sound; return the name of its file."""
        name = self.sounds[column] = f"{self._stem}.{column}.wav"
        write_wav(self._folder / name, wave, rate)
        return name


@dataclass(frozen=True)
class _Written:
    """What is written of one item, by member of its line."""

    line: dict[str, object] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)
    """As they are shown."""


def _write(
    values: Shown, row: int, column: GalleryColumn, files: _ItemFiles, written: _Written
) -> None:
    """Write one column of an item."""
    match values:
        case np.ndarray():
            written.line[column.member] = files.add_picture(column.name, values[row])
        case Sounds(samples=waves, rate=rate):
            written.line[column.member] = files.add_sound(column.name, waves[row], rate)
        case Cells(rows=rows):
            for part, cell in zip(column.fields, rows[row], strict=True):
                written.line[part.member] = cell
                written.cells[part.member] = cell_text(cell)
        case _:
            written.line[column.member] = written.texts[column.member] = values[row]


_PROVENANCE = frozenset({"source_file", *(each.name for each in fields(Provenance))})


def describe_columns(columns: Mapping[str, Shown], facts: Mapping[str, ColumnFacts]) -> GalleryInfo:
    """Choose the members of a gallery's lines: one for each column of texts or files, and field.

    ``file_name``, as ``ImageFolder`` and ``AudioFolder`` expect it, names the first picture, or the
    first sound if there is none; every other file is ``<column>_file_name``. Texts have the name of
    their column, and cells that of their field, unless another member has it already.

    Args:
        columns: samples by name.
        facts: of the tables.
    """
    kinds = {name: _kind_of(column) for name, column in columns.items()}
    names = [name for kind in (IMAGE, AUDIO) for name in columns if kinds[name] == kind]
    members = {name: f"{name}_{FILE_NAME}" for name in names}
    members |= dict.fromkeys(names[:1], FILE_NAME)
    taken = {*_PROVENANCE, *members.values()}

    def choose(member: str, column: str) -> str:
        while member in taken:
            member = f"{column}_{member}"
        taken.add(member)
        return member

    # Texts first: their members have the names that people expect.
    members |= {name: choose(name, name) for name in columns if kinds[name] == TEXT}
    described: list[GalleryColumn] = []
    for name, kind in kinds.items():
        table = facts[name] if kind == TABLE else None
        parts = table.fields if isinstance(table, TableFacts) else ()
        described.append(
            GalleryColumn(
                name=name,
                kind=kind,
                member=members.get(name, ""),
                fields=tuple(
                    GalleryField(
                        name=part.name,
                        kind=FieldKind.NUMERIC
                        if isinstance(part, NumericField)
                        else FieldKind.CATEGORICAL,
                        member=choose(part.name, name),
                    )
                    for part in parts
                ),
            )
        )
    return GalleryInfo(columns=tuple(described))


def _kind_of(column: Shown) -> str:
    match column:
        case np.ndarray():
            return IMAGE
        case Sounds():
            return AUDIO
        case Cells():
            return TABLE
        case _:
            return TEXT
