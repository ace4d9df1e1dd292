"""Boxes beside images: the names of their classes are the text; the boxes are left out.

Layout::

    JPEGImages/001.jpg      Pascal VOC
    Annotations/001.xml         <annotation><object><name>dog</name> ...

    images/train/001.jpg    YOLO
    labels/train/001.txt        0 0.51 0.43 0.25 0.31
    data.yaml                   names: [dog, cat]; or classes.txt, obj.names

    images/001.jpg          CVAT for images
    annotations.xml             <annotations><image name="001.jpg"><box label="dog" ...

Labelme's JSON is read by ``sidecar``, COCO's by ``coco``.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from xml.etree import ElementTree as ET

import numpy as np

from engine.errors import EntryError
from engine.importing.encoding import decode_text
from engine.importing.formats.columns import RowError, find_image
from engine.importing.formats.format import (
    CaptionGrouping,
    Detection,
    FileListing,
    FileSet,
    ImageFileFormat,
    ImportSpec,
    RawSample,
    suffix_of,
)
from engine.importing.formats.names import (
    ImageIndex,
    folder_of,
    offer_leftovers,
    split_extras,
    stem_of,
)
from engine.importing.formats.streams import STREAM_ERRORS
from engine.importing.ledger import FileLedger, Reason
from engine.importing.packed import Picked, StringSet
from engine.importing.sources.archive import LIMITS, Archive

_XML_BYTES = 64_000_000
"""Of one file; CVAT has one for all images."""
_LOOKED_AT = 6
_CLASS_STEMS = frozenset(("classes", "labels", "obj", "predefined_classes", "class_names", "names"))
_BOX = re.compile(r"\d+(?:\s+-?\d*\.?\d+(?:e-?\d+)?){4,}", re.IGNORECASE)
_ENTRY = re.compile(r"""(?:-\s*|\d+\s*:\s*)?['"]?([^'"\n]*?)['"]?\s*""")

_Labels = tuple[str, list[str]]
"""An image as an annotation names it, and the classes of its boxes."""


class ObjectLabels(ImageFileFormat):
    """The annotations of object detection: Pascal VOC, YOLO and CVAT."""

    name = "object_labels"

    def detect(self, archive: Archive, listing: FileListing) -> Detection | None:
        """Detect annotation files that name classes, or YOLO's boxes without names of classes."""
        index = ImageIndex(listing)
        if archive.selected_entry or not index.paths:
            return None
        ignored = FileLedger()
        classes = class_list(archive, listing, ignored)
        files = _annotations(listing, index)
        sample = files[:: max(len(files) // _LOOKED_AT, 1)][:_LOOKED_AT]
        found = [labels for path in sample for labels in _read(archive, path, classes, ignored)]
        if not found:
            return None
        return Detection(
            reading=ImportSpec(format=self.name),
            confidence=0.8 if any(names for _image, names in found) else 0.25,
            images=len(index.paths),
        )

    def scan(
        self, archive: Archive, listing: FileListing, reading: ImportSpec, ledger: FileLedger
    ) -> Iterator[RawSample]:
        """Find the images; the text of each lists its classes, in the order of their boxes."""
        index, gathering = ImageIndex(listing), CaptionGrouping(ledger)
        words, classes = dict(reading.words), class_list(archive, listing, ledger)
        for file in _annotations(listing, index):
            for image, names in _read(archive, file, classes, ledger):
                try:
                    path = find_image(index, image, (folder_of(file), ""))
                except RowError as error:
                    ledger.mark_item_skipped(f"{file}#{image}", error.reason, error.detail)
                    continue
                text = ", ".join(dict.fromkeys(words.get(n, n.replace("_", " ")) for n in names))
                if path:
                    gathering.add(path, [text] if text else [], split_extras(path))
                else:
                    detail = f"{image[:200]} is not there"
                    ledger.mark_item_skipped(f"{file}#{image}", Reason.BAD_ROW, detail)
        yield from gathering.samples()
        yield from offer_leftovers(listing, ledger, FileSet(listing, gathering.paths))


def class_list(archive: Archive, listing: FileListing, ledger: FileLedger) -> list[str]:
    """Return the names of YOLO's classes by number; empty if no file lists them."""
    for entry in listing.of(".yaml", ".yml", ".names", ".txt"):
        is_yaml = suffix_of(entry.path) in (".yaml", ".yml")
        if not is_yaml and stem_of(entry.path).lower() not in _CLASS_STEMS:
            continue
        text = _text(archive, entry.path)
        lines = _names_of_yaml(text) if is_yaml else text.splitlines()
        names = [line.strip() for line in lines if line.strip()]
        if names and not any(_BOX.fullmatch(name) for name in names):
            ledger.mark_used(entry.path)
            return names
    return []


def _names_of_yaml(text: str) -> list[str]:
    """Return the entries of ``names:``, a list or a mapping by number, inline or in a block.

    Only this key is read, so no parser of YAML is needed.
    """
    found = re.search(r"(?m)^names\s*:[ \t]*", text)
    if not found:
        return []
    rest = text[found.end() :]
    if rest[:1] in ("[", "{"):
        inline = re.match(r"[\[{]([^\]}]*)[\]}]", rest)
        entries = inline[1].split(",") if inline else []
    else:
        lines = (line.split(" #")[0].rstrip() for line in rest.lstrip("\r\n").splitlines())
        block = re.compile(r"\s*(?:-\s+|\d+\s*:\s*)\S.*")
        entries = []
        for line in lines:
            if not block.fullmatch(line):
                break
            entries.append(line)
    return [match[1] for e in entries if (match := _ENTRY.fullmatch(e.strip())) and match[1]]


def _annotations(listing: FileListing, index: ImageIndex) -> Sequence[str]:
    """Return the files that may be annotations: all XML, and texts named like an image."""
    texts = listing.numbers_of([".txt"])
    stems = StringSet(map(stem_of, index.paths) if len(texts) else ())
    is_named = [stem_of(path) in stems for path in Picked(listing.paths, texts)]
    named = texts[np.array(is_named, dtype=bool)]
    return Picked(listing.paths, np.union1d(listing.numbers_of([".xml"]), named))


def _read(
    archive: Archive, path: str, classes: Sequence[str], ledger: FileLedger
) -> Iterable[_Labels]:
    """Read one annotation file; nothing if it is none, which the ledger is told."""
    found: list[_Labels] = []
    if suffix_of(path) == ".xml":
        try:
            found = list(_xml_labels(archive.read(path, _XML_BYTES)))
        except (EntryError, *STREAM_ERRORS, ET.ParseError) as error:
            ledger.mark_skipped(path, Reason.DAMAGED, str(error)[:200])
            return found
    else:
        lines = [line.strip() for line in _text(archive, path).splitlines() if line.strip()]
        if lines and all(map(_BOX.fullmatch, lines)):
            numbers = [int(line.split()[0]) for line in lines]
            names = [classes[n] for n in numbers if n < len(classes)]
            found = [(path.rpartition(".")[0], names)]
            if not names:
                ledger.mark_skipped(path, Reason.NOT_LANGUAGE, "boxes without names of classes")
                return found
    if found:
        ledger.mark_used(path)
    return found


def _xml_labels(content: bytes) -> Iterator[_Labels]:
    """Yield the images of an annotation of Pascal VOC or CVAT.

    Raises:
        ValueError: it declares entities, which can be used for attacks.
        xml.etree.ElementTree.ParseError: it is no XML.
    """
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ValueError("XML with a document type is not read")
    root = ET.fromstring(content)  # noqa: S314 - no entities, see above
    if root.tag == "annotation":
        names = [(o.findtext("name") or "").strip() for o in root.iter("object")]
        yield (root.findtext("filename") or "").strip(), [name for name in names if name]
    elif root.tag == "annotations":
        for image in root.iter("image"):
            labels = (shape.get("label", "").strip() for shape in image)
            yield image.get("name", ""), [label for label in labels if label]


def _text(archive: Archive, path: str) -> str:
    with suppress(EntryError, *STREAM_ERRORS):
        return decode_text(archive.read(path, LIMITS.text_bytes)).text
    return ""
