"""The data checks of sounds and of columns that become fields."""

import json

import numpy as np
import pytest

from engine.cli.main import main as main_command
from engine.control import RunControl
from engine.data.audio_files import write_wav
from engine.data.column_info import FieldInfo, FieldKind, audio_column, table_column, text_column
from engine.data.editing import Edits
from engine.data.store import open_dataset, write_dataset
from engine.data.waveform import to_int16
from engine.importing.dataset_checks import check_dataset, find_in_dataset
from engine.importing.plan import FIELD_ISSUES, Issue
from tests.helpers.sounds import RATE, save_tone, tone


def doctor(capsys, *arguments):
    assert main_command(["doctor", *map(str, arguments), "--json"]) == 0
    issues = json.loads(capsys.readouterr().out)["issues"]
    return {found["issue"]: found["keys"] for found in issues if found["count"]}


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "in/dog"
    for number in range(12):
        save_tone(folder / f"{number:02}.wav", number)
    write_wav(folder / "silent.wav", np.zeros(2400, np.int16), RATE)
    write_wav(folder / "clipped.wav", to_int16(np.clip(6 * tone(20), -1, 1)), RATE)
    save_tone(folder / "long.wav", 21, 2.0)
    # The sound of 03.wav at a third of its level.
    save_tone(folder / "quieter.wav", 3, level=0.17)
    return tmp_path / "in"


def test_that_the_doctor_names_silent_clipped_long_and_equal_sounds(source, capsys):
    assert doctor(capsys, source, "--audio-seconds", "0.5") == {
        "silent_sound": ["dog/silent.wav"],
        "clipped_sound": ["dog/clipped.wav"],
        "long_sound": ["dog/long.wav"],
        "same_sound": ["dog/quieter.wav"],
    }


def test_that_sounds_with_an_issue_are_left_out_if_asked_for(source, tmp_path):
    fixes = [f"{issue}=skip" for issue in ("clipped_sound", "long_sound", "same_sound")]
    command = ["import", str(source), "--dataset", str(tmp_path / "out"), "--fix", *fixes]
    assert main_command([*command, "--audio-seconds", "0.5"]) == 0
    keys = [record["key"] for record in open_dataset(tmp_path / "out").records]
    assert keys == [f"dog/{number:02}.wav" for number in range(12)]


def test_that_constants_and_columns_that_give_another_away_are_reported(tmp_path, capsys):
    rows = ["size,diagnosis,code,unit"]
    random = np.random.default_rng(1)
    for row in range(60):
        kind = row % 2
        size = 5 + random.random()
        rows.append(f"{size:.3f},{('benign', 'malignant')[kind]},{('B', 'M')[kind]},mm")
    (tmp_path / "t.csv").write_text("\n".join(rows))
    found = doctor(capsys, tmp_path / "t.csv", "--fields")
    assert found["constant_field"] == ["unit"]
    assert sorted(found["giveaway_field"]) == ["code", "diagnosis"]


def stored_dataset(folder):
    waves = np.stack([to_int16(tone(number)) for number in range(4)])
    waves[1] = 0
    waves[3] = waves[2] // 2
    records = [
        {"text": "a", "split": "train", "sound": n, "row": {"size": float(n), "code": "x"}}
        for n in range(4)
    ]
    fields = (
        FieldInfo(name="size", kind=FieldKind.NUMERIC),
        FieldInfo(name="code", kind=FieldKind.CATEGORICAL),
    )
    columns = [
        text_column(),
        audio_column(waves.shape, RATE, name="sound"),
        table_column(fields, name="row"),
    ]
    write_dataset(
        folder,
        name="d",
        title="D",
        records=records,
        licence="CC0",
        source="a test",
        columns=columns,
        arrays={"sound": waves},
    )
    return folder


def test_that_a_stored_dataset_is_checked_too(tmp_path):
    folder = stored_dataset(tmp_path / "d")
    report = check_dataset(folder, RunControl())
    assert report.report(Issue.SILENT_SOUND).keys == ("#1",)
    assert report.report(Issue.SAME_SOUND).keys == ("#3",)
    assert report.report(Issue.CONSTANT_FIELD).keys == ("code",)
    dataset = open_dataset(folder)
    issues = {found.issue: found.found for found in find_in_dataset(dataset, Edits(dataset))}
    assert issues[Issue.SAME_SOUND] == (3,)
    assert not issues.keys() & FIELD_ISSUES
