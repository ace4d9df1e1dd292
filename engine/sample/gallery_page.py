"""The web page and the contact sheet of a gallery."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import Template

from PIL import Image, ImageDraw, ImageFont

from engine.printable import escape_html

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
  audio { display: block; width: 100%; height: 2.2rem; margin-top: .3rem; }
  figcaption { padding: .5rem .6rem; overflow-wrap: anywhere; }
  figcaption table { border-collapse: collapse; font-size: .85rem; margin-top: .3rem; }
  figcaption td { padding: .05rem .6rem .05rem 0; vertical-align: top; }
  figcaption td:first-child { opacity: .7; }
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


@dataclass(frozen=True, kw_only=True)
class PageItem:
    """What the page shows of an item."""

    pictures: tuple[str, ...] = ()
    """Names of files."""
    sounds: tuple[tuple[str, str], ...] = ()
    """Column and name of the file of each."""
    text: str = ""
    cells: tuple[tuple[str, str], ...] = ()
    """Field and cell of each."""


def gallery_page(
    items: Iterable[PageItem], size: tuple[int, int], provenance: Mapping[str, object]
) -> str:
    """Return the HTML of a gallery, without scripts or remote resources.

    Args:
        items: what to show.
        size: width and height of the images in pixels.
        provenance: shown in the footer.
    """
    figures = [_figure(item) for item in items]
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


def _figure(item: PageItem) -> str:
    parts = [
        f'<img src="{escape_html(name)}" alt="{escape_html(item.text)}" loading="lazy">'
        for name in item.pictures
    ]
    parts += [
        f'<audio controls preload="none" src="{escape_html(name)}" '
        f'aria-label="{escape_html(column)}"></audio>'
        for column, name in item.sounds
    ]
    cells = "".join(
        f"<tr><td>{escape_html(field)}</td><td>{escape_html(cell)}</td></tr>"
        for field, cell in item.cells
    )
    table = f"<table>{cells}</table>" if cells else ""
    caption = f"<figcaption>{escape_html(item.text) or '&nbsp;'}{table}</figcaption>"
    return f"<figure>{''.join(parts)}{caption}</figure>"


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
