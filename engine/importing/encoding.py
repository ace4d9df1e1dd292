"""Detects the encoding of texts, decodes and cleans them, and repairs mojibake.

Detection tries in order: a byte order mark; UTF-16 and UTF-32 by their zero bytes; UTF-8, which
text in other encodings hardly ever passes for; and chardet, whose ratings are weighed with
how common encodings are. That matters for single captions, which are ambiguous, and less for pools
of them: callers pass the captions of a folder to ``detect_encoding``, and its result to
``decode_text``. A file that would be odd text in the encoding of the others is detected by itself.

``clean_text`` removes control characters, unpaired surrogates and invisible formatting characters.

Mojibake such as ``cafÃ©`` is UTF-8 decoded as Western European; ftfy repairs that (Speer 2019,
"ftfy", Zenodo, doi:10.5281/zenodo.2591652). UTF-8 decoded as GBK is repaired here.
"""

import codecs
import functools
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import chardet
import ftfy

from engine.errors import EntryError
from engine.importing.ledger import Reason

_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")
_ODD_SPACES = re.compile(r"[\v\f\x1c-\x1f]")
# C0 control characters except tab and newline, byte order marks, bidirectional overrides, unpaired
# surrogates and noncharacters. Joiners stay: emoji families and Persian need them.
_NOISE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufdd0-\ufdef\ufff9-\ufffb"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
    )
    + "]"
)


def clean_text(text: str) -> str:
    r"""Compose characters (NFC), end lines with ``\n`` and remove noise. Never raises.

    C1 control characters stay, because mojibake could not be repaired without them;
    ``captions.apply`` removes them.
    """
    if text.isascii() and text.isprintable():
        return text
    kept = _NOISE.sub("", _ODD_SPACES.sub(" ", _LINE_ENDS.sub("\n", text)))
    return unicodedata.normalize("NFC", kept)


def noise_share(text: str) -> float:
    """Return the share of characters that ``clean_text`` would remove."""
    return len(_NOISE.findall(text)) / len(text) if text else 0.0


