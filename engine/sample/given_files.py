"""Reads pictures and sounds that are given to a run, in the form of its columns. No torch."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from engine.data.audio_files import read_audio
from engine.data.facts import AudioFacts, ColumnFacts, ImageFacts
from engine.data.image_files import read_image, resize, to_channels
from engine.data.pixel_values import ValueRange
from engine.data.waveform import prepare_waveform
from engine.errors import ConfigError, EntryError, Problem, SoundsUnreadableError
from engine.events import ImageArray
from engine.sample.scene import GivenPicture, GivenSound


def read_given(path: Path, facts: ColumnFacts, image_size: int) -> GivenPicture | GivenSound:
    """Read a picture or a sound as the networks take it.

    Args:
        path: of the file.
        facts: of the column that is given.
        image_size: longer side of the run's images.

    Raises:
        ImagesUnreadableError, SoundsUnreadableError: the file cannot be read.
        ConfigError: the column holds neither pictures nor sounds.
    """
    match facts:
        case ImageFacts():
            value_range = ValueRange(*facts.value_range) if facts.value_range else None
            pixels = read_image(path, at_least=image_size, value_range=value_range, band=facts.band)
            return given_picture(pixels, facts, image_size)
        case AudioFacts():
            return _read_sound(path, facts)
        case _:
            raise ConfigError([Problem("given", f"holds no files: it is a {facts.kind}")])


def given_picture(pixels: ImageArray, facts: ImageFacts, image_size: int) -> GivenPicture:
    """Bring an image into the size and the channels of a column.

    Args:
        pixels: [H, W, 3].
        facts: of the column.
        image_size: longer side of the run's images.
    """
    fitted = resize(to_channels(pixels[None], facts.channels), facts.aspect.scaled(image_size))[0]
    content = io.BytesIO()
    Image.fromarray(fitted[:, :, 0] if facts.channels == 1 else fitted).save(content, "PNG")
    return GivenPicture(png=content.getvalue())


def _read_sound(path: Path, facts: AudioFacts) -> GivenSound:
    try:
        decoded = read_audio(path)
    except EntryError as error:
        raise SoundsUnreadableError(path, error.detail or error.reason) from error
    seconds = facts.samples / facts.rate
    wave = prepare_waveform(decoded.samples, decoded.rate, target_rate=facts.rate, seconds=seconds)
    return GivenSound(samples=np.asarray(wave, "<i2").tobytes())
