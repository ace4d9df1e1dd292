"""What the columns of a parquet file hold, as its schema and Hugging Face's notes say."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

PATH, BYTES, STRUCT = "path", "bytes", "struct"
MOST_COLUMNS = 1_000
"""Of a file; a place in it is its row and its column in one number."""


def image_kinds(schema: pa.Schema) -> dict[str, str]:
    """Say in which way each column may hold images: as names, as bytes, or as a pair of both."""
    kinds: dict[str, str] = {}
    for field in schema:
        if _is_bytes(field.type):
            kinds[field.name] = BYTES
        elif pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            kinds[field.name] = PATH
        elif _is_image_struct(field.type):
            kinds[field.name] = STRUCT
    return kinds


def text_columns(schema: pa.Schema) -> list[str]:
    """Give the columns that may hold texts or classes."""
    return [field.name for field in schema if _may_be_text(field.type)]


def label_meanings(schema: pa.Schema) -> dict[str, Callable[[Any], Any]]:
    """Turn the numbers of classes into their names, where the file says them."""
    try:
        notes = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = notes["info"]["features"]
        names = {c: f["names"] for c, f in features.items() if f.get("_type") == "ClassLabel"}
        return {c: _Meaning([str(n) for n in listed]) for c, listed in names.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def null_count(file: pq.ParquetFile, leaf: str) -> int:
    """Count the rows without a value in a column, as far as the file says; 1 where it does not."""
    metadata = file.metadata
    paths = {file.schema.column(n).path: n for n in range(len(file.schema))}
    if leaf not in paths:
        return 0
    total = 0
    for group in range(metadata.num_row_groups):
        statistics = metadata.row_group(group).column(paths[leaf]).statistics
        if statistics is None or not statistics.has_null_count:
            return 1
        total += statistics.null_count
    return total


class _Meaning:
    def __init__(self, names: list[str]) -> None:
        self._names = names

    def __call__(self, value: object) -> object:
        is_known = isinstance(value, int) and 0 <= value < len(self._names)
        return self._names[value] if is_known and isinstance(value, int) else value


def _is_bytes(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _is_image_struct(kind: pa.DataType) -> bool:
    if not pa.types.is_struct(kind):
        return False
    fields: Mapping[str, pa.DataType] = {field.name: field.type for field in kind}
    return "bytes" in fields and _is_bytes(fields["bytes"])


def _may_be_text(kind: pa.DataType) -> bool:
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        kind = kind.value_type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)
