"""Pictures that carry their scene: a text chunk ``diptych`` in a PNG file.

Does not import torch, so that the studio can read a picture that is dropped on it.

Shapes: H height, W width.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

from engine.errors import SceneInvalidError
from engine.events import ImageArray
from engine.fs.atomic import atomic_write
from engine.fs.untrusted import MalformedFileError, read_regular
from engine.runs.folder import NEWEST
from engine.sample.scene import Scene
from engine.sample.scene_codec import FORMAT, MAX_CHARACTERS, scene_from_table, scene_to_table

CHUNK = "diptych"
SCENE, SCENE_FORMAT, CHECKPOINT = "scene", "scene_format", "checkpoint"
MAX_BYTES = 64_000_000
MAX_NAME = 1_000
"""Characters of the names that are read."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Origin of generated items."""

    run: str
    """Name of the run's folder."""
    dataset: str
    images_seen: int
    """Progress of the run at the checkpoint."""
    step: int
    seed: int
    direction: str
    config_hash: str
    version: str
    """Version of the program."""
    notice: str = ""
    """Of the dataset; what has to be said wherever the items are shown."""

    def to_table(self) -> dict[str, object]:
        """Return the members by name; an empty notice is left out."""
        return {n: v for n, v in asdict(self).items() if v or n != "notice"}


@dataclass(frozen=True, kw_only=True)
class SavedScene:
    """A scene with the model that it was made for."""

    scene: Scene
    run: str
    """Name of the run's folder."""
    dataset: str
    """Name of its dataset."""
    config_hash: str
    """Of its settings, which leave out the dataset."""
    checkpoint: str
    """``newest``, or a metric such as ``kid`` for the best checkpoint by it."""
    images_seen: int
    """Progress of the run at the checkpoint."""


def picture_info(
    text: str, facts: Mapping[str, object], scene: Scene | None, checkpoint: str = NEWEST
) -> PngImagePlugin.PngInfo:
    """Return the chunks of a generated picture.

    Args:
        text: of the item.
        facts: of its provenance.
        scene: that gives the same picture, if there is one.
        checkpoint: as ``SavedScene`` has it.
    """
    named: dict[str, object] = {"text": text, **facts}
    if scene is not None:
        named |= {
            SCENE_FORMAT: FORMAT,
            SCENE: scene_to_table(scene),
            CHECKPOINT: checkpoint,
        }
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt(CHUNK, json.dumps(named, ensure_ascii=False))
    chunks.add_itxt("Description", text)
    return chunks


def save_picture(
    path: Path,
    picture: ImageArray,
    text: str,
    scene: Scene,
    provenance: Provenance,
    checkpoint: str = NEWEST,
) -> None:
    """Save a picture with its scene atomically.

    Args:
        path: ends in ``.png``.
        picture: [H, W, 3].
        text: of the item; may be empty.
        scene: that gives the picture.
        provenance: of the picture.
        checkpoint: as ``SavedScene`` has it.

    Raises:
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    content = io.BytesIO()
    info = picture_info(text, provenance.to_table(), scene, checkpoint)
    Image.fromarray(picture).save(content, "PNG", pnginfo=info)
    atomic_write(path, content.getvalue())


def read_scene(path: Path) -> SavedScene:
    """Read the scene of a picture, without decoding its pixels.

    Args:
        path: an untrusted file.

    Raises:
        SceneInvalidError: it is no such picture, or its scene is damaged.
    """
    try:
        content = read_regular(path, MAX_BYTES)
        with Image.open(io.BytesIO(content), formats=("PNG",)) as picture:
            text = picture.info.get(CHUNK)
    except FileNotFoundError as error:
        raise SceneInvalidError(f"there is no file {path.name}") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        is_refused = isinstance(error, MalformedFileError)
        reason = str(error) if is_refused else f"{path.name} is no PNG picture"
        raise SceneInvalidError(reason) from error
    if not isinstance(text, str):
        raise SceneInvalidError(f"{path.name} holds none; Diptych did not save it")
    return scene_from_chunk(text)


def scene_from_chunk(text: str) -> SavedScene:
    """Read the content of the chunk of a picture.

    Raises:
        SceneInvalidError: it is damaged, or holds no scene.
    """
    if len(text) > MAX_CHARACTERS:
        raise SceneInvalidError(f"it has more than {MAX_CHARACTERS:,} characters")
    try:
        table: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SceneInvalidError("it is damaged") from error
    if not isinstance(table, dict):
        raise SceneInvalidError("it is damaged")
    if SCENE not in table:
        raise SceneInvalidError("the picture was saved without one")
    if table.get(SCENE_FORMAT) != FORMAT:
        raise SceneInvalidError("another version of Diptych has written it")
    match table:
        case {
            "run": str() as run,
            "dataset": str() as dataset,
            "config_hash": str() as config_hash,
            "checkpoint": str() as checkpoint,
            "images_seen": int() as seen,
        } if max(map(len, (run, dataset, config_hash, checkpoint))) <= MAX_NAME:
            pass
        case _:
            raise SceneInvalidError("it does not say which run it is from")
    return SavedScene(
        scene=scene_from_table(table[SCENE]),
        run=run,
        dataset=dataset,
        config_hash=config_hash,
        checkpoint=checkpoint,
        images_seen=seen,
    )
