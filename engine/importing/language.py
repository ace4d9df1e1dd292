"""What is language: tells captions from identifiers, counters, numbers and names that tools give.

- ``is_language`` judges one text, such as a cell of a table or the content of a caption file.
- ``language_share`` judges a column.
- ``words_of_name`` keeps of the name of a file or folder what may be a caption.

All rules are about the form of a text, so they hold for any language; only the names that cameras,
screenshots, chats and programs give are listed (``TOOL_WORDS``, ``GENERIC_WORDS``).
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

# fmt: off
NULLS = frozenset((
    "", "nan", "none", "null", "n/a", "#n/a", "na", "<na>", "nil", "undefined", "nat", "-", "--",
    "?", "(null)", "<null>", "missing", "[]", "{}", "''", '""',
))
"""Cells without a value, in lower case."""
TOOL_WORDS = frozenset((
    # Cameras and phones
    "img", "imgs", "imag", "cimg", "dsc", "dscn", "dscf", "dscs", "dcim", "pxl", "mvi", "mov",
    "vid", "gopr", "gp", "dji", "pano", "hpim", "kic", "pict", "wp", "wa", "mvimg", "cr", "jpg",
    "jpeg", "png", "webp", "gif", "tif", "tiff", "bmp", "rawimage",
    # Screenshots and chats
    "screenshot", "screenshots", "scrnshot", "screencap", "screenclip", "bildschirmfoto",
    "schermata", "skärmavbild", "schermafbeelding", "whatsapp", "fb", "signal", "telegram",
    "wechat", "mmexport", "imessage", "ios", "snapchat", "instagram", "facebook", "twitter",
    "tiktok", "discord", "rpreplay", "maxresdefault", "hqdefault",
    "截图", "屏幕截图", "螢幕截圖", "截屏", "微信图片", "微信截图",
    "スクリーンショット", "스크린샷",
    # Generators and datasets
    "comfyui", "dalle", "dall·e", "txt2img", "img2img", "temp", "tmp", "jpegimages", "pngimages",
    "celeba", "ffhq", "coco", "imagenet", "dataset", "datasets",
    # Sites that pictures come from
    "pexels", "unsplash", "pixabay", "shutterstock", "istock", "istockphoto", "gettyimages",
    "adobestock", "depositphotos", "pinterest", "reddit", "flickr", "wallhaven", "imgur", "tumblr",
    "danbooru", "gelbooru", "safebooru", "yande",
))
"""Parts of names that are never part of a caption at its start or end."""
GENERIC_WORDS = frozenset((
    "image", "images", "photo", "photos", "picture", "pictures", "pic", "pics", "foto", "fotos",
    "bild", "bilder", "imagen", "imágenes", "immagine", "immagini", "图片", "照片", "圖片", "画像",
    "写真", "사진", "фото", "изображение", "снимок", "экрана", "screen", "shot", "snapshot", "snap",
    "capture", "captura", "pantalla", "d’écran", "d'écran", "ekran", "görüntüsü", "received",
    "tela", "zrzut", "ekranu", "untitled", "unbenannt", "titre", "sans", "ohne", "titel",
    "download", "downloads", "file", "files", "frame", "frames", "scan", "scans", "scanned", "doc",
    "document", "page", "pages",
    "slide", "sheet", "output", "outputs", "out", "input", "inputs", "result", "results", "sample",
    "samples", "sampled", "tile", "tiles", "crop", "crops", "cropped", "align", "aligned", "mask",
    "masks", "thumb", "thumbs", "thumbnail", "thumbnails", "original", "originals", "orig",
    "edited", "edit", "copy", "kopie", "copie", "copia", "copy", "final", "resized", "unnamed",
    "unknown", "default", "new", "train", "training", "val", "valid", "validation", "test",
    "testing", "dev", "eval", "data", "raw", "all", "img", "grid", "batch", "part", "parts",
    "shard", "shards", "chunk", "fold", "split", "subset", "set", "folder", "dir", "directory",
    "session", "clip", "clips", "video", "videos", "seq", "sequence", "cam", "camera", "vol",
    "volume", "subject", "patient", "study", "series", "run", "group", "item", "items", "sub",
    "user", "id", "idx", "index", "no", "nr", "num", "number", "labeled", "labelled", "unlabeled",
    "processed", "preprocessed", "source", "export", "upload", "uploads", "media", "assets",
    "public", "root", "home", "main", "misc", "other", "others", "temp", "rgb", "gray", "grey",
    "color", "colour", "classes", "class", "annotations", "annotation", "labels", "captions",
))
"""Words that say nothing by themselves; beside others they may be part of a caption."""
_FUNCTION_WORDS = frozenset((
    "a", "an", "am", "pm", "at", "um", "of", "the", "to", "by", "from", "in", "on", "and", "de",
    "vom", "d", "l", "la", "le", "à", "du", "des", "del", "di", "von", "aus",
    "im", "в", "от", "v", "x", "s",
))
# fmt: on

_IDS = re.compile(
    r"""(?ix)
    (?<![^\W_]) (?:
      [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}    # UUID
    | (?:19|20)\d\d[-_.]\d\d[-_.]\d\d                                 # date, perhaps with a time
      (?:[-_.,T\s]*(?:at|um|à|a\ las)?[-_.T\s]*\d{1,2}[-_.:h\s]\d\d(?:[-_.:m\s]\d\d)?(?:[ap]m)?)?
    | \d{2,5}\s?x\s?\d{2,5}(?:px)?                                    # size in pixels
    ) (?![^\W_])
    """
)
_SEPARATORS = re.compile(r"[\s_\-+.,;()\[\]{}#@~=&%!|/\\]+")
_REPEATS = re.compile(r"^\d+_(?=\D)")
_NUMBER = re.compile(r"[-+]?(?:\d+(?:[.,:]\d+)*|\.\d+)(?:e[-+]?\d+)?%?", re.IGNORECASE)
_HEX = re.compile(r"(?:0x)?[0-9a-f]{6,}", re.IGNORECASE)
_COUNTED = re.compile(r"([^\W\d_]+)\d+")
_ADDRESS = re.compile(
    r"""(?ix)
    (?:[a-z][\w+.-]*://|www\.)\S+                                       # web address
    | \S*[\\/]\S*\.\w{2,5}                                            # path of a file
    | \S+\.(?:jpe?g|png|webp|gif|tiff?|bmp|json|txt|xml|csv|mp4)        # name of a file
    """
)
_VOWELS = frozenset("aeiouyäöüåæøœáàâãéèêëíìîïóòôõúùûýÿăąęėįųūīēāőű")
_SETTINGS = re.compile(r"\s*\n(?:Negative prompt|Steps): ")
_LOOKED_AT = 400


def is_null(text: str) -> bool:
    """Whether a cell says that it has no value, such as ``nan``."""
    return text.strip().casefold() in NULLS


def is_language(text: str) -> bool:
    """Whether a text may be a caption: not null, numbers, an address, an identifier or code."""
    text = text.strip()
    if is_null(text) or text.startswith(("{", "[{", "<?xml", "<!")):
        return False
    # Each kind of address has a full stop or "://"; most captions are spared the expression.
    if ("." in text or "://" in text) and _ADDRESS.fullmatch(text):
        return False
    words = [word.strip("\"'()[]{}<>:;,.!?") for word in re.split(r"[\s,;|]+", text)]
    return any(word and is_word(word) for word in words)


def without_settings(text: str) -> str:
    """Return a prompt without the settings that image generators write below it."""
    return _SETTINGS.split(text, maxsplit=1)[0].strip()


@lru_cache(maxsize=16_384)
def is_word(token: str) -> bool:
    """Whether a token without blanks may be a word: not a number, a hash or a random identifier."""
    if _NUMBER.fullmatch(token):
        return False
    letters = [c for c in token if unicodedata.category(c)[0] in "LM"]
    if not letters:
        # Emoji and other pictographs are words of a kind.
        return any(unicodedata.category(c) == "So" for c in token)
    digits = sum(c.isdigit() for c in token)
    if not digits:
        return not _is_random(token)
    if _HEX.fullmatch(token) or _switches(token) > 2:
        return False
    # "n01440764" and "p0" count; "1girl", "area51" and "2nd" do not.
    return len(letters) > 1 and (digits <= 3 or len(letters) >= digits)


def _is_random(token: str) -> bool:
    """Whether Latin letters are too many consonants in a row for any language's word."""
    if len(token) < 6 or not token.isascii() or token.isupper():
        return False
    return not any(c in _VOWELS for c in token.lower())


def _switches(token: str) -> int:
    """Count the changes between letters and digits."""
    kinds = [c.isdigit() for c in token if c.isalnum()]
    return sum(first != second for first, second in pairwise(kinds))


def language_share(values: Iterable[str]) -> float:
    """Return the share of the cells with a value that are language; 0 if none has a value."""
    filled = [value for value in values if not is_null(value)][:_LOOKED_AT]
    return sum(map(is_language, filled)) / max(len(filled), 1)


def words_of_name(name: str) -> str:
    """Return what the name of a file (without suffix) or folder says, as words; may be empty.

    Left out are identifiers, dates, sizes, counters and what cameras and programs add. Empty where
    only words remain that say nothing, as in ``IMG_20240501``, ``frame 12`` or ``JPEGImages``.
    """
    spaced = _SEPARATORS.sub(" ", _IDS.sub(" ", unicodedata.normalize("NFC", name)))
    tokens = [token for token in spaced.split() if _NUMBER.fullmatch(token) or not _is_id(token)]
    tokens = _without_counters(tokens)
    while tokens and tokens[0].casefold() in TOOL_WORDS:
        tokens = _without_counters(tokens[1:])
    while tokens and tokens[-1].casefold() in TOOL_WORDS:
        tokens = _without_counters(tokens[:-1])
    return " ".join(tokens) if any(map(_says_something, tokens)) else ""


def _is_id(token: str) -> bool:
    """Whether a part of a name is no word; one that counts, as in ``cat0012``, is."""
    counted = _COUNTED.fullmatch(token)
    return not is_word(counted[1] if counted else token) or (
        counted is not None and len(counted[1]) == 1
    )


def _without_counters(tokens: Sequence[str]) -> list[str]:
    """Drop numbers at the end, zero-filled or long ones at the start; ``cat0012`` becomes cat."""
    kept = list(tokens)
    while kept and kept[-1].isdigit():
        kept.pop()
    while kept and kept[0].isdigit() and (kept[0].startswith("0") or len(kept[0]) > 3):
        del kept[0]
    if kept and (counted := _COUNTED.fullmatch(kept[-1])):
        word, is_long = counted[1], len(kept[-1]) - len(counted[1]) > 2
        if is_long or word.casefold() in TOOL_WORDS | GENERIC_WORDS:
            kept[-1] = word
    return kept


def _says_something(token: str) -> bool:
    plain = token.casefold()
    is_listed = plain in TOOL_WORDS or plain in GENERIC_WORDS or plain in _FUNCTION_WORDS
    return not is_listed and is_word(token) and not _NUMBER.fullmatch(token)


def words_of_folder(name: str) -> str:
    """Return the class or subject that a folder's name means, as words; may be empty.

    As ``words_of_name``, but kohya's repeats (``10_sks dog``) and CUB's numbers
    (``001.Black_footed_Albatross``) are dropped; short names such as ``7`` or ``B`` are classes.
    """
    stripped = _REPEATS.sub("", re.sub(r"^\d+\.(?=\D)", "", name.strip()))
    if re.fullmatch(r"\d{1,2}|[^\W\d_]", stripped):
        return stripped
    return words_of_name(stripped)


def is_repeats_folder(name: str) -> bool:
    """Whether a folder is named as kohya's trainers ask for: ``<repeats>_<words>``."""
    return bool(_REPEATS.match(name)) and bool(words_of_folder(name))
