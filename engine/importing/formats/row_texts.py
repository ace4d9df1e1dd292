"""Takes texts and labels out of a row, as a reading maps its columns."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from engine.importing.accounts import Reason
from engine.importing.formats.column_names import GROUP_NAMES, SPLIT_NAMES, TEXT_NAMES, plain
from engine.importing.formats.format import Reading
from engine.importing.limits import LIMITS

_MOST = 1_000
_UNREADABLE = "\ufffd"


class RowError(ValueError):
    """A row that makes no item.

    Args:
        reason: why, as the accounts have it.
        detail: more, in English.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(detail)


class RowTexts:
    """What a reading makes of the rows of a table.

    Args:
        reading: names the columns.
        meanings: turns a column's value into what it stands for, such as a class's number.
    """

    def __init__(
        self, reading: Reading, meanings: Mapping[str, Callable[[Any], Any]] | None = None
    ) -> None:
        self._texts, self._label = reading.text_columns, reading.label_column
        self._words = dict(reading.words)
        self._meanings = meanings or {}

    def texts(self, values: Mapping[str, Any]) -> list[str]:
        """Give a row's captions.

        Raises:
            RowError: a text is too long, or holds bytes that are no text.
        """
        found: list[str] = []
        for column in self._texts:
            for text in _flat(self._value(values, column)):
                if len(text) > LIMITS.text_bytes:
                    raise RowError(Reason.TOO_LARGE, f"the text in '{column}' is too long")
                if _UNREADABLE in text:
                    detail = f"'{column}' holds bytes that are no text in the table's encoding"
                    raise RowError(Reason.BAD_ENCODING, detail)
                found.append(self._words.get(text, text))
        return [text for text in found if text][:_MOST]

    def extras(self, values: Mapping[str, Any], also: Sequence[str] = ()) -> dict[str, str]:
        """Give what else a row says: label, group, split and the columns that are named."""
        wanted = {column: column for column in also}
        wanted |= {"label": self._label} if self._label else {}
        for name, usual in (("group", GROUP_NAMES), ("split", SPLIT_NAMES)):
            columns = [column for column in values if plain(str(column)) in usual]
            wanted |= {name: columns[0]} if columns else {}
        found = {name: _short(self._value(values, column)) for name, column in wanted.items()}
        return {name: value for name, value in found.items() if value}

    def _value(self, values: Mapping[str, Any], column: str) -> object:
        value = values.get(column)
        meaning = self._meanings.get(column)
        return meaning(value) if meaning else value


def _flat(value: object) -> Iterator[str]:
    """Give the texts of a cell; a list holds several."""
    match value:
        case None | float():
            return
        case str():
            yield from _listed(value.strip())
        case list():
            for part in value[:_MOST]:
                if not isinstance(part, list):
                    yield from _flat(part)
        case dict():
            names = [name for name in TEXT_NAMES if isinstance(value.get(name), str)]
            if names:
                yield value[names[0]].strip()
        case _:
            yield str(value)


def _listed(text: str) -> Iterator[str]:
    """Give a text, or those of a JSON list that was written into a cell."""
    if text.startswith('["') and text.endswith('"]'):
        try:
            yield from [part.strip() for part in json.loads(text) if isinstance(part, str)]
        except (ValueError, RecursionError):
            yield text
    else:
        yield text


def _short(value: object) -> str:
    is_plain = isinstance(value, str | int | float) and value == value
    text = str(value).strip() if is_plain else ""
    return text if len(text) <= 1_000 and _UNREADABLE not in text else ""