ENCODINGS: Mapping[str, str] = {
    "utf-8": "Unicode (UTF-8)",
    "utf-16": "Unicode (UTF-16)",
    "utf-16-le": "Unicode (UTF-16, little-endian)",
    "utf-16-be": "Unicode (UTF-16, big-endian)",
    "gb18030": "Chinese, simplified (GBK, GB18030)",
    "big5hkscs": "Chinese, traditional (Big5)",
    "cp932": "Japanese (Shift-JIS)",
    "euc_jp": "Japanese (EUC-JP)",
    "cp949": "Korean (EUC-KR)",
    "cp1252": "Western European (Windows-1252)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "koi8_r": "Cyrillic (KOI8-R)",
    "cp1253": "Greek (Windows-1253)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp874": "Thai (Windows-874)",
}
"""What a user may choose from, with names for people; ``decode_text`` takes any other codec too."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # UTF-32's little-endian mark begins with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_POOL_BYTES = 65_536
_ESCAPE = b"\x1b$"
"""The start of Japanese in ISO 2022."""
_MAX_NOISE = 0.05
_NO_ENCODINGS = ("idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7")
_LONG = 1_024
_PRIORS: Mapping[str, float] = {
    "gb18030": 0.3,
    "big5hkscs": 0.12,
    "cp932": 0.12,
    "euc_jis_2004": 0.01,
    "cp949": 0.05,
    "cp1252": 0.3,
    "cp1250": 0.02,
    "iso8859-2": 0.02,
    "cp1251": 0.04,
    "koi8-r": 0.004,
    "koi8-u": 0.0035,
    "cp866": 0.004,
    "cp1253": 0.004,
    "cp1254": 0.003,
    "cp1255": 0.003,
    "cp1256": 0.003,
    "iso8859-6": 0.00005,
    "cp1257": 0.002,
    "cp874": 0.003,
}
"""How often sources are in each encoding, relative to the others; names as in chardet."""
_OTHER_PRIOR = 1e-4
"""That of every other encoding that chardet knows."""
# By ``packaging/bench_encoding.py``: at 0.15 and at 0.1, fewer single captions are read right. It
# fades with the number of captions, because from ten on chardet is right without it.
_PRIOR_WEIGHT = 0.12
_NAMES = {"euc_jis_2004": "euc_jp", "koi8-r": "koi8_r"}
"""Python's usual names, where chardet prefers others."""
_UNICODE = ("utf-8", "utf-8-sig", "utf-7", *_WIDE, "utf-16", "utf-32")
"""Tried before chardet, which would give nothing else for bytes that are valid in one of them."""
_LATIN = re.compile(
    r"cp(125[02478]|437|85[0278]|86[0135]|775)|iso8859-([1-4]|9|1[03-6])|mac-(roman|latin2|turkish|"
    r"iceland)|hp-roman8"
)
"""Encodings of accented letters. In all others but those of several bytes, letters that are not
ASCII are of another alphabet."""
_SEVERAL_BYTES = re.compile(r"gb|big5|cp9(32|49|50)|euc|shift|johab|hz|iso2022|utf")
_MIXED_WORD = re.compile(
    r"[A-Za-z][^\W\d_A-Za-z]|[^\W\d_A-Za-z][A-Za-z]"
    r"|[\u03b1-\u03c9\u0430-\u045f\u0491][\u0391-\u03a9\u0400-\u042f\u0490]"
)
"""Letters of two alphabets in one word, or a Greek or Cyrillic capital behind a small letter."""
_CONTROLS = re.compile(r"[\x80-\x9f]")
_FRAME_IN_WORD = re.compile(r"[a-z\u0430-\u045f][\u2552-\u256c]|[\u2552-\u256c][a-z\u0430-\u045f]")
"""A corner or a crossing of a table's frame beside a letter: KOI8-U has Ukrainian letters where
KOI8-R has frames."""
_TWO_LANGUAGES = re.compile(
    "[\u0105\u0119]\\w*[\u0159\u011b\u016f\xe1\xed\xfd]|[\u0159\u011b\u016f\xe1\xed\xfd]\\w*[\u0105\u0119]"
    "|\u013e.*[\u0159\u011b\u016f]|[\u0159\u011b\u016f].*\u013e",
    re.IGNORECASE,
)
"""Letters of Polish and of Czech in one word, or of Slovak and of Czech on one line: Windows-1250
has a with ogonek and l with caron where ISO 8859-2 has s and z with caron."""
_PRIVATE = re.compile(r"[\ue000-\uf8ff]")
_ICELANDIC = re.compile(r"[\xd0\xde\xf0\xfe]")
"""Eth and thorn, which Turkish encodings replace by g with breve and s with cedilla."""
_TURKISH = re.compile(r"[\xc7\xdc\xe7\xfc]|\xfe(?![aeijoruvy\xe1\xe6\xe9\xed\xf3\xf6\xfa\xfd])")
"""Letters that Icelandic lacks, and a thorn where it has none: before a consonant or at the end."""
_ICELANDIC_FACTOR = 0.6
"""What a confidence counts where these letters are: Turkish is far more common."""
_ACCENTED = re.compile(r"[\u00c0-\u024f]{3}")
"""Three accented letters in a row, which Latin alphabets hardly ever have."""
_ACCENTS = re.compile(r"[\u00a1-\u024f\u0300-\u036f\u1e00-\u1eff]")
"""Latin letters with accents, which do mix with ASCII letters."""
_GROUP_LINES, _MIN_GROUPS, _MAX_GROUPS = 3, 8, 60
"""Lines that are rated together, unless there are too few or too many of them."""
_JOINT_LINES = 20
_FLOOR = 0.3
"""Lowest confidence that counts in a group, relative to that of the best encoding."""
_MIN_CONFIDENCE = 1e-5
"""Below it chardet has found no text; random bytes in no encoding reach more than 0.02."""
_LEAD = math.log(2.0)
"""Lead over the encoding of the other files that a file's own encoding must have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DecodedText:
    """Text, and how it was read."""

    text: str
    """After ``clean_text``."""
    encoding: str
    """A name that ``bytes.decode`` knows."""
    confidence: float
    """0 to 1; below 0.5 the result should be checked by eye."""


def decode_text(content: bytes, encoding: str = "") -> DecodedText:
    """Read bytes as text.

    A byte order mark decides first; no text in ASCII has one. Then the given encoding is used,
    unless the bytes are invalid in it, clearly UTF-8, or odd text in it and much likelier in
    another, because a source may mix encodings.

    Args:
        content: a whole file or field.
        encoding: of the source; empty detects it from these bytes.

    Raises:
        EntryError: with ``Reason.BAD_ENCODING``: it is no text.
    """
    if content.isascii() and 0 not in content and _ESCAPE not in content:
        return _finished(content.decode("ascii"), encoding or "utf-8", 1.0)
    if marked := _marked_encoding(content):
        return _finished(_decode(content, marked), marked, 1.0)
    stated = _decode(content, encoding) if encoding else None
    unicode = None if 0 in content else _decode(content, "utf-8")
    if stated is not None and (unicode is None or not _is_surely_utf8(unicode)):
        is_odd = _is_odd(stated) and not encoding.lower().startswith("utf")
        own = _own_encoding(content, stated, encoding) if is_odd else encoding
        return _finished(_decode(content, own), own, 1.0)
    if unicode is not None and _is_surely_utf8(unicode, least=1):
        return _finished(unicode, "utf-8", 1.0)
    name, confidence = _detect((content,))
    return _finished(_decode(content, name), name, confidence)


def detect_encoding(samples: Sequence[bytes]) -> str:
    """Find the one encoding of a source's texts.

    Args:
        samples: some of its texts, those of one folder at best, or the start of a table; a
            character cut in two at the end of a sample does no harm. A few hundred texts are
            plenty: 64 KiB are looked at.

    Returns:
        A codec's name that ``open`` and ``decode_text`` take; ``utf-8`` where nothing speaks
        against it, so also for no samples at all.
    """
    marked = [_marked_encoding(sample) for sample in samples]
    # Marked texts are read by their marks in any case; what is found here is for the others.
    others = [sample for sample, name in zip(samples, marked, strict=True) if not name]
    pool = _pool(others)
    if not pool and any(marked):
        return next(name for name in marked if name)
    return _detect(pool)[0]


def _marked_encoding(content: bytes) -> str:
    """Return the encoding of the byte order mark; empty without one."""
    return next((name for mark, name in _MARKS if content.startswith(mark)), "")


def _finished(text: str | None, encoding: str, confidence: float) -> DecodedText:
    if text is None:
        raise EntryError("", Reason.BAD_ENCODING, f"it is no text in {encoding or 'any encoding'}")
    if confidence <= 0.0:
        raise EntryError("", Reason.BAD_ENCODING, "it makes no sense in any encoding")
    if noise_share(text) > _MAX_NOISE:
        raise EntryError("", Reason.BAD_ENCODING, "it holds control characters, not text")
    return DecodedText(text=clean_text(text), encoding=encoding, confidence=confidence)


def _decode(content: bytes, encoding: str, *, final: bool = True) -> str | None:
    """Decode strictly; None if that cannot be done."""
    if not _is_text_encoding(encoding):
        return None
    try:
        if final:
            return content.decode(encoding)
        return codecs.getincrementaldecoder(encoding)("strict").decode(content)
    except (UnicodeError, ValueError):
        return None


@functools.lru_cache(maxsize=256)
def _is_text_encoding(encoding: str) -> bool:
    """Whether an untrusted name is that of a codec for text files, not for binary data."""
    try:
        codecs.getincrementaldecoder(encoding)
        name = codecs.lookup(encoding).name
        b"a".decode(encoding)
    except UnicodeError:
        # A single byte is too little for UTF-16.
        return encoding.lower().startswith("utf")
    except (LookupError, ValueError):
        return False
    return name.replace("_", "-") not in _NO_ENCODINGS


def _is_surely_utf8(text: str, least: int = 4) -> bool:
    """Whether bytes that are valid UTF-8 are UTF-8.

    In other encodings a few pairs of bytes are valid by chance, as letters of different scripts.
    """
    foreign = [character for character in text if character >= "\x80"]
    scripts = {unicodedata.name(c, "").partition(" ")[0] for c in foreign if c.isalpha()}
    is_one_script = len(foreign) >= least and len(scripts) <= 1
    return len(foreign) > 8 or is_one_script or any(c >= "\u0800" for c in foreign)


def _pool(samples: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the unique samples that are not ASCII, up to 64 KiB."""
    pool: dict[bytes, None] = {}
    room = _POOL_BYTES
    for sample in samples:
        if room <= 0:
            break
        part = sample[:room]
        if not part.isascii() or 0 in part or _ESCAPE in part:
            pool[part] = None
            room -= len(part)
    return tuple(pool)


