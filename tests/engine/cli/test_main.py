import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

import resources
from engine.cli.main import main
from engine.cli.progress import stop_on_interrupt
from engine.cli.train import estimate_lines
from engine.config.presets import PRESETS, DataFacts, config_from_preset
from engine.control import RunControl
from engine.runs.folder import RunFolder
from tests.helpers.command_line import TINY
from tests.helpers.run_folders import stored_run
from tests.helpers.tiny import tiny_dataset

ROOT = Path(__file__).parents[3]
SMALL = [*TINY, "--images=64", "--seed=1"]


@pytest.fixture(autouse=True)
def keep_signals():
    """Restore the signal handlers that the commands replace."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def trained(tmp_path, *options):
    dataset = tiny_dataset(tmp_path / "data")
    run = tmp_path / "run"
    code = main(["train", "--dataset", str(dataset), "--run", str(run), *SMALL, *options])
    return code, run


@pytest.mark.slow
def test_that_training_and_sampling_work_by_command(tmp_path, capsys):
    code, run = trained(tmp_path)
    assert code == 0
    told = capsys.readouterr().out
    assert "tiny: 18 pairs at 32 px" in told
    assert "images/s" in told
    assert RunFolder(run).read_config().training.batch_size == 8
    gallery = tmp_path / "gallery"
    sample = ["sample", "--run", str(run), "--count", "3", "--gallery", str(gallery)]
    assert main(sample) == 0
    assert str(gallery / "index.html") in capsys.readouterr().out
    lines = (gallery / "metadata.jsonl").read_text().splitlines()
    assert [json.loads(line)["file_name"] for line in lines][-1] == "000002.png"


def test_that_a_run_starts_from_another_by_command(tmp_path, capsys, monkeypatch):
    _code, run = trained(tmp_path)
    capsys.readouterr()
    monkeypatch.chdir(tmp_path)
    tuned = ["train", "--dataset", "data", "--run", "tuned", *SMALL, "--init-from", run.name]
    assert main(tuned) == 0
    told = capsys.readouterr().out
    assert "Starting from run, checkpoint-" in told
    assert "3 of 3 words are known." in told
    # Absolute, because the run may be resumed from another working directory.
    assert RunFolder(tmp_path / "tuned").read_config().init_from == str(run)


def test_that_a_run_that_cannot_be_started_from_is_named(tmp_path, capsys, problem_log):
    data, earlier = tiny_dataset(tmp_path / "data"), stored_run(tmp_path / "earlier", 64)
    stored_run(tmp_path / "empty")
    line = ["train", "--dataset", str(data), "--run", str(tmp_path / "run")]
    line += ["--preset", "cpu-tiny", "--images", "8", "--init-from"]
    for options, reason in (
        ([str(tmp_path / "no")], "There is no run in"),
        ([str(tmp_path / "empty")], "has no checkpoint yet"),
        ([str(earlier.path), "--init-checkpoint", "kid"], "has no checkpoint yet"),
        ([str(earlier.path), "--family", "mvae"], "is a run of the family hybrid"),
    ):
        assert main([*line, *options]) == 2
        told = capsys.readouterr().err.strip()
        assert reason in told
        assert len(told.splitlines()) == 1
        assert not (tmp_path / "run").exists()
        problem_log.expect("failed")
    file = earlier.latest_checkpoint() / "facts.json"
    file.write_bytes(file.read_bytes() + b" ")
    assert main([*line, str(earlier.path)]) == 2
    told = capsys.readouterr().err.strip()
    assert "The checkpoint" in told
    assert len(told.splitlines()) == 1
    problem_log.expect("failed")


def test_that_texts_that_cannot_be_drawn_are_named_and_the_others_drawn(
    tmp_path, capsys, problem_log
):
    _code, run = trained(tmp_path)
    texts, gallery = tmp_path / "texts.txt", tmp_path / "gallery"
    texts.write_text("dark\n\nzebra\nlight dark\n")
    sample = ["sample", "--run", str(run), "--gallery", str(gallery), "--texts", str(texts)]
    capsys.readouterr()
    assert main([*sample, "--direction", "text-to-image"]) == 0
    told = capsys.readouterr().out
    assert "Line 3 is not drawn: not in the run's vocabulary: zebra." in told
    assert "Line 4 has 2 tokens, the run reads 1: it is drawn as “light”." in told
    assert told.index("Line 4") < told.index("2 pairs")
    lines = [json.loads(line) for line in (gallery / "metadata.jsonl").read_text().splitlines()]
    assert [line["text"] for line in lines] == ["dark", "light"]
    texts.write_text("zebra\n")
    other = ["--gallery", str(tmp_path / "other"), "--direction", "text-to-image"]
    assert main([*sample[:3], *other, "--texts", str(texts)]) == 2
    assert "zebra" in capsys.readouterr().err
    problem_log.expect("failed")


def test_that_images_become_texts_by_command(tmp_path):
    _code, run = trained(tmp_path)
    (tmp_path / "mine").mkdir()
    Image.new("L", (32, 32), 200).save(tmp_path / "mine" / "a.png")
    gallery = tmp_path / "gallery"
    sample = ["sample", "--run", str(run), "--gallery", str(gallery), "--images"]
    assert main([*sample, str(tmp_path / "mine"), "--direction", "image-to-text"]) == 0
    assert json.loads((gallery / "metadata.jsonl").read_text())["source_file"] == "a.png"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("train --dataset {tmp}/no --run {tmp}/run", "There is no dataset in"),
        (
            "train --dataset {tmp}/no --run {tmp}/run --preset cpu-tiny --batch-size 1",
            "must be at least 2",
        ),
        ("train --starter digits --run {tmp}/run", "--starters"),
        ("train --run {tmp}/run", "what to train on"),
        ("train --resume --run {tmp}/no", "There is no run in"),
        ("sample --run {tmp}/no --gallery {tmp}/g", "There is no run in"),
        ("sample --run {tmp}/no --gallery {tmp}/g --count 0", "must be from 1"),
        ("sample --run {tmp}/no --gallery {tmp}/g --direction image-to-text", "images"),
    ],
)
def test_that_bad_input_is_one_clear_sentence_and_exit_code_two(
    tmp_path, capsys, problem_log, arguments, reason
):
    assert main(arguments.format(tmp=tmp_path).split()) == 2
    told = capsys.readouterr().err.strip()
    assert reason in told
    assert len(told.splitlines()) == 1
    if problem_log.unexpected:
        problem_log.expect("failed")


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "fly",
        "train",
        "train --starter digits",
        "train --starter cats --run r",
        "train --resume --estimate --run r",
        "train --dataset d --run r --seed one",
        "sample --run r",
    ],
)
def test_that_bad_arguments_are_refused_in_one_line(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments.split())
    assert caught.value.code == 2
    told = capsys.readouterr().err
    assert len(told.strip().splitlines()) == 1
    assert "--help" in told


def test_that_a_bug_is_exit_code_one(tmp_path, capsys, problem_log, monkeypatch):
    def broken(*_args: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("engine.train.run.train", broken)
    code, _run = trained(tmp_path)
    assert code == 1
    assert "ZeroDivisionError: a bug" in capsys.readouterr().err
    problem_log.expect("The command failed")


def test_that_help_names_every_setting_and_preset(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["train", "--help"])
    assert caught.value.code == 0
    told = capsys.readouterr().out
    for word in ("--learning-rate", "--penalty-weight", "--preview-every-s", *PRESETS):
        assert word in told


@pytest.mark.slow
def test_that_the_demo_leaves_a_gallery_and_a_chart(tmp_path, capsys):
    code = main(
        ["demo", "--minutes", "0.02", "--folder", str(tmp_path), "--datasets", str(tmp_path / "d")],
        starters=resources.starters_folder(),
    )
    assert code == 0
    told = capsys.readouterr().out
    (results,) = tmp_path.glob("2*")
    assert len(list((results / "gallery").glob("0*.png"))) == 64
    for path in (results / "losses.png", results / "gallery/contact_sheet.png"):
        assert path.is_file()
        assert str(path) in told


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no SIGINT that a test could send to one process"
)
def test_that_ctrl_c_stops_and_saves(tmp_path):
    dataset, run = tiny_dataset(tmp_path / "data"), tmp_path / "run"
    options = [option for option in SMALL if not option.startswith("--images")]
    command = [
        sys.executable,
        "-m",
        "engine",
        "train",
        "--dataset",
        str(dataset),
        "--run",
        str(run),
    ]
    process = subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list(run.glob("samples/*.png")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    os.kill(process.pid, signal.SIGINT)
    told, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Run stopped" in told
    assert len(RunFolder(run).checkpoint_paths()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_that_the_first_signal_asks_and_the_second_leaves_at_once(number):
    control = RunControl()
    stop_on_interrupt(control)
    signal.raise_signal(number)
    assert control.is_stop_requested
    assert not control.is_discard_requested
    assert signal.getsignal(number) is signal.SIG_DFL


def test_that_the_command_line_never_imports_qt():
    code = (
        "import sys; from engine.cli.main import main\n"
        "try: main(['train', '--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('PySide6', 'torch') if name in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip().endswith("[]")


def test_that_an_estimate_is_printed_and_nothing_is_trained(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("engine.train.setup.PROBE_S", 0.05)
    dataset = tiny_dataset(tmp_path / "data")
    code = main(["train", "--dataset", str(dataset), "--estimate", *SMALL])
    assert code == 0
    told = capsys.readouterr().out.splitlines()
    assert any(line.startswith("Speed: ") and "images/s" in line for line in told)
    assert any(line.startswith("64 images: ") for line in told)
    assert "Images needed: not measured for images like these." in told
    assert told[-2].startswith("Texts: words, because as words 0.0% of a new text would ")
    assert told[-1].startswith("Such texts make a training step about 1.0 times one of digits")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_that_an_estimate_counts_from_the_speed(tmp_path):
    config = config_from_preset("cpu-colour", dataset=tmp_path, run=tmp_path)
    emoji = DataFacts(image_size=64, channels=3, pairs=1_906, starter="emoji")
    told = estimate_lines(config, emoji, 550.0)
    assert told[:4] == [
        "Speed: 550 images/s.",
        "5 min: about 160,000 images.",
        "Shapes recognisable: after about 86,000 images, 3 min.",
        "As good as it gets: after about 330,000 images, 10 min.",
    ]
    assert "1,810 emoji" in told[4]
    assert told[5].endswith("more slowly: --preset cpu-colour-64.")
    larger = config_from_preset("cpu-colour-64", dataset=tmp_path, run=tmp_path)
    told = estimate_lines(larger, replace(emoji, image_size=128), 50.0)
    assert told[2:4] == [
        "Shapes recognisable: after about 82,000 images, 27 min.",
        "As good as it gets: not measured.",
    ]
    assert told[-1].endswith("--image-size 128.")
    told = estimate_lines(larger, replace(emoji, image_size=32), 50.0)
    assert told[-1].endswith("Better and faster: --preset cpu-colour.")
    shapes = DataFacts(image_size=32, channels=3, pairs=20_000, starter="shapes")
    told = estimate_lines(config.with_values(minutes=0.0), shapes, 5.4)
    unlike = "not measured with these settings, only with the values of the preset cpu-tiny."
    assert told == ["Speed: 5.4 images/s.", f"Images needed: {unlike}"]
    config = config_from_preset("cpu-tiny", dataset=tmp_path, run=tmp_path)
    told = estimate_lines(config, shapes, 20_000.0)
    assert told[2:4] == [
        "Shapes recognisable: not measured.",
        "As good as it gets: after about 1,540,000 images, 77 s.",
    ]
    told = estimate_lines(config.with_values(networks__image_size=64), shapes, 1.0)
    assert told[-1].startswith("The dataset has images of 32 px, the run makes 64 px")
    assert told[-1].endswith("--image-size 32.")
