"""Galleries: folders of generated items that other programs can read.

A gallery holds PNG and WAV files, ``metadata.jsonl``, a contact sheet and a self-contained page.
The folder follows the Hugging Face conventions of ImageFolder and AudioFolder (``metadata.jsonl``
with ``file_name``, texts and cells), so it can be loaded or imported as a dataset. PNG files carry
their provenance.

Shapes: N items, H height, W width.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self, TextIO

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, PngImagePlugin

from engine.control import RunControl
from engine.data.audio_files import write_wav
from engine.data.column_info import IMAGE, TEXT
from engine.data.table_cells import Cell
from engine.data.table_codec import Cells
from engine.data.waveform import Sounds
from engine.errors import ConfigError, EngineError, FolderInUseError, Problem
from engine.events import (
    GalleryEmit,
    GalleryEnded,
    GalleryItem,
    GalleryProgressed,
    Outcome,
    PromptsChecked,
)
from engine.fs.atomic import atomic_write, wrap_os_error
from engine.printable import printable
from engine.sample.conditions import Condition, read_conditions
from engine.sample.gallery_page import MAX_TILES, PageItem, draw_contact_sheet, gallery_page
from engine.sample.load import LoadedRun, load_run
from engine.sample.request import Direction, GalleryRequest
from engine.sample.sampler import Samples
from engine.sample.tiles import captions, cell_text, tiles
from engine.version import installed_version

METADATA = "metadata.jsonl"
CONTACT_SHEET = "contact_sheet.png"
PAGE = "index.html"
CHUNK = "diptych"
MAX_REPORTED = 50
"""Items that ``GalleryEnded`` carries."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Origin of the pairs of a gallery."""

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
    """Write a gallery incrementally; a context manager.

    The metadata of an item are written after its files, so an interrupted gallery lists no missing
    files. The contact sheet and the page are written on exit, also after an error.

    Args:
        folder: must be new or empty.
        provenance: written into every image and every line of the metadata.

    Raises:
        FolderInUseError: the folder holds files.
        FolderNotWritableError, DiskFullError: it cannot be written; also raised by ``add``.
    """

    def __init__(self, folder: Path, provenance: Provenance) -> None:
        self._folder = folder
        self._provenance = asdict(provenance)
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
        page = gallery_page(self._items, self._shown[0][0].size, self._provenance)
        atomic_write(self._folder / PAGE, page.encode())
        try:
            draw_contact_sheet(self._shown).save(self._folder / CONTACT_SHEET)
        except OSError as error:
            raise wrap_os_error(error, self._folder) from error

    def add(self, samples: Samples, sources: Mapping[str, Sequence[str]] | None = None) -> None:
        """Append items.

        Args:
            samples: N items.
            sources: by column, names of the N files that its values were read from.
        """
        pictures, words = tiles(samples), captions(samples)
        try:
            for row in range(len(samples)):
                known = {name: files[row] for name, files in (sources or {}).items()}
                self._add_one(samples, row, known, (Image.fromarray(pictures[row]), words[row]))
            self._metadata.flush()
        except OSError as error:
            raise wrap_os_error(error, self._folder) from error

    def _add_one(
        self,
        samples: Samples,
        row: int,
        sources: Mapping[str, str],
        shown: tuple[Image.Image, str],
    ) -> None:
        facts: dict[str, object] = dict(self._provenance)
        if sources:
            facts["source_file"] = next(iter(sources.values()))
        files = _Files(self._folder, f"{self._count:06d}")
        texts: dict[str, str] = {}
        cells: dict[str, Cell] = {}
        text = samples.texts[row]
        for name, column in samples.columns.items():
            match column:
                case np.ndarray():
                    chunks = PngImagePlugin.PngInfo()
                    named = json.dumps({"text": text, **facts}, ensure_ascii=False)
                    chunks.add_itxt(CHUNK, named)
                    chunks.add_itxt("Description", text)
                    files.add_picture(name, Image.fromarray(column[row]), chunks)
                case Sounds(samples=waves, rate=rate):
                    files.add_sound(name, waves[row], rate)
                case Cells(fields=fields, rows=rows):
                    cells |= dict(zip(fields, rows[row], strict=True))
                case _:
                    texts[name] = column[row]
        # Where a field has the name of another member, that one counts.
        line = {**cells, **files.names(), **texts, **facts}
        self._metadata.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._count += 1
        written = {name: cell_text(cell) for name, cell in cells.items()}
        self._items.append(
            PageItem(
                pictures=tuple(files.pictures.values()),
                sounds=tuple(files.sounds.items()),
                text=" · ".join(texts.values()),
                cells=tuple(written.items()),
            )
        )
        if len(self.first_items) < MAX_REPORTED:
            self.first_items.append(
                GalleryItem(
                    pictures=tuple(self._folder / name for name in files.pictures.values()),
                    sounds=tuple(self._folder / name for name in files.sounds.values()),
                    words={**texts, **written},
                )
            )
        if len(self._shown) < MAX_TILES:
            self._shown.append(shown)


