import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from engine.cli.import_ import read_label_names
from engine.cli.main import main
from engine.control import RunControl
from engine.data.manifest import read_manifest
from engine.data.store import open_dataset
from engine.errors import TextsUnreadableError
from engine.importing.build import import_dataset
from engine.importing.plan import ImageSettings
from tests.helpers.kill_import import ROOT, import_command
from tests.helpers.sources import caption, picture, sidecar_folder, sidecar_plan


@pytest.fixture(autouse=True)
def keep_signals():
    """Restore the signal handlers that the commands replace."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def source(tmp_path):
    return sidecar_folder(tmp_path / "source", 20)


def command(source, dataset, *options):
    return main(["import", str(source), "--dataset", str(dataset), *options])


def test_that_a_folder_becomes_a_dataset_by_command(source, tmp_path, capsys):
    report = tmp_path / "copy.json"
    assert command(source, tmp_path / "pets", "--size=32", "--report", str(report)) == 0
    told = capsys.readouterr().out
    assert "as sidecar" in told
    assert "Imported 20 items" in told
    assert str(tmp_path / "pets" / "report.html") in told
    assert json.loads(report.read_text())["counts"]["items_imported"] == 20


def test_that_the_command_gives_the_same_dataset_as_the_engine(source, tmp_path):
    assert command(source, tmp_path / "by-command") == 0
    plan = sidecar_plan(source, tmp_path / "by-engine", images=ImageSettings())
    import_dataset(plan, lambda _event: None, RunControl())
    versions = [read_manifest(tmp_path / name).version for name in ("by-command", "by-engine")]
    assert versions[0] == versions[1]


def test_that_every_setting_has_an_option(source, tmp_path):
    options = [
        *("--format=sidecar", "--size=32", "--fit=stretch", "--background=#00ff00"),
        *("--channels=grey", "--case=lower", "--punctuation=remove", "--max-words=2"),
        *("--captions=first", "--min-count=1", "--val-percent=20", "--keep-image-only"),
        *("--keep-text-only", "--encoding=utf-8", "--title=My pets"),
        *("--fix", "same_image=keep", "leak=skip"),
    ]
    assert command(source, tmp_path / "pets", *options) == 0
    dataset = open_dataset(tmp_path / "pets")
    assert (dataset.manifest.title, dataset.manifest.channels) == ("My pets", 1)
    assert dataset.texts[0] == " ".join(caption(0).split()[:2])
    plan = json.loads((tmp_path / "pets" / "report.json").read_text())["plan"]
    assert plan["repairs"] == {"same_image": "keep", "leak": "skip"}
    assert (plan["validation_percent"], plan["keep_text_only"]) == (20, True)


def test_that_columns_are_named_by_option(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    lines = ["picture,english,german,kind"]
    for number in range(6):
        picture(number).save(source / f"{number}.png")
        lines.append(f"{number}.png,red {number},rot {number},{number % 2}")
    (source / "list.csv").write_text("\n".join(lines))
    (tmp_path / "words.csv").write_text("0,even\n1,odd\n")
    options = ["--table=list.csv", "--image-column=picture", "--text-column=english"]
    more = [
        "--text-column=german",
        "--label-column=kind",
        "--label-names",
        str(tmp_path / "words.csv"),
    ]
    assert command(source, tmp_path / "pets", "--size=32", *options, *more) == 0
    records = open_dataset(tmp_path / "pets").records
    assert records[1]["texts"] == ["red 1", "rot 1"]
    assert {record["label"] for record in records} <= {"0", "1", "even", "odd"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("w.json", '{"0": "zero", "1": "one"}'),
        ("w.csv", "0,zero\n1,one\n"),
        ("w.tsv", "0\tzero\n\n1\tone\n"),
    ],
)
def test_that_words_are_read_from_tables(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    assert read_label_names(tmp_path / name) == (("0", "zero"), ("1", "one"))


@pytest.mark.parametrize("content", ["[1]", "{", "\x00"])
def test_that_words_that_are_none_are_refused(tmp_path, content):
    (tmp_path / "w.json").write_text(content)
    with pytest.raises(TextsUnreadableError):
        read_label_names(tmp_path / "w.json")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--size=33"], "--size"),
        (["--fix=hidden"], "--fix"),
        (["--fix=hidden=merge"], "hidden"),
        (["--background=white"], "background"),
        (["--val-percent=99"], "validation_percent"),
    ],
)
def test_that_bad_options_are_named(source, tmp_path, capsys, options, said):
    try:
        code = command(source, tmp_path / "pets", *options)
    except SystemExit as end:
        code = end.code
    assert code == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "pets").exists()


def test_that_strict_makes_no_dataset_where_a_file_is_skipped(source, tmp_path, capsys):
    (source / "notes.md").write_text("x")
    assert command(source, tmp_path / "pets", "--strict") == 2
    assert "notes.md" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]


def test_that_nothing_to_import_is_bad_input_with_reasons(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert command(tmp_path / "empty", tmp_path / "pets") == 2
    assert "Nothing to import" in capsys.readouterr().err


def test_that_a_source_that_is_not_there_is_bad_input(tmp_path, capsys):
    assert command(tmp_path / "nowhere", tmp_path / "pets") == 2
    assert "nowhere" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal to send")
def test_that_ctrl_c_leaves_an_import_that_goes_on(tmp_path):
    source = sidecar_folder(tmp_path / "source", 1_500, size=64)
    dataset = tmp_path / "pets"
    process = subprocess.Popen(
        import_command(source, dataset),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline_s = time.monotonic() + 30
    while not (tmp_path / ".pets.import").exists() and time.monotonic() < deadline_s:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    told, _nothing = process.communicate(timeout=30)
    assert process.returncode == 1, told
    assert "Run the same command again to continue" in told
    assert not dataset.exists()
    subprocess.run([sys.executable, *import_command(source, dataset)[1:]], cwd=ROOT, check=True)
    assert read_manifest(dataset).items == 1_500
    assert not (tmp_path / ".pets.import").exists()


def test_that_the_doctor_looks_at_datasets_and_at_sources(source, tmp_path, capsys):
    (source / "copy.png").write_bytes((source / "0005.png").read_bytes())
    (source / "copy.txt").write_text("the same")
    assert command(source, tmp_path / "pets", "--fix=same_image=keep") == 0
    capsys.readouterr()
    for place in (source, tmp_path / "pets"):
        assert main(["doctor", str(place), "--json"]) == 0
        table = json.loads(capsys.readouterr().out)
        assert table["items"] == 21
        found = {issue["issue"]: issue for issue in table["issues"]}
        assert found["same_image"]["keys"] == ["copy.png"]
        assert table["texts"]["is_automatic"]
        assert 0.0 <= table["texts"]["oov_share"] <= 1.0
    assert main(["doctor", str(source)]) == 0
    told = capsys.readouterr().out
    assert "same image" in told
    assert re.search(r"Texts: .*, because as words .*% of a new text would be unknown", told)
    assert re.search(r"about \d\.\d times one of digits", told)


@pytest.mark.parametrize(
    ("size", "options", "expected"),
    [
        ((160, 120), (), (24, 32)),
        ((120, 160), (), (32, 24)),
        ((192, 108), (), (18, 32)),
        ((160, 120), ("--shape=square",), (32, 32)),
        ((160, 120), ("--shape=3:2", "--fit=crop"), (21, 32)),
    ],
)
def test_that_the_command_keeps_the_shape_of_the_images(tmp_path, size, options, expected):
    source = sidecar_folder(tmp_path / "wide", 10, shape=size)
    assert command(source, tmp_path / "pets", "--size=32", *options) == 0
    assert read_manifest(tmp_path / "pets").image_shape == expected
