"""What each command of the set-up script starts."""

import subprocess
from pathlib import Path

import pytest

from tests.helpers.fake_pip import PACKAGING, PYPROJECT, FakeCalls


def test_that_a_wrong_python_hands_over_to_a_right_one(scripts, monkeypatch):
    calls = FakeCalls(Path())
    monkeypatch.setattr(subprocess, "call", calls)
    monkeypatch.setattr(scripts.bootstrap, "PYTHONS", ((3, 98), (3, 99)))
    monkeypatch.setattr(scripts.bootstrap.shutil, "which", lambda name: f"/bin/{name}")
    assert scripts.bootstrap.main(["setup"]) == 0
    assert calls.commands[0][0] == "/bin/python3.99"


def test_that_a_wrong_python_alone_gets_a_sentence(scripts, monkeypatch, capsys):
    monkeypatch.setattr(scripts.bootstrap, "PYTHONS", ((3, 99),))
    monkeypatch.setattr(scripts.bootstrap.shutil, "which", lambda _name: None)
    assert scripts.bootstrap.main(["setup"]) == 1
    assert "Diptych runs on Python 3.11, 3.12 and 3.13" in capsys.readouterr().err


@pytest.fixture
def performed(scripts, checkout, monkeypatch) -> FakeCalls:
    """What ``bootstrap`` starts on a machine where everything is set up."""
    monkeypatch.setattr(scripts.bootstrap, "ROOT", checkout.root)
    monkeypatch.setattr(scripts.bootstrap, "set_up", lambda *_args, **_options: None)
    monkeypatch.setattr(scripts.bootstrap, "check_coverage", lambda _environment: 0)
    monkeypatch.setattr(scripts.bootstrap.signal, "signal", lambda *_arguments: None)
    return checkout.calls


def test_that_without_a_display_the_demo_runs(scripts, performed, monkeypatch, capsys):
    monkeypatch.setattr(scripts.bootstrap, "has_display", lambda: False)
    assert scripts.bootstrap.main(["run"]) == 0
    assert performed.commands[0][1:] == ["-m", "studio", "demo"]
    assert "no display" in capsys.readouterr().out


