import os
import sqlite3

import pytest

from engine.control import RunControl
from engine.errors import StoppedError
from engine.fs.lock import RunLock
from engine.runs import catalogue as module
from engine.runs.catalogue import Catalogue
from engine.runs.metadata import Origin, RunNotes, change_notes, write_notes
from engine.runs.status import Status
from tests.helpers.run_folders import BEGUN_S, listed, made_run, measured, write_log


def names(found):
    return [run.name for run in found]


def test_that_a_run_is_listed_with_what_its_folder_says(runs, file):
    folder = made_run(runs, "cats", outcome="stopped", preset="textbook", family="adversarial")
    origin = Origin(run="dogs", checkpoint="best-kid")
    write_notes(folder, RunNotes(text="fluffy", is_starred=True, origin=origin))
    (run,) = listed(runs, file)
    assert run.folder == folder
    assert (run.status, run.error, run.problem) == (Status.STOPPED, "", "")
    assert (run.dataset, run.family, run.preset) == ("digits", "adversarial", "textbook")
    assert (run.images_seen, run.elapsed_s, run.kid, run.joint_coherence) == (6400, 90.0, 0.05, 0.8)
    assert (run.is_starred, run.notes, run.origin, run.checkpoints) == (True, "fluffy", "dogs", 1)
    assert run.is_branch
    assert run.changed_s == BEGUN_S + 91
    real = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    assert run.size_bytes == real > 2000


def test_that_the_latest_run_comes_first(runs, file):
    made_run(runs, "old", outcome=None)
    made_run(runs, "young")
    assert names(listed(runs, file)) == ["young", "old"]


def test_that_a_search_looks_everywhere_for_every_word(runs, file):
    change_notes(made_run(runs, "Cats-1"), text="Größer als alles")
    made_run(runs, "cats-2", family="mopoe")
    made_run(runs, "dogs", preset="laptop", dataset=runs / "emoji")
    for text, found in {
        "": {"Cats-1", "cats-2", "dogs"},
        "CATS": {"Cats-1", "cats-2"},
        "cats GRÖSSER": {"Cats-1"},
        "mopoe": {"cats-2"},
        "laptop emoji": {"dogs"},
        "laptop digits": set(),
        "%": set(),
        "' OR 1": set(),
    }.items():
        assert set(names(listed(runs, file, text))) == found, text


def test_that_a_search_finds_settings_by_value_and_by_name(runs, file):
    made_run(runs, "cats", training__adversarial_loss="hinge", training__batch_size=128)
    made_run(runs, "dogs", training__adversarial_loss="wasserstein", training__learning_rate=0.0123)
    for text, found in {
        "hinge": {"cats"},
        "HINGE 128": {"cats"},
        "adversarial-loss=was": {"dogs"},
        "0.0123": {"dogs"},
        "1.23e-2": {"dogs"},
        "0.012": set(),
        "batch-size=128": {"cats"},
        "batch_size=128.0": {"cats"},
        "batch-size=12": set(),
        "batch-size=": set(),
        "learning": set(),
    }.items():
        assert set(names(listed(runs, file, text))) == found, text


def test_that_only_runs_that_changed_are_read_again(runs, file, monkeypatch):
    folders = [made_run(runs, f"run-{number}") for number in range(4)]
    listed(runs, file)
    read = []
    real = module.read_run
    monkeypatch.setattr(module, "read_run", lambda folder: read.append(folder) or real(folder))
    listed(runs, file)
    assert read == []
    change_notes(folders[1], is_starred=True)
    with (folders[2] / "events.jsonl").open("a") as log:
        log.write("{}\n")
    (folders[3] / "checkpoints" / "checkpoint-000000009999").mkdir()
    found = {run.name: run for run in listed(runs, file)}
    assert read == folders[1:]
    assert found["run-1"].is_starred
    assert found["run-3"].checkpoints == 2


def test_that_a_run_that_went_is_listed_no_more(runs, file):
    made_run(runs, "stays")
    made_run(runs, "goes").rename(runs / ".goes")
    assert names(listed(runs, file)) == ["stays"]
    made_run(runs, "other")
    (runs / "other").rename(runs / "new name")
    assert set(names(listed(runs, file))) == {"stays", "new name"}


def test_that_other_folders_and_files_are_no_runs(runs, file):
    made_run(runs, "cats")
    (runs / "mine").mkdir()
    (runs / "mine" / "letter.txt").touch()
    (runs / "file").touch()
    assert names(listed(runs, file)) == ["cats"]
    assert listed(runs / "nowhere") == []


def damage_nothing(_file):
    pass


def damage_all(file):
    file.write_bytes(b"no database at all" * 1000)


