"""Imports of sounds: which files belong to an item, and what is stored of them."""

import json

import numpy as np
import pytest

from engine.cli.main import main as main_command
from engine.control import RunControl
from engine.data.audio_files import write_wav
from engine.data.store import open_dataset
from engine.data.waveform import prepare_waveform, to_float, to_int16
from engine.errors import NothingToImportError
from engine.importing.build import import_dataset
from engine.importing.decode_audio import decide_audio_shape
from engine.importing.formats.format import AudioRef, ImportSpec, RawSample
from engine.importing.formats.registry import FORMATS
from engine.importing.plan import AudioSettings, ImageSettings, ImportPlan
from engine.importing.sources.opening import open_archive
from tests.helpers.sounds import RATE, save_tone, tone
from tests.helpers.sources import failed, finished, picture, sidecar_folder, sidecar_plan


def plan_of(source, dataset, form, **values):
    values = {"images": ImageSettings(size=32), **values}
    return ImportPlan(source=source, dataset=dataset, reading=ImportSpec(format=form), **values)


def report_of(dataset):
    return json.loads((dataset / "report.json").read_text())


def column_kinds(dataset):
    return {info.name: info.kind for info in dataset.manifest.columns}


def test_that_a_sound_beside_image_and_text_joins_their_item(tmp_path):
    source = sidecar_folder(tmp_path / "in", 6)
    for number in range(5):
        save_tone(source / f"{number:04}.wav", number)
    finished(sidecar_plan(source, tmp_path / "out", audio=AudioSettings(seconds=0.25)))
    dataset = open_dataset(tmp_path / "out")
    assert column_kinds(dataset) == {"image": "image", "text": "text", "audio": "audio"}
    info = dataset.manifest.columns[2]
    assert (info.shape, info.rate, info.count) == ((5, 2000), RATE, 5)
    assert [record.get("audio") for record in dataset.records] == [0, 1, 2, 3, 4, None]
    waves = np.load(tmp_path / "out/audio.npy")
    stored = to_float(to_int16(tone(3)))
    expected = prepare_waveform(stored, RATE, target_rate=RATE, seconds=0.25)
    np.testing.assert_array_equal(waves[3], expected)
    counts = report_of(tmp_path / "out")["counts"]
    assert (counts["files_used"], counts["files_skipped"], counts["with_sound"]) == (17, 0, 5)
    assert counts["adds_up"]


def test_that_sounds_of_a_parallel_folder_join_their_images(tmp_path):
    for number in range(3):
        (tmp_path / "in/images").mkdir(parents=True, exist_ok=True)
        picture(number).save(tmp_path / f"in/images/{number}.png")
        save_tone(tmp_path / f"in/audio/{number}.wav", number)
    plan = plan_of(tmp_path / "in", tmp_path / "out", "file_names", keep_image_only=False)
    finished(plan)
    dataset = open_dataset(tmp_path / "out")
    # Nothing has a text, so there is no column for it.
    assert column_kinds(dataset) == {"image": "image", "audio": "audio"}
    assert len(dataset.records) == 3


def test_that_a_sound_beside_a_text_alone_makes_an_item(tmp_path):
    source = sidecar_folder(tmp_path / "in", 2)
    (source / "bark.txt").write_text("a dog barks")
    save_tone(source / "bark.wav", 0)
    finished(sidecar_plan(source, tmp_path / "out"))
    records = {record["key"]: record for record in open_dataset(tmp_path / "out").records}
    assert records["bark.txt"]["text"] == "a dog barks"
    assert records["bark.txt"]["audio"] == 0
    assert records["bark.txt"]["image"] is False


def test_that_class_folders_of_sounds_alone_make_a_dataset(tmp_path):
    for number in range(8):
        folder = ("dog", "cat")[number % 2]
        save_tone(tmp_path / f"in/{folder}/{number}.wav", number)
    command = ["import", str(tmp_path / "in"), "--dataset", str(tmp_path / "out")]
    assert main_command([*command, "--audio-rate", "16000", "--audio-seconds", "0.5"]) == 0
    dataset = open_dataset(tmp_path / "out")
    assert column_kinds(dataset) == {"text": "text", "audio": "audio"}
    audio = dataset.manifest.columns[1]
    assert (audio.rate, audio.shape) == (16_000, (8, 8_000))
    assert sorted(dataset.texts) == ["cat"] * 4 + ["dog"] * 4
    assert report_of(tmp_path / "out")["read_as"] == "class_folders"


def test_that_sounds_with_texts_of_their_name_are_recognised_as_sidecar(tmp_path):
    for number in range(4):
        save_tone(tmp_path / f"in/{number}.wav", number)
        (tmp_path / f"in/{number}.txt").write_text(f"a tone of kind {number}")
    assert main_command(["import", str(tmp_path / "in"), "--dataset", str(tmp_path / "out")]) == 0
    dataset = open_dataset(tmp_path / "out")
    assert report_of(tmp_path / "out")["read_as"] == "sidecar"
    assert dataset.texts[2] == "a tone of kind 2"
    assert dataset.manifest.columns[1].count == 4


