"""Excludes augmentations that contradict the captions of a dataset.

A red circle whose hue is rotated is a green circle captioned "red", and a generator would learn it
so. The training texts decide which properties must stay.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.augment.transforms import Transform
from engine.data.distinct_texts import DistinctTexts

# Words that an augmentation may contradict. English words match as whole words, with inflections
# listed. Chinese ones match anywhere, since word boundaries are not marked, except within compounds
# of another meaning. A superfluous word costs an augmentation, a missing one teaches a false
# caption, so in doubt a word is listed.


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A subject of captions, its words, and the transforms that would contradict them."""

    blocks: frozenset[Transform]
    english: frozenset[str]
    chinese: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _word_set(text: str) -> frozenset[str]:
    return frozenset(_words(text))


def _topic(blocks: tuple[Transform, ...], english: str, chinese: str) -> Topic:
    return Topic(
        blocks=frozenset(blocks),
        english=_word_set(english),
        chinese=_words(chinese),
    )


COLOURS = _topic(
    (Transform.HUE, Transform.SATURATION),
    """
    red orange yellow green cyan teal turquoise blue navy indigo violet purple magenta pink brown
    beige tan maroon crimson scarlet gold golden silver bronze khaki lavender blond blonde brunette
    reddish yellowish greenish bluish pinkish brownish black white gray grey blackish whitish
    colour colours coloured colourful color colors colored colorful colorless colourless
    rainbow multicolored multicoloured monochrome
    """,
    """
    红 紅 橙 橘 黄 黃 绿 綠 青 蓝 藍 靛 紫 粉色 粉红 粉紅 棕 褐 咖啡色 米色 金色 银色 銀色
    黑 白 灰 颜色 顏色 彩色 彩虹 五彩 多彩 无色 單色 单色
    """,
)
LIGHT = _topic(
    (Transform.BRIGHTNESS, Transform.CONTRAST),
    """
    dark darker darkest bright brighter brightest light lighter dim dimly pale shadowy
    black white gray grey blackish whitish night nighttime silhouette overexposed underexposed
    """,
    "黑 白 灰 暗 亮 深色 浅色 淺色 夜 剪影",
)
SIDES = _topic(
    (Transform.FLIP, Transform.ROTATION, Transform.HORIZONTAL_MOVE),
    """
    left right leftmost rightmost leftward rightward leftwards rightwards lefthand righthand
    clockwise counterclockwise anticlockwise
    """,
    "左 右 顺时针 順時針 逆时针 逆時針",
)
HEIGHTS = _topic(
    (Transform.ROTATION, Transform.VERTICAL_MOVE),
    """
    top bottom above below up down upper lower upward upwards downward downwards topmost
    bottommost under underneath beneath over overhead upside
    """,
    "上 下 顶 頂 底",
)
PLACES = _topic(
    (Transform.HORIZONTAL_MOVE, Transform.VERTICAL_MOVE),
    """
    centre centres centred center centers centered central middle corner corners edge edges
    border borders
    """,
    "中间 中間 中央 中心 正中 居中 角落 边缘 邊緣 边上 邊上",
)
DIRECTIONS = _topic(
    (Transform.ROTATION,),
    "horizontal horizontally vertical vertically upright sideways diagonal diagonally",
    "水平 垂直 横 橫 竖 豎 倒立",
)
SIZES = _topic(
    (Transform.SCALING,),
    """
    small smaller smallest large larger largest big bigger biggest tiny tinier huge little giant
    gigantic enormous miniature mini medium closeup far distant nearby zoomed
    """,
    "大 小 巨 微型 迷你 中号 中號 中等 远 遠 近 特写 特寫",
)
WRITING = _topic(
    (Transform.FLIP, Transform.ROTATION),
    """
    letter letters digit digits number numbers numeral numerals handwritten handwriting lettering
    text texts alphabet calligraphy inscription
    """,
    "字母 数字 數字 数码 文字 手写 手寫 汉字 漢字 书法 書法 写着 寫著",
)
TOPICS = (COLOURS, LIGHT, SIDES, HEIGHTS, PLACES, DIRECTIONS, SIZES, WRITING)

OTHER_MEANINGS = _words(
    """
    大象 大学 大學 大家 大海 大厦 大廈 大楼 大樓 大衣 大蒜 大猩猩 大熊猫 大提琴
    小孩 小狗 小猫 小貓 小鸟 小鳥 小麦 小麥 小学 小學 小时 小時 小说 小說 小吃 小丑 小提琴 小熊猫
    上午 下午 早上 晚上 上海 上衣 上学 马上 下雨 下雪 白菜 白天 黄瓜 黃瓜 青蛙 青年 青少年 紫菜 蓝牙
    """
)
"""Chinese compounds that contain a listed word with another meaning."""

