"""Guesses which columns of a table hold images, texts and classes, by name and by content."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.importing.formats.column_names import (
    IMAGE_NAMES,
    LABEL_NAMES,
    TEXT_NAMES,
    is_numbered_text,
    plain,
)
from engine.importing.formats.embedded_bytes import is_embedded
from engine.importing.formats.image_names import ImageIndex, ImageNameError, is_image

_MOST_COLUMNS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Guess:
    """What a table seems to hold."""

    image: str
    """Column of the images; empty if no column holds any."""
    texts: tuple[str, ...]
    label: str
    columns: tuple[str, ...]
    matched: float
    """Share of the rows looked at that have an image: a file of the source, or embedded."""


def guess_columns(
    rows: Sequence[Mapping[str, Any]], index: ImageIndex, folders: Sequence[str]
) -> Guess:
    """Guess from some rows.

    Args:
        rows: the first ones.
        index: the images of the source.
        folders: where images are looked for first.
    """
    columns = tuple(dict.fromkeys(str(c) for row in rows for c in row))[:_MOST_COLUMNS]
    shares = {c: _share(rows, c, lambda v: _has_image(v, index, folders)) for c in columns}
    image = _image_column(rows, columns, shares)
    others = [c for c in columns if c != image]
    return Guess(
        image=image,
        texts=_text_columns(rows, others),
        label=_first_named(others, LABEL_NAMES, lambda c: _share(rows, c, _is_label)),
        columns=columns,
        matched=shares.get(image, 0.0),
    )


def _image_column(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], shares: Mapping[str, float]
) -> str:
    found = {c: share for c, share in shares.items() if share > 0}
    if found:
        best = max(found.values())
        # Of columns that lead to images about equally often, the usual name decides.
        near = [c for c in found if found[c] >= 0.9 * best]
        return min(near, key=lambda c: (_rank(c, IMAGE_NAMES), columns.index(c)))
    return max(
        (c for c in columns if _share(rows, c, _is_image_name) > 0.5),
        key=lambda c: -_rank(c, IMAGE_NAMES),
        default="",
    )


def _text_columns(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> tuple[str, ...]:
    numbered = [c for c in columns if is_numbered_text(c)]
    if numbered:
        return tuple(numbered)
    named = _first_named(columns, TEXT_NAMES, lambda c: _share(rows, c, _is_text))
    if named:
        return (named,)
    wordy = {c: _words(rows, c) for c in columns if _share(rows, c, _is_text) > 0.5}
    return (max(wordy, key=lambda c: wordy[c]),) if wordy else ()


def _first_named(
    columns: Sequence[str], names: Sequence[str], share: Callable[[str], float]
) -> str:
    known = [c for c in columns if plain(c) in names and share(c) > 0.2]
    return min(known, key=lambda c: _rank(c, names), default="")


def _rank(column: str, names: Sequence[str]) -> int:
    name = plain(column)
    return list(names).index(name) if name in names else len(names)


def _share(rows: Sequence[Mapping[str, Any]], column: str, test: Callable[[object], bool]) -> float:
    return sum(test(row.get(column)) for row in rows) / max(len(rows), 1)


def _has_image(value: object, index: ImageIndex, folders: Sequence[str]) -> bool:
    if not isinstance(value, str) or not value:
        return False
    if is_embedded(value):
        return True
    try:
        return len(value) < 1_000 and index.find(value, folders) is not None
    except ImageNameError:
        return False


def _is_image_name(value: object) -> bool:
    return isinstance(value, str) and len(value) < 1_000 and is_image(value)


def _is_label(value: object) -> bool:
    return isinstance(value, str | int) and 0 < len(str(value)) < 200


def _is_text(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and (isinstance(value[0], dict) or _is_text(value[0]))
    if isinstance(value, bool | float) or value is None:
        return False
    text = str(value)
    if is_embedded(text) or _is_image_name(value) or text.startswith(("http:", "https:")):
        return False
    return any(character.isalnum() for character in text)


def _words(rows: Sequence[Mapping[str, Any]], column: str) -> float:
    values = [str(row.get(column) or "") for row in rows]
    letters = sum(any(c.isalpha() for c in value) for value in values)
    return sum(len(value.split()) for value in values) if letters > len(values) / 2 else 0.0
