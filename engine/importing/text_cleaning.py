"""Takes out of a text what is none: control characters, halves of characters, hidden orders."""

import re
import unicodedata

_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")
_ODD_SPACES = re.compile(r"[\v\f\x1c-\x1f]")
# C0 but tab and new line; marks of byte order; orders to turn the writing around, which can
# make a shown text read otherwise than the stored one; halves of surrogate pairs; the characters
# that Unicode promises never to assign. Joiners stay: families of emoji and Persian need them.
_NOISE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufdd0-\ufdef\ufff9-\ufffb"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
    )
    + "]"
)


def clean_text(text: str) -> str:
    r"""Compose characters (NFC), end lines with ``\n`` and take noise out.

    For every text of a source, however it was read: JSON, for one, can hold NUL bytes and halves of
    surrogate pairs. The C1 control characters stay, since without them text that was read in the
    wrong encoding cannot be mended; ``text_plan.apply`` takes them out. Never raises.
    """
    if text.isascii() and text.isprintable():
        return text
    kept = _NOISE.sub("", _ODD_SPACES.sub(" ", _LINE_ENDS.sub("\n", text)))
    return unicodedata.normalize("NFC", kept)


def noise_share(text: str) -> float:
    """Give the share of characters that ``clean_text`` would take out."""
    return len(_NOISE.findall(text)) / len(text) if text else 0.0
