"""Texts in the metadata of image files.

Layout::

    photos/
        001.jpg     EXIF ImageDescription or XPComment, XMP dc:description, comment
        002.png     text chunks, such as Description
        003.gif     comment
"""

import html
import json
import re
import struct
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO

from PIL import Image

from engine.errors import EntryError
from engine.importing.encoding import decode_text
from engine.importing.formats.format import (
    Detection,
    FileListing,
    FileSet,
    ImageFileFormat,
    ImportSpec,
    RawSample,
    suffix_of,
)
from engine.importing.formats.names import (
    image_numbers,
    image_paths,
    scan_images,
    skip_leftovers,
    split_extras,
)
from engine.importing.formats.records import captions_of, prompt_of_graph
from engine.importing.formats.streams import STREAM_ERRORS
from engine.importing.language import is_language, without_settings
from engine.importing.ledger import FileLedger
from engine.importing.packed import Picked
from engine.importing.sources.archive import LIMITS, Archive

# Formats whose metadata can be read without the pixels, by well maintained readers of Pillow.
KINDS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF")
PREFERRED = (
    "Description",
    "ImageDescription",
    "dc:description",
    "UserComment",
    "XPComment",
    "XPSubject",
    "XPTitle",
    "Title",
    "dc:title",
    "Comment",
    "comment",
    "prompt",
    "parameters",
    "invokeai_metadata",
    "Dream",
)
"""Fields that hold captions, the likeliest first."""

PILLOW_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    MemoryError,
    struct.error,
    Image.DecompressionBombError,
)
"""What Pillow raises for damaged files."""

_TAGS = {0x010E: "ImageDescription", 0x9C9B: "XPTitle", 0x9C9C: "XPComment", 0x9C9F: "XPSubject"}
_USER_COMMENT, _EXIF_FOLDER = 0x9286, 0x8769
_XMP_FIELDS = ("dc:description", "dc:title")
_XMP_BYTES = 1_000_000
_XMP_ITEM = re.compile(r"<rdf:li[^<>]*>([^<]*)</rdf:li>")
_CAMERAS = re.compile(r"(?i)olympus digital camera|samsung|sony dsc|minolta digital|dcim|ascii|.?")


def texts_within(stream: BinaryIO) -> dict[str, str]:
    """Return the texts in an image by field, none if it cannot be read; decodes no pixel."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(stream, formats=KINDS) as image:
                found = dict(_fields(image))
        except PILLOW_ERRORS:
            return {}
    tidied = {name: _tidied(text.replace("\0", "")) for name, text in found.items()}
    return {
        name: text
        for name, text in tidied.items()
        if is_language(text) and not _CAMERAS.fullmatch(text)
    }


def _tidied(text: str) -> str:
    """Return the prompt without the settings that generators write behind it, or around it."""
    if not text.lstrip().startswith(("{", "[")):
        return without_settings(text)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()
    prompt = prompt_of_graph(value) if isinstance(value, dict) else ""
    return prompt or next(iter(captions_of(value)), "")


def _fields(image: Image.Image) -> Iterator[tuple[str, str]]:
    for name, value in image.info.items():
        is_told = image.format == "PNG" or name == "comment"
        if is_told and isinstance(name, str) and isinstance(value, str | bytes):
            yield name, _decoded(value)
    # PNG's own getexif would decode the pixels first.
    exif = Image.Image.getexif(image)
    for tag, name in _TAGS.items():
        if tag in exif:
            yield name, _decoded(exif[tag], "utf-16-le" if name.startswith("XP") else "")
    comment = exif.get_ifd(_EXIF_FOLDER).get(_USER_COMMENT)
    if comment:
        yield "UserComment", _user_comment(comment)
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    xmp = _decoded(packet)[:_XMP_BYTES]
    # Not parsed as XML: its entities can be used for attacks.
    for name in _XMP_FIELDS:
        start, end = xmp.find(f"<{name}"), xmp.find(f"</{name}>")
        item = _XMP_ITEM.search(xmp, start, end) if 0 <= start < end else None
        if item:
            yield name, html.unescape(item[1])


def _decoded(value: object, encoding: str = "") -> str:
    """Decode a field; empty if it is no text."""
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        # Pillow reads EXIF as Latin-1; most programs write UTF-8.
        try:
            value = value.encode("latin-1")
        except UnicodeEncodeError:
            return str(value)
    if not isinstance(value, bytes) or len(value) > LIMITS.text_bytes:
        return ""
    if encoding:
        return value.decode(encoding, "ignore").rstrip("\0")
    try:
        return decode_text(value.rstrip(b"\0"), encoding).text
    except EntryError:
        return ""


def _user_comment(value: object) -> str:
    """Decode EXIF's comment, which names its encoding in its first 8 bytes."""
    if not isinstance(value, bytes):
        return _decoded(value)
    code, content = value[:8], value[8:]
    if code.startswith(b"UNICODE"):
        # The standard does not define the byte order; the zeros of Latin letters show it.
        order = "utf-16-be" if content[0::2].count(0) > content[1::2].count(0) else "utf-16-le"
        return _decoded(content, order)
    return _decoded(content if code[5:] == b"\0\0\0" or not code.strip(b"\0") else value)


_LOOKED_AT = 12
_SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".gif", ".mpo")


class Embedded(ImageFileFormat):
    """EXIF, XMP and PNG's text chunks as texts."""

    name = "embedded"

    def detect(self, archive: Archive, listing: FileListing) -> Detection | None:
        """Detect texts in the metadata of some of the images."""
        images = image_paths(listing)
        readable = Picked(listing.paths, listing.numbers_of(_SUFFIXES))
        # Spread over the source: the first images often differ from the others.
        sample = readable[:: max(len(readable) // _LOOKED_AT, 1)][:_LOOKED_AT]
        found = [_texts(archive, path) for path in sample] if not archive.selected_entry else []
        texts = [text for fields in found if (text := _preferred(fields))]
        if not texts:
            return None
        # One text on every image is the camera's or the program's.
        is_varied = len(set(texts)) > 1 or len(sample) == 1
        is_usual = len(texts) > len(sample) / 2 and is_varied
        fields = Counter(name for each in found for name in each)
        return Detection(
            reading=ImportSpec(format=self.name),
            confidence=0.7 if is_usual else 0.1,
            images=len(images),
            columns=(
                *(name for name in PREFERRED if name in fields),
                *sorted(name for name in fields if name not in PREFERRED),
            ),
        )

    def scan(
        self, archive: Archive, listing: FileListing, reading: ImportSpec, ledger: FileLedger
    ) -> Iterator[RawSample]:
        """Find the items; every image's metadata are read, in order."""
        words = dict(reading.words)

        def describe(path: str) -> tuple[Iterable[str], Mapping[str, str]]:
            fields = _texts(archive, path)
            named = [fields.get(name, "") for name in reading.text_columns]
            texts = named if reading.text_columns else [_preferred(fields)]
            return dict.fromkeys(words.get(t, t) for t in texts if t), split_extras(path)

        yield from scan_images(image_paths(listing), ledger, describe)
        skip_leftovers(ledger, FileSet(listing, numbers=image_numbers(listing)))


def _texts(archive: Archive, path: str) -> dict[str, str]:
    if suffix_of(path) not in _SUFFIXES:
        return {}
    try:
        with archive.open(path) as stream:
            return texts_within(stream)
    except (EntryError, *STREAM_ERRORS):
        return {}


def _preferred(fields: dict[str, str]) -> str:
    return next((fields[name] for name in PREFERRED if fields.get(name)), "")