class _Files:
    """Writes the files of one item; the first picture, or else the first sound, has a plain name.

    Args:
        folder: of the gallery.
        stem: beginning of the names.
    """

    def __init__(self, folder: Path, stem: str) -> None:
        self._folder, self._stem = folder, stem
        self.pictures: dict[str, str] = {}
        """By column, the name of the file."""
        self.sounds: dict[str, str] = {}

    def add_picture(
        self, column: str, picture: Image.Image, chunks: PngImagePlugin.PngInfo
    ) -> None:
        """Write a picture."""
        ending = f".{column}.png" if self.pictures else ".png"
        self.pictures[column] = self._stem + ending
        picture.save(self._folder / self.pictures[column], "PNG", pnginfo=chunks)

    def add_sound(self, column: str, wave: npt.NDArray[np.int16], rate: int) -> None:
        """Write a sound."""
        self.sounds[column] = f"{self._stem}.{column}.wav"
        write_wav(self._folder / self.sounds[column], wave, rate)

    def names(self) -> dict[str, str]:
        """Return the members of a line of the metadata that name files.

        ``file_name``, as ``ImageFolder`` and ``AudioFolder`` expect it, is the first picture, or
        the first sound if there is none; every other file is ``<column>_file_name``.
        """
        named: dict[str, str] = {}
        for column, file in (*self.pictures.items(), *self.sounds.items()):
            named["file_name" if not named else f"{column}_file_name"] = file
        return named


log = logging.getLogger(__name__)


def write_gallery(request: GalleryRequest, emit: GalleryEmit, control: RunControl) -> None:
    """Sample pairs and write them to a folder.

    Never raises: the single ``GalleryEnded`` at the end reports the outcome. A stopped or failed
    gallery keeps the pairs written so far.

    Args:
        request: what to sample, and the folder.
        emit: receives all events, on this thread.
        control: checked between batches.
    """
    writing = _Writing(request, emit, control)
    try:
        outcome, error = writing.run(), None
    except Exception as caught:
        outcome, error = Outcome.FAILED, caught
        level = logging.WARNING if isinstance(caught, EngineError) else logging.ERROR
        log.log(level, "The gallery in %s failed.", request.folder, exc_info=caught)
    emit(
        GalleryEnded(
            outcome=outcome,
            folder=request.folder,
            count=writing.done,
            error=error,
            first_items=tuple(writing.first_items),
        )
    )


