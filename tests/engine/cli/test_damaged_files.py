"""Damaged files and folders, read by the command line: each is refused in one line, or taken."""

import json
import logging
import os
import signal
import sys

import pytest

from engine.cli.main import main
from engine.data.store import open_dataset
from tests.helpers.command_line import TINY, diptych, ended
from tests.helpers.damaged_files import (
    CHECKPOINT,
    KINDS,
    REFUSED,
    TAKEN,
    build_base,
    build_shared,
    make_case,
    read_here,
    reseal,
)
from tests.helpers.sources import caption, picture
from tests.helpers.tiny import tiny_dataset

MUTATIONS = 2
"""Of each kind; ``make fuzz`` reads 300."""
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX names, pipes and locales")


@pytest.fixture(autouse=True)
def keep_signals():
    """Restore the signal handlers that the commands replace."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    build_shared(folder)
    return folder


@pytest.mark.parametrize("name", KINDS)
def test_that_a_damaged_file_is_refused_in_one_line_or_taken(tmp_path, shared, name):
    build_base(name, tmp_path / "base", shared)
    logging.disable(logging.CRITICAL)
    try:
        for number in range(MUTATIONS):
            arguments = make_case(name, tmp_path / "base", tmp_path / "case", number, seed=0)
            outcome = read_here(arguments)
            assert outcome.fate in (REFUSED, TAKEN), outcome
    finally:
        logging.disable(logging.NOTSET)


def flip_a_bit(folder):
    content = bytearray((folder / "images.npy").read_bytes())
    content[5000] ^= 4
    (folder / "images.npy").write_bytes(content)


def test_that_the_doctor_names_what_has_changed(tmp_path):
    folder = tiny_dataset(tmp_path / "data")
    flip_a_bit(folder)
    process = diptych("doctor", folder, "--json")
    told, complaints = process.communicate(timeout=60)
    assert process.returncode == 2
    assert json.loads(told)["damage"] == ["images 0 to 23 in images.npy"]
    (complaint,) = complaints.splitlines()
    assert "has changed since it was written: images 0 to 23 in images.npy" in complaint


def test_that_changed_data_is_not_exported_and_training_tells_of_it(tmp_path, capsys, problem_log):
    folder = tiny_dataset(tmp_path / "data")
    train = ["train", "--dataset", str(folder), "--run", str(tmp_path / "run"), *TINY]
    assert main([*train, "--images=80"]) == 0
    assert "The dataset is intact" in capsys.readouterr().out
    flip_a_bit(folder)
    assert main(["export", str(folder), "--folder", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()
    capsys.readouterr()
    assert main(["train", "--resume", "--run", str(tmp_path / "run"), "--images=88"]) == 2
    assert "has changed since it was written" in capsys.readouterr().err
    problem_log.expect("failed")
    train[4] = str(tmp_path / "other")
    assert main([*train, "--images=80"]) == 0
    assert "images 0 to 23 in images.npy. Training continues" in capsys.readouterr().out


@POSIX
def test_that_a_pipe_in_a_dataset_keeps_nobody_waiting(tmp_path):
    folder = tiny_dataset(tmp_path / "data")
    (folder / "items.arrow").unlink()
    os.mkfifo(folder / "items.arrow")
    code, complaints = ended(diptych("doctor", folder))
    assert code == 2
    assert len(complaints) == 1
    assert "items.arrow is a pipe" in complaints[0]


def run_with_facts(base, shared, **changes):
    """Copy the run, and change the facts of its checkpoint."""
    build_base("facts", base, shared)
    file = base / CHECKPOINT / "facts.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    reseal(base)
    return str(base / "run")


def run_with_tensor(base, shared, shape):
    """Copy the run, and add a tensor without elements to its checkpoint."""
    build_base("tensors", base, shared)
    file = base / CHECKPOINT / "tensors.safetensors"
    content = file.read_bytes()
    size = int.from_bytes(content[:8], "little")
    head = json.loads(content[8 : 8 + size])
    head["ema.more"] = {"dtype": "F32", "shape": shape, "data_offsets": [0, 0]}
    table = json.dumps(head).encode()
    file.write_bytes(len(table).to_bytes(8, "little") + table + content[8 + size :])
    reseal(base)
    return str(base / "run")


@pytest.mark.slow
def test_that_a_hostile_number_in_a_checkpoint_is_one_line(tmp_path, shared):
    run = run_with_facts(tmp_path / "base", shared, step=10**400)
    code, complaints = ended(diptych("train", "--resume", "--run", run, "--images=48"))
    assert code == 2
    assert len(complaints) == 1
    assert "a number has 401 digits" in complaints[0]


def test_that_hostile_checkpoints_are_one_line_each(tmp_path, shared, capsys, problem_log):
    runs = [
        run_with_facts(tmp_path / "a", shared, elapsed_s=float("nan")),
        run_with_facts(tmp_path / "b", shared, images_seen="many"),
        run_with_tensor(tmp_path / "c", shared, [0, 2**62, 2**62]),
        run_with_tensor(tmp_path / "d", shared, [0, 10**12]),
    ]
    for run in runs:
        for command in (
            ["train", "--resume", "--run", run, "--images=48"],
            ["sample", "--run", run, "--count=1", "--gallery", f"{run}/gallery"],
        ):
            assert main(command) == 2
            told = capsys.readouterr().err.strip()
            assert len(told.splitlines()) == 1
            assert "cannot be used" in told
            problem_log.expect("failed")


def test_that_hostile_positions_of_the_loop_are_ignored(tmp_path, shared, capsys):
    state = {"best": {"kid": "good", "fid": None}, "num_micro_batches": float("nan")}
    run = run_with_facts(tmp_path / "base", shared, loop_state=state)
    assert main(["train", "--resume", "--run", run, "--images=40"]) == 0
    assert "Run finished after 40 images" in capsys.readouterr().out


NAMES = (
    b"ok",
    b"bad\xe9",
    b"\xe2\x80\xaereversed",
    b"\x1b[2Jcleared",
    b"two\nlines",
    b"\xc2\x9bc1",
)
TEXTS = ("", "", "\u202ereversed\u2066", "\x1b[31mred", "", "")
RAW = frozenset("\x1b\x9b\u202e\u2066")


@POSIX
@pytest.mark.parametrize("locale", [{}, {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_that_names_in_no_encoding_are_imported_and_nothing_reaches_the_terminal_raw(
    tmp_path, locale
):
    source = os.fsencode(tmp_path) + b"/source\xff"
    os.mkdir(source)  # noqa: PTH102 - a name that is no text
    for number, (name, text) in enumerate(zip(NAMES, TEXTS, strict=True)):
        stem = os.fsdecode(source + b"/" + name)
        picture(number).save(f"{stem}.png")
        with open(f"{stem}.txt", "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(f"{text} {caption(number)}")
    dataset = tmp_path / "data"
    environment = os.environ | {"LC_ALL": "C"} | locale
    process = diptych("import", source, "--dataset", dataset, "--size=32", env=environment)
    told, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (0, "")
    assert not RAW & set(told)
    assert "source\\udcff" in told
    assert not RAW & set((dataset / "report.html").read_text("utf-8"))
    counts = json.loads((dataset / "report.json").read_text())["counts"]
    assert counts["files_found"] == 2 * len(NAMES)
    assert len(open_dataset(dataset).records) == counts["items_imported"] > 0
