"""Scenes as JSON: in pictures, as favourites and on the clipboard. Does not import torch.

What is read is untrusted: its size is bounded, and every number is checked.
"""

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from engine.data.table_cells import MAX_NUMBER, Cell
from engine.data.table_fields import MAX_VALUE_LENGTH
from engine.errors import SceneInvalidError
from engine.fs.codec import DecodeError, Length, Range, Via, decode
from engine.sample.scene import (
    MAX_PARTS,
    Given,
    GivenCells,
    GivenPicture,
    GivenSound,
    Noise,
    NoiseSource,
    Scene,
    SeedNoise,
    StoredNoise,
)

FORMAT = 1
MAX_CHARACTERS = 4_000_000
"""Limit of a scene; most of it is a given picture or sound."""
MAX_TEXT = 100_000
MAX_COLUMNS = 64
MAX_OFFSETS = 64
MAX_OFFSET = 100.0
MAX_NUMBERS = 65_536
"""Numbers of a stored noise."""
MAX_ROWS = 1_024
MAX_SEED = 2**63 - 1
_TOLERANCE = 1e-3
"""Of the sum of the squared weights of a noise."""


def scene_to_table(scene: Scene) -> dict[str, Any]:
    """Convert a scene to plain values; what has its default is left out."""
    table: dict[str, Any] = {"noise": [_part_to_table(*part) for part in scene.noise.parts]}
    if scene.given:
        table["given"] = {name: _given_to_table(value) for name, value in scene.given.items()}
    if scene.truncation != 1:
        table["truncation"] = scene.truncation
    if scene.offsets:
        table["offsets"] = {str(number): offset for number, offset in scene.offsets.items()}
    if scene.towards is not None:
        table |= {"towards": scene_to_table(scene.towards), "place": scene.place}
    return table


def scene_to_json(scene: Scene) -> str:
    """Write a scene as one line."""
    return json.dumps({"format": FORMAT, **scene_to_table(scene)}, ensure_ascii=False)


def scene_from_json(text: str) -> Scene:
    """Read a scene from untrusted text.

    Raises:
        SceneInvalidError: it is damaged, too long or of a newer version.
    """
    if len(text) > MAX_CHARACTERS:
        raise SceneInvalidError(f"it has more than {MAX_CHARACTERS:,} characters")
    try:
        table: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SceneInvalidError("it is damaged") from error
    if not isinstance(table, dict):
        raise SceneInvalidError("it is damaged")
    if table.pop("format", None) != FORMAT:
        raise SceneInvalidError("another version of Diptych has written it")
    return scene_from_table(table)


def scene_from_table(table: Any) -> Scene:
    """Build a scene from untrusted plain values.

    Raises:
        SceneInvalidError: they are invalid; names the first problem.
    """
    try:
        return _scene(decode(_Table, table))
    except DecodeError as error:
        problem = error.problems[0]
        raise SceneInvalidError(f"its '{problem.field[:60]}' {problem.message[:120]}") from error
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise SceneInvalidError(f"it is damaged ({str(error)[:120]})") from error


# --------------------------------------------------------------------------
# The form that is stored.


def _given_to_table(value: Given) -> Any:
    match value:
        case str():
            return value
        case GivenPicture(png=content):
            return {"png": base64.b64encode(content).decode("ascii")}
        case GivenSound(samples=content):
            return {"samples": base64.b64encode(content).decode("ascii")}
        case GivenCells(cells=cells):
            return {"cells": dict(cells)}


def _given(table: Any) -> Given:
    match table:
        case str() if len(table) <= MAX_TEXT:
            return table
        case {"png": str() as content} if len(table) == 1:
            return GivenPicture(png=base64.b64decode(content, validate=True))
        case {"samples": str() as content} if len(table) == 1:
            return GivenSound(samples=base64.b64decode(content, validate=True))
        case {"cells": dict() as cells} if len(table) == 1 and len(cells) <= 1_000:
            return GivenCells(cells={name[:1_000]: _cell(cell) for name, cell in cells.items()})
        case _:
            raise ValueError("is no text, picture, sound or row")


