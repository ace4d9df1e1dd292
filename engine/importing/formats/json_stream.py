"""Streaming JSON: reads a file value by value, with one value and one chunk in memory."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.importing.sources.archive import LIMITS

_SPACE = " \t\n\r\ufeff\0"
# Not strict: many programs write control characters into strings.
_DECODER = json.JSONDecoder(strict=False)


class JsonBrokenError(ValueError):
    """The text is no JSON, or none from here on; ``str`` says where."""


@dataclass(frozen=True, slots=True)
class JsonValue:
    """A value and its byte offset."""

    value: Any
    raw: str
    offset: int
    """Of its first byte in the file."""


class JsonStream:
    """Reads a JSON text forwards, value by value.

    Args:
        chunks: the text.
        encoding: of the file, to know how many bytes the text takes.
    """

    def __init__(self, chunks: Iterator[str], encoding: str = "utf-8") -> None:
        self._chunks, self._encoding = chunks, encoding
        self._buffer, self._at = "", 0
        self._offset = 0
        self._is_ended = False

    def peek(self) -> str:
        """Return the next character that is no space, without moving past it; empty at the end."""
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._fill(1):
                return ""

    def take(self, character: str) -> bool:
        """Move past a character, if it is the next."""
        if self.peek() != character:
            return False
        self._at += 1
        return True

    def value(self) -> JsonValue:
        """Read the value that comes next, whole.

        Raises:
            JsonBrokenError: there is none, or it is larger than a row may be.
        """
        self.peek()
        wanted = 1
        while True:
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._at)
            except (ValueError, RecursionError) as error:
                if isinstance(error, RecursionError) or not self._fill(wanted):
                    raise self._broken(str(error)) from error
            else:
                # At the end of the buffer 12 may be the first half of 123.
                if end < len(self._buffer) or not self._fill(1):
                    start = self._offset + self._size(0, self._at)
                    raw, self._at = self._buffer[self._at : end], end
                    return JsonValue(value, raw, start)
            if len(self._buffer) - self._at > LIMITS.row_bytes:
                raise self._broken("one value is too large")
            # Doubling keeps the number of attempts small, however long the value is.
            wanted = max(2 * (len(self._buffer) - self._at), 1)

    def items(self) -> Iterator[JsonValue]:
        """Yield the values of the list that comes next, one by one.

        Raises:
            JsonBrokenError: the list breaks off.
        """
        self._expect("[")
        if self.take("]"):
            return
        while True:
            yield self.value()
            if self.take("]"):
                return
            self._expect(",")

    def members(self) -> Iterator[str]:
        """Yield the keys of the object that comes next; read each key's value before the next key.

        Raises:
            JsonBrokenError: the object breaks off.
        """
        self._expect("{")
        if self.take("}"):
            return
        while True:
            key = self.value().value
            self._expect(":")
            yield str(key)
            if self.take("}"):
                return
            self._expect(",")

    def skip(self) -> None:
        """Move past the value that comes next; a list may be of any length."""
        if self.peek() == "[":
            for _item in self.items():
                pass
        else:
            self.value()

    def _expect(self, character: str) -> None:
        if not self.take(character):
            raise self._broken(f"'{character}' is missing")

    def _fill(self, characters: int) -> bool:
        """Read at least so many characters more; says whether any came."""
        self._offset += self._size(0, self._at)
        parts = [self._buffer[self._at :]]
        self._at = 0
        while characters > 0 and not self._is_ended:
            chunk = next(self._chunks, None)
            self._is_ended = chunk is None
            parts.append(chunk or "")
            characters -= len(chunk or "")
        self._buffer = "".join(parts)
        return len(self._buffer) > len(parts[0])

    def _size(self, start: int, end: int) -> int:
        return len(self._buffer[start:end].encode(self._encoding, "replace"))

    def _broken(self, reason: str) -> JsonBrokenError:
        place = self._offset + self._size(0, self._at)
        return JsonBrokenError(f"the JSON breaks off after {place:,} bytes: {reason[:200]}")
