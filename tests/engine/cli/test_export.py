"""The export subcommand: datasets as before, and what leaves a run."""

from pathlib import Path

import pytest
from PIL import Image

from engine.cli.main import main
from tests.helpers.run_folders import made_run, write_preview
from tests.helpers.tiny import tiny_dataset


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = made_run(tmp_path / "runs", "one")
    for images in (100, 200):
        write_preview(folder, images)
    return folder


def test_a_dataset_is_exported_as_before(tmp_path, capsys):
    data = tiny_dataset(tmp_path / "model")
    assert main(["export", str(data), "--folder", str(tmp_path / "out")]) == 0
    assert "Exported 24 images" in capsys.readouterr().out
    assert (tmp_path / "out" / "train" / "metadata.jsonl").is_file()


def test_the_curves_of_a_run_are_exported(tmp_path, run, capsys):
    assert main(["export", "curves", str(run), "--folder", str(tmp_path / "out")]) == 0
    assert "Exported 2 reports" in capsys.readouterr().out
    assert (tmp_path / "out" / "losses.csv").is_file()


@pytest.mark.parametrize(
    ("place", "options", "name", "kind"),
    [
        ("film.gif", [], "film.gif", "GIF"),
        ("films", [], "films/one.webp", "WEBP"),
        ("films", ["--format", "png", "--fps", "20"], "films/one.png", "PNG"),
    ],
)
def test_a_film_goes_to_a_file_or_into_a_folder(tmp_path, run, place, options, name, kind):
    arguments = ["export", "film", str(run), "--folder", str(tmp_path / place), *options]
    assert main(arguments) == 0
    with Image.open(tmp_path / name) as film:
        assert film.format == kind
        assert getattr(film, "n_frames", 1) > 1


def test_an_mp4_without_ffmpeg_is_one_sentence(tmp_path, run, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["export", "film", str(run), "--folder", str(tmp_path / "a.mp4")]) == 2
    assert "MP4 cannot be written on this machine" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["sounds", "run"], ["model", "run", "more"], ["one", "two"], []]
)
def test_what_is_neither_dataset_nor_run_is_refused(tmp_path, arguments, capsys):
    with pytest.raises(SystemExit) as left:
        main(["export", *arguments, "--folder", str(tmp_path / "out")])
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("diptych export: ")


@pytest.mark.parametrize("kind", ["model", "curves"])
def test_a_run_that_is_not_there_is_one_sentence(tmp_path, kind, capsys):
    where = tmp_path / "none"
    assert main(["export", kind, str(where), "--folder", str(tmp_path / "out")]) == 2
    assert "There is no run in" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
