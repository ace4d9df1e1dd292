"""Escapes characters of untrusted texts that terminals and HTML pages would interpret."""

import html
import re

_CONTROLS = "\x00-\x1f\x7f-\x9f"
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Characters that reorder the text around them, so that it reads as something else."""
_UNPRINTABLE = re.compile(f"[{_CONTROLS}{_BIDI}\u2028\u2029\ud800-\udfff]")
_UNPRINTABLE_BUT_LAYOUT = re.compile(f"(?![\n\t]){_UNPRINTABLE.pattern}")


def printable(text: str, *, keeps_layout: bool = False) -> str:
    r"""Escape control and bidirectional characters, line separators and lone surrogates.

    The escapes, such as ``\u001b``, are those of JSON, so that escaped JSON remains valid.

    Args:
        text: may come from any file or file name.
        keeps_layout: whether to keep line feeds and tabs.
    """
    pattern = _UNPRINTABLE_BUT_LAYOUT if keeps_layout else _UNPRINTABLE
    return pattern.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def escape_html(text: str) -> str:
    """Escape a text for an HTML page or attribute, with what ``printable`` escapes."""
    return html.escape(printable(text, keeps_layout=True))
