"""The set-up, with fakes in the place of pip, apt-get and the machine."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

PACKAGING = Path(__file__).parents[2] / "packaging"
NAMES = ("system_packages", "environment", "bootstrap")
PYPROJECT = '[build-system]\nrequires = []\n[project]\nname = "x"\ndependencies = [{}]\n'


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Load the three scripts by path: their folder is deliberately no package."""
    monkeypatch.syspath_prepend(str(PACKAGING))
    loaded: dict[str, ModuleType] = {}
    for name in NAMES:
        spec = importlib.util.spec_from_file_location(name, PACKAGING / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        loaded[name] = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, loaded[name])
        spec.loader.exec_module(loaded[name])
    return SimpleNamespace(**loaded)


@pytest.fixture
def machine(scripts: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A Debian where a person without rights has everything; tests take things away."""
    machine = SimpleNamespace(lacks=set(), is_root=False, has_apt=True, has_venv=True)
    machine.fonts, machine.installed = [Path("DejaVuSans.ttf"), Path("NotoSansCJK.ttc")], []
    system = scripts.system_packages

    def install(packages: list[str]) -> None:
        machine.installed += packages
        machine.lacks -= set(machine.lacks) - getattr(machine, "stubborn", set())
        machine.has_venv = True

    monkeypatch.setattr(system, "can_load_library", lambda name: name not in machine.lacks)
    monkeypatch.setattr(system, "has_venv", lambda: machine.has_venv)
    monkeypatch.setattr(system, "font_files", lambda: machine.fonts)
    monkeypatch.setattr(system, "is_root", lambda: machine.is_root)
    monkeypatch.setattr(system, "has_apt", lambda: machine.has_apt)
    monkeypatch.setattr(system, "_install", install)
    return machine


class FakeCalls:
    """Stands for ``subprocess.call``: makes the environment when asked, and remembers."""

    def __init__(self, python: Path) -> None:
        self.python, self.commands, self.fails_on = python, list[list[str]](), ""

    def __call__(self, command: tuple[str, ...], **_options: Any) -> int:
        self.commands.append(list(command))
        if "venv" in command:
            self.python.parent.mkdir(parents=True)
            self.python.touch()
        return int(bool(self.fails_on) and self.fails_on in " ".join(command))

    @property
    def installed(self) -> list[str]:
        return [command[-1] for command in self.commands if "pip" in command]


@pytest.fixture
def checkout(
    scripts: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> SimpleNamespace:
    """An environment in an empty checkout, with a pip that only remembers."""
    (tmp_path / "packaging").mkdir()
    (tmp_path / "packaging" / "constraints.txt").write_text("# why\ntorch==1.2.3\nsix==1.0\n")
    (tmp_path / "pyproject.toml").write_text(PYPROJECT.format(""))
    environment = scripts.environment.Environment(tmp_path)
    calls = FakeCalls(environment.python)
    monkeypatch.setattr(subprocess, "call", calls)
    monkeypatch.setattr(scripts.environment.Environment, "_answers", lambda _self: True)
    return SimpleNamespace(root=tmp_path, environment=environment, calls=calls)


def test_that_a_complete_machine_needs_no_package(scripts, machine):
    scripts.system_packages.ensure_packages(with_qt=True)
    assert machine.installed == []


def test_that_a_person_without_rights_reads_the_one_command_to_run(scripts, machine):
    machine.lacks = {"libEGL.so.1", "libxcb-cursor.so.0"}
    machine.has_venv = False
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    expected = f"sudo apt-get install libegl1 libxcb-cursor0 python{version}-venv"
    with pytest.raises(scripts.system_packages.SetupError, match=expected):
        scripts.system_packages.ensure_packages(with_qt=True)


def test_that_root_gets_what_is_missing(scripts, machine):
    machine.is_root, machine.lacks = True, {"libGL.so.1", "libgthread-2.0.so.0"}
    scripts.system_packages.ensure_packages(with_qt=True)
    assert machine.installed == ["libgl1", "libglib2.0-0"]


def test_that_a_library_still_missing_after_its_installation_is_named(scripts, machine):
    machine.is_root, machine.lacks, machine.stubborn = True, {"libGL.so.1"}, {"libGL.so.1"}
    with pytest.raises(scripts.system_packages.SetupError, match=r"Still missing.*libgl1"):
        scripts.system_packages.ensure_packages(with_qt=True)


def test_that_a_machine_without_fonts_gets_one(scripts, machine):
    machine.fonts = []
    assert scripts.system_packages.missing_packages(with_qt=True) == ["fonts-dejavu-core"]


def test_that_a_chinese_font_is_for_root_only(scripts, machine):
    machine.fonts = [Path("DejaVuSans.ttf")]
    scripts.system_packages.ensure_packages(with_qt=True)
    assert machine.installed == []
    machine.is_root = True
    scripts.system_packages.ensure_packages(with_qt=True)
    assert machine.installed == ["fonts-wqy-microhei"]


def test_that_headless_work_needs_no_qt_libraries(scripts, machine):
    machine.lacks, machine.fonts = {"libGL.so.1"}, []
    scripts.system_packages.ensure_packages(with_qt=False)
    assert machine.installed == []


def test_that_other_linuxes_are_told_what_to_look_for(scripts, machine):
    machine.has_apt, machine.lacks = False, {"libEGL.so.1"}
    with pytest.raises(scripts.system_packages.SetupError, match="counterparts"):
        scripts.system_packages.ensure_packages(with_qt=True)


def test_that_a_library_that_does_not_exist_cannot_be_loaded(scripts):
    assert not scripts.system_packages.can_load_library("libdiptych-no-such.so.0")


def test_that_fonts_are_found_by_their_suffix(scripts, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "A.TTF").touch()
    (tmp_path / "fonts.conf").touch()
    assert [path.name for path in scripts.system_packages.font_files([str(tmp_path)])] == ["A.TTF"]


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
    assert performed.commands[-1][1:] == ["-m", "coverage", "run", "-m", "pytest"]


def test_that_a_failing_check_ends_the_chain(scripts, performed):
    performed.fails_on = "pyright"
    assert scripts.bootstrap.main(["test"]) == 1
    assert performed.commands[-1][2] == "pyright"


def test_that_arguments_of_test_go_to_pytest_alone(scripts, performed):
    assert scripts.bootstrap.main(["test", "tests/engine", "-k", "stop"]) == 0
    assert [command[1:] for command in performed.commands] == [
        ["-m", "pytest", "tests/engine", "-k", "stop"]
    ]


def test_that_the_project_does_not_shadow_the_library_called_packaging():
    assert not (PACKAGING / "__init__.py").exists()
