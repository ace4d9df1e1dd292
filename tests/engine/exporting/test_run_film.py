import numpy as np
import pytest
from PIL import Image, ImageSequence

from engine.errors import FilmFailedError
from engine.exporting.run_film import export_run_film, sheet_frame
from engine.sample.preview_sheet import Sheet
from tests.helpers.run_folders import made_run, shade_of, write_preview


def test_a_film_shows_the_previews_in_their_order_and_holds_the_last(tmp_path):
    run = made_run(tmp_path / "runs", "one")
    for images in (300, 100, 200):
        write_preview(run, images)
    reported = []
    count = export_run_film(
        run, tmp_path / "film.png", fps=2, report=lambda done, _total: reported.append(done)
    )
    assert count == 3 + 3  # The last is held for 1.5 s.
    assert reported == [1, 2, 3]
    with Image.open(tmp_path / "film.png") as film:
        shades, times = [], []
        for frame in ImageSequence.Iterator(film):
            shades.append(np.asarray(frame.convert("L"))[0, 0])
            times.append(frame.info["duration"])
        assert film.size == (256, 256)
    assert shades == [shade_of(0, images) for images in (100, 200, 300)]
    assert sum(times) == pytest.approx(3000)


def test_a_preview_of_another_size_or_a_damaged_one_is_left_out(tmp_path):
    run = made_run(tmp_path / "runs", "one")
    write_preview(run, 100, side=16)
    write_preview(run, 200)
    write_preview(run, 300)
    write_preview(run, 400).write_bytes(b"no picture")
    assert export_run_film(run, tmp_path / "film.gif", fps=1) == 2 + 2


def test_a_run_without_previews_makes_no_film(tmp_path):
    run = made_run(tmp_path / "runs", "one")
    with pytest.raises(FilmFailedError, match="has no previews"):
        export_run_film(run, tmp_path / "film.webp", fps=8)
    assert not (tmp_path / "film.webp").exists()


@pytest.mark.parametrize(("height", "width"), [(8, 8), (8, 32), (32, 8)])
def test_the_tiles_of_a_frame_are_those_of_the_sheet(height, width):
    images = np.random.default_rng(0).integers(0, 256, (6, height, width, 3), dtype=np.uint8)
    frame = sheet_frame(Sheet(images=images, texts=("",) * 6, images_seen=1, elapsed_s=0.0))
    factor = frame.shape[0] // height
    columns = next(
        n
        for n in range(1, 7)
        if frame.shape[1] % (width * n) == 0
        and frame.shape[0] // (height * -(-6 // n)) == frame.shape[1] // (width * n)
    )
    factor = frame.shape[1] // (width * columns)
    small = frame[::factor, ::factor]
    for tile, image in enumerate(images):
        row, column = divmod(tile, columns)
        place = small[row * height :, column * width :]
        assert np.array_equal(place[:height, :width], image)
