"""What columns are usually called, by what they hold."""

import re
from collections.abc import Sequence

# fmt: off
IMAGE_NAMES: Sequence[str] = (
    "file_name", "image", "image_path", "image_file", "filename", "file", "path", "img",
    "img_path", "image_name", "image_file_name", "imagepath", "filepath", "file_path",
    "picture", "photo", "jpg", "png", "image_id", "img_name", "id", "name",
)
TEXT_NAMES: Sequence[str] = (
    "text", "caption", "captions", "description", "texts", "prompt", "sentence",
    "sentences", "raw", "comment", "title", "alt_text", "alt", "txt", "annotation",
    "label_text", "name_en", "english", "label", "labels", "class", "category", "tag",
    "tags", "name",
)
LABEL_NAMES: Sequence[str] = (
    "label", "class", "category", "class_name", "label_name", "species", "breed", "labels",
)
# fmt: on
GROUP_NAMES = ("group",)
SPLIT_NAMES = ("split", "partition", "subset")

_NUMBERED = re.compile(r"(caption|text|comment|sentence|description)s?[ _-]?\d+")


def plain(name: str) -> str:
    """Give a column's name as the lists here have it."""
    return name.strip().strip("#").lower().replace(" ", "_").replace("-", "_")


def is_column_name(name: str) -> bool:
    """Whether a cell is a usual name of a column, so that its row is a header."""
    name = plain(name)
    known = (*IMAGE_NAMES, *TEXT_NAMES, *LABEL_NAMES, *GROUP_NAMES, *SPLIT_NAMES, "url")
    return name in known or is_numbered_text(name)


def is_numbered_text(name: str) -> bool:
    """Whether a column is one of several captions, such as ``caption_2``."""
    return _NUMBERED.fullmatch(plain(name)) is not None
