import json

from engine.cli.main import main
from tests.helpers.tiny import tiny_dataset


def test_that_a_dataset_is_exported_and_can_come_back(tmp_path, capsys):
    dataset, folder = tiny_dataset(tmp_path / "tiny"), tmp_path / "out"
    assert main(["export", str(dataset), "--folder", str(folder)]) == 0
    assert "Exported 24 images" in capsys.readouterr().out
    lines = (folder / "train" / "metadata.jsonl").read_text().splitlines()
    assert [json.loads(line)["text"] for line in lines[:2]] == ["dark", "light"]
    back = tmp_path / "back"
    command = ["import", str(folder), "--dataset", str(back), "--size", "32"]
    assert main([*command, "--repair", "same_image=keep", "leak=keep"]) == 0
    manifest = json.loads((back / "manifest.json").read_text())
    assert (manifest["train_items"], manifest["held_out_items"]) == (18, 6)


def test_that_nothing_is_overwritten(tmp_path, capsys):
    dataset = tiny_dataset(tmp_path / "tiny")
    assert main(["export", str(dataset), "--folder", str(dataset)]) == 2
    assert "already holds files" in capsys.readouterr().err
