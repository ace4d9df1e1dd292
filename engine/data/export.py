"""A dataset as a folder that Hugging Face's ``ImageFolder`` reads: PNG files and their texts.

``train`` and ``test`` (validation) each hold ``000000.png`` and on, and ``metadata.jsonl``
with a line an image: ``file_name`` and ``text``; where an image has several captions, every line
has all of them as ``texts``, and where there are tags, every line has ``tags``.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.control import RunControl
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
    """Write all items that have an image. The folder appears whole, or not at all.

    Args:
        dataset: to write.
        folder: must not exist yet, or be empty.
        edits: of this dataset; excluded items are left out.
        report: told how many images are written.
        control: may ask for a stop.

    Returns:
        The number of images. Texts alone have no place in an image folder.

    Raises:
        EditRefusedError: there is no image to write.
        StoppedError: the control asked for it.
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
    with atomic_directory(folder, len(wanted) * dataset.images[:1].nbytes) as staged:
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
    has_several = any(len(states[item].captions) > 1 for item in wanted)
    has_tags = any(states[item].tags for item in wanted)
    lines: dict[str, list[str]] = {split: [] for split in SPLIT_FOLDERS}
    for done, item in enumerate(wanted, start=1):
        if control.is_stop_requested:
            raise StoppedError
        state = states[item]
        name = f"{len(lines[state.split]):06d}.png"
        path = staged / SPLIT_FOLDERS[state.split] / name
        path.parent.mkdir(exist_ok=True)
        _write_png(dataset.images[dataset.image_rows[item]], path)
        line = _line(name, state, has_several=has_several, has_tags=has_tags)
        lines[state.split].append(json.dumps(line, ensure_ascii=False))
        report(done, len(wanted))
    return lines


def _line(name: str, state: ItemState, *, has_several: bool, has_tags: bool) -> dict[str, Any]:
    line: dict[str, Any] = {"file_name": name, "text": state.text or None}
    # Readers of tables want the same columns in every line.
    if has_several:
        line["texts"] = list(state.captions)
    if has_tags:
        line["tags"] = list(state.tags)
    return line


def _write_png(pixels: np.ndarray, path: Path) -> None:
    # The window knows this module, and the imaging library is not for its first paint.
    from PIL import Image

    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(path)
