"""How likely bytes are to be text in an encoding: what short captions leave to go by.

A caption of three bytes decodes without an error in half a dozen encodings, so what counts is
whether the characters that come out are ones that people write. Every encoding has a small model:
classes of characters, each with the share that it has in usual text, evenly spread over its
members. The log-likelihoods of the same bytes in several encodings can be compared, and those of
many captions added up.

The model is naive Bayes over characters with a few rules about neighbours; the classes of the East
Asian standards follow from their own layout (Lunde, CJKV Information Processing, 2nd ed., ch. 3).
"""

import functools
import math
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.importing.common_characters import HANGUL, KANJI, SIMPLIFIED, TRADITIONAL

IMPOSSIBLE = -25.0
"""For a character that nobody writes: control, private use, unassigned."""
ASCII = math.log(1 / 30)
# Neighbours within a word that come from a wrong reading far more often than from a writer.
_OTHER_SCRIPT, _CAPITAL_INSIDE, _ACCENTS_TOGETHER = -2.5, -4.0, -2.0
_UNASSIGNED = ("Cc", "Co", "Cn", "Cs")
_SAME_SCRIPT, _NEW_SCRIPT = 5.0, 7.0
_FULL_WIDTH = "，。、！？：；（）《》「」『』“”‘’…—·～【】０１２３４５６７８９　"
_WESTERN = "éèàüöäßñçêëíóúáôîïåøæãõâûùì’“”–—…°«»‘ÉÜÖÄ©®£€½×·¿¡"
_CENTRAL = "ąćęłńóśźżěščřžýáíéúůďťňőűöüäßôľĺŕăâîșțşţđŁŚŻČŠŘŽ„”–’"


@dataclass(frozen=True)
class Model:
    """What text in one encoding consists of."""

    encoding: str
    prior: float
    """Log of how often sources are in it, relative to the others."""
    classes: tuple[tuple[str, float], ...]
    """Characters, and their share of all characters; the first class that has one counts."""
    elsewhere: float
    """Log-likelihood of any other character."""

    @functools.cached_property
    def likelihoods(self) -> Mapping[str, float]:
        """Log-likelihood by character."""
        table: dict[str, float] = {}
        for members, share in self.classes:
            fresh = set(members) - table.keys()
            value = math.log(share / max(1, len(fresh)))
            table |= dict.fromkeys(fresh, value)
        return table


def log_likelihood(text: str, model: Model) -> float:
    """Give the log-likelihood of decoded text under the model of its encoding."""
    table = model.likelihoods
    total, before, before_kind = 0.0, "", ""
    for character in text:
        if character < "\x80":
            total += ASCII if character >= " " or character in "\t\n\r" else IMPOSSIBLE
        else:
            value = table.get(character)
            total += _unexpected(character, model) if value is None else value
        kind = _kind(character)
        if kind and before_kind:
            total += _neighbours(before, before_kind, character, kind)
        before, before_kind = character, kind
    return total


def unicode_log_likelihood(text: str) -> float:
    """Give the log-likelihood of text that passed for UTF-8: that of the language that fits best.

    Text of which there is no model here is likely if its letters are of one script: other
    encodings that pass for UTF-8 by chance turn into Cyrillic, Hebrew and accents side by side.
    """
    return max(_one_script(text), *(log_likelihood(text, model) for model in MODELS))


def _one_script(text: str) -> float:
    total, script = 0.0, ""
    for character in text:
        if character < "\x80":
            total += ASCII if character >= " " or character in "\t\n\r" else IMPOSSIBLE
        elif unicodedata.category(character) in _UNASSIGNED:
            total += IMPOSSIBLE
        else:
            total, before, script = total - _SAME_SCRIPT, script, _script(character)
            total -= _NEW_SCRIPT if script != before else 0.0
    return total


@functools.lru_cache(maxsize=4_096)
def _script(character: str) -> str:
    return unicodedata.name(character, "").partition(" ")[0]


def _unexpected(character: str, model: Model) -> float:
    return IMPOSSIBLE if unicodedata.category(character) in _UNASSIGNED else model.elsewhere


@functools.lru_cache(maxsize=4_096)
def _kind(character: str) -> str:
    """Tell roughly which script a letter is of; empty for what is no letter."""
    if unicodedata.category(character)[0] not in "LM":
        return ""
    if character < "\x80":
        return "ascii"
    name = unicodedata.name(character, "")
    if name.startswith("LATIN"):
        return "latin"
    return "cased" if name.startswith(("CYRILLIC", "GREEK")) else "uncased"


