"""Damages files as chance and malice would, for fuzzing."""

import io
from collections.abc import Mapping

from hypothesis import strategies as st
from PIL import Image

_PIECES = [
    b"\0",
    b"\xff\xfe",
    b'"',
    b"\n",
    b"\r",
    b"{",
    b"[",
    b"]",
    b",",
    b"../",
    b"\xf0\x9f",
    b"9" * 30,
]


@st.composite
def mutated(draw: st.DrawFn, files: Mapping[str, bytes], only: str = "") -> dict[str, bytes]:
    """Give the files with some bytes changed, cut, doubled or put in; ``only`` names one to hit."""
    changed = dict(files)
    for _ in range(draw(st.integers(1, 4))):
        path = only or draw(st.sampled_from(sorted(changed)))
        content = changed[path]
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        size = draw(st.integers(0, 40))
        piece = draw(st.sampled_from(_PIECES) | st.binary(max_size=8))
        changed[path] = draw(
            st.sampled_from(
                [
                    content[:at] + piece + content[at:],
                    content[:at] + piece + content[at + len(piece) :],
                    content[:at] + content[at + size :],
                    content[:at],
                    content[: at + size] + content[at:],
                ]
            )
        )
    return changed


# Small pictures as file contents.


def picture(shade: int = 0, kind: str = "PNG", **options: object) -> bytes:
    """Give the content of an 8x8 picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 0, 0)).save(buffer, kind, **options)
    return buffer.getvalue()