def _detect(pool: Sequence[bytes]) -> tuple[str, float]:
    """Detect the encoding of texts without byte order marks; return it with its confidence."""
    if wide := _wide_encoding(pool):
        return wide, 0.95
    lines: list[bytes] = []
    for sample in pool:
        parts = sample.split(b"\n")
        # The last line of a long sample may be cut in two.
        is_cut = len(parts) > 1 and len(sample) >= _LONG
        lines += [line for line in (parts[:-1] if is_cut else parts) if not line.isascii()]
    if not lines:
        japanese = any(_ESCAPE in sample for sample in pool)
        return ("iso2022_jp", 0.9) if japanese else ("utf-8", 1.0)
    texts = ((line, _decode_line(line, "utf-8")) for line in lines)
    unicode = [line for line, text in texts if text and _is_surely_utf8(text, least=1)]
    if 2 * sum(map(len, unicode)) > sum(map(len, lines)):
        return "utf-8", 1.0
    return _likeliest(lines)


def _decode_line(line: bytes, encoding: str) -> str | None:
    return _decode(line, encoding, final=len(line) < _LONG)


def _wide_encoding(pool: Sequence[bytes]) -> str:
    """Detect UTF-16 and UTF-32 without a mark by their zero bytes; empty for others."""
    zeros = sum(sample.count(0) for sample in pool)
    if not zeros:
        return ""
    found: dict[str, int] = {}
    for name in _WIDE:
        texts = [_decode(sample, name, final=len(sample) < _LONG) for sample in pool]
        whole = "".join(text for text in texts if text is not None)
        if None not in texts and noise_share(whole) < _MAX_NOISE and "\0" not in whole:
            # A zero is far more often the high byte of a Latin character than another's low byte.
            found[name] = sum(character < "\u0100" for character in whole)
    return max(found, key=found.__getitem__, default="")


