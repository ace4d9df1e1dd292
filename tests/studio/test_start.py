"""What a process does before the user sees the window."""

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import engine.train.run
from engine.control import RunControl
from studio import __main__ as entry
from studio import system_libraries
from studio.jobs import engine_api

ROOT = Path(__file__).parents[2]


def run_python(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # the interpreter that runs the tests, with arguments of ours
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_that_the_first_paint_needs_no_torch():
    done = run_python("packaging/window_probe.py", "paint", PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["has_torch"] is False


def test_that_the_command_line_needs_no_qt():
    code = (
        "import sys; from studio.__main__ import main\n"
        "sys.argv = ['diptych', 'train', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "sys.exit('PySide6' in sys.modules)"
    )
    done = run_python("-c", code)
    assert done.returncode == 0, done.stderr
    assert "--starter" in done.stdout


def test_that_the_window_quits_when_it_is_told_to():
    code = (
        "import sys; from studio import app, start\n"
        "app.Studio.restore_last_run = lambda studio: studio.window.close()\n"
        "sys.exit(start.run_studio(['diptych']))"
    )
    done = run_python("-c", code)
    assert (done.returncode, done.stderr) == (0, "")


def test_that_ctrl_c_closes_the_window():
    code = (
        "import os, signal, sys; from studio import app, start\n"
        "app.Studio.restore_last_run = lambda studio: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.exit(start.run_studio(['diptych']))"
    )
    done = run_python("-c", code)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", ["train", "sample"])
def test_that_subcommands_go_to_the_engine(command, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["diptych", command, "--help"])
    with pytest.raises(SystemExit) as left:
        entry.main()
    assert left.value.code == 0
    assert f"diptych {command}" in capsys.readouterr().out


def test_that_no_arguments_open_the_studio(monkeypatch):
    from studio import start

    opened: list[list[str]] = []
    monkeypatch.setattr(start, "run_studio", lambda arguments: opened.append(arguments) or 0)
    monkeypatch.setattr(sys, "argv", ["diptych"])
    assert entry.main() == 0
    assert opened == [["diptych"]]


def test_that_a_missing_display_is_said_in_a_sentence(monkeypatch, capsys):
    for name in entry.DISPLAYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "argv", ["diptych"])
    assert entry.main() == 2
    assert capsys.readouterr().err.startswith("diptych: there is no display")


def test_that_a_missing_library_is_said_with_its_package(monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "argv", ["diptych"])
    monkeypatch.setattr(entry, "has_apt", lambda: True)
    lacks = {"libEGL.so.1", "libxcb-cursor.so.0"}
    monkeypatch.setattr(system_libraries, "can_load_library", lambda name: name not in lacks)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert entry.main() == 2
    assert capsys.readouterr().err.endswith("sudo apt-get install libegl1\n")
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    assert entry.main() == 2
    assert capsys.readouterr().err.endswith("sudo apt-get install libegl1 libxcb-cursor0\n")


def test_that_wayland_needs_no_library_of_x11(monkeypatch):
    monkeypatch.setattr(system_libraries, "can_load_library", lambda name: "xcb" not in name)
    assert system_libraries.missing_for_window({"WAYLAND_DISPLAY": "wayland-0"}) == []
    assert "libxcb1" in system_libraries.missing_for_window({"DISPLAY": ":0"})


@pytest.fixture
def as_at_the_start():
    engine_api._set_libraries_aside.cache_clear()
    gc.unfreeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("as_at_the_start")
@pytest.mark.parametrize("name", ["train", "resume"])
def test_that_no_search_for_garbage_goes_through_torch(monkeypatch, name):
    found = []

    def train(*_arguments):
        searched = {id(thing) for thing in gc.get_objects()}
        is_searched = id(vars(sys.modules["torch._dynamo"])) in searched
        found.append((gc.get_freeze_count(), is_searched))

    monkeypatch.setattr(engine.train.run, name, train)
    start = getattr(engine_api.EngineApi(), name)
    for _run in range(2):
        start(None, print, RunControl())
    (first, is_searched), (second, _) = found
    assert first > 100_000
    assert not is_searched
    # What later runs make is searched: it has to be freed.
    assert second <= first
