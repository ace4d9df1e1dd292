"""Galleries: folders of generated pairs that other programs can read.

A gallery holds PNG files with their provenance, ``metadata.jsonl``, a contact sheet and a
self-contained web page. The folder follows the Hugging Face ImageFolder convention
(``metadata.jsonl`` with ``file_name`` and ``text``), so it can be loaded or imported as a dataset.

Shapes: N images, H height, W width.
"""

import json
import logging
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template
from typing import Self, TextIO

import torch
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin
from torch import Tensor

from engine.control import RunControl
from engine.data.facts import IMAGE, TEXT
from engine.data.image_files import read_image_folder
from engine.data.pixel_values import ValueRange
from engine.errors import ConfigError, EngineError, FolderInUseError, Problem
from engine.events import (
    GalleryEmit,
    GalleryEnded,
    GalleryProgressed,
    ImageArray,
    Outcome,
    PromptsChecked,
)
from engine.fs.atomic import atomic_write, wrap_os_error
from engine.printable import escape_html, printable
from engine.sample.load import LoadedRun, encode_texts, load_run
from engine.sample.prompts import drawable, read_prompts
from engine.sample.request import Direction, GalleryRequest
from engine.sample.sampler import Sampler, Samples
from engine.version import installed_version

SMALL = 128
"""Images up to this side are rendered with square pixels, not interpolated."""

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
  :root { color-scheme: light dark; --line: color-mix(in srgb, CanvasText 15%, Canvas); }
  body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem;
         padding: 0 1rem; background: Canvas; color: CanvasText; }
  h1 { font-size: 1.4rem; font-weight: 600; }
  main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); }
  figure { margin: 0; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
  img { display: block; width: 100%; aspect-ratio: $width / $height; image-rendering: $rendering; }
  figcaption { padding: .5rem .6rem; overflow-wrap: anywhere; }
  footer { margin-top: 2rem; border-top: 1px solid var(--line); padding-top: 1rem; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
  dt { opacity: .7; } dd { margin: 0; }
</style>
</head>
<body>
<h1>$title</h1>
<main>
$figures
</main>
<footer><dl>$facts</dl></footer>
</body>
</html>
""")


def gallery_page(
    pairs: Iterable[tuple[str, str]], size: tuple[int, int], provenance: Mapping[str, object]
) -> str:
    """Return the HTML of a gallery, without scripts or remote resources.

    Args:
        pairs: file name and caption of each image.
        size: width and height of the images in pixels.
        provenance: shown in the footer.
    """
    figures = [
        f'<figure><img src="{escape_html(name)}" alt="{escape_html(text)}" loading="lazy">'
        f"<figcaption>{escape_html(text) or '&nbsp;'}</figcaption></figure>"
        for name, text in pairs
    ]
    facts = [
        f"<dt>{escape_html(name.replace('_', ' '))}</dt><dd>{escape_html(str(value))}</dd>"
        for name, value in provenance.items()
    ]
    return _PAGE.substitute(
        title=escape_html(f"{len(figures):,} pairs from {provenance.get('run', 'a run')}"),
        width=size[0],
        height=size[1],
        rendering="pixelated" if max(size) <= SMALL else "auto",
        figures="\n".join(figures),
        facts="".join(facts),
    )


MAX_TILES = 256
TILE = 96
"""Smallest side of a tile; smaller images are enlarged by an integer factor."""
GAP = 14
CAPTION = 34
FONT_SIZE = 13
MAX_DRAWN = 400
"""Characters of a caption that are measured, which takes long; two lines have fewer."""
PAPER, INK = "#ffffff", "#2b2b2b"

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw_contact_sheet(pairs: Sequence[tuple[Image.Image, str]]) -> Image.Image:
    """Draw a grid of at most ``MAX_TILES`` pairs.

    Captions that are not ASCII are left out, because Pillow's built-in font lacks the glyphs; the
    page and the metadata have them.
    """
    shown = pairs[:MAX_TILES]
    factor = max(1, math.ceil(TILE / shown[0][0].width))
    width, height = (side * factor for side in shown[0][0].size)
    columns = min(len(shown), max(4, math.ceil(math.sqrt(len(shown)))))
    rows = math.ceil(len(shown) / columns)
    size = (GAP + columns * (width + GAP), GAP + rows * (height + CAPTION + GAP))
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(FONT_SIZE)
    for place, (picture, text) in enumerate(shown):
        row, column = divmod(place, columns)
        left = GAP + column * (width + GAP)
        top = GAP + row * (height + CAPTION + GAP)
        sheet.paste(picture.resize((width, height), Image.Resampling.NEAREST), (left, top))
        if text.isascii():
            wrapped = "\n".join(_wrap(draw, font, text, width))
            middle = (left + width // 2, top + height + 4)
            draw.multiline_text(middle, wrapped, INK, font, anchor="ma", align="center", spacing=2)
    return sheet


def _wrap(draw: ImageDraw.ImageDraw, font: Font, text: str, width: int) -> list[str]:
    """Wrap a caption into at most two lines; what is too long is cut off."""
    lines: list[str] = []
    for word in text[:MAX_DRAWN].split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and draw.textlength(longer, font) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > 2:
        lines = [lines[0], lines[1] + " ..."]
    for number, line in enumerate(lines):
        if draw.textlength(line, font) > width:
            lengths = range(len(line), -1, -1)
            fits = (n for n in lengths if draw.textlength(line[:n] + "...", font) <= width)
            lines[number] = line[: next(fits, 0)] + "..."
    return lines


METADATA = "metadata.jsonl"
CONTACT_SHEET = "contact_sheet.png"
PAGE = "index.html"
CHUNK = "diptych"


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

    The metadata of a pair is written after its image, so an interrupted gallery lists no missing
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
        self._lines: list[tuple[str, str]] = []
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
        page = gallery_page(self._lines, self._shown[0][0].size, self._provenance)
        atomic_write(self._folder / PAGE, page.encode())
        try:
            draw_contact_sheet(self._shown).save(self._folder / CONTACT_SHEET)
        except OSError as error:
            raise wrap_os_error(error, self._folder) from error

    def add(self, images: ImageArray, texts: Sequence[str], sources: Sequence[str] = ()) -> None:
        """Append pairs.

        Args:
            images: [N, H, W, 3] uint8.
            texts: N captions.
            sources: names of the N files that the images were read from, if any.
        """
        try:
            for row, (image, text) in enumerate(zip(images, texts, strict=True)):
                facts = self._provenance | ({"source_file": sources[row]} if sources else {})
                self._add_one(Image.fromarray(image), text, facts)
            self._metadata.flush()
        except OSError as error:
            raise wrap_os_error(error, self._folder) from error

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
    emit(GalleryEnded(outcome=outcome, folder=request.folder, count=writing.done, error=error))


@dataclass(frozen=True)
class Plan:
    """Batches of a gallery, and their total size."""

    batches: Iterator[Samples]
    total: int
    """Total number of pairs."""
    sources: Sequence[str] = ()
    """Names of the files that the images were read from, in order; empty if there are none."""


class _Writing:
    def __init__(self, request: GalleryRequest, emit: GalleryEmit, control: RunControl) -> None:
        self._request, self._emit, self._control = request, emit, control
        self.done = 0

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
            for pairs in plan.batches:
                if self._control.is_stop_requested:
                    return Outcome.STOPPED
                end = self.done + len(pairs.texts)
                writer.add(pairs.images, pairs.texts, plan.sources[self.done : end])
                self.done = end
                self._emit(GalleryProgressed(done=self.done, total=plan.total))
        return Outcome.FINISHED

    def _plan(self, run: LoadedRun) -> Plan:
        request, sampler = self._request, run.sampler.truncated(self._request.truncation)
        count, seed = request.count, request.seed
        match request.direction:
            case Direction.JOINT:
                return Plan(sampler.from_noise(count, seed), count)
            case Direction.LATENT_PATH:
                return Plan(sampler.latent_walk(count, seed, request.to_seed), count)
            case Direction.IMAGE_TO_TEXT:
                return self._plan_captions(run, sampler)
            case Direction.TEXT_TO_IMAGE:
                texts = {n: ids[:count] for n, ids in self._texts(run, at_least=1).items()}
                total = len(next(iter(texts.values())))
                return Plan(sampler.complete_items(texts, seed), total)
            case Direction.TEXT_PATH:
                return Plan(sampler.walk(self._texts(run, at_least=2), count, seed), count)

    def _texts(self, run: LoadedRun, *, at_least: int) -> dict[str, Tensor]:
        """Encode the texts that can be drawn, and report the others: [N, L] token ids."""
        name, facts = run.model.first(TEXT), run.model.text
        if name is None or facts is None:
            raise ConfigError([Problem("texts", f"cannot be given: {run.model.dataset} has none")])
        prompts = read_prompts(_required(self._request.texts), facts, at_least=at_least)
        kept = drawable(prompts, at_least=at_least)
        if problems := tuple(filter(None, (prompt.sentence() for prompt in prompts))):
            self._emit(PromptsChecked(problems=problems))
        return {name: encode_texts([prompt.text for prompt in kept], facts)}

    def _plan_captions(self, run: LoadedRun, sampler: Sampler) -> Plan:
        request = self._request
        name, facts = run.model.first(IMAGE), run.model.image
        if name is None or facts is None:
            raise ConfigError([Problem("images", f"cannot be given: {run.model.dataset} has none")])
        names, images, skipped = read_image_folder(
            _required(request.images),
            facts.aspect.scaled(run.config.networks.image_size),
            facts.channels,
            value_range=ValueRange(*facts.value_range) if facts.value_range else None,
            band=facts.band,
        )
        for file, reason in skipped:
            log.info("Skipped %s: %s", file, reason)
        chosen = torch.from_numpy(images[: request.count]).permute(0, 3, 1, 2).contiguous()
        return Plan(sampler.complete_items({name: chosen}, request.seed), len(chosen), names)


def _required(path: Path | None) -> Path:
    """Narrow a path that ``GalleryRequest`` has validated."""
    if path is None:
        raise ValueError("the request lacks a path")
    return path
