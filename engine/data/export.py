"""Export a dataset as a Hugging Face ``ImageFolder``.

``train`` and ``test`` (the validation split) hold ``000000.png`` and so on, and ``metadata.jsonl``
with one line per image: ``file_name``, ``text``, ``texts`` (all captions) and ``split``. Of an
imported dataset each line also has ``source``, the path within what was imported, and if any image
has tags, ``tags``.

The first column of images decides which items are written. Of the others, further images are in
``000000.<column>.png`` and sounds in ``000000.<column>.wav``, which ``<column>_file_name`` names;
all captions of further texts are in ``<column>``, and cells of tables under the names of their
fields. Other arrays are left out.
"""

import json
import wave
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt

from engine.control import RunControl
from engine.data.column_info import AUDIO, IMAGE
from engine.data.columns import ArrayColumn, Column, TextColumn
from engine.data.editing import Edits, ItemState
from engine.data.store import TRAIN, VALIDATION, StoredDataset
from engine.data.versions import Report
from engine.data.writer import atomic_directory
from engine.errors import EditRefusedError, StoppedError
from engine.fs.atomic import atomic_write

SPLIT_FOLDERS = {TRAIN: "train", VALIDATION: "test"}


def export_image_folder(
    dataset: StoredDataset,
    folder: Path,
    *,
    edits: Edits | None = None,
    report: Report = lambda _done, _total: None,
    control: RunControl | None = None,
) -> int:
    """Write all items that have an image. The folder is written atomically.

    Args:
        dataset: the dataset.
        folder: must not exist, or be empty.
        edits: edits to apply; excluded items are left out.
        report: progress callback: number of images written, and total.
        control: may request a stop.

    Returns:
        The number of images. Items without an image are not exported.

    Raises:
        EditRefusedError: there is no image to write.
        StoppedError: a stop was requested.
        FolderInUseError, FolderNotWritableError, DiskFullError: the folder cannot be written.
    """
    states = dict(enumerate((edits or Edits(dataset)).states()))
    wanted = [
        item
        for item, state in states.items()
        if not state.is_excluded and dataset.image_rows[item] >= 0
    ]
    if not wanted:
        raise EditRefusedError("there is no image to export")
    arrays = (c for c in dataset.columns.values() if isinstance(c, ArrayColumn))
    needed_bytes = len(wanted) * sum(column.info.row_bytes for column in arrays)
    with atomic_directory(folder, needed_bytes) as staged:
        lines = _write_images(dataset, staged, wanted, states, report, control or RunControl())
        for split, split_lines in lines.items():
            if split_lines:
                content = "".join(f"{line}\n" for line in split_lines)
                path = staged / SPLIT_FOLDERS[split] / "metadata.jsonl"
                atomic_write(path, content.encode())
    return len(wanted)


def _write_images(
    dataset: StoredDataset,
    staged: Path,
    wanted: Sequence[int],
    states: Mapping[int, ItemState],
    report: Report,
    control: RunControl,
) -> dict[str, list[str]]:
    keys = dataset.strings("key")
    sources = {item: keys[item] for item in wanted}
    has_sources = any(sources.values())
    has_tags = any(states[item].tags for item in wanted)
    first = (dataset.image_column, dataset.text_column)
    others = [column for column in dataset.columns.values() if column not in first]
    lines: dict[str, list[str]] = {split: [] for split in SPLIT_FOLDERS}
    for done, item in enumerate(wanted, start=1):
        if control.is_stop_requested:
            raise StoppedError
        state = states[item]
        name = f"{len(lines[state.split]):06d}.png"
        path = staged / SPLIT_FOLDERS[state.split] / name
        path.parent.mkdir(exist_ok=True)
        _write_image(path, dataset.images[dataset.image_rows[item]])
        line = _line(name, state)
        for column in others:
            line |= _members(column, item, path, frozenset(line))
        # Table readers expect the same columns in all lines.
        if has_sources:
            line["source"] = sources[item]
        if has_tags:
            line["tags"] = list(state.tags)
        lines[state.split].append(json.dumps(line, ensure_ascii=False))
        report(done, len(wanted))
    return lines


def _line(name: str, state: ItemState) -> dict[str, Any]:
    return {
        "file_name": name,
        "text": state.text or None,
        "texts": list(state.captions),
        "split": SPLIT_FOLDERS[state.split],
    }


def _members(column: Column, item: int, path: Path, taken: Collection[str]) -> dict[str, Any]:
    """Write the value of a further column beside an image; return its members of the line."""
    if isinstance(column, TextColumn):
        return {column.name: list(column.captions(item))}
    if isinstance(column, ArrayColumn):
        return _written(column, item, path)
    cells = column.cells(item)
    names = (field.name for field in column.info.fields)
    return {
        name if name not in taken else f"{column.name}_{name}": cells.get(name) for name in names
    }


def _written(column: ArrayColumn, item: int, path: Path) -> dict[str, Any]:
    suffix = {IMAGE: "png", AUDIO: "wav"}.get(column.kind)
    if suffix is None:
        return {}
    member = f"{column.name}_file_name"
    if not column.present[item]:
        return {member: None}
    path = path.with_suffix(f".{column.name}.{suffix}")
    value = column.values[column.rows[item]]
    if column.kind == IMAGE:
        _write_image(path, value)
    else:
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(column.info.rate)
            file.writeframes(value.astype("<i2").tobytes())
    return {member: path.name}


def _write_image(path: Path, pixels: npt.NDArray[Any]) -> None:
    # Imported on use: the studio's start-up imports this module.
    from PIL import Image

    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(path)
