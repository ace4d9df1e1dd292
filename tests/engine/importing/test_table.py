"""Imports of tables that name sounds, and of columns that become fields."""

import json

import numpy as np
import pytest

from engine.cli.main import main as main_command
from engine.data.manifest import read_manifest
from engine.data.store import open_dataset
from engine.data.table_fields import FieldKind
from engine.errors import ConfigError
from engine.importing.formats.format import ImportSpec
from engine.importing.formats.sounds import column_of
from engine.importing.plan import ImageSettings, ImportPlan
from tests.helpers.sounds import RATE, four_column_folder, save_tone
from tests.helpers.sources import caption, failed, finished, picture


def report_of(dataset):
    return json.loads((dataset / "report.json").read_text())


def columns_of(dataset):
    return {info.name: info.kind for info in dataset.manifest.columns}


def run_import(source, dataset, *options):
    return main_command(["import", str(source), "--dataset", str(dataset), *options])


def cases(path, count=40):
    """Write a table of measurements with a diagnosis, a number for each row and a constant."""
    random = np.random.default_rng(0)
    lines = ["case_id,radius,diagnosis,hospital,smokes"]
    for row in range(count):
        kind = row % 2
        radius = "" if row == 3 else f"{10 + 5 * kind + random.random():.2f}"
        lines.append(f"{1000 + row},{radius},{('benign', 'malignant')[kind]},A,{row // 2 % 2}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines))
    return path


def test_that_a_table_alone_becomes_a_dataset_of_rows(tmp_path, capsys):
    table = cases(tmp_path / "in/cases.csv")
    assert run_import(table, tmp_path / "out", "--fields") == 0
    dataset = open_dataset(tmp_path / "out")
    assert columns_of(dataset) == {"table": "table"}
    fields = {field.name: field.kind for field in dataset.manifest.columns[0].fields}
    assert fields == {"radius": "numeric", "diagnosis": "categorical", "smokes": "categorical"}
    records = dataset.records
    assert len(records) == 40
    assert records[1]["table"]["diagnosis"] == "malignant"
    # A missing cell is no cell, in a row that is there.
    assert records[3]["table"].keys() == {"diagnosis", "smokes"}
    expected = [float(line.split(",")[1]) for line in table.read_text().split()[1:4]]
    assert [record["table"]["radius"] for record in records[:3]] == expected
    left_out = {f["name"]: f["reason"] for f in report_of(tmp_path / "out")["fields"]}
    assert left_out["case_id"] == "identifier"
    assert left_out["hospital"] == "constant"
    assert "case_id (identifier), hospital (constant)" in capsys.readouterr().out


def test_that_a_table_alone_is_not_read_without_being_asked_for(tmp_path):
    assert run_import(cases(tmp_path / "in/cases.csv"), tmp_path / "out") != 0
    assert not (tmp_path / "out").exists()


def test_that_the_user_decides_what_a_column_is(tmp_path):
    table = cases(tmp_path / "in/cases.csv")
    options = ["--fields", "--field", "radius=categorical", "--field", "hospital=categorical"]
    assert run_import(table, tmp_path / "out", *options, "--field", "smokes=ignore") == 0
    fields = read_manifest(tmp_path / "out").columns[0].fields
    assert {field.name: field.kind for field in fields} == {
        "radius": "categorical",
        "diagnosis": "categorical",
        "hospital": "categorical",
    }
    reading = ImportSpec(format="table_file", table="cases.csv", with_fields=True)
    kinds = (("diagnosis", FieldKind.NUMERIC),)
    plan = ImportPlan(source=table, dataset=tmp_path / "no", reading=reading, field_kinds=kinds)
    assert isinstance(failed(plan), ConfigError)


def test_that_sentences_of_a_table_alone_are_texts(tmp_path):
    rows = ["report,size"]
    rows += [f"a round cell of size {row} seen today,{row * 1.5}" for row in range(30)]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    assert run_import(tmp_path / "t.csv", tmp_path / "out", "--fields") == 0
    dataset = open_dataset(tmp_path / "out")
    assert columns_of(dataset) == {"text": "text", "table": "table"}
    assert dataset.texts[2] == "a round cell of size 2 seen today"


def test_that_columns_become_fields_only_if_asked_for(tmp_path):
    source = four_column_folder(tmp_path / "in")
    assert run_import(source, tmp_path / "plain") == 0
    dataset = open_dataset(tmp_path / "plain")
    assert columns_of(dataset) == {"image": "image", "text": "text", "speech": "audio"}
    assert run_import(source, tmp_path / "out", "--fields") == 0
    dataset = open_dataset(tmp_path / "out")
    assert columns_of(dataset)["table"] == "table"
    rows = {record["text"]: record["table"] for record in dataset.records}
    assert rows[caption(4)] == {"weight": 1.333}


def test_that_an_image_with_two_sounds_makes_two_items(tmp_path):
    (tmp_path / "in").mkdir()
    picture(0).save(tmp_path / "in/seven.png")
    rows = ["image,text,audio"]
    for row in range(3):
        save_tone(tmp_path / f"in/{row}.wav", row)
        rows.append(f"seven.png,seven,{row}.wav")
    (tmp_path / "in/pairs.csv").write_text("\n".join(rows))
    assert run_import(tmp_path / "in", tmp_path / "out") == 0
    dataset = open_dataset(tmp_path / "out")
    assert len(dataset.records) == 3
    assert dataset.manifest.columns[2].shape[0] == 3
    assert report_of(tmp_path / "out")["counts"]["adds_up"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_that_an_audio_folder_gives_sounds_and_texts(tmp_path, suffix):
    rows = [{"file_name": f"{row}.wav", "transcription": f"word {row}"} for row in range(4)]
    for row in range(4):
        save_tone(tmp_path / f"in/{row}.wav", row)
    rows.append({"file_name": "gone.wav", "transcription": ""})
    content = "\n".join(map(json.dumps, rows))
    if suffix == "csv":
        lines = [f"{row['file_name']},{row['transcription']}" for row in rows]
        content = "\n".join(["file_name,transcription", *lines])
    (tmp_path / f"in/metadata.{suffix}").write_text(content)
    assert run_import(tmp_path / "in", tmp_path / "out") == 0
    dataset = open_dataset(tmp_path / "out")
    assert columns_of(dataset) == {"text": "text", "audio": "audio"}
    assert dataset.texts == [f"word {row}" for row in range(4)]
    report = report_of(tmp_path / "out")
    assert report["read_as"] == "table_file"
    assert [item["path"] for item in report["skipped_items"]] == [f"metadata.{suffix}#5"]
    assert report["counts"]["adds_up"]


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("speech_file_name", "speech"),
        ("Voice Path", "voice"),
        ("file_name", "audio"),
        ("sound", "sound"),
        ("image", "audio"),
        ("label", "audio"),
        ("3d", "audio"),
    ],
)
def test_that_columns_of_sounds_keep_a_name_that_can_be_used(name, column):
    assert column_of(name) == column


