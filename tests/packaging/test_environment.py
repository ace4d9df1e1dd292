"""When the virtual environment is made, completed, repaired and left alone."""

import subprocess

import pytest

from tests.helpers.fake_pip import PYPROJECT, FakeCalls


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
