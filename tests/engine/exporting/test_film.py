import shutil
import stat
import sys

import numpy as np
import pytest
from PIL import Image, ImageSequence

from engine.control import RunControl
from engine.errors import EncoderMissingError, FilmFailedError, StoppedError
from engine.exporting.film import FilmFormat, available_formats, write_film

FFMPEG = """#!{python}
import sys
content = sys.stdin.buffer.read()
if b"\\xff" in content:
    sys.exit("Unknown encoder 'libx264'")
with open(sys.argv[-1], "wb") as file:
    file.write(" ".join(sys.argv[1:-1]).encode() + b"|" + content)
"""


def frames(count: int, height: int = 12, width: int = 16) -> list[np.ndarray]:
    return [np.full((height, width, 3), (20 * number, 90, 0), np.uint8) for number in range(count)]


@pytest.fixture
def ffmpeg(tmp_path, monkeypatch):
    if sys.platform == "win32":
        pytest.skip("the stand-in is a script")
    program = tmp_path / "bin" / "ffmpeg"
    program.parent.mkdir()
    program.write_text(FFMPEG.format(python=sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(program.parent))


@pytest.mark.parametrize("film_format", [f for f in FilmFormat if f is not FilmFormat.MP4])
def test_a_film_shows_its_frames_for_their_time(tmp_path, film_format):
    path = tmp_path / f"film.{film_format}"
    if film_format not in available_formats():
        pytest.skip("this Pillow cannot write it")
    made = frames(7)
    assert write_film(iter(made), path, fps=12) == 7
    with Image.open(path) as film:
        shown, durations = [], []
        for frame in ImageSequence.Iterator(film):
            shown.append(np.asarray(frame.convert("RGB")))
            durations.append(frame.info["duration"])
    assert len(shown) == 7
    exact = film_format in {FilmFormat.WEBP, FilmFormat.APNG}
    for pixels, frame in zip(shown, made, strict=True):
        assert np.abs(pixels.astype(int) - frame).max() <= (0 if exact else 12)
    assert sum(durations) == pytest.approx(7 * 1000 / 12, abs=5)


def test_a_film_repeats_unless_it_is_to_end(tmp_path):
    for loops in (True, False):
        write_film(frames(2), tmp_path / "film.png", fps=5, loops=loops)
        with Image.open(tmp_path / "film.png") as film:
            assert film.info["loop"] == (0 if loops else 1)


def test_one_frame_is_a_film(tmp_path):
    assert write_film(frames(1), tmp_path / "film.gif", fps=5) == 1
    with Image.open(tmp_path / "film.gif") as film:
        assert film.size == (16, 12)


@pytest.mark.parametrize(
    ("made", "name", "fps", "reason"),
    [
        ([], "film.webp", 10, "there are no frames"),
        ([*frames(1), *frames(1, 13)], "film.webp", 10, "different sizes"),
        ([np.zeros((4, 4), np.uint8)], "film.webp", 10, "not uint8"),
        (frames(1), "film.bmp", 10, "its suffix is none of"),
        (frames(1), "film.webp", 51, "51 frames a second"),
        (frames(1), "film.webp", float("nan"), "nan frames a second"),
    ],
)
def test_what_is_no_film_is_refused_and_leaves_no_file(tmp_path, made, name, fps, reason):
    with pytest.raises(FilmFailedError, match=reason):
        write_film(made, tmp_path / name, fps=fps)
    assert not list(tmp_path.iterdir())


def test_a_stop_leaves_the_old_film(tmp_path):
    path = tmp_path / "film.webp"
    write_film(frames(1), path, fps=10)
    before = path.read_bytes()
    control = RunControl()

    def stopping():
        yield from frames(2)
        control.request_stop()
        yield from frames(2)

    with pytest.raises(StoppedError):
        write_film(stopping(), path, fps=10, control=control)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["film.webp"]


def test_without_ffmpeg_an_mp4_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EncoderMissingError, match="ffmpeg on the PATH"):
        write_film(frames(2), tmp_path / "film.mp4", fps=10)
    assert FilmFormat.MP4 not in available_formats()


def test_ffmpeg_gets_the_raw_frames_and_their_rate(tmp_path, ffmpeg):
    path = tmp_path / "film.mp4"
    made = frames(3)
    assert write_film(made, path, fps=24) == 3
    command, _bar, content = path.read_bytes().partition(b"|")
    assert b"-s 16x12 -r 24 -i pipe:0" in command
    assert content == b"".join(frame.tobytes() for frame in made)


def test_what_ffmpeg_says_is_the_error(tmp_path, ffmpeg):
    white = [np.full((4, 4, 3), 255, np.uint8)]
    with pytest.raises(FilmFailedError, match="Unknown encoder 'libx264'"):
        write_film(white, tmp_path / "film.mp4", fps=10)
    assert not (tmp_path / "film.mp4").exists()


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")
def test_the_real_ffmpeg_takes_odd_sizes(tmp_path):
    assert write_film(frames(5, 13, 15), tmp_path / "film.mp4", fps=10) == 5
    assert b"ftyp" in (tmp_path / "film.mp4").read_bytes()[:16]
