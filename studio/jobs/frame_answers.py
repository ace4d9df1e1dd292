"""What a ``FrameJob`` answers: numbers, texts, pixels and waves, without tensors."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from engine.data.audio_headers import AUDIO_SUFFIXES
from engine.data.column_info import AUDIO, IMAGE
from engine.data.facts import ColumnFacts, ImageFacts
from engine.data.table_codec import Cells
from engine.data.waveform import Sounds
from engine.errors import ConfigError, Problem, SceneInvalidError
from engine.events import ImageArray, Outcome
from engine.runs.folder import RunFolder
from engine.sample.completion import Completion
from engine.sample.given_files import given_picture, read_given
from engine.sample.play_results import Direction, Projection, Reading
from engine.sample.scene import GivenPicture, GivenSound, Scene
from engine.sample.scene_file import Provenance, SavedScene, read_scene, save_picture
from engine.sample.scene_run import is_from

Wave = npt.NDArray[np.int16]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PlayerOpened:
    """A run can be played with."""

    run: Any
    """The ``PlayedRun``."""
    columns: Mapping[str, ColumnFacts]
    """In the order of generation."""
    image_size: int
    """Longer side of the run's pictures in pixels."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """N items that were drawn together."""

    number: int
    target: str
    scenes: tuple[Scene, ...]
    tiles: ImageArray
    """[N, H, W, 3], the pictures and the spectrograms of each item side by side."""
    captions: tuple[str, ...]
    """Texts and cells of each item."""
    pictures: ImageArray
    """[N, H, W, 3] of the first column of pictures; as ``tiles`` if there is none."""
    texts: Mapping[str, tuple[str, ...]]
    cells: Mapping[str, Cells]
    sounds: Mapping[str, tuple[Wave, ...]]
    """N waves by column."""
    rates: Mapping[str, int]
    """Samples per second by column of sounds."""
    seconds: float
    """Time that drawing took."""
    cpu_seconds: float
    """CPU time of the drawing thread in it."""


@dataclass(frozen=True, kw_only=True)
class WordsSuggested:
    """What is to be said of a text that is being typed."""

    text: str
    completion: Completion


@dataclass(frozen=True, kw_only=True)
class ReadingsMade:
    """What the given columns say about the others."""

    number: int
    columns: Mapping[str, Reading]


@dataclass(frozen=True, kw_only=True)
class DirectionsFound:
    """The directions of a run, the strongest first."""

    directions: tuple[Direction, ...]


@dataclass(frozen=True, kw_only=True)
class GivenTaken:
    """A file was read as the given value of a column."""

    column: str
    value: GivenPicture | GivenSound
    path: Path | None = None
    """The file; None for a picture of the clipboard."""
    saved: SavedScene | None = None
    """The scene of a picture whose run has other columns than the one that is played with."""


@dataclass(frozen=True, kw_only=True)
class SceneTaken:
    """A picture held the scene that it was made from."""

    saved: SavedScene
    is_same: bool
    """Whether that is the run that is played with."""
    path: Path


@dataclass(frozen=True, kw_only=True)
class PictureProjected:
    """A step of the search for a picture's noise."""

    projection: Projection


@dataclass(frozen=True, kw_only=True)
class ProjectionEnded:
    """The search or the film has ended."""

    is_stopped: bool = False


@dataclass(frozen=True, kw_only=True)
class FilmDrawn:
    """Frames of a film have been drawn."""

    frames: tuple[ImageArray, ...]
    """[H, W, 3] each; empty until all have been drawn."""
    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class PictureSaved:
    """A picture was saved with its scene."""

    path: Path


@dataclass(frozen=True, kw_only=True)
class SnapshotTaken:
    """The newest weights of a live run are used from now on."""


@dataclass(frozen=True, kw_only=True)
class PlayFailed:
    """A request failed; others are answered."""

    error: Exception
    is_long: bool = False
    """Whether a search or a film has ended with it."""


@dataclass(frozen=True, kw_only=True)
class PlayEnded:
    """Last answer: the player is closed, or could not be opened."""

    outcome: Outcome
    error: Exception | None = None


def frame_of(
    render: Callable[[], Any], *, number: int, target: str, scenes: Sequence[Scene]
) -> Frame:
    """Render scenes and convert the samples; the time of both is measured."""
    from engine.sample.tiles import captions, tiles

    began_s, began_cpu_s = time.perf_counter(), time.thread_time()
    samples = render()
    drawn = tiles(samples)
    pictures = samples.images
    shown = samples.columns
    sounds = {name: value for name, value in shown.items() if isinstance(value, Sounds)}
    return Frame(
        number=number,
        target=target,
        scenes=tuple(scenes),
        tiles=drawn,
        captions=captions(samples),
        pictures=pictures if pictures.shape[1] else drawn,
        texts={
            name: cast("tuple[str, ...]", value)
            for name, value in shown.items()
            if isinstance(value, tuple)
        },
        cells={name: value for name, value in shown.items() if isinstance(value, Cells)},
        sounds={name: tuple(value.samples) for name, value in sounds.items()},
        rates={name: value.rate for name, value in sounds.items()},
        seconds=time.perf_counter() - began_s,
        cpu_seconds=time.thread_time() - began_cpu_s,
    )


def take_file(
    path: Path, column: str, columns: Mapping[str, ColumnFacts], run: Path
) -> SceneTaken | GivenTaken:
    """Read a dropped file: its scene, or else the picture or sound itself.

    Raises:
        ConfigError: the run has no column for it.
        ImagesUnreadableError, SoundsUnreadableError: it cannot be read.
    """
    kind = AUDIO if path.suffix.lower() in AUDIO_SUFFIXES else IMAGE
    saved = None if column or kind != IMAGE else _saved_scene(path)
    if saved is not None and set(saved.scene.given) <= set(columns):
        return SceneTaken(saved=saved, is_same=is_from(saved, run), path=path)
    fitting = [name for name, facts in columns.items() if facts.kind == kind]
    chosen = column or next(iter(fitting), "")
    if chosen not in fitting:
        raise ConfigError([Problem("given", f"The run has no column for {path.name}.")])
    size = RunFolder(run).read_config().networks.image_size
    value = read_given(path, columns[chosen], size)
    return GivenTaken(column=chosen, value=value, path=path, saved=saved)


def take_image(image: QImage, columns: Mapping[str, ColumnFacts], run: Path) -> GivenTaken:
    """Give a picture to the first column of pictures.

    Raises:
        ConfigError: the run has none.
    """
    fitting = {name: facts for name, facts in columns.items() if isinstance(facts, ImageFacts)}
    if not fitting:
        raise ConfigError([Problem("given", "The run has no column of pictures.")])
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), -1)
    pixels = rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3)
    name, facts = next(iter(fitting.items()))
    size = RunFolder(run).read_config().networks.image_size
    return GivenTaken(column=name, value=given_picture(pixels, facts, size))


def save_frame(frame: Frame, path: Path, provenance: Provenance, checkpoint: str) -> None:
    """Save the picture of a frame's first item with its scene.

    Raises:
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    text = next((texts[0] for texts in frame.texts.values()), "")
    save_picture(path, frame.pictures[0], text, frame.scenes[0], provenance, checkpoint)


def _saved_scene(path: Path) -> SavedScene | None:
    """Return the scene of a picture; None if it holds none."""
    try:
        return read_scene(path)
    except SceneInvalidError as error:
        _log.info("%s is taken as a picture: %s", path, error)
        return None
