"""Datasets of formats 3 and 4, which are read only: images.npy and pairs.jsonl.

Each line of pairs.jsonl is a JSON object with ``text``, ``split`` and optional members: a record of
a dataset whose columns are ``image`` and ``text``. It is converted to Arrow in memory.

This module loads Arrow; import it on use.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.data.column_info import MAX_ITEM_BYTES
from engine.data.item_encoding import RecordEncoder, Row, schema_of, table_of_rows
from engine.data.item_file import BATCH_ITEMS
from engine.data.manifest import (
    RECORDS,
    TRAIN,
    VALIDATION,
    Manifest,
    Record,
    has_image,
    open_items,
)
from engine.fs.untrusted import MalformedFileError, read_table


def read_pair_batches(folder: Path, manifest: Manifest) -> Iterator[pa.RecordBatch]:
    """Read pairs.jsonl as batches of Arrow.

    Raises:
        MalformedFileError: it is damaged, or does not fit the manifest.
        OSError: it cannot be read.
    """
    encoder, schema = RecordEncoder(manifest.columns), schema_of(manifest.columns)
    rows: list[Row] = []
    items = 0
    for items, record in enumerate(_read_records(folder, manifest), 1):
        try:
            row, _present = encoder.encode(record)
        except ValueError as error:
            raise MalformedFileError(f"item {items:,} in {RECORDS} {error}") from error
        rows.append(row)
        if len(rows) == BATCH_ITEMS:
            yield table_of_rows(rows, schema)
            rows = []
    if items != manifest.items:
        raise MalformedFileError(f"{RECORDS} has {items:,} lines, not {manifest.items:,}")
    if rows:
        yield table_of_rows(rows, schema)


def _read_records(folder: Path, manifest: Manifest) -> Iterator[Record]:
    """Read the lines of pairs.jsonl.

    Raises:
        MalformedFileError: a line is too long or no record, or there are too many.
        OSError: it cannot be read.
    """
    with open_items(folder, manifest) as plain, io.BufferedReader(plain, 1 << 16) as file:
        lines = iter(lambda: file.readline(MAX_ITEM_BYTES + 1), b"")
        for number, line in enumerate(lines, 1):
            if len(line) > MAX_ITEM_BYTES:
                raise MalformedFileError(f"line {number:,} of {RECORDS} is too long")
            if number > manifest.items:
                raise MalformedFileError(f"{RECORDS} has more than {manifest.items:,} lines")
            record = read_table(line, f"a line of {RECORDS}")
            if not _is_record(record):
                raise MalformedFileError(
                    f"line {number:,} of {RECORDS} lacks its text, its image or its split, or is "
                    "malformed"
                )
            yield record


def _is_record(record: Record) -> bool:
    texts = record.get("texts", [])
    return (
        isinstance(record.get("text", 0), str | None)
        and (record["text"] is not None or (has_image(record) and not texts))
        and record.get("split") in (TRAIN, VALIDATION)
        and isinstance(record.get("image", True), bool)
        and _is_texts(texts)
        and _is_texts(record.get("tags", []))
        and isinstance(record.get("key", ""), str)
    )


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)