@dataclass(frozen=True)
class Plan:
    """Batches of a gallery, and their total size."""

    batches: Iterator[Samples]
    total: int
    """Total number of items."""
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By given column, names of the files that its values were read from, in order."""


class _Writing:
    def __init__(self, request: GalleryRequest, emit: GalleryEmit, control: RunControl) -> None:
        self._request, self._emit, self._control = request, emit, control
        self.done = 0
        self.first_items: Sequence[GalleryItem] = ()

    def run(self) -> Outcome:
        # Sample on the CPU, so that a GPU stays free for training.
        run = load_run(self._request.run, torch.device("cpu"), self._request.checkpoint)
        plan = self._plan(run)
        self._emit(GalleryProgressed(done=0, total=plan.total))
        provenance = Provenance(
            run=printable(self._request.run.absolute().name),
            dataset=run.model.dataset,
            images_seen=run.checkpoint.images_seen,
            step=run.checkpoint.step,
            seed=self._request.seed,
            direction=self._request.direction,
            config_hash=run.config_hash,
            version=installed_version(),
        )
        with GalleryWriter(self._request.folder, provenance) as writer:
            self.first_items = writer.first_items
            for samples in plan.batches:
                if self._control.is_stop_requested:
                    return Outcome.STOPPED
                end = self.done + len(samples)
                sources = {name: files[self.done : end] for name, files in plan.sources.items()}
                writer.add(self._wanted(samples), sources)
                self.done = end
                self._emit(GalleryProgressed(done=self.done, total=plan.total))
        return Outcome.FINISHED

    def _plan(self, run: LoadedRun) -> Plan:
        request, sampler = self._request, run.sampler.truncated(self._request.truncation)
        count, seed = request.count, request.seed
        given = self._given(run)
        unknown = [name for name in request.make if name not in run.model.columns]
        if unknown:
            reason = f"names no column of the run: {', '.join(unknown)}"
            raise ConfigError([Problem("make", reason)])
        if not given:
            if request.direction is Direction.LATENT_PATH:
                return Plan(sampler.latent_walk(count, seed, request.to_seed), count)
            return Plan(sampler.from_noise(count, seed), count)
        is_walk = request.direction is Direction.TEXT_PATH
        conditions = self._conditions(run, given, at_least=2 if is_walk else 1)
        rows = {name: condition.rows for name, condition in conditions.items()}
        for name, condition in conditions.items():
            if condition.is_given is not None:
                others = {other: values for other, values in rows.items() if other != name}
                rows[name] = sampler.fill_cells(
                    name, condition.rows, condition.is_given, others, seed
                )
        if is_walk:
            return Plan(sampler.walk(rows, count, seed), count)
        rows = {name: values[:count] for name, values in rows.items()}
        total = len(next(iter(rows.values())))
        sources = {name: found.sources for name, found in conditions.items() if found.sources}
        return Plan(sampler.complete_items(rows, seed), total, sources)

    def _conditions(
        self, run: LoadedRun, given: Mapping[str, Path], *, at_least: int
    ) -> dict[str, Condition]:
        conditions = read_conditions(run, given, at_least=at_least)
        lacks_cells = any(condition.is_given is not None for condition in conditions.values())
        if conditions.keys() >= run.model.columns.keys() and not lacks_cells:
            raise ConfigError([Problem("make", "has nothing left: all columns are given")])
        if problems := tuple(p for condition in conditions.values() for p in condition.problems):
            self._emit(PromptsChecked(problems=problems))
        return conditions

    def _given(self, run: LoadedRun) -> dict[str, Path]:
        """Return what is given by column; a direction gives the first column of its kind."""
        request = self._request
        given = dict(request.given)
        is_image = request.direction is Direction.IMAGE_TO_TEXT
        path = request.images if is_image else request.texts
        if path is None or request.direction in (Direction.JOINT, Direction.LATENT_PATH):
            return given
        column = run.model.first(IMAGE if is_image else TEXT)
        if column is None:
            setting = "images" if is_image else "texts"
            raise ConfigError([Problem(setting, f"cannot be given: {run.model.dataset} has none")])
        return {column: path, **given}

    def _wanted(self, samples: Samples) -> Samples:
        make = self._request.make
        if not make:
            return samples
        wanted = {*make, *self._request.given}
        return Samples(columns={n: v for n, v in samples.columns.items() if n in wanted})