CHARACTER_NAMES = _word_set(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    hundred alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi
    rho sigma tau upsilon phi chi psi omega
    """
)
"""Names of digits, numbers and letters; single letters and figures need no listing."""

CHARACTER_COMPANIONS = _word_set(
    """
    the an of in handwritten written printed digit number numeral figure letter character capital
    upper lower case uppercase lowercase cursive
    """
)
"""Words that may accompany such a name in a caption that says nothing else."""

HAN_NUMERALS = "〇零一二三四五六七八九十百千万萬两兩壹贰叁肆伍陆柒捌玖拾"
HAN_COMPANIONS = ("手写的", "手写", "手寫的", "手寫", "数字", "數字", "字母", "汉字", "漢字")


MIN_COUNT = 3
MIN_FRACTION = 0.005
"""A topic counts if its words occur in at least this fraction of the captions and in at least
``MIN_COUNT`` (in all, if there are fewer). Rarer contradictions do less harm than no augmentation.
"""
SLIGHT = frozenset({Transform.HORIZONTAL_MOVE, Transform.VERTICAL_MOVE, Transform.SCALING})
SLIGHT_FRACTION = 0.05
"""The same for slight transforms: an object translated by an eighth or scaled by a fifth mostly
stays on the left, or small.
"""

MAX_CAPTIONS = 10_000
"""Different captions up to which all are read."""

_LETTERS = re.compile(r"[^\W\d_]+")
_WORDS = re.compile(r"[^\W\d_]+|\d+")
_OTHER_MEANINGS = re.compile("|".join(OTHER_MEANINGS))
_ENGLISH = {
    word: tuple(number for number, topic in enumerate(TOPICS) if word in topic.english)
    for word in frozenset[str]().union(*(topic.english for topic in TOPICS))
}
"""Places in ``TOPICS`` of each English word."""
_CHINESE = tuple(re.compile("|".join(topic.chinese)) for topic in TOPICS)
_HAN_NUMBER = re.compile(
    rf"(?:{'|'.join(HAN_COMPANIONS)})?\s*[{HAN_NUMERALS}\d]+(?:{'|'.join(HAN_COMPANIONS)})?"
)


def blocked_transforms(texts: Sequence[str]) -> frozenset[Transform]:
    """Return the transforms that an augmentation must not use.

    Args:
        texts: captions of the training images, one per image.
    """
    return frozenset(conflicts_with_captions(DistinctTexts.of_texts(texts)))


def conflicts_with_captions(texts: DistinctTexts) -> Mapping[Transform, str]:
    """Return each excluded transform with the word that most often excludes it.

    Of more than ``MAX_CAPTIONS`` different captions, as many are drawn with a fixed seed, each as
    likely as it is frequent. The standard error of a topic's share is then .07 % at the limit of
    .5 %, which is a coarse one anyway.
    """
    captions = _read(texts)
    total = captions.total()
    frequencies_by_topic, speaking_by_topic = _count_words(captions)
    reasons: dict[Transform, tuple[int, str]] = {}
    for number, topic in enumerate(TOPICS):
        frequencies, speaking = frequencies_by_topic[number], speaking_by_topic[number]
        for transform in topic.blocks:
            fraction = SLIGHT_FRACTION if transform in SLIGHT else MIN_FRACTION
            if not 0 < min(total, max(MIN_COUNT, math.ceil(fraction * total))) <= speaking:
                continue
            # The most frequent word; among equally frequent ones the first alphabetically.
            word = min(frequencies, key=lambda found: (-frequencies[found], found))
            reasons[transform] = max(reasons.get(transform, (0, "")), (frequencies[word], word))
    return {transform: reasons[transform][1] for transform in Transform if transform in reasons}


def _read(texts: DistinctTexts) -> Counter[str]:
    """Return how often each caption occurs, however it is written, in all or in a sample."""
    numbers = texts.copies
    if len(numbers) > MAX_CAPTIONS:
        places = np.random.default_rng(0).integers(0, numbers.sum(), MAX_CAPTIONS)
        drawn = np.searchsorted(numbers.cumsum(), places, side="right")
        numbers = np.bincount(drawn, minlength=len(numbers))
    captions = Counter[str]()
    chosen = np.flatnonzero(numbers)
    for text, number in zip(texts.strings(chosen), numbers[chosen].tolist(), strict=True):
        caption = text if text.isascii() else unicodedata.normalize("NFKC", text)
        captions[caption.lower().strip()] += number
    return captions


def _count_words(captions: Mapping[str, int]) -> tuple[list[Counter[str]], list[int]]:
    """Count, for each topic, captions that contain each of its words, and that contain any."""
    frequencies = [Counter[str]() for _topic in TOPICS]
    speaking = [0] * len(TOPICS)
    for caption, count in captions.items():
        if caption.isascii():
            # Most captions have no word that matters, and the patterns below take much longer.
            words = _WORDS.findall(caption)
            if _ENGLISH.keys().isdisjoint(words) and not _name_characters(words):
                continue
        for number, words in _words_of(caption).items():
            for word in words:
                frequencies[number][word] += count
            speaking[number] += count
    return frequencies, speaking


def _words_of(caption: str) -> Mapping[int, set[str]]:
    """Return the words of each topic that a caption contains, by place in ``TOPICS``."""
    found: dict[int, set[str]] = {}
    for word in _LETTERS.findall(caption):
        for number in _ENGLISH.get(word, ()):
            found.setdefault(number, set()).add(word)
    if not caption.isascii():
        plain = _OTHER_MEANINGS.sub(" ", caption)
        for number, pattern in enumerate(_CHINESE):
            if words := pattern.findall(plain):
                found.setdefault(number, set()).update(words)
    if _is_character(caption):
        found.setdefault(TOPICS.index(WRITING), set()).add(caption)
    return found


def _is_character(caption: str) -> bool:
    """Return whether a caption is just the name of a written character: ``seven``, ``B``, ``七``.

    Such an image shows the character itself; mirrored, it is another one or none.
    """
    if _HAN_NUMBER.fullmatch(caption):
        return True
    return _name_characters(_WORDS.findall(caption))


def _name_characters(words: Sequence[str]) -> bool:
    """Return whether words name written characters, and nothing else."""
    is_named = False
    for word in words:
        if word not in CHARACTER_COMPANIONS:
            if not _names_character(word):
                return False
            is_named = True
    return is_named


def _names_character(word: str) -> bool:
    is_letter = len(word) == 1 and not "\u3400" <= word <= "\u9fff"
    return word in CHARACTER_NAMES or word.isdecimal() or is_letter
