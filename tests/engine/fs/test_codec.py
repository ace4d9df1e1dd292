"""The codec of dataclasses: round trips, and errors that name the field."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest

from engine.fs.codec import (
    MISSING,
    UNKNOWN,
    DecodeError,
    Length,
    Range,
    Via,
    decode,
    encode,
    from_json,
    to_json,
)
from engine.fs.untrusted import MalformedFileError


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, kw_only=True)
class Inner:
    count: Annotated[int, Range(0, 9)]
    name: Annotated[str, Length(3)] = ""


@dataclass(frozen=True, kw_only=True)
class Outer:
    inner: Inner
    is_on: bool = False
    rate: float = 0.5
    colour: Colour = Colour.RED
    path: Path = Path("a/b")
    raw: bytes = b"\x00"
    limit: float | None = None
    items: tuple[Inner, ...] = ()
    tags: frozenset[str] = frozenset()
    losses: Mapping[str, float] = field(default_factory=dict)
    anything: Any = None
    digest: Annotated[bytes, Via(bytes.hex, bytes.fromhex)] = b""


FULL = Outer(
    inner=Inner(count=1, name="abc"),
    is_on=True,
    rate=1.0,
    limit=2.5,
    items=(Inner(count=2), Inner(count=3)),
    tags=frozenset({"b", "a"}),
    losses={"kid": 0.5},
    anything=[{"a": 1}],
    digest=b"\xff",
)


@pytest.mark.parametrize("value", [FULL, Outer(inner=Inner(count=0))])
def test_that_a_dataclass_reads_as_written(value):
    assert decode(Outer, json.loads(json.dumps(encode(value)))) == value
    assert from_json(Outer, to_json(value, version=3), "x.json", version=3) == value


def test_that_sets_are_sorted_and_conversions_are_used():
    table = encode(FULL)
    assert (table["tags"], table["digest"], table["path"]) == (["a", "b"], "ff", "a/b")


def test_that_all_problems_are_named_at_once():
    table = {"inner": {"count": 10, "nam": ""}, "is_on": 1, "rate": True, "colour": "blue", "x": 0}
    with pytest.raises(DecodeError) as caught:
        decode(Outer, table)
    found = {problem.field: problem.message for problem in caught.value.problems}
    assert found.keys() == {"x", "inner.nam", "inner.count", "is_on", "rate", "colour"}
    assert found["x"] == found["inner.nam"] == UNKNOWN
    assert found["inner.count"] == "must be a whole number from 0 to 9"
    assert found["is_on"] == "must be true or false, not int"


def test_that_missing_fields_without_a_default_are_refused():
    with pytest.raises(DecodeError) as caught:
        decode(Outer, {})
    assert [(p.field, p.message) for p in caught.value.problems] == [("inner", MISSING)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("count", True),
        ("count", 1.0),
        ("count", "1"),
        ("count", None),
        ("name", "abcd"),
        ("name", 5),
    ],
)
def test_that_a_wrong_type_or_size_is_refused(name, value):
    with pytest.raises(DecodeError, match=name):
        decode(Inner, {"count": 1, name: value})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, "1"])
def test_that_a_number_out_of_range_is_refused(value):
    with pytest.raises((ValueError, OverflowError)):
        decode(Annotated[float, Range(0, 1)], value)  # pyright: ignore[reportArgumentType]


def test_that_unknown_names_may_be_ignored_and_readers_replaced():
    readers = {str: lambda value: value.upper()}
    table = {"count": 1, "name": "abc", "more": 1}
    found = decode(Inner, table, readers=readers, allows_unknown=True)
    assert found == Inner(count=1, name="ABC")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[]", "not a JSON object"),
        (b"{", "not JSON"),
        (b'{"format": 2, "count": 1}', "a newer version of Diptych"),
        (b'{"count": 1}', "its format is not 1"),
        (b'{"format": 1}', "it lacks 'count'"),
        (b'{"format": 1, "count": -1}', "no usable 'count' .count must be a whole number from"),
        (b'{"format": 1, "count": 1, "x": 1}', "holds 'x', which is none of its fields"),
    ],
)
def test_that_a_malformed_file_is_refused_with_a_reason(content, reason):
    with pytest.raises(MalformedFileError, match=reason):
        from_json(Inner, content, "inner.json", version=1)
