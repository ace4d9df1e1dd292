"""Export of a dataset as an ImageFolder."""

import json
import wave

import numpy as np
import pytest
from PIL import Image

from engine.control import RunControl
from engine.data.editing import Edits
from engine.data.export import export_image_folder
from engine.data.store import open_dataset, write_dataset
from engine.errors import EditRefusedError, FolderInUseError, StoppedError
from tests.helpers.columns import four_columns


def dataset_of(folder, *, channels=3, extras=()):
    """Three pairs, the middle one for validation, an image alone and a text alone."""
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, channels), dtype=np.uint8)
    records = [
        {"text": "one", "split": "train"},
        {"text": "zwei ü 二", "split": "held_out"},
        {"text": "three", "split": "train"},
        {"text": None, "split": "train"},
        {"text": "words", "image": False, "split": "train"},
    ]
    for row, extra in dict(extras).items():
        records[row] |= extra
    write_dataset(folder, name="d", title="", images=images, records=records, licence="", source="")
    return open_dataset(folder)


def lines_of(folder):
    lines = (folder / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("channels", [1, 3])
def test_that_images_and_texts_are_written_by_split(tmp_path, channels):
    dataset = dataset_of(tmp_path / "d", channels=channels)
    seen = []
    out = tmp_path / "out"
    count = export_image_folder(dataset, out, report=lambda *done: seen.append(done))
    assert (count, seen) == (4, [(1, 4), (2, 4), (3, 4), (4, 4)])
    assert lines_of(out / "train") == [
        {"file_name": "000000.png", "text": "one", "texts": ["one"], "split": "train"},
        {"file_name": "000001.png", "text": "three", "texts": ["three"], "split": "train"},
        {"file_name": "000002.png", "text": None, "texts": [], "split": "train"},
    ]
    line = {"file_name": "000000.png", "text": "zwei ü 二", "texts": ["zwei ü 二"], "split": "test"}
    assert lines_of(out / "test") == [line]
    with Image.open(out / "test" / "000000.png") as picture:
        assert picture.mode == ("L" if channels == 1 else "RGB")
        assert np.array_equal(np.asarray(picture).reshape(8, 8, channels), dataset.images[1])


def test_that_several_captions_and_tags_fill_the_same_columns_in_every_line(tmp_path):
    extras = {0: {"texts": ["one", "uno"], "key": "cats/1.jpg"}, 2: {"tags": ["t"]}}
    dataset = dataset_of(tmp_path / "d", extras=extras)
    export_image_folder(dataset, tmp_path / "out")
    first, second, third = lines_of(tmp_path / "out" / "train")
    assert first["texts"] == ["one", "uno"]
    assert (second["tags"], third["tags"], third["texts"]) == (["t"], [], [])
    assert (first["source"], second["source"]) == ("cats/1.jpg", "")


def test_that_edits_are_exported_and_an_empty_split_has_no_folder(tmp_path):
    dataset = dataset_of(tmp_path / "d")
    edits = Edits(dataset)
    edits.set_captions(0, ["new"])
    edits.set_excluded([1, 3], is_excluded=True)
    assert export_image_folder(dataset, tmp_path / "out", edits=edits) == 2
    assert [line["text"] for line in lines_of(tmp_path / "out" / "train")] == ["new", "three"]
    assert not (tmp_path / "out" / "test").exists()


def test_that_a_stopped_export_leaves_nothing(tmp_path):
    dataset = dataset_of(tmp_path / "d")
    control = RunControl()
    with pytest.raises(StoppedError):
        export_image_folder(
            dataset,
            tmp_path / "out",
            report=lambda _done, _total: control.request_stop(),
            control=control,
        )
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_that_other_files_are_left_alone(tmp_path):
    dataset = dataset_of(tmp_path / "d")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(FolderInUseError):
        export_image_folder(dataset, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_that_nothing_to_export_is_said(tmp_path):
    dataset = dataset_of(tmp_path / "d")
    edits = Edits(dataset)
    edits.set_excluded(range(4), is_excluded=True)
    with pytest.raises(EditRefusedError, match="no image"):
        export_image_folder(dataset, tmp_path / "out", edits=edits)


def test_that_other_columns_are_written_beside_the_image(tmp_path):
    dataset = four_columns(tmp_path / "four")
    assert export_image_folder(dataset, tmp_path / "out") == 3
    first, last = lines_of(tmp_path / "out" / "train")
    (held_out,) = lines_of(tmp_path / "out" / "test")
    assert (first["speech_file_name"], first["size"], first["colour"]) == (
        "000000.speech.wav", 1.5, "red",
    )  # fmt: skip
    assert (last["speech_file_name"], last["size"], last["colour"]) == (None, None, None)
    assert (held_out["size"], held_out["colour"]) == (-2.0, None)
    with wave.open(str(tmp_path / "out" / "train" / "000000.speech.wav")) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getnframes()) == (8_000, 1, 16)
        assert np.frombuffer(sound.readframes(16), "<i2").tolist() == [101] * 16
    assert sorted(path.name for path in (tmp_path / "out" / "test").iterdir()) == [
        "000000.png", "000000.speech.wav", "metadata.jsonl",
    ]  # fmt: skip
