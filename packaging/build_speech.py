"""Synthesise the words of the starter *Spoken digits* with espeak-ng.

``apt-get install espeak-ng``, then ``python packaging/build_speech.py``. Writes ``clips.npz`` and
``LICENSE.txt`` in ``resources/starters/spoken-digits``. What ships was made with espeak-ng
1.51+dfsg-10+deb12u2 of Debian 12; other versions sound slightly different.

Each clip is one word in one of espeak-ng's own voice variants and English accents, at a random
pitch and speed. MBROLA voices are not used, because many of them may not be redistributed. Variants
whose names differ only in a number are one family; held-out clips are spoken by whole families of
which no training clip is.
"""

import io
import itertools
import random
import re
import subprocess
import sys
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sound_preparation import fade_out, resample, trim

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.starters.mnist import WORDS  # noqa: E402 (the path comes first)
from engine.starters.speech_codec import encode  # noqa: E402
from engine.starters.spoken_digits import CLIPS_FILE, PEAK, RATE, SECONDS  # noqa: E402

TARGET = ROOT / "resources" / "starters" / "spoken-digits"
# Whispers, monsters and effects, in which words are hard to tell.
UNCLEAR = {
    "AnxiousAndy",
    "Demonic",
    "Mr serious",
    "Storm",
    "Tweaky",
    "UniRobot",
    "anikaRobot",
    "croak",
    "whisper",
    "whisperf",
}
ACCENTS = (
    "en-gb",
    "en-us",
    "en-gb-scotland",
    "en-gb-x-rp",
    "en-gb-x-gbclan",
    "en-gb-x-gbcwmd",
    "en-029",
)
TRAINING_CLIPS, HELD_OUT_CLIPS = 160, 40
"""Of each word."""
HELD_OUT_VOICES = 16
"""At least; whole families are held out."""
PITCHES, SPEEDS = (25, 75), (140, 220)
"""Ranges of espeak-ng's pitch (0 to 99) and speed (words a minute)."""
FADE_S = 0.02
QUANTISATION_STEP = 0.014
"""29 dB above the quantisation noise, on average over 100 clips; 0.03 gives 24 dB."""
SEED = 0

LICENCE = """\
Digits: those of the starter Digits, MNIST, Copyright Yann LeCun and Corinna Cortes, CC BY-SA 3.0,
https://creativecommons.org/licenses/by-sa/3.0/

Speech (clips.npz): synthesised for Diptych by packaging/build_speech.py with {version},
https://github.com/espeak-ng/espeak-ng. The program is licensed under the GPL, version 3 or later.
It is run once, when the clips are made; neither it nor its data is part of Diptych. The sound that
it computes from ten English words is the output of a program, which its licence covers only if the
output itself is a work based on the program (GPL version 3, section 2); a spoken word is none.
As far as the clips are protected at all, they are dedicated to the public domain, CC0 1.0,
https://creativecommons.org/publicdomain/zero/1.0/
Only espeak-ng's own formant voices are used, none of MBROLA.
"""


@dataclass(frozen=True, kw_only=True)
class Take:
    """One clip to synthesise."""

    digit: int
    voice: str
    accent: str
    pitch: int
    speed: int
    is_held_out: bool


def main() -> None:
    """Synthesise, encode and write all clips."""
    rng = random.Random(SEED)  # noqa: S311 (no secret)
    training, held_out = split_voices(rng)
    takes = [
        take
        for digit in range(len(WORDS))
        for voices, count, is_held_out in (
            (training, TRAINING_CLIPS, False),
            (held_out, HELD_OUT_CLIPS, True),
        )
        for take in plan(digit, voices, count, rng, is_held_out=is_held_out)
    ]
    clips = [prepare(speak(take), take) for take in takes]
    levels, frames = encode(clips, QUANTISATION_STEP)
    voices = sorted(training + held_out)
    TARGET.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        TARGET / CLIPS_FILE,
        levels=levels,
        frames=frames,
        step=np.float32(QUANTISATION_STEP),
        digits=np.array([take.digit for take in takes], dtype=np.uint8),
        voices=np.array([voices.index(take.voice) for take in takes], dtype=np.uint8),
        accents=np.array([ACCENTS.index(take.accent) for take in takes], dtype=np.uint8),
        held_out=np.array([take.is_held_out for take in takes]),
        voice_names=np.array(voices),
        accent_names=np.array(ACCENTS),
    )
    version = run("--version").decode().split("Data at")[0].strip()
    (TARGET / "LICENSE.txt").write_text(LICENCE.format(version=version), encoding="utf-8")
    size = (TARGET / CLIPS_FILE).stat().st_size
    print(f"{len(takes):,} clips, {len(training)} + {len(held_out)} voices, {size / 1e6:.2f} MB")


def split_voices(rng: random.Random) -> tuple[list[str], list[str]]:
    """Divide the variants into those of training and those held out."""
    folder = Path(re.findall(r"Data at: (.+)", run("--version").decode())[0].strip())
    names = sorted(
        path.name for path in (folder / "voices" / "!v").iterdir() if path.name not in UNCLEAR
    )
    families: dict[str, list[str]] = {}
    for name in names:
        families.setdefault(name.rstrip("0123456789").lower(), []).append(name)
    order = sorted(families)
    rng.shuffle(order)
    held_out: list[str] = []
    while len(held_out) < HELD_OUT_VOICES:
        held_out += families.pop(order.pop())
    return list(itertools.chain.from_iterable(families.values())), held_out


def plan(
    digit: int, voices: Sequence[str], count: int, rng: random.Random, *, is_held_out: bool
) -> list[Take]:
    """Draw the takes of one word; all voices come about equally often."""
    order = list(itertools.islice(itertools.cycle(rng.sample(voices, len(voices))), count))
    return [
        Take(
            digit=digit,
            voice=voice,
            accent=rng.choice(ACCENTS),
            pitch=rng.randint(*PITCHES),
            speed=rng.randint(*SPEEDS),
            is_held_out=is_held_out,
        )
        for voice in order
    ]


def speak(take: Take) -> bytes:
    """Return what espeak-ng says, as a WAV file."""
    settings = ["-v", f"{take.accent}+{take.voice}", "-p", str(take.pitch), "-s", str(take.speed)]
    return run(*settings, "--stdout", WORDS[take.digit])


def run(*arguments: str) -> bytes:
    """Run espeak-ng and return its output."""
    return subprocess.run(["espeak-ng", *arguments], capture_output=True, check=True).stdout


def prepare(content: bytes, take: Take) -> npt.NDArray[np.floating]:
    """Bring a recording into the form of the starter: mono, trimmed, at its rate and peak."""
    with wave.open(io.BytesIO(content)) as file:
        rate = file.getframerate()
    # The length in the header is a placeholder, because espeak-ng writes to a pipe.
    samples = np.frombuffer(content[44:], dtype="<i2") / -np.iinfo(np.int16).min
    if not np.any(samples):
        raise ValueError(f"espeak-ng is silent for {take}")
    clip = trim(resample(samples, rate, RATE), RATE)
    cut = clip[: int(RATE * SECONDS)]
    if len(cut) < len(clip):
        print(f"cut by {(len(clip) - len(cut)) / RATE:.2f} s: {take}")
    cut = fade_out(cut, RATE, FADE_S)
    return cut * PEAK / np.abs(cut).max()


if __name__ == "__main__":
    main()