def test_that_with_a_display_the_studio_opens(scripts, performed, monkeypatch):
    monkeypatch.setattr(scripts.bootstrap, "has_display", lambda: True)
    assert scripts.bootstrap.main(["run"]) == 0
    assert performed.commands[0][1:] == ["-m", "studio"]


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_that_a_display_is_known_by_its_variable(scripts, monkeypatch, name):
    monkeypatch.setattr(scripts.bootstrap.sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not scripts.bootstrap.has_display()
    monkeypatch.setenv(name, ":0")
    assert scripts.bootstrap.has_display()


def test_that_the_tests_come_after_all_checks(scripts, performed):
    assert scripts.bootstrap.main(["test"]) == 0
    assert [command[2] for command in performed.commands[:3]] == ["ruff", "ruff", "pyright"]
    command = performed.commands[-1][1:]
    assert command[:2] == ["-m", "pytest"]
    assert command[-2:] == ["--cov", "--cov-report="]


def test_that_a_failing_check_ends_the_chain(scripts, performed):
    performed.fails_on = "pyright"
    assert scripts.bootstrap.main(["test"]) == 1
    assert performed.commands[-1][2] == "pyright"


def test_that_arguments_of_test_go_to_pytest_alone(scripts, performed):
    assert scripts.bootstrap.main(["test", "tests/engine", "-k", "stop"]) == 0
    assert [command[1:] for command in performed.commands] == [
        ["-m", "pytest", "tests/engine", "-k", "stop"]
    ]


@pytest.mark.parametrize("failed", [0, 2])
def test_that_the_coverage_report_is_shown_only_when_it_falls_short(
    scripts, checkout, monkeypatch, capsys, failed
):
    report = subprocess.CompletedProcess([], failed, stdout="engine/events.py 99%\n", stderr="")
    monkeypatch.setattr(subprocess, "run", lambda *_command, **_options: report)
    assert scripts.bootstrap.check_coverage(checkout.environment) == failed
    assert ("engine/events.py 99%" in capsys.readouterr().out) == bool(failed)


@pytest.fixture
def asked(scripts, monkeypatch) -> list[bool]:
    """How often the system's packages were looked at, and whether for Qt."""
    looks: list[bool] = []
    monkeypatch.setattr(scripts.bootstrap.sys, "platform", "linux")
    monkeypatch.setattr(
        scripts.bootstrap, "ensure_packages", lambda *, with_qt: looks.append(with_qt)
    )
    return looks


def test_that_the_system_is_looked_at_once(scripts, checkout, asked):
    for _ in range(2):
        scripts.bootstrap.set_up(checkout.environment, with_tools=True, with_qt=True)
    assert asked == [True]


def test_that_a_headless_set_up_is_completed_when_windows_are_to_open(scripts, checkout, asked):
    scripts.bootstrap.set_up(checkout.environment, with_tools=False, with_qt=False)
    scripts.bootstrap.set_up(checkout.environment, with_tools=False, with_qt=True)
    assert asked == [False, True]


def test_that_what_stops_the_set_up_is_one_sentence(scripts, monkeypatch, capsys):
    def stop(*_arguments: object) -> int:
        raise scripts.bootstrap.SetupError("Fetch a library.")

    monkeypatch.setattr(scripts.bootstrap, "perform", stop)
    assert scripts.bootstrap.main(["setup"]) == 1
    assert capsys.readouterr().err == "Set-up stopped. Fetch a library.\n"


def test_that_the_project_does_not_shadow_the_library_called_packaging():
    assert not (PACKAGING / "__init__.py").exists()


# When the virtual environment is made, completed, repaired and left alone.


def test_that_torch_comes_first_and_by_its_pinned_version(checkout):
    checkout.environment.install(with_tools=True)
    assert checkout.calls.installed == ["torch==1.2.3", f"{checkout.root}[dev]"]


def test_that_a_second_start_installs_nothing(checkout):
    checkout.environment.install(with_tools=True)
    checkout.calls.commands.clear()
    checkout.environment.install(with_tools=True)
    checkout.environment.install(with_tools=False)
    assert checkout.calls.commands == []


def test_that_running_needs_no_tools_but_testing_adds_them(checkout):
    checkout.environment.install(with_tools=False)
    assert checkout.calls.installed[-1] == str(checkout.root)
    checkout.environment.install(with_tools=True)
    assert checkout.calls.installed[-1] == f"{checkout.root}[dev]"


@pytest.mark.parametrize(
    ("file", "content"),
    [("pyproject.toml", PYPROJECT.format('"new"')), ("packaging/constraints.txt", "torch==2\n")],
)
def test_that_new_dependencies_are_installed_in_place(checkout, file, content):
    checkout.environment.install(with_tools=True)
    checkout.calls.commands.clear()
    (checkout.root / file).write_text(content)
    checkout.environment.install(with_tools=True)
    assert len(checkout.calls.installed) == 2
    assert not any("venv" in command for command in checkout.calls.commands)


def test_that_a_setting_of_a_tool_installs_nothing(checkout):
    checkout.environment.install(with_tools=True)
    with (checkout.root / "pyproject.toml").open("a") as file:
        file.write("[tool.ruff]\nline-length = 99\n")
    assert checkout.environment.has("tools")


def test_that_an_interrupted_installation_starts_anew(checkout):
    checkout.environment.install(with_tools=True)
    (checkout.environment.folder / "diptych-busy").touch()
    (checkout.environment.folder / "half-installed").touch()
    checkout.environment.install(with_tools=True)
    assert not (checkout.environment.folder / "half-installed").exists()
    assert checkout.environment.has("tools")


def test_that_a_moved_checkout_gets_a_new_environment(scripts, checkout, tmp_path, monkeypatch):
    checkout.environment.install(with_tools=True)
    moved = checkout.root.rename(tmp_path.parent / f"{tmp_path.name}-moved")
    environment = scripts.environment.Environment(moved)
    calls = FakeCalls(environment.python)
    monkeypatch.setattr(subprocess, "call", calls)
    assert not environment.has("tools")
    environment.install(with_tools=True)
    assert "venv" in calls.commands[0]
    assert environment.has("tools")


def test_that_an_environment_made_by_hand_is_adopted(checkout):
    checkout.environment.python.parent.mkdir(parents=True)
    checkout.environment.python.touch()
    checkout.environment.install(with_tools=True)
    assert not any("venv" in command for command in checkout.calls.commands)
    assert checkout.environment.has("tools")


def test_that_a_failing_pip_says_so_and_the_next_try_goes_on(scripts, checkout):
    checkout.calls.fails_on = "torch"
    with pytest.raises(scripts.system_packages.SetupError, match="could not be installed"):
        checkout.environment.install(with_tools=True)
    checkout.calls.fails_on = ""
    checkout.calls.commands.clear()
    checkout.environment.install(with_tools=True)
    assert not any("venv" in command for command in checkout.calls.commands)
    assert checkout.environment.has("tools")
