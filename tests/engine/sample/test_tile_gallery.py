"""Chosen tiles of a preview, saved as a gallery."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.control import RunControl
from engine.data.facts import AudioFacts
from engine.data.waveform import Sounds
from engine.errors import FolderInUseError, RunMissingError, SheetCorruptError, StoppedError
from engine.runs.folder import RunFolder, create_run_folder, write_model
from engine.sample.preview_sheet import read_sheet
from engine.sample.preview_sounds import write_sounds
from engine.sample.scene_file import read_scene
from engine.sample.scene_sources import preview_scene
from engine.sample.tile_gallery import TileRequest, save_tiles, tile_samples
from tests.helpers.run_folders import run_config, shade_of, write_preview
from tests.helpers.tiny import tiny_facts

SEEN = 640


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    run: RunFolder = create_run_folder(run_config(tmp_path / "runs", "cats", seed=7))
    write_model(run, tiny_facts())
    return write_preview(run.path, SEEN)


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "metadata.jsonl").read_text().splitlines()]


def test_that_the_chosen_tiles_are_saved_in_order_with_their_pixels_texts_and_scenes(
    sheet: Path, tmp_path: Path
):
    done: list[tuple[int, int]] = []
    request = TileRequest(sheet=sheet, tiles=(3, 1), folder=tmp_path / "chosen")
    assert save_tiles(request, lambda *counts: done.append(counts), RunControl()) == 2
    assert done == [(2, 2)]
    found = lines(request.folder)
    assert [(line["file_name"], line["text"]) for line in found] == [
        ("000000.png", "three"),
        ("000001.png", "one"),
    ]
    assert {(line["run"], line["images_seen"], line["step"], line["seed"]) for line in found} == {
        ("cats", SEEN, SEEN // 64, 7)
    }
    for place, tile in enumerate(request.tiles):
        path = request.folder / f"{place:06d}.png"
        with Image.open(path) as picture:
            assert np.all(np.asarray(picture) == shade_of(tile, SEEN))
        saved = read_scene(path)
        assert (saved.scene, saved.images_seen) == (preview_scene(7, tile, 4), SEEN)
    assert (request.folder / "contact_sheet.png").is_file()


def test_that_a_folder_with_files_is_left_alone(sheet: Path, tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FolderInUseError):
        save_tiles(TileRequest(sheet=sheet, tiles=(0,), folder=tmp_path), print, RunControl())


@pytest.mark.parametrize("tiles", [(), (4,), (-1,)])
def test_that_tiles_that_the_preview_lacks_are_refused(
    sheet: Path, tmp_path: Path, tiles: tuple[int, ...]
):
    folder = tmp_path / "chosen"
    with pytest.raises(SheetCorruptError, match="4 tiles"):
        save_tiles(TileRequest(sheet=sheet, tiles=tiles, folder=folder), print, RunControl())
    assert not folder.exists()


def test_that_a_preview_whose_run_is_gone_is_refused(tmp_path: Path):
    sheet = write_preview(tmp_path / "gone", SEEN)
    request = TileRequest(sheet=sheet, tiles=(0,), folder=tmp_path / "chosen")
    with pytest.raises(RunMissingError):
        save_tiles(request, print, RunControl())


def test_that_a_stop_keeps_the_gallery_readable(sheet: Path, tmp_path: Path):
    control = RunControl()
    control.request_stop()
    request = TileRequest(sheet=sheet, tiles=(0,), folder=tmp_path / "chosen")
    with pytest.raises(StoppedError):
        save_tiles(request, print, control)
    assert lines(request.folder) == []


def test_that_clips_are_saved_as_long_as_the_preview_has_them(sheet: Path):
    clips = np.arange(4 * 160, dtype=np.int16).reshape(4, 160)
    spectrograms = np.zeros((4, 1, 1), dtype=np.uint8)
    sounds = Sounds(samples=clips, rate=8000, spectrograms=spectrograms)
    model = tiny_facts()
    audio = AudioFacts(rate=8000, samples=160)
    model = replace(model, columns={**model.columns, "speech": audio})
    # A tile has the picture and the spectrogram, so it is not the picture of the run.
    assert [*tile_samples(sheet, read_sheet(sheet), model, (2,)).columns] == ["text", "tile"]
    write_sounds(sheet, {"speech": sounds})
    saved = tile_samples(sheet, read_sheet(sheet), model, (2, 0)).columns
    assert [*saved] == ["text", "tile", "speech"]
    speech = saved["speech"]
    assert isinstance(speech, Sounds)
    np.testing.assert_array_equal(speech.samples, clips[[2, 0]])