def test_that_hostile_names_of_columns_do_not_end_the_import(tmp_path):
    save_tone(tmp_path / "in/0.wav", 0)
    rows = [
        {"file_name": "0.wav", "text": "a tone", "\ud800": n, "": 1, "x" * 9_000: 2}
        | {f"voice_{k}": "0.wav" for k in range(30)}
        | {"deep": {"a": [1, {}]}, "n": 1e999}
        for n in (3.5, 1.25, 7.5)
    ]
    (tmp_path / "in/metadata.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert run_import(tmp_path / "in", tmp_path / "out", "--fields") == 0
    infos = open_dataset(tmp_path / "out").manifest.columns
    assert sum(info.kind == "audio" for info in infos) == 8


def test_that_a_sound_file_that_is_missing_leaves_its_item(tmp_path):
    source = four_column_folder(tmp_path / "in")
    (source / "sounds/3.wav").unlink()
    plan = ImportPlan(
        source=source,
        dataset=tmp_path / "out",
        reading=ImportSpec(format="table_file"),
        images=ImageSettings(size=32),
    )
    finished(plan)
    dataset = open_dataset(tmp_path / "out")
    assert [r["text"] for r in dataset.records if "speech" not in r] == [caption(3)]
    assert dataset.manifest.columns[2].rate == RATE


def test_that_a_constant_alone_makes_no_items_of_rows_whose_image_is_missing(tmp_path):
    source = four_column_folder(tmp_path / "in")
    rows = ["file_name,text,place"]
    rows += [f"{row}.png,a thing of number {row},A" for row in range(30)]
    (source / "metadata.csv").write_text("\n".join(rows))
    assert run_import(source, tmp_path / "plain") == 0
    assert run_import(source, tmp_path / "out", "--fields") == 0
    dataset = open_dataset(tmp_path / "out")
    assert columns_of(dataset).keys() == {"image", "text"}
    assert dataset.count == open_dataset(tmp_path / "plain").count == 12
