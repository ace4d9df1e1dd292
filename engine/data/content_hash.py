"""The version of a dataset: a hash of what it holds.

It covers names, kinds and shapes of the columns, all values of the arrays, and the items. Of these
the values are hashed, not the bytes of items.arrow, so that it does not depend on the library that
wrote them or on the division into batches.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.column_info import ColumnInfo
from engine.fs.codec import encode

DIGITS = 16
"""Hex digits of a version and of a checksum."""
_IDENTITY = ("name", "kind", "shape", "dtype", "rate", "fields")


class ContentHash:
    """The hash of a dataset, from a stream of its content.

    Args:
        columns: of the dataset.
    """

    def __init__(self, columns: Sequence[ColumnInfo]) -> None:
        tables = [encode(column) for column in columns]
        self._columns = [{name: table[name] for name in _IDENTITY} for table in tables]
        self._parts: dict[str, Any] = {}

    def add_values(self, column: str, content: bytes | memoryview) -> None:
        """Append values of an array."""
        self._add(f"{column}, values", content)

    def add_items(self, batch: Any) -> None:
        """Append items: a batch of Arrow."""
        for name, array in zip(batch.schema.names, batch.columns, strict=True):
            self._add_array(name, array)

    def version(self) -> str:
        """Return the hash of all that was added."""
        parts = {name: digest.hexdigest() for name, digest in sorted(self._parts.items())}
        content = json.dumps([self._columns, parts])
        return hashlib.sha256(content.encode()).hexdigest()[:DIGITS]

    def _add(self, part: str, content: bytes | memoryview | npt.NDArray[Any]) -> None:
        # Parts are streams of their own: where one batch ends does not matter.
        self._parts.setdefault(part, hashlib.sha256()).update(content)

    def _add_array(self, path: str, array: Any) -> None:
        kind = str(array.type).partition("<")[0]
        if kind in {"string", "double", "struct"}:
            self._add(f"{path}, there", validity(array))
        if kind == "string":
            self._add_texts(path, array)
        elif kind == "list":
            self._add(f"{path}, counts", np.diff(array.offsets.to_numpy()))
            self._add_texts(f"{path}, item", array.flatten())
        elif kind == "struct":
            names = [field.name for field in array.type]
            for name, member in zip(names, array.flatten(), strict=True):
                self._add_array(f"{path}.{name}", member)
        else:
            # A null is not a number here; which are null was added above.
            self._add(path, np.nan_to_num(array.to_numpy(zero_copy_only=False)))

    def _add_texts(self, path: str, array: Any) -> None:
        offsets = text_offsets(array)
        _validity, _offsets, content = array.buffers()
        self._add(f"{path}, lengths", np.diff(offsets))
        texts = b"" if content is None else memoryview(content)
        self._add(f"{path}, texts", texts[int(offsets[0]) : int(offsets[-1])])


def text_offsets(array: Any) -> npt.NDArray[np.int32]:
    """Return where each text of an Arrow array begins in its content, and the end: [N + 1]."""
    _validity, offsets, _content = array.buffers()
    if offsets is None or not len(offsets):
        return np.zeros(1, np.int32)
    return np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]


def validity(array: Any) -> npt.NDArray[np.bool_]:
    """Return which values of an Arrow array are not null: [N]."""
    bits = array.buffers()[0]
    if bits is None:
        return np.ones(len(array), dtype=bool)
    end = array.offset + len(array)
    found = np.unpackbits(np.frombuffer(bits, np.uint8), count=end, bitorder="little")
    return found[array.offset : end].astype(bool)
