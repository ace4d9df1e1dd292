"""All formats by name, in the order in which equally confident ones are offered."""

from collections.abc import Mapping

from engine.importing.formats.coco import Coco
from engine.importing.formats.embedded import Embedded
from engine.importing.formats.folders import ClassFolders, FileNames
from engine.importing.formats.format import Format
from engine.importing.formats.gallery import Gallery
from engine.importing.formats.idx import Idx
from engine.importing.formats.object_labels import ObjectLabels
from engine.importing.formats.parquet import Parquet
from engine.importing.formats.sidecar import Sidecar
from engine.importing.formats.tabular import TableFile
from engine.importing.formats.webdataset import WebDataset

_ALL: tuple[Format, ...] = (
    Gallery(),
    Coco(),
    TableFile(),
    Parquet(),
    WebDataset(),
    Idx(),
    Sidecar(),
    ObjectLabels(),
    Embedded(),
    ClassFolders(),
    FileNames(),
)

FORMATS: Mapping[str, Format] = {each.name: each for each in _ALL}
"""The most telling first; a new format is a file and a line here."""