def _cell(cell: Any) -> Cell:
    match cell:
        case None | bool():
            return cell
        case str() if len(cell) <= MAX_VALUE_LENGTH:
            return cell
        case int() | float() if -MAX_NUMBER <= cell <= MAX_NUMBER:
            return cell
        case _:
            raise ValueError("holds no cell")


def _end(table: Any) -> Scene:
    """Read the other end of a walk."""
    if not isinstance(table, dict) or "towards" in table:
        raise ValueError("is no end of a walk")
    return _scene(decode(_Table, table))


_NO_SEED = -1
_Weight = Annotated[float, Range(-1.001, 1.001)]


@dataclass(frozen=True, kw_only=True)
class _PartTable:
    weight: _Weight = 1.0
    seed: Annotated[int, Range(_NO_SEED, MAX_SEED)] = _NO_SEED
    row: Annotated[int, Range(0, MAX_ROWS - 1)] = 0
    rows: Annotated[int, Range(1, MAX_ROWS)] = 64
    values: Mapping[str, Annotated[tuple[float, ...], Length(MAX_NUMBERS)]] = field(
        default_factory=dict
    )


@dataclass(frozen=True, kw_only=True)
class _Table:
    noise: Annotated[tuple[_PartTable, ...], Length(MAX_PARTS)]
    given: Annotated[
        Mapping[str, Annotated[Given, Via(_given_to_table, _given)]],
        Length(MAX_COLUMNS),
    ] = field(default_factory=dict)
    truncation: Annotated[float, Range(1e-6, 1.0)] = 1.0
    offsets: Annotated[
        Mapping[str, Annotated[float, Range(-MAX_OFFSET, MAX_OFFSET)]], Length(MAX_OFFSETS)
    ] = field(default_factory=dict)
    towards: Annotated[Scene | None, Via(scene_to_table, _end)] = None
    place: Annotated[float, Range(0.0, 1.0)] = 0.0


def _scene(table: _Table) -> Scene:
    return Scene(
        noise=_noise(table.noise),
        given=dict(table.given),
        truncation=table.truncation,
        offsets={_direction(name): offset for name, offset in table.offsets.items()},
        towards=table.towards,
        place=table.place if table.towards is not None else 0.0,
    )


def _direction(name: str) -> int:
    if not (name.isascii() and name.isdigit() and len(name) <= 3):
        raise ValueError("an offset names no direction")
    return int(name)


def _noise(parts: tuple[_PartTable, ...]) -> Noise:
    total = sum(part.weight * part.weight for part in parts)
    if not abs(total - 1) <= _TOLERANCE:
        raise ValueError("the squared weights of its noise do not sum to 1")
    return Noise(parts=tuple((_source(part), part.weight) for part in parts))


def _source(part: _PartTable) -> NoiseSource:
    if part.seed != _NO_SEED and not part.values and part.row < part.rows:
        return SeedNoise(seed=part.seed, row=part.row, rows=part.rows)
    values = part.values
    if part.seed != _NO_SEED or not values or len(values) > MAX_COLUMNS:
        raise ValueError("a part of its noise has neither a seed nor values")
    if not all(math.isfinite(number) for numbers in values.values() for number in numbers):
        raise ValueError("its noise is not finite")
    return StoredNoise(values=tuple(values.items()))


def _part_to_table(source: NoiseSource, weight: float) -> dict[str, Any]:
    match source:
        case SeedNoise(seed=seed, row=row, rows=rows):
            table: dict[str, Any] = {"seed": seed, "row": row, "rows": rows}
        case StoredNoise(values=values):
            table = {"values": {name: list(numbers) for name, numbers in values}}
    return table if weight == 1 else {**table, "weight": weight}
