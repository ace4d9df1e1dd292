import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.importing.formats.json_stream import JsonBrokenError, JsonStream
from tests.helpers.sources import fuzzed

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def chunked(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


@fuzzed
@given(st.lists(VALUES, max_size=6), st.integers(1, 9), st.booleans())
def test_that_a_list_is_read_the_same_wherever_it_is_cut(values, size, is_ascii):
    text = json.dumps(values, ensure_ascii=is_ascii).encode("utf-8", "replace").decode()
    found = list(JsonStream(iter(chunked(text, size))).items())
    assert [item.value for item in found] == json.loads(text)
    content = text.encode()
    for item in found:
        raw = item.raw.encode()
        assert content[item.offset : item.offset + len(raw)] == raw


def test_that_members_are_given_in_order_and_can_be_skipped():
    stream = JsonStream(iter(chunked('{"a": [1, [2]], "b": {"c": 1}, "d": 123}', 3)))
    values = {}
    for key in stream.members():
        if key == "d":
            values[key] = stream.value().value
        else:
            stream.skip()
    assert values == {"d": 123}


@pytest.mark.parametrize("text", ["[1, 2", "[1 2]", "[1,]", "[", "", "[" * 50_000, '["x'])
def test_that_a_break_is_told(text):
    with pytest.raises(JsonBrokenError, match="breaks off"):
        list(JsonStream(iter([text])).items())


def test_that_a_value_beyond_the_bound_is_refused_without_reading_on(monkeypatch):
    read = 0

    def endless():
        nonlocal read
        yield '["'
        while True:
            read += 1
            yield "x" * 1_000

    limits = type("Small", (), {"row_bytes": 50_000})
    monkeypatch.setattr("engine.importing.formats.json_stream.LIMITS", limits)
    with pytest.raises(JsonBrokenError, match="too large"):
        list(JsonStream(endless()).items())
    assert read < 200
