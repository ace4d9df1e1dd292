"""Runs of items with four columns: previews, galleries, and any column given."""

import json
import wave
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.cli.main import main as main_command
from engine.config.sections import FAMILIES
from engine.control import RunControl
from engine.data.audio_files import write_wav
from engine.data.column_info import text_column
from engine.data.gallery_info import gallery_info_from_json
from engine.data.store import open_dataset, write_dataset
from engine.errors import (
    CellsInvalidError,
    ConfigError,
    DiskFullError,
    SoundsUnreadableError,
    TextsUnreadableError,
    UnknownWordsError,
)
from engine.events import (
    EvaluationFailed,
    EvaluationStarted,
    GalleryEnded,
    Outcome,
    PreviewFailed,
    PreviewReady,
    RunReady,
)
from engine.runs.event_reader import read_events
from engine.sample.conditions import read_conditions
from engine.sample.gallery import write_gallery
from engine.sample.load import load_run
from engine.sample.preview_sheet import read_sheet
from engine.sample.preview_sounds import read_clip, sounds_beside
from engine.sample.request import GalleryRequest
from engine.sample.tiles import captions, cell_text, tiles
from engine.train.run import train
from tests.helpers.columns import four_column_dataset
from tests.helpers.tiny import tiny_config

CPU = torch.device("cpu")


def sentences(folder: Path) -> Path:
    """Build items of a text alone."""
    words = ("red", "blue")
    records = [
        {"text": words[row % 2], "split": "held_out" if row % 6 == 5 else "train"}
        for row in range(24)
    ]
    write_dataset(
        folder,
        name="sentences",
        title="",
        records=records,
        licence="CC0",
        source="a test",
        columns=[text_column()],
    )
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("four")
    data = four_column_dataset(folder / "data")
    train(tiny_config(data, folder / "run"), lambda _event: None, RunControl())
    return folder / "run"


