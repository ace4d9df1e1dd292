"""One picture of many pairs, each with its text under it."""

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

MAX_TILES = 256
TILE = 96
"""Least side of a tile; smaller images are enlarged by whole factors, so pixels stay square."""
GAP = 14
CAPTION = 34
FONT_SIZE = 13
PAPER, INK = "#ffffff", "#2b2b2b"

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw_contact_sheet(pairs: Sequence[tuple[Image.Image, str]]) -> Image.Image:
    """Draw pairs in rows, at most ``MAX_TILES`` of them.

    The built-in font knows no Chinese; a caption that it cannot write is left out of the sheet
    (the page and the metadata have it).
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
        _write(draw, font, text, (left + width // 2, top + height + 4), width)
    return sheet


def _write(
    draw: ImageDraw.ImageDraw, font: Font, text: str, place: tuple[int, int], width: int
) -> None:
    """Write a caption centred, on two lines at most."""
    if not text.isascii():
        return
    lines = _wrap(draw, font, text, width)
    draw.multiline_text(place, "\n".join(lines), INK, font, anchor="ma", align="center", spacing=2)


def _wrap(draw: ImageDraw.ImageDraw, font: Font, text: str, width: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and draw.textlength(longer, font) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > 2:
        lines = [lines[0], lines[1] + " ..."]
    return [_shorten(draw, font, line, width) for line in lines]


def _shorten(draw: ImageDraw.ImageDraw, font: Font, line: str, width: int) -> str:
    if draw.textlength(line, font) <= width:
        return line
    while line and draw.textlength(line + "...", font) > width:
        line = line[:-1]
    return line + "..."