def _neighbours(before: str, before_kind: str, character: str, kind: str) -> float:
    if kind != before_kind and {kind, before_kind} != {"ascii", "latin"}:
        return _OTHER_SCRIPT
    if kind == "uncased" or kind == before_kind == "ascii":
        return 0.0
    cost = _ACCENTS_TOGETHER if kind == before_kind == "latin" else 0.0
    return cost + (_CAPITAL_INSIDE if before.islower() and character.isupper() else 0.0)


def _cells(encoding: str, leads: Iterable[int], trails: Iterable[int]) -> str:
    """Give the characters of a block of a two-byte encoding."""
    trails = tuple(trails)
    return "".join(
        bytes((lead, trail)).decode(encoding, "ignore") for lead in leads for trail in trails
    )


_HIGH = range(0xA1, 0xFF)
_BIG5 = (*range(0x40, 0x7F), *_HIGH)
_HIRAGANA = "".join(map(chr, range(0x3041, 0x3094)))
_KATAKANA = "".join(map(chr, range(0x30A1, 0x30F7))) + "ー"
_HALF_KATAKANA = "".join(map(chr, range(0xFF61, 0xFFA0)))
_JAPANESE = (
    (_FULL_WIDTH, 0.08),
    (_HIRAGANA, 0.42),
    (_KATAKANA, 0.14),
    (KANJI, 0.22),
    (_cells("euc_jp", range(0xB0, 0xD0), _HIGH), 0.13),
    (_cells("euc_jp", range(0xD0, 0xF5), _HIGH), 0.004),
    (_HALF_KATAKANA, 0.003),
)
_KOREAN = (
    (_FULL_WIDTH, 0.03),
    (HANGUL, 0.78),
    (_cells("euc_kr", range(0xB0, 0xC9), _HIGH), 0.18),
    (_cells("euc_kr", range(0xCA, 0xFE), _HIGH), 0.004),
)
_RUSSIAN = (
    ("оеаинтсрвлкм", 0.76),
    ("дпуяыьгзбчйхжшюцщэфъё", 0.17),
    ("АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЫЭЮЯ", 0.04),
    ("«»—–…№„“", 0.02),
)
_GREEK = (
    ("αοιετνσηρπκμλςυάίόέή", 0.86),
    ("γδωχθύφβξζώψϊ", 0.1),
    ("ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΊΌ", 0.03),
)
_HEBREW = (("יוהלאתרבשמנ", 0.8), ("כעדקחפסטגצםזןךףץ", 0.19))
_ARABIC = (("اليمنرتوبةعدسفهك", 0.85), ("قحجشصطخذزضظثغءآأؤإئى", 0.13))
_THAI = (
    ("านรอกเงมยลวดท่้สตะปบคหแจพชขใไโ", 0.85),
    ("".join(map(chr, (*range(0x0E01, 0x0E3B), *range(0x0E40, 0x0E4F)))), 0.13),
)

MODELS: tuple[Model, ...] = (
    Model(
        "gb18030",
        math.log(0.3),
        (
            (_FULL_WIDTH, 0.08),
            (SIMPLIFIED, 0.64),
            (_cells("gb2312", range(0xB0, 0xD8), _HIGH), 0.26),
            (_cells("gb2312", range(0xD8, 0xF8), _HIGH), 0.012),
            (TRADITIONAL, 0.002),
        ),
        -17.0,
    ),
    Model(
        "big5hkscs",
        math.log(0.12),
        (
            (_FULL_WIDTH, 0.08),
            (TRADITIONAL, 0.64),
            (_cells("big5", range(0xA4, 0xC7), _BIG5), 0.26),
            (_cells("big5", range(0xC9, 0xFA), _BIG5), 0.008),
        ),
        -17.0,
    ),
    Model("cp932", math.log(0.12), _JAPANESE, -17.0),
    Model("euc_jp", math.log(0.01), _JAPANESE, -17.0),
    Model("cp949", math.log(0.05), _KOREAN, -17.0),
    Model("cp1252", math.log(0.3), ((_WESTERN, 0.05),), -10.5),
    Model("cp1250", math.log(0.02), ((_CENTRAL, 0.08),), -11.0),
    Model("cp1251", math.log(0.04), _RUSSIAN, -12.0),
    Model("koi8_r", math.log(0.004), _RUSSIAN, -14.0),
    Model("cp1253", math.log(0.004), _GREEK, -14.0),
    Model("cp1255", math.log(0.003), _HEBREW, -14.0),
    Model("cp1256", math.log(0.003), _ARABIC, -14.0),
    Model("cp874", math.log(0.003), _THAI, -14.0),
)
"""The encodings that are weighed against each other, the likelier first."""
