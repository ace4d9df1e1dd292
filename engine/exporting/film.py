"""Encodes frames as a film: WebP, APNG, GIF and AVIF by Pillow, MP4 by an ffmpeg on the PATH.

Does not import torch. A film is published under its name when it is complete.

Shapes: H height and W width of a frame in pixels, the same for all frames of a film.
"""

import contextlib
import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.control import RunControl
from engine.errors import EncoderMissingError, FilmFailedError
from engine.fs.atomic import files, remove_abandoned, remove_if_there, staged_path, wrap_os_error

Frame = npt.NDArray[np.uint8]
"""[H, W, 3]."""
MIN_FPS = 1
MAX_FPS = 50
"""GIF counts hundredths of a second, and viewers slow down what shows a frame for less than two."""
_CLOSE_S = 60.0
"""How long ffmpeg may take for what it has already received."""


class FilmFormat(StrEnum):
    """Formats of a film; the value is the suffix of its files, without the dot."""

    WEBP = "webp"
    """Lossless, small, shown by browsers."""
    APNG = "png"
    """Lossless; shows its first frame where animation is unknown."""
    GIF = "gif"
    """Shown everywhere, in 256 colours a frame."""
    AVIF = "avif"
    """The smallest of the pictures that move."""
    MP4 = "mp4"
    """H.264, for players and slides. Needs ffmpeg."""


def format_of(path: Path) -> FilmFormat:
    """Return the format that a file's suffix names.

    Raises:
        FilmFailedError: it names none.
    """
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in {each.value for each in FilmFormat}:
        named = ", ".join(f".{each.value}" for each in FilmFormat)
        raise FilmFailedError(path, f"its suffix is none of {named}")
    return FilmFormat(suffix)


def available_formats() -> tuple[FilmFormat, ...]:
    """Return the formats that can be written on this machine."""
    return tuple(each for each in FilmFormat if _missing_encoder(each) is None)


def write_film(
    frames: Iterable[Frame],
    path: Path,
    *,
    fps: float,
    film_format: FilmFormat | None = None,
    loops: bool = True,
    control: RunControl | None = None,
) -> int:
    """Write a film atomically.

    Args:
        frames: uint8 [H, W, 3] each, read one by one. Pillow's formats keep them in memory until
            the film is complete; MP4 does not.
        path: an existing file is replaced.
        fps: frames a second, from ``MIN_FPS`` to ``MAX_FPS``.
        film_format: by default that of the suffix of ``path``.
        loops: play it again and again, where the format knows that: MP4 and AVIF do not.
        control: may request a stop, which is noticed between two frames.

    Returns:
        The number of frames.

    Raises:
        EncoderMissingError: nothing on this machine writes the format.
        FilmFailedError: there are no frames, their sizes differ, or the encoder refuses them.
        StoppedError: a stop was requested; there is no new file.
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    chosen = format_of(path) if film_format is None else film_format
    missing = _missing_encoder(chosen)
    if missing is not None:
        raise EncoderMissingError(chosen.name, missing)
    if not MIN_FPS <= fps <= MAX_FPS:
        raise FilmFailedError(path, f"it has {fps:g} frames a second, not {MIN_FPS} to {MAX_FPS}")
    staged = staged_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned(path)
        checked = _checked(frames, path, control or RunControl())
        write = _write_mp4 if chosen is FilmFormat.MP4 else _write_picture
        count = write(checked, path, fps, chosen, loops=loops)
        files.rename(staged, path)
        files.sync_folder(path.parent)
    except OSError as error:
        raise wrap_os_error(error, path.parent) from error
    finally:
        with contextlib.suppress(OSError):
            remove_if_there(staged)
    return count


def _missing_encoder(film_format: FilmFormat) -> str | None:
    """Return what is needed to write a format and is not there."""
    # Imported on use: the studio's start-up imports this module.
    from PIL import features

    match film_format:
        case FilmFormat.MP4:
            return None if shutil.which("ffmpeg") else "ffmpeg on the PATH"
        case FilmFormat.WEBP | FilmFormat.AVIF:
            is_there = features.check(film_format.value)
            return None if is_there else f"a Pillow with {film_format.name}"
        case _:
            return None


def _checked(frames: Iterable[Frame], path: Path, control: RunControl) -> Iterator[Frame]:
    """Yield frames that all have the same shape; at least one."""
    shape: tuple[int, ...] | None = None
    for frame in frames:
        control.stop_if_asked()
        if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
            raise FilmFailedError(path, "its frames are not uint8 [H, W, 3]")
        if shape is not None and frame.shape != shape:
            raise FilmFailedError(path, "its frames have different sizes")
        shape = frame.shape
        yield frame
    if shape is None:
        raise FilmFailedError(path, "there are no frames")


def _write_picture(
    frames: Iterator[Frame], path: Path, fps: float, film_format: FilmFormat, *, loops: bool
) -> int:
    from PIL import Image

    pictures = [Image.fromarray(frame) for frame in frames]
    tick_ms = 10 if film_format is FilmFormat.GIF else 1
    # Rounded sums, so that a film of any length is as long as it should be.
    ends = [round(number * 1000 / fps / tick_ms) for number in range(len(pictures) + 1)]
    options: dict[str, Any] = {
        "duration": [tick_ms * (end - start) for start, end in itertools.pairwise(ends)]
    }
    if film_format is FilmFormat.WEBP:
        options |= {"lossless": True, "loop": 0 if loops else 1}
    elif film_format is FilmFormat.APNG:
        options |= {"loop": 0 if loops else 1}
    elif film_format is FilmFormat.GIF and loops:
        options |= {"loop": 0}
    if len(pictures) == 1:
        options = {}
    name = "PNG" if film_format is FilmFormat.APNG else film_format.name
    try:
        pictures[0].save(
            staged_path(path), name, save_all=True, append_images=pictures[1:], **options
        )
    except ValueError as error:
        raise FilmFailedError(path, str(error)) from error
    return len(pictures)


def _write_mp4(
    frames: Iterator[Frame],
    path: Path,
    fps: float,
    _format: FilmFormat,
    *,
    loops: bool,  # noqa: ARG001 (MP4 does not store it)
) -> int:
    first = next(frames)
    height, width, _channels = first.shape
    command = [
        shutil.which("ffmpeg") or "ffmpeg",
        *("-hide_banner", "-loglevel", "error", "-nostdin", "-y"),
        *("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", f"{fps:g}"),
        *("-i", "pipe:0", "-an"),
        # Players only take halved colours, which need even sides.
        *("-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-c:v", "libx264", "-crf", "18"),
        *("-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4", str(staged_path(path))),
    ]
    count = 0
    # A file and no pipe: nobody reads while frames are written.
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603 (no shell; the path is one argument)
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log
        )
        assert process.stdin is not None  # noqa: S101 (it is a pipe)
        try:
            with contextlib.suppress(BrokenPipeError), process.stdin as stdin:
                for frame in itertools.chain([first], frames):
                    stdin.write(np.ascontiguousarray(frame).data)
                    count += 1
            code = process.wait(_CLOSE_S)
        except subprocess.TimeoutExpired as error:
            raise FilmFailedError(path, "ffmpeg does not end") from error
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if code != 0:
            log.seek(0)
            said = log.read(2000).decode(errors="replace").strip().splitlines()
            raise FilmFailedError(path, said[-1] if said else f"ffmpeg ended with {code}")
    return count