def gallery(run: Path, folder: Path, **values) -> list[dict]:
    events: list[object] = []
    write_gallery(GalleryRequest(run=run, folder=folder, **values), events.append, RunControl())
    ended = events[-1]
    assert isinstance(ended, GalleryEnded)
    if ended.error is not None:
        raise ended.error
    assert ended.outcome is Outcome.FINISHED
    lines = (folder / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_trains_and_samples_four_columns(tmp_path, family):
    data = four_column_dataset(tmp_path / "data")
    config = tiny_config(data, tmp_path / "run", images=16).with_values(family=family)
    events: list[object] = []
    train(config, events.append, RunControl())
    assert events[-1].outcome is Outcome.FINISHED, events[-1].error  # pyright: ignore[reportAttributeAccessIssue]
    samples = next(load_run(tmp_path / "run", CPU).sampler.from_noise(3, 1))
    assert list(samples.columns) == ["text", "facts", "tone", "image"]
    assert len(samples) == 3


def test_a_preview_shows_picture_and_spectrogram_and_writes_text_and_cells(run):
    sheet = read_sheet(max((run / "samples").glob("*.png")))
    assert sheet.images.shape == (4, 32, 64, 3)
    assert all("level " in text and "shade " in text for text in sheet.texts)
    # The spectrogram is in colour, the picture is grey.
    spread = np.ptp(sheet.images.astype(int), axis=3).max((1, 2))
    assert (spread > 20).all()
    assert np.ptp(sheet.images[:, :, 32:].astype(int), axis=3).max() == 0


def test_a_preview_keeps_the_sounds_of_its_tiles(run):
    path = max((run / "samples").glob("*.png"))
    beside = sounds_beside(path)
    assert list(beside) == ["tone"]
    clips = [read_clip(beside["tone"], tile, 4) for tile in range(4)]
    assert all(clip.rate == 8000 and clip.samples.shape == (3200,) for clip in clips)
    # The last preview was logged with its sounds.
    logged = [
        event for event in read_events(run / "events.jsonl") if isinstance(event, PreviewReady)
    ]
    assert logged[-1].sounds == beside


def test_a_preview_is_shown_although_its_sounds_cannot_be_written(
    tmp_path, monkeypatch, problem_log
):
    def fail(_sheet: Path, _sounds: object) -> dict[str, Path]:
        raise DiskFullError(tmp_path, 5, 1)

    monkeypatch.setattr("engine.train.periodic.write_sounds", fail)
    data = four_column_dataset(tmp_path / "data")
    events: list[object] = []
    train(tiny_config(data, tmp_path / "run", images=8), events.append, RunControl())
    shown = [event for event in events if isinstance(event, PreviewReady)]
    failed = [event for event in events if isinstance(event, PreviewFailed)]
    assert len(shown) == len(failed) > 0
    assert all(event.sounds == {} for event in shown)
    for _failure in failed:
        problem_log.expect("The sounds of a preview were not written")


def test_a_run_of_one_column_is_not_evaluated_and_says_so_once(tmp_path, caplog):
    dataset = sentences(tmp_path / "data")
    config = tiny_config(dataset, tmp_path / "run", images=16)
    config = config.with_values(reporting__evaluate_every_s=0.01)
    events: list[object] = []
    with caplog.at_level("INFO", "engine.train.loop"):
        train(config, events.append, RunControl())
    assert events[-1].outcome is Outcome.FINISHED  # pyright: ignore[reportAttributeAccessIssue]
    assert not [
        event for event in events if isinstance(event, EvaluationStarted | EvaluationFailed)
    ]
    assert caplog.text.count("The run is not evaluated") == 1
    ready = next(event for event in events if isinstance(event, RunReady))
    assert ready.columns == {"text": "text"}


def test_a_gallery_has_files_texts_and_cells_of_every_item(run, tmp_path):
    lines = gallery(run, tmp_path / "g", count=3)
    assert [line["file_name"] for line in lines] == ["000000.png", "000001.png", "000002.png"]
    for line in lines:
        assert {"text", "level", "shade", "tone_file_name", "seed"} <= line.keys()
        with Image.open(tmp_path / "g" / line["file_name"]) as picture:
            assert picture.size == (32, 32)
        with wave.open(str(tmp_path / "g" / line["tone_file_name"])) as sound:
            assert (sound.getframerate(), sound.getnframes()) == (8000, 3200)
    page = (tmp_path / "g/index.html").read_text(encoding="utf-8")
    assert page.count("<audio controls") == 3
    assert "<td>shade</td>" in page


def test_only_wanted_columns_are_written(run, tmp_path):
    (tmp_path / "texts.txt").write_text("dark\nlight\n")
    lines = gallery(
        run, tmp_path / "g", given={"text": tmp_path / "texts.txt"}, make=("tone",), count=9
    )
    assert [line["text"] for line in lines] == ["dark", "light"]
    assert [line["file_name"] for line in lines] == ["000000.tone.wav", "000001.tone.wav"]
    assert "level" not in lines[0]
    assert not list((tmp_path / "g").glob("0*.png"))


def test_sounds_and_rows_condition_the_other_columns(run, tmp_path):
    seconds = np.arange(16000) / 16000
    (tmp_path / "tones").mkdir()
    for name, hz in (("a", 300), ("b", 900)):
        tone = (20000 * np.sin(2 * np.pi * hz * seconds)).astype(np.int16)
        write_wav(tmp_path / "tones" / f"{name}.wav", tone, 16000)
    (tmp_path / "tones/notes.txt").write_text("no sound")
    (tmp_path / "rows.csv").write_text("level;shade\n3,5;dark\n10;light\n")
    lines = gallery(
        run,
        tmp_path / "g",
        given={"tone": tmp_path / "tones", "facts": tmp_path / "rows.csv"},
        make=("image", "text"),
    )
    assert [line["source_file"] for line in lines] == ["a.wav", "b.wav"]
    assert [line["shade"] for line in lines] == ["dark", "light"]
    assert all(set(line["text"].split()) <= {"dark", "light", "<unk>"} for line in lines)


def test_the_given_columns_are_read_into_the_form_of_training(run, tmp_path):
    loaded = load_run(run, CPU)
    (tmp_path / "rows.jsonl").write_text('{"level": 0.0, "shade": "dark"}\n')
    found = read_conditions(loaded, {"facts": tmp_path / "rows.jsonl"})["facts"]
    cells = loaded.modality("facts").postprocess(found.rows)
    assert cells.fields == ("level", "shade")
    assert cells.rows[0][1] == "dark"
    assert found.is_given is None


@pytest.mark.parametrize(
    ("given", "make", "error", "reason"),
    [
        ({"smell": "texts.txt"}, (), ConfigError, "is no column of the run"),
        ({"text": "texts.txt"}, ("smell",), ConfigError, "names no column"),
        ({"text": "texts.txt"}, ("text",), ConfigError, "must not name what is given"),
        ({"tone": "empty"}, (), SoundsUnreadableError, "no file that ends in"),
        ({"tone": "texts.txt"}, (), SoundsUnreadableError, "no file that ends in"),
        ({"facts": "odd.csv"}, (), CellsInvalidError, "has no value 'blue'"),
        ({"facts": "uneven.jsonl"}, (), TextsUnreadableError, "different fields"),
        ({"facts": "texts.txt"}, (), CellsInvalidError, "is not a field"),
        ({"facts": "broken.jsonl"}, (), TextsUnreadableError, "no table"),
        ({"text": "texts.txt", "facts": "one.csv"}, (), ConfigError, "as many of each column"),
        ({"text": "strange.txt", "facts": "two.csv"}, (), UnknownWordsError, "zebra"),
    ],
)
def test_what_cannot_be_given_is_said(run, tmp_path, problem_log, given, make, error, reason):
    (tmp_path / "empty").mkdir()
    for name, content in {
        "texts.txt": "dark\nlight\n",
        "strange.txt": "dark\nzebra\n",
        "odd.csv": "level,shade\n1,blue\n",
        "one.csv": "level,shade\n1,dark\n",
        "two.csv": "level,shade\n1,dark\n2,dark\n",
        "uneven.jsonl": '{"level": 1}\n{"shade": "dark"}\n',
        "broken.jsonl": '{"level": \n',
    }.items():
        (tmp_path / name).write_text(content)
    sources = {name: tmp_path / path for name, path in given.items()}
    with pytest.raises(error, match=reason):
        gallery(run, tmp_path / "g", given=sources, make=make)
    if "must not name" not in reason:  # the request itself is refused
        problem_log.expect("failed")


def test_tiles_stand_side_by_side_and_missing_cells_are_dashes(run):
    samples = next(load_run(run, CPU).sampler.from_noise(2, 1))
    assert tiles(samples).shape == (2, 32, 64, 3)
    assert len(captions(samples)) == 2
    assert [cell_text(cell) for cell in (None, 2.5, 3.0, 12, "red")] == [
        "–",
        "2.5",
        "3",
        "12",
        "red",
    ]


def test_the_rest_of_a_row_is_filled_in(run, tmp_path):
    (tmp_path / "rows.csv").write_text("shade\ndark\nlight\n")
    lines = gallery(run, tmp_path / "g", given={"facts": tmp_path / "rows.csv"}, make=("tone",))
    assert [line["shade"] for line in lines] == ["dark", "light"]
    assert all(isinstance(line["level"], float) for line in lines)


def test_one_picture_and_a_cell_give_the_rest_of_their_row(run, tmp_path, problem_log):
    Image.new("L", (20, 20), 200).save(tmp_path / "dropped.png")
    seconds = np.arange(3200) / 8000
    write_wav(tmp_path / "a.wav", (9000 * np.sin(5000 * seconds)).astype(np.int16), 8000)
    (tmp_path / "texts.txt").write_text("light")
    (tmp_path / "row.jsonl").write_text('{"shade": "light"}')
    given = {"image": tmp_path / "dropped.png", "facts": tmp_path / "row.jsonl"}
    given |= {"tone": tmp_path / "a.wav", "text": tmp_path / "texts.txt"}
    [line] = gallery(run, tmp_path / "g", given=given)
    assert isinstance(line["level"], float)
    assert (line["shade"], line["text"]) == ("light", "light")
    (tmp_path / "row.jsonl").write_text('{"shade": "light", "level": 1}')
    with pytest.raises(ConfigError, match="nothing left"):
        gallery(run, tmp_path / "h", given=given)
    problem_log.expect("failed")


def test_the_end_of_a_gallery_carries_its_first_items(run, tmp_path):
    events: list[object] = []
    write_gallery(
        GalleryRequest(run=run, folder=tmp_path / "g", count=51), events.append, RunControl()
    )
    ended = events[-1]
    assert isinstance(ended, GalleryEnded)
    assert len(ended.first_items) == 50
    item = ended.first_items[1]
    assert list(item.words) == ["text", "level", "shade"]
    assert item.pictures == (tmp_path / "g/000001.png",)
    assert item.sounds == (tmp_path / "g/000001.tone.wav",)


def test_only_the_hybrid_family_fills_in_cells(tmp_path, problem_log):
    data = four_column_dataset(tmp_path / "data")
    config = tiny_config(data, tmp_path / "run", images=16).with_values(family="mvae")
    train(config, lambda _event: None, RunControl())
    (tmp_path / "rows.csv").write_text("shade\ndark\n")
    with pytest.raises(ConfigError, match="only the hybrid family"):
        gallery(tmp_path / "run", tmp_path / "g", given={"facts": tmp_path / "rows.csv"})
    problem_log.expect("failed")


def import_gallery(folder: Path, dataset: Path):
    assert main_command(["import", str(folder), "--dataset", str(dataset), "--size", "32"]) == 0
    return open_dataset(dataset)


def test_a_gallery_imports_to_the_same_pictures_waves_texts_and_cells(run, tmp_path):
    lines = gallery(run, tmp_path / "g", count=30, seed=3)
    dataset = import_gallery(tmp_path / "g", tmp_path / "back")
    kinds = {info.name: info.kind for info in dataset.manifest.columns}
    assert kinds == {"image": "image", "text": "text", "tone": "audio", "facts": "table"}
    waves = np.load(tmp_path / "back/tone.npy")
    assert len(dataset.records) == len(lines) == 30
    for number, (line, record) in enumerate(zip(lines, dataset.records, strict=True)):
        assert (record["text"] or "") == line["text"]
        assert record["facts"] == {"level": line["level"], "shade": line["shade"]}
        with Image.open(tmp_path / "g" / line["file_name"]) as picture:
            expected = np.asarray(picture.convert("L"))
        np.testing.assert_array_equal(dataset.images[number][..., 0], expected)
        with wave.open(str(tmp_path / "g" / line["tone_file_name"])) as sound:
            frames = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
        np.testing.assert_array_equal(waves[record["tone"]], frames)


def test_a_gallery_of_sounds_alone_imports_to_the_same_waves(run, tmp_path):
    lines = gallery(run, tmp_path / "g", make=("tone",), count=4)
    dataset = import_gallery(tmp_path / "g", tmp_path / "back")
    assert [info.name for info in dataset.manifest.columns] == ["tone"]
    assert len(dataset.records) == len(lines) == 4


def test_the_columns_of_a_gallery_are_described(run, tmp_path):
    gallery(run, tmp_path / "g", count=1)
    info = gallery_info_from_json((tmp_path / "g/columns.json").read_bytes())
    assert [(column.name, column.kind, column.member) for column in info.columns] == [
        ("text", "text", "text"),
        ("facts", "table", ""),
        ("tone", "audio", "tone_file_name"),
        ("image", "image", "file_name"),
    ]
    (table,) = info.of_kind("table")
    assert [(field.name, field.kind.value) for field in table.fields] == [
        ("level", "numeric"),
        ("shade", "categorical"),
    ]


def test_the_notice_of_a_dataset_is_said_by_its_model_and_galleries(tmp_path):
    data = four_column_dataset(tmp_path / "data", notice="Not for diagnosis")
    events: list[object] = []
    train(tiny_config(data, tmp_path / "run", images=8), events.append, RunControl())
    (ready,) = (event for event in events if isinstance(event, RunReady))
    assert ready.notice == load_run(tmp_path / "run", CPU).model.notice == "Not for diagnosis"
    (line,) = gallery(tmp_path / "run", tmp_path / "g", count=1)
    assert line["notice"] == "Not for diagnosis"