def test_that_silent_and_damaged_sounds_are_left_out_with_a_reason(tmp_path):
    source = sidecar_folder(tmp_path / "in", 4)
    save_tone(source / "0000.wav", 0)
    write_wav(source / "0001.wav", np.zeros(4000, np.int16), RATE)
    (source / "0002.wav").write_bytes(b"RIFF no sound at all")
    (source / "0003.mp3").write_bytes(b"<html>not found</html>")
    finished(sidecar_plan(source, tmp_path / "out"))
    skipped = {s["path"]: s["reason"] for s in report_of(tmp_path / "out")["skipped_files"]}
    assert skipped["0001.wav"] == "silent"
    assert skipped["0003.mp3"] == "not_audio"
    assert "0002.wav" in skipped
    dataset = open_dataset(tmp_path / "out")
    assert len(dataset.records) == 4
    assert dataset.manifest.columns[2].count == 1
    assert report_of(tmp_path / "out")["counts"]["adds_up"]


def test_that_an_item_of_a_silent_sound_alone_is_skipped(tmp_path):
    save_tone(tmp_path / "in/dog/0.wav", 0)
    write_wav(tmp_path / "in/dog/1.wav", np.zeros(4000, np.int16), RATE)
    finished(plan_of(tmp_path / "in", tmp_path / "out", "class_folders"))
    report = report_of(tmp_path / "out")
    assert [item["reason"] for item in report["skipped_items"]] == ["silent"]
    assert report["counts"]["items_imported"] == 1
    save_tone(tmp_path / "quiet/dog/0.wav", 0, level=1e-4)
    plan = plan_of(tmp_path / "quiet", tmp_path / "none", "class_folders")
    assert isinstance(failed(plan), NothingToImportError)


def test_that_equal_sounds_are_stored_once(tmp_path):
    for number, pitch in enumerate((0, 1, 0, 1, 1)):
        save_tone(tmp_path / f"in/dog/{number}.wav", pitch)
    finished(plan_of(tmp_path / "in", tmp_path / "out", "class_folders"))
    dataset = open_dataset(tmp_path / "out")
    assert dataset.manifest.columns[1].shape[0] == 2
    assert [record["audio"] for record in dataset.records] == [0, 1, 0, 1, 1]


def test_that_images_with_other_sounds_are_not_merged(tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(3):
        picture(0).save(tmp_path / f"in/{number}.png")
        (tmp_path / f"in/{number}.txt").write_text("the same")
        save_tone(tmp_path / f"in/{number}.wav", min(number, 1))
    finished(plan_of(tmp_path / "in", tmp_path / "out", "sidecar"))
    # The second and the third are equal in everything.
    assert len(open_dataset(tmp_path / "out").records) == 2


@pytest.mark.parametrize(
    ("lengths", "seconds"), [([0.3] * 9 + [2.0], 0.3), ([9.0] * 3, 4.0), ([0.02] * 3, 0.1)]
)
def test_that_the_length_covers_nine_tenths_up_to_four_seconds(tmp_path, lengths, seconds):
    for number, length in enumerate(lengths):
        save_tone(tmp_path / f"{number}.wav", number, length)
    samples = [
        RawSample(key=str(n), image=None, texts=(), sounds={"audio": AudioRef(path=f"{n}.wav")})
        for n in range(len(lengths))
    ]
    with open_archive(tmp_path) as archive:
        shape = decide_audio_shape(
            AudioSettings(), archive, FORMATS["sidecar"], samples, RunControl()
        )
    assert shape is not None
    assert shape.rate == RATE
    assert shape.samples / RATE == pytest.approx(seconds, abs=0.011)


def test_that_an_interrupted_import_of_sounds_resumes_to_the_same_dataset(tmp_path):
    for number in range(40):
        save_tone(tmp_path / f"in/dog/{number:02}.wav", number)
    whole = finished(plan_of(tmp_path / "in", tmp_path / "whole", "class_folders"))
    control = RunControl()

    def stop_when_writing(event):
        if getattr(event, "stage", None) == "examining":
            control.request_stop()

    plan = plan_of(tmp_path / "in", tmp_path / "out", "class_folders")
    import_dataset(plan, stop_when_writing, control)
    staged = tmp_path / ".out.import"
    # As a power cut leaves it: the last wave is torn.
    with (staged / "audio.part").open("r+b") as file:
        file.truncate((staged / "audio.part").stat().st_size - 100)
    resumed = finished(plan)
    assert resumed.version == whole.version