def damage_the_middle(file):
    content = bytearray(file.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    file.write_bytes(content)


def truncate(file):
    file.write_bytes(file.read_bytes()[:5000])


def empty(file):
    file.write_bytes(b"")


def delete(file):
    file.unlink()


def age(file):
    with sqlite3.connect(file) as base:
        base.execute("PRAGMA user_version = 0")
    base.close()


def come_from_the_future(file):
    with sqlite3.connect(file) as base:
        base.execute("PRAGMA user_version = 99")
    base.close()


def take_a_column(file):
    with sqlite3.connect(file) as base:
        base.execute("ALTER TABLE runs DROP COLUMN kid")
    base.close()


def take_the_table(file):
    with sqlite3.connect(file) as base:
        base.execute("DROP TABLE runs")
    base.close()


def spoil_a_value(file):
    with sqlite3.connect(file) as base:
        base.execute("UPDATE runs SET images_seen = 'many'")
    base.close()


def spoil_a_status(file):
    with sqlite3.connect(file) as base:
        base.execute("UPDATE runs SET status = 'flying'")
    base.close()


def spoil_a_name(file):
    with sqlite3.connect(file) as base:
        base.execute("UPDATE runs SET name = 7 WHERE name = (SELECT min(name) FROM runs)")
    base.close()


@pytest.mark.parametrize(
    "damage",
    [
        damage_nothing,
        damage_all,
        damage_the_middle,
        truncate,
        empty,
        delete,
        age,
        come_from_the_future,
        take_a_column,
        take_the_table,
        spoil_a_value,
        spoil_a_status,
        spoil_a_name,
    ],
)
def test_that_whatever_happens_to_the_file_the_runs_are_listed(runs, file, damage):
    for number in range(30):
        made_run(runs, f"run-{number}")
    before = listed(runs, file)
    assert len(before) == 30
    for suffix in ("-wal", "-shm"):
        assert not file.with_name(file.name + suffix).exists()
    damage(file)
    assert listed(runs, file) == before
    assert listed(runs, file) == before


def test_that_a_place_where_no_file_can_be_does_not_keep_runs_from_being_listed(runs, file):
    made_run(runs, "cats")
    file.mkdir()
    assert names(listed(runs, file)) == ["cats"]
    assert names(listed(runs, file.parent / "nowhere" / "x.sqlite")) == ["cats"]


def test_that_two_catalogues_of_one_file_do_not_disturb_each_other(runs, file):
    made_run(runs, "cats")
    with Catalogue(runs, file) as one, Catalogue(runs, file) as other:
        one.refresh()
        made_run(runs, "dogs")
        other.refresh()
        one.refresh()
        assert set(names(one.runs())) == set(names(other.runs())) == {"cats", "dogs"}


def test_that_who_holds_a_run_is_known_anew_each_time(runs, file):
    folder = made_run(runs, "cats", outcome=None)
    with RunLock(folder):
        (run,) = listed(runs, file)
        assert (run.status, run.is_held, run.holder_pid) == (Status.RUNNING, True, os.getpid())
    (run,) = listed(runs, file)
    assert (run.status, run.is_held, run.holder_pid) == (Status.INTERRUPTED, False, 0)


def test_that_absurd_numbers_and_names_are_no_trouble(runs, file):
    run = made_run(runs, "cafe").rename(runs / os.fsdecode(b"caf\xe9"))
    metrics = {"kid": float("inf"), "joint_coherence": float("nan")}
    write_log(run, [measured(2**80), measured(5, **metrics), {"event": "RunEnded", "time": 1e300}])
    (found,) = listed(runs, file)
    assert found.folder == run
    assert (found.kid, found.joint_coherence) == (None, None)


def test_that_a_stop_keeps_what_was_read(runs, file):
    for number in range(10):
        made_run(runs, f"run-{number}")
    control, told = RunControl(), []

    def report(done, total):
        told.append((done, total))
        if done == 4:
            control.request_stop()

    with Catalogue(runs, file) as catalogue:
        with pytest.raises(StoppedError):
            catalogue.refresh(report, control)
        assert len(catalogue.runs()) == 4
        catalogue.refresh(report)
        assert len(catalogue.runs()) == 10
    assert told[-1] == (6, 6)


def test_that_five_hundred_runs_are_listed(runs, file):
    for number in range(500):
        made_run(runs, f"run-{number}", outcome="stopped" if number % 2 else None)
    found = listed(runs, file)
    assert len(found) == 500
    assert sum(run.status is Status.INTERRUPTED for run in found) == 250
    assert names(listed(runs, file, "run-49")) == names([r for r in found if "run-49" in r.name])
