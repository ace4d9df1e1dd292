"""Reads what a sample is conditioned on: texts, pictures, sounds and rows of tables from files.

Shapes: N given items, L tokens, C channels, H height, W width, D numbers of an encoded row.
"""

import csv
import io
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.data.audio_files import read_audio
from engine.data.audio_headers import AUDIO_SUFFIXES
from engine.data.facts import AudioFacts, ColumnFacts, ImageFacts, TableFacts, TextFacts
from engine.data.image_files import read_images
from engine.data.pixel_values import ValueRange
from engine.data.table_codec import TableLayout, check_cells, encode
from engine.data.waveform import prepare_waveform
from engine.errors import (
    ConfigError,
    EngineError,
    Problem,
    SoundsUnreadableError,
    TextsUnreadableError,
)
from engine.fs.untrusted import MalformedFileError, read_regular
from engine.nets.audio import AudioModality
from engine.sample.load import LoadedRun, encode_texts
from engine.sample.prompts import drawable, read_prompts
from engine.sample.request import MAX_BYTES

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One given column."""

    rows: Tensor
    """Stored rows, as the modality takes them: [N, ...]."""
    sources: tuple[str, ...] = ()
    """Names of the files that the rows were read from; empty if they are lines of one file."""
    texts: tuple[str, ...] = ()
    """Of a column of texts, the N texts as they were given."""
    problems: tuple[str, ...] = ()
    """One sentence for each line that is left out or cut."""
    is_given: npt.NDArray[np.bool_] | None = None
    """Of a table whose rows lack cells: which steps of its decoder are given, [S]; the others are
    to be filled in."""


def read_conditions(
    run: LoadedRun, given: Mapping[str, Path], *, at_least: int = 1
) -> dict[str, Condition]:
    """Read what is given of each column.

    Args:
        run: with the columns.
        given: by column, a file of texts (one a line) or of rows (CSV, JSON lines), a picture or a
            sound, or a folder of them.
        at_least: items that are needed.

    Raises:
        ConfigError: the run has no such column, or the columns give different numbers of items.
        TextsUnreadableError, ImagesUnreadableError, SoundsUnreadableError: a source cannot be read.
        UnknownWordsError: too few texts consist of words that the run knows.
        CellsInvalidError: a cell does not fit its field.
    """
    columns = run.model.columns
    unknown = [name for name in given if name not in columns]
    if unknown:
        known = f"is no column of the run; it has {', '.join(columns)}"
        raise ConfigError([Problem(f"given.{name}", known) for name in unknown])
    found = {
        name: _read(run, name, columns[name], path, at_least=at_least, is_alone=len(given) == 1)
        for name, path in given.items()
    }
    counts = {name: len(condition.rows) for name, condition in found.items()}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise ConfigError([Problem("given", f"must give as many of each column, not {listed}")])
    return found


def _read(
    run: LoadedRun,
    name: str,
    facts: ColumnFacts,
    path: Path,
    *,
    at_least: int,
    is_alone: bool,
) -> Condition:
    match facts:
        case TextFacts():
            return _read_texts(facts, path, at_least=at_least, is_alone=is_alone)
        case ImageFacts():
            return _read_pictures(run, facts, path)
        case AudioFacts():
            return _read_sounds(run, name, facts, path)
        case TableFacts():
            return _read_rows(facts, path)
        case _:
            assert_never(facts)


def _read_texts(facts: TextFacts, path: Path, *, at_least: int, is_alone: bool) -> Condition:
    """Encode texts; lines with unknown words are left out if no other column is given."""
    prompts = read_prompts(path, facts, at_least=at_least)
    kept = drawable(prompts, at_least=at_least if is_alone else len(prompts))
    return Condition(
        rows=encode_texts([prompt.text for prompt in kept], facts),
        texts=tuple(prompt.text for prompt in kept),
        problems=tuple(filter(None, (prompt.sentence() for prompt in prompts))),
    )


def _read_pictures(run: LoadedRun, facts: ImageFacts, path: Path) -> Condition:
    names, images, skipped = read_images(
        path,
        facts.aspect.scaled(run.config.networks.image_size),
        facts.channels,
        value_range=ValueRange(*facts.value_range) if facts.value_range else None,
        band=facts.band,
    )
    for file, reason in skipped:
        log.info("Skipped %s: %s", file, reason)
    rows = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
    return Condition(rows=rows, sources=tuple(names))


def _read_sounds(run: LoadedRun, name: str, facts: AudioFacts, path: Path) -> Condition:
    modality = run.modality(name)
    if not isinstance(modality, AudioModality):
        raise TypeError(f"column '{name}' holds no sounds")
    if not path.exists():
        raise SoundsUnreadableError(path, "it is not there")
    waves: list[npt.NDArray[np.int16]] = []
    names: list[str] = []
    reasons: list[str] = []
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        if file.suffix.lower() not in AUDIO_SUFFIXES or file.name.startswith("."):
            continue
        try:
            decoded = read_audio(file)
        except EngineError as error:
            log.info("Skipped %s: %s", file, error)
            reasons.append(str(error))
            continue
        seconds = facts.samples / facts.rate
        waves.append(
            prepare_waveform(decoded.samples, decoded.rate, target_rate=facts.rate, seconds=seconds)
        )
        names.append(file.name)
    if not waves:
        nothing = f"it holds no file that ends in {', '.join(AUDIO_SUFFIXES)}"
        raise SoundsUnreadableError(path, reasons[0] if reasons else nothing)
    rows = modality.encode_waves(torch.from_numpy(np.stack(waves)))
    return Condition(rows=rows, sources=tuple(names))


def _read_rows(facts: TableFacts, path: Path) -> Condition:
    """Encode rows; all lack the same cells, which are to be filled in.

    Raises:
        TextsUnreadableError: the file is no table, or its rows lack different cells.
        CellsInvalidError: a cell does not fit its field.
    """
    table = _parse_rows(path)
    for row in table:
        check_cells(facts.fields, row)
    names = [field.name for field in facts.fields]
    named = {frozenset(row) for row in table}
    if len(named) != 1:
        raise TextsUnreadableError(path, "its rows give different fields")
    cells = {name: [row.get(name) for row in table] for name in names}
    rows = torch.from_numpy(encode(facts.fields, cells))
    (present,) = named
    if present >= set(names):
        return Condition(rows=rows)
    steps = TableLayout(facts.fields).steps
    return Condition(rows=rows, is_given=np.array([step in present for step in steps]))


def _parse_rows(path: Path) -> Sequence[Mapping[str, Any]]:
    try:
        text = read_regular(path.resolve(), MAX_BYTES).decode("utf-8-sig")
        if path.suffix.lower() in {".jsonl", ".json"}:
            rows = [json.loads(line) for line in text.splitlines() if line.strip()]
        else:
            first = text.partition("\n")[0]
            delimiter = max(",;\t", key=first.count)
            rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    except MalformedFileError as error:
        raise TextsUnreadableError(path, str(error)) from error
    except UnicodeDecodeError as error:
        raise TextsUnreadableError(path, "it is not UTF-8 text") from error
    except OSError as error:
        raise TextsUnreadableError(path, error.strerror or str(error)) from error
    except (ValueError, csv.Error, RecursionError) as error:
        raise TextsUnreadableError(path, f"it is no table ({str(error)[:100]})") from error
    if not rows or not all(isinstance(row, dict) and None not in row for row in rows):
        raise TextsUnreadableError(path, "it holds no rows with named fields")
    return rows
