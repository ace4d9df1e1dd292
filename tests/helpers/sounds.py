"""Small sounds to import: tones that no two numbers share, alone and beside other columns."""

import io
import wave
from pathlib import Path

import numpy as np

from engine.data.audio_files import write_wav
from engine.data.waveform import Samples, to_int16
from tests.helpers.sources import caption, picture

RATE = 8_000


def tone(number: int, seconds: float = 0.3, *, level: float = 0.5, rate: int = RATE) -> Samples:
    """Make a tone of a pitch of its own with a quiet overtone."""
    times = np.arange(round(seconds * rate)) / rate
    hz = 200 + 45 * number
    wave = np.sin(2 * np.pi * hz * times) + 0.3 * np.sin(2 * np.pi * 2.5 * hz * times)
    return (level / 1.3 * wave).astype(np.float32)


def save_tone(path: Path, number: int, seconds: float = 0.3, **options: float) -> None:
    """Write a tone as a WAV file; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_wav(path, to_int16(tone(number, seconds, **options)), RATE)  # pyright: ignore[reportArgumentType]


def four_column_folder(folder: Path, count: int = 12) -> Path:
    """Write images, sounds and a table with a caption and a number for each image."""
    folder.mkdir()
    rows = ["file_name,text,weight,speech"]
    for row in range(count):
        picture(row).save(folder / f"{row}.png")
        save_tone(folder / f"sounds/{row}.wav", row)
        rows.append(f"{row}.png,{caption(row)},{row / 3:.3f},{row}.wav")
    (folder / "metadata.csv").write_text("\n".join(rows))
    return folder


def tone_file(number: int, seconds: float = 0.2) -> bytes:
    """Return the content of a WAV file of a tone."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(to_int16(tone(number, seconds)).astype("<i2").tobytes())
    return content.getvalue()