def _likeliest(lines: Sequence[bytes]) -> tuple[str, float]:
    """Return the likeliest encoding and the confidence in it; 0 if the lines are no text."""
    scores, best = _scores(lines)
    first, second = sorted(scores, key=lambda name: (-scores[name], name))[:2]
    if best < _MIN_CONFIDENCE:
        return first, 0.0
    lead = scores[first] - scores[second]
    return _NAMES.get(first, first), 1.0 / (1.0 + math.exp(-min(lead, 50.0)))


def _scores(lines: Sequence[bytes]) -> tuple[dict[str, float], float]:
    """Rate encodings with chardet, which is most precise for many lines of one encoding.

    So lines are rated in small groups first, where a stray one of another encoding spoils only its
    own, and then those that are no strays in larger ones.

    Returns:
        A logarithmic score for each encoding, and the highest confidence of any.
    """
    weight = _PRIOR_WEIGHT / math.sqrt(len(lines))
    small = max(min(_GROUP_LINES, math.ceil(len(lines) / _MIN_GROUPS)), len(lines) // _MAX_GROUPS)
    groups = _rate_groups(lines, small)
    if len(groups) > 1:
        scores = _weigh(groups, weight)
        first = max(sorted(scores), key=scores.__getitem__)
        usual = [line for line in lines if not _is_stray(line, first)] or lines
        groups = _rate_groups(usual, max(_JOINT_LINES, len(usual) // _MAX_GROUPS))
    return _weigh(groups, weight), max(max(one.values(), default=0.0) for one in groups)


def _rate_groups(lines: Sequence[bytes], size: int) -> list[dict[str, float]]:
    return [_ratings(b"\n".join(lines[at : at + size])) for at in range(0, len(lines), size)]


def _weigh(groups: Sequence[Mapping[str, float]], weight: float) -> dict[str, float]:
    """Return the logarithmic score of each encoding from its confidences and its prior."""
    best = [max(ratings.values(), default=0.0) for ratings in groups]
    # What is impossible in one group may yet be right in all others.
    floors = [max(1e-6, _FLOOR * one if len(groups) > 1 else 0.0) for one in best]
    return {
        name: weight * math.log(_PRIORS.get(name, _OTHER_PRIOR))
        + sum(
            math.log(max(ratings.get(name, 0.0), floor))
            for ratings, floor in zip(groups, floors, strict=True)
        )
        for name in _PRIORS.keys() | {name for ratings in groups for name in ratings}
    }


def _is_stray(line: bytes, encoding: str) -> bool:
    text = _decode_line(line, encoding)
    return text is None or _is_odd(text)


def _ratings(content: bytes) -> dict[str, float]:
    """Return the confidence of each encoding; 0 where the text would be none.

    No text has control characters from 0x80 to 0x9F, which is where Windows has letters and ISO
    8859 has none, or characters for private use; no word mixes alphabets, letters of
    two languages or parts of a frame with letters.
    """
    found = chardet.detect_all(
        content, ignore_threshold=True, compat_names=False, exclude_encodings=_UNICODE
    )
    # The encoding of content that is no text is None.
    ratings = {one["encoding"]: one["confidence"] for one in found if one["encoding"]}
    for name in ratings:
        text = content.decode(name, "replace") if _is_text_encoding(name) else "\x80"
        if _is_no_text(text, name):
            ratings[name] = 0.0
        elif _ICELANDIC.search(text):
            ratings[name] *= 0.0 if _TURKISH.search(text) else _ICELANDIC_FACTOR
    return ratings


def _is_no_text(text: str, encoding: str) -> bool:
    return bool(
        _CONTROLS.search(text)
        or _FRAME_IN_WORD.search(text)
        or _TWO_LANGUAGES.search(text)
        or (_PRIVATE.search(text) and not _SEVERAL_BYTES.match(encoding))
        or (_has_own_alphabet(encoding) and _MIXED_WORD.search(text))
    )


def _has_own_alphabet(encoding: str) -> bool:
    """Whether letters of an encoding that are not ASCII are not Latin, either."""
    return _LATIN.fullmatch(encoding) is None and _SEVERAL_BYTES.match(encoding) is None


def _is_odd(text: str) -> bool:
    """Whether a text looks as if it were read in an encoding of another script."""
    bare = _ACCENTS.sub("", text)
    ascii_letters = sum(character.isascii() and character.isalpha() for character in bare)
    is_mostly_accents = len(text) - len(bare) > ascii_letters
    return is_mostly_accents or bool(_ACCENTED.search(text) or _MIXED_WORD.search(bare))


def _own_encoding(content: bytes, stated_text: str, stated: str) -> str:
    """Return the encoding of a single file: that of the others unless one is much likelier."""
    lines = [line for line in content.split(b"\n") if not line.isascii()]
    scores, best = _scores(lines)
    name, _confidence = _likeliest(lines)
    # Several names of one encoding may be rated; the text tells whether they differ.
    alike = [one for one in scores if _decode(content, one) == stated_text]
    known = max((scores[one] for one in alike), default=-math.inf)
    is_likelier = best >= _MIN_CONFIDENCE and max(scores.values()) > known + _LEAD
    return name if is_likelier and _decode(content, name) is not None else stated


# Repair nothing but the encoding: quotes, widths, ligatures and entities may be intended.
_ONLY_ENCODING = ftfy.TextFixerConfig(
    unescape_html=False,
    remove_terminal_escapes=False,
    fix_encoding=True,
    restore_byte_a0=True,
    replace_lossy_sequences=False,
    decode_inconsistent_utf8=True,
    fix_c1_controls=True,
    fix_latin_ligatures=False,
    fix_character_width=False,
    uncurl_quotes=False,
    fix_line_breaks=False,
    fix_surrogates=False,
    remove_control_chars=False,
    normalization=None,
    explain=False,
)
_LOST = ("\ufffd", "锟斤拷")


def looks_like_mojibake(text: str) -> bool:
    """Whether a text was decoded in the wrong encoding, repairable or not."""
    if text.isascii():
        return False
    return any(mark in text for mark in _LOST) or repair_mojibake(text) != text


def repair_mojibake(text: str) -> str:
    """Repair mojibake; return other texts, and those that cannot be repaired, unchanged."""
    if text.isascii():
        return text
    repaired = ftfy.fix_encoding(text, _ONLY_ENCODING)
    return repaired if repaired != text else _repair_chinese(text)


def _repair_chinese(text: str) -> str:
    """Repair UTF-8 that was decoded as GBK, if that gives more common characters."""
    try:
        meant = text.encode("gb18030").decode("utf-8")
    except UnicodeError:
        return text
    if not _is_surely_utf8(meant) or any(mark in meant for mark in _LOST):
        return text
    return meant if _common_share(meant) > _common_share(text) else text


def _common_share(text: str) -> float:
    """Return the share of Chinese characters in level 1 of GB 2312, the 3,755 most common."""
    codes = [c.encode("gb18030") for c in text if c >= "\u3400"]
    common = sum(0xB0 <= code[0] <= 0xD7 and code[1] >= 0xA1 for code in codes)
    return common / len(codes) if codes else 1.0
