"""The columns of tables: which hold images, texts and classes, and reading them from a row.

Columns are guessed by name and content (``guess_columns``), checked against an ``ImportSpec``, and
read by ``RowTexts``. An image may also be embedded in a cell, as base64 or as a data URL.
"""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, BinaryIO

from engine.data.column_info import MAX_FIELDS, MAX_NAME
from engine.data.table_cells import Cell
from engine.errors import ConfigError, Problem
from engine.importing.formats.format import ImportSpec
from engine.importing.formats.names import (
    GROUP_NAMES,
    IMAGE_NAMES,
    LABEL_NAMES,
    SPLIT_NAMES,
    TEXT_NAMES,
    ImageIndex,
    ImageNameError,
    WebAddressError,
    is_image,
    is_numbered_text,
    is_text_name,
    plain,
)
from engine.importing.formats.records import MAX_ITEMS, TAG_NAMES, captions_in
from engine.importing.formats.sounds import is_sound
from engine.importing.language import language_share, words_of_name
from engine.importing.ledger import Reason
from engine.importing.sources.archive import LIMITS

_FORM = re.compile(rb"(?:data:[\w./+;=-]{0,200},)?[A-Za-z0-9+/_-]+={0,2}")
_HEAD = re.compile(rb"data:[\w./+;=\\-]{0,200},")
_STARTS = ("/9j/", "iVBORw0KGgo", "UklGR", "R0lGOD", "Qk0", "SUkqA", "TU0AK")
"""JPEG, PNG, WebP, GIF, BMP and TIFF, as base64 begins for them."""
_SHORTEST = 40
_STEP = 1 << 16
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_END = re.compile(rb"[^A-Za-z0-9+/=_\\-]")


def is_embedded(value: str) -> bool:
    """Whether a cell looks like an image itself rather than its name."""
    if value.startswith("data:image/") and "," in value[:200]:
        return True
    return len(value) >= _SHORTEST and value.startswith(_STARTS) and " " not in value[:200]


def place_in(raw: str, value: str, encoding: str) -> int | None:
    """Return the byte offset of a cell in its row; None if it cannot be read from there."""
    if not value.isascii() or not _FORM.fullmatch(value.encode()):
        return None
    for form in (value, value.replace("/", "\\/")):
        at = raw.find(form)
        if at >= 0:
            return len(raw[:at].encode(encoding, "replace"))
    return None


def read_embedded(stream: BinaryIO, offset: int) -> bytes:
    """Read the image that is embedded at a byte offset of a table.

    Raises:
        ValueError: there is none.
        OSError: it cannot be read.
    """
    stream.seek(offset)
    content = bytearray()
    step = stream.read(_STEP)
    # JSON may write each slash with a backslash before it.
    head = _HEAD.match(step)
    step = step[head.end() :] if head else step
    while step and len(content) <= LIMITS.row_bytes:
        end = _END.search(step)
        content += step[: end.start() if end else len(step)]
        step = b"" if end else stream.read(_STEP)
    plain = bytes(content).replace(b"\\", b"").rstrip(b"=").translate(_TO_STANDARD)
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(f"it is no base64: {error}") from error


