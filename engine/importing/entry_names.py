"""What the names of a source may be: safe or not, hidden or not, and readable to people.

Names come from archives that anybody may have made, in whatever encoding their system used.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

HIDDEN_FILES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"})
HIDDEN_FOLDERS = frozenset(
    {"__macosx", "$recycle.bin", "system volume information", "@eadir", "lost+found"}
)
_DRIVE = re.compile(r"[A-Za-z]:")
_SAMPLES = 2_000
"""Names that are looked at to find an archive's encoding."""
_PLAUSIBLE = 0.6
"""Share of letters that must be everyday ones before an encoding is believed."""


def clean_path(name: str) -> str | None:
    """Write a member's name as the tree does: relative, forward slashes; None if it is unsafe.

    A ``./`` in front is what ``tar`` writes of its own accord, and backslashes are what some
    Windows programs put into ZIP files: both are meant well.
    """
    slashed = name.replace("\\", "/")
    if slashed.startswith("/") or "\0" in slashed or _DRIVE.match(slashed):
        return None
    parts = [part for part in slashed.split("/") if part not in {"", "."}]
    if not parts or ".." in parts:
        return None
    return "/".join(parts)


def is_safe(path: str) -> bool:
    """Whether a path is written as a tree writes it, and so cannot lead out of the source."""
    return clean_path(path) == path


def is_hidden(path: str) -> bool:
    """Whether a path names the system's own file, or lies in the system's own folder."""
    *folders, name = path.split("/")
    return (
        name.startswith(".")
        or name.lower() in HIDDEN_FILES
        or any(is_hidden_folder(folder) for folder in folders)
    )


def is_hidden_folder(name: str) -> bool:
    """Whether a folder of this name is the system's own, with all that it holds."""
    return name.startswith(".") or name.lower() in HIDDEN_FOLDERS


def printable(name: str) -> str:
    """Write a name so that it can be printed and saved: bytes that are no text as ``%E9``."""
    if name.isascii() and "\0" not in name:
        return name
    return "".join(_printable(letter) for letter in name)


def decode_name(raw: bytes, encoding: str) -> str:
    """Decode a member's name; what the encoding cannot say becomes ``%E9``."""
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return printable(raw.decode("utf-8", "surrogateescape"))


def guess_name_encoding(names: Iterable[bytes], fallback: str) -> str:
    """Find the encoding in which an archive's names make sense; they all share one.

    UTF-8 is hardly ever right by chance. The others are: so their letters must be everyday ones.
    """
    samples = list(islice((name for name in names if not name.isascii()), _SAMPLES))
    if not samples or _decode_all(samples, "utf-8") is not None:
        return "utf-8"
    scores = {legacy.encoding: legacy.score(samples) for legacy in _LEGACY}
    best = max(scores, key=scores.__getitem__)
    return best if scores[best] >= _PLAUSIBLE else fallback


@dataclass(frozen=True, slots=True)
class _Legacy:
    """An encoding of two bytes a letter, whose everyday letters stand together in front."""

    encoding: str
    first_lead: int
    last_lead: int
    first_trail: int
    extra: str = ""
    """A class of further everyday letters, for a regular expression."""

    def score(self, samples: Sequence[bytes]) -> float:
        text = _decode_all(samples, self.encoding)
        if text is None:
            return 0.0
        letters = [letter for letter in text if not letter.isascii()]
        return sum(self._is_everyday(letter) for letter in letters) / max(len(letters), 1)

    def _is_everyday(self, letter: str) -> bool:
        if self.extra and re.match(self.extra, letter):
            return True
        code = letter.encode(self.encoding)
        return (
            len(code) == 2
            and self.first_lead <= code[0] <= self.last_lead
            and code[1] >= self.first_trail
        )


_LEGACY = (
    _Legacy("gbk", 0xB0, 0xD7, 0xA1),  # level 1 of GB 2312: by sound, the 3,755 commonest
    _Legacy("cp932", 0x88, 0x97, 0x40, "[\u3041-\u30fe]"),  # level 1 of JIS X 0208, and kana
    _Legacy("big5", 0xA4, 0xC6, 0x40),  # level 1 of Big5: 5,401 by strokes
)


def _decode_all(samples: Sequence[bytes], encoding: str) -> str | None:
    try:
        return "\n".join(raw.decode(encoding) for raw in samples)
    except UnicodeDecodeError:
        return None


def _printable(letter: str) -> str:
    code = ord(letter)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that Python could not decode (PEP 383)
        return f"%{code - 0xDC00:02X}"
    if 0xD800 <= code <= 0xDFFF:  # half a letter, as Windows allows in names
        return f"%u{code:04X}"
    return "%00" if code == 0 else letter
