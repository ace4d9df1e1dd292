import json

import pytest

from engine.cli.main import main
from engine.runs.metadata import change_notes
from tests.helpers.run_folders import made_run
from tests.helpers.tiny import tiny_dataset


def told(capsys, *arguments):
    assert main(["runs", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_that_the_table_says_what_there_is(tmp_path, capsys):
    made_run(tmp_path / "runs", "cats", outcome=None)
    change_notes(made_run(tmp_path / "runs", "dogs"), is_starred=True)
    (made_run(tmp_path / "runs", "bad") / "run.toml").write_text("[")
    text = told(capsys, "--workspace", tmp_path)
    lines = {line.split()[0 if line[0] != "*" else 1]: line for line in text.splitlines()}
    assert text.startswith("NAME")
    for word in ("interrupted", "6,400", "1 min 30 s", "0.05", "0.8", "digits", "2026-"):
        assert word in lines["cats"]
    assert lines["dogs"].startswith("* dogs")
    assert "damaged" in lines["bad"]
    assert "bad: file: is not TOML" in text
    assert (tmp_path / "catalogue.sqlite").is_file()


def test_that_a_folder_of_runs_is_listed_and_gets_no_file(tmp_path, capsys):
    made_run(tmp_path / "runs", "cats")
    made_run(tmp_path / "runs", "dogs", dataset=tmp_path / "emoji")
    text = told(capsys, tmp_path / "runs", "--search", "EMOJI")
    assert "dogs" in text
    assert "cats" not in text
    assert not list(tmp_path.rglob("*.sqlite"))


def test_that_a_name_cannot_move_the_cursor(tmp_path, capsys):
    made_run(tmp_path / "runs", "a\x1b[2Jb")
    assert "\x1b" not in told(capsys, tmp_path / "runs")


def test_that_nothing_to_list_is_said(tmp_path, capsys):
    (tmp_path / "runs").mkdir()
    assert "No runs" in told(capsys, tmp_path)
    assert main(["runs", "--workspace", str(tmp_path / "nowhere")]) == 2
    assert "There is no run" in capsys.readouterr().err


def test_that_the_command_is_printed(tmp_path, capsys):
    folder = made_run(tmp_path / "runs", "cats", seed=9)
    text = told(capsys, "--command", folder)
    assert text.startswith("diptych train --dataset ")
    assert text.rstrip().endswith("--preset cpu-tiny --seed 9")
    assert main(["runs", "--command", str(tmp_path)]) == 2


def test_that_the_default_workspace_is_the_studios(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("platformdirs.user_documents_dir", lambda: str(tmp_path))
    made_run(tmp_path / "Diptych" / "runs", "cats")
    assert "cats" in told(capsys)


def test_that_two_places_are_one_too_many(capsys):
    with pytest.raises(SystemExit):
        main(["runs", "a", "--workspace", "b"])
    assert "not allowed" in capsys.readouterr().err


def test_that_a_dataset_is_exported_and_can_come_back(tmp_path, capsys):
    dataset, folder = tiny_dataset(tmp_path / "tiny"), tmp_path / "out"
    assert main(["export", str(dataset), "--folder", str(folder)]) == 0
    assert "Exported 24 images" in capsys.readouterr().out
    lines = (folder / "train" / "metadata.jsonl").read_text().splitlines()
    assert [json.loads(line)["text"] for line in lines[:2]] == ["dark", "light"]
    back = tmp_path / "back"
    command = ["import", str(folder), "--dataset", str(back), "--size", "32"]
    assert main([*command, "--fix", "same_image=keep", "leak=keep"]) == 0
    manifest = json.loads((back / "manifest.json").read_text())
    assert (manifest["train_items"], manifest["validation_items"]) == (18, 6)


def test_that_nothing_is_overwritten(tmp_path, capsys):
    dataset = tiny_dataset(tmp_path / "tiny")
    assert main(["export", str(dataset), "--folder", str(dataset)]) == 2
    assert "already holds files" in capsys.readouterr().err