MAX_CELL = 1_000
"""Characters of a cell that are kept; values of more than 200 are free text."""
_MAX_COLUMNS = 200
_FLAGS = {"1": True, "1.0": True, "true": True}
_FLAGS |= dict.fromkeys(("0", "0.0", "-1", "-1.0", "false"), False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Guess:
    """What a table seems to hold."""

    image: str
    """Column of the images; empty if no column holds any."""
    texts: tuple[str, ...]
    sentences: tuple[str, ...]
    """Those of the texts that hold sentences rather than words that could be categories."""
    sounds: tuple[str, ...]
    """Columns of names of sounds."""
    flags: tuple[str, ...]
    """Columns of 1 and 0, or of 1 and -1, each named by what it says; none if there are texts."""
    label: str
    columns: tuple[str, ...]
    matched: float
    """Share of the rows looked at that have an image: a file of the source, or embedded. Of a table
    without images, the share of those that have a sound."""


def guess_columns(
    rows: Sequence[Mapping[str, Any]],
    index: ImageIndex,
    folders: Sequence[str],
    sound_index: ImageIndex | None = None,
) -> Guess:
    """Guess from the first rows.

    Args:
        rows: of the table.
        index: of the source's images.
        folders: where files are looked for first.
        sound_index: of the source's sounds.
    """
    columns = tuple(dict.fromkeys(str(c) for row in rows for c in row))[:_MAX_COLUMNS]
    shares = {c: _share(rows, c, lambda v: _has_image(v, index, folders)) for c in columns}
    image = _image_column(rows, columns, shares)
    heard = {c: _share(rows, c, lambda v: _has_sound(v, sound_index, folders)) for c in columns}
    sounds = tuple(c for c in columns if heard[c] >= _MIN_SOUNDS and c != image)
    others = [c for c in columns if c != image and c not in sounds]

    def is_label(value: object) -> bool:
        return isinstance(value, str | int) and 0 < len(str(value)) < 200

    texts = _text_columns(rows, others)
    return Guess(
        image=image,
        texts=texts,
        sentences=tuple(c for c in texts if _words_of(rows, c) >= _SENTENCE_WORDS),
        sounds=sounds,
        flags=() if texts else _flag_columns(rows, others),
        label=_first_named(others, LABEL_NAMES, lambda c: _share(rows, c, is_label)),
        columns=columns,
        matched=shares.get(image, 0.0) if image else max(heard.values(), default=0.0),
    )


_MIN_SOUNDS = 0.05
_SENTENCE_WORDS = 3


def _has_sound(value: object, index: ImageIndex | None, folders: Sequence[str]) -> bool:
    if index is None or not isinstance(value, str) or not is_sound(value):
        return False
    try:
        return len(value) < 1_000 and index.find(value, folders) is not None
    except ImageNameError:
        return False


def _words_of(rows: Sequence[Mapping[str, Any]], column: str) -> float:
    """Return the mean number of words in the captions of a column."""
    texts = [text for row in rows for text in captions_in(row.get(column))]
    return sum(len(text.split()) for text in texts) / max(len(texts), 1)


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
    """Choose the columns that hold language: by name, else the one of the most words."""
    cells = {c: [t for row in rows for t in captions_in(row.get(c))] for c in columns}
    language = {c: language_share(texts) for c, texts in cells.items()}
    numbered = [c for c in columns if is_numbered_text(c) and language[c] >= 0.5]
    if numbered:
        return tuple(numbered)

    def named_share(column: str) -> float:
        # Class numbers are offered too: the user can say what they mean.
        is_offered = language[column] >= 0.5 or plain(column) in LABEL_NAMES
        return _share(rows, column, _is_text) if is_offered else 0.0

    named = _first_named(columns, TEXT_NAMES, named_share)
    if named and (plain(named) not in LABEL_NAMES or language[named] >= 0.5):
        return (named,)
    # What is the same in most rows describes the source.
    varied = [c for c in columns if language[c] >= 0.5 and (_varies(cells[c]) or len(rows) < 3)]
    captions = [c for c in varied if is_text_name(c)]
    wordy = {c: sum(len(text.split()) for text in cells[c]) for c in captions or varied}
    if wordy:
        return (max(wordy, key=lambda c: wordy[c]),)
    return (named,) if named else ()


def _varies(texts: Sequence[str]) -> bool:
    return bool(texts) and Counter(texts).most_common(1)[0][1] <= 0.7 * len(texts)


def _flag_columns(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> tuple[str, ...]:
    """Choose the columns of an attribute table: at least two, and most of the table."""
    flags = [
        c
        for c in columns
        if words_of_name(c) and all(flag_of(row.get(c)) is not None for row in rows)
    ]
    varied = any(flag_of(row.get(c)) for row in rows for c in flags)
    return tuple(flags) if varied and len(flags) >= 2 and 2 * len(flags) >= len(columns) else ()


def flag_of(value: object) -> bool | None:
    """Return what a cell of an attribute table says; None if it is no flag."""
    return _FLAGS.get(str(value).strip().lower())


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
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value:
        return False
    try:
        is_named = len(value) < 1_000 and index.find(value, folders) is not None
    except ImageNameError:
        is_named = False
    return is_named or is_embedded(value)


def _is_image_name(value: object) -> bool:
    return isinstance(value, str) and len(value) < 1_000 and is_image(value)


def _is_text(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and (isinstance(value[0], dict) or _is_text(value[0]))
    if isinstance(value, bool | float) or value is None:
        return False
    text = str(value)
    if is_embedded(text) or _is_image_name(value) or text.startswith(("http:", "https:")):
        return False
    return any(character.isalnum() for character in text)


def complete(reading: ImportSpec, guess: Guess, table: str) -> ImportSpec:
    """Fill in the empty columns of a spec from a guess.

    Raises:
        ConfigError: the spec names columns that the table lacks; or no column holds images or
            sounds, and the columns are not to become fields.
    """
    image, sounds = reading.image_column or guess.image, reading.audio_columns or guess.sounds
    has_media = bool(image or sounds)
    # A word in a row of a table alone is a category, not a caption.
    texts = guess.texts if has_media else guess.sentences
    wanted = [("image_column", reading.image_column), ("label_column", reading.label_column)]
    wanted += [("text_columns", column) for column in reading.text_columns]
    wanted += [("audio_columns", column) for column in reading.audio_columns]
    problems = [
        Problem(f"reading.{field}", f"names no column of {table}: {column}")
        for field, column in wanted
        if column and column not in guess.columns
    ]
    if not problems and not has_media and not reading.with_fields:
        message = "is not given, and no column holds images or sounds"
        problems = [Problem("reading.image_column", message)]
    if problems:
        raise ConfigError(problems)
    return replace(
        reading,
        image_column=image,
        text_columns=reading.text_columns or texts,
        audio_columns=sounds,
        flag_columns=reading.flag_columns
        or (() if reading.text_columns or not has_media else guess.flags),
        label_column=reading.label_column or guess.label,
    )


_UNREADABLE = "\ufffd"


class RowError(ValueError):
    """A row that makes no item, with the reason and the detail for the ledger."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(detail)


def find_image(index: ImageIndex, name: str, folders: Sequence[str]) -> str | None:
    """Find the image that a row names.

    Raises:
        RowError: the name leads out of the source, or to the web.
    """
    try:
        return index.find(name, folders)
    except ImageNameError as error:
        is_web = isinstance(error, WebAddressError)
        reason = Reason.WEB_ADDRESS if is_web else Reason.BAD_ROW
        raise RowError(reason, f"{name[:200]}: {error}") from error


def cells_of(values: Mapping[str, Any], columns_used: Collection[str]) -> dict[str, Cell]:
    """Return the cells of a row that may become fields of a table.

    Args:
        values: the row, by column.
        columns_used: what holds images, texts and sounds; splits and groups are no cells, either.
    """
    found: dict[str, Cell] = {}
    for name, value in islice(values.items(), MAX_FIELDS):
        is_known = plain(str(name)) in (*SPLIT_NAMES, *GROUP_NAMES)
        if name in columns_used or is_known or not 0 < len(str(name)) <= MAX_NAME:
            continue
        # Bytes that are no text cannot be written.
        field = str(name).encode("utf-8", "backslashreplace").decode("utf-8")[:MAX_NAME]
        found[field] = cell_of(value)
    return found


def cell_of(value: object) -> Cell:
    """Return the cell of a value; lists and objects are no cells, and long texts are cut."""
    if isinstance(value, str):
        return value[:MAX_CELL]
    return value if isinstance(value, int | float) else None


class RowTexts:
    """What a reading makes of the rows of a table.

    Args:
        reading: names the columns.
        meanings: maps a column's value to its meaning, such as a class number to its name.
    """

    def __init__(
        self, reading: ImportSpec, meanings: Mapping[str, Callable[[Any], Any]] | None = None
    ) -> None:
        self._texts, self._label = reading.text_columns, reading.label_column
        self._flags = reading.flag_columns
        self._words = dict(reading.words)
        self._meanings = meanings or {}

    def texts(self, values: Mapping[str, Any]) -> list[str]:
        """Return a row's captions.

        Raises:
            RowError: a text is too long, or holds bytes that are no text.
        """
        found: list[str] = []
        for column in self._texts:
            is_tags = plain(column).rpartition(".")[2] in TAG_NAMES
            for text in captions_in(self._value(values, column), is_tags=is_tags):
                if len(text) > LIMITS.text_bytes:
                    raise RowError(Reason.TOO_LARGE, f"the text in '{column}' is too long")
                if _UNREADABLE in text:
                    detail = f"'{column}' holds bytes that are no text in the table's encoding"
                    raise RowError(Reason.BAD_ENCODING, detail)
                found.append(self._words.get(text, text))
        if told := [words_of_name(c) for c in self._flags if flag_of(values.get(c))]:
            found.append(", ".join(told))
        return [text for text in found if text][:MAX_ITEMS]

    def extras(self, values: Mapping[str, Any], also: Sequence[str] = ()) -> dict[str, str]:
        """Return what else a row says: label, group, split and the columns that are named."""
        wanted = {column: column for column in also}
        wanted |= {"label": self._label} if self._label else {}
        for name, usual in (("group", GROUP_NAMES), ("split", SPLIT_NAMES)):
            columns = [column for column in values if plain(str(column)) in usual]
            wanted |= {name: columns[0]} if columns else {}
        found: dict[str, str] = {}
        for name, column in wanted.items():
            value = self._value(values, column)
            # NaN is not equal to itself.
            is_plain = isinstance(value, str | int | float) and value == value
            text = str(value).strip() if is_plain else ""
            if text and len(text) <= 1_000 and _UNREADABLE not in text:
                found[name] = text
        return found

    def _value(self, values: Mapping[str, Any], column: str) -> object:
        value = values.get(column)
        meaning = self._meanings.get(column)
        return meaning(value) if meaning else value
