"""Which Debian packages are missing and how they come, with a fake ``apt-get``."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest


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


def refuse(scripts: SimpleNamespace, reason: str) -> Any:
    """Stand for an ``apt-get`` that fails."""

    def fail(*_arguments: object) -> None:
        raise scripts.system_packages.SetupError(reason)

    return fail


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


def test_that_root_gets_a_chinese_font_and_everybody_else_a_hint(scripts, machine, capsys):
    machine.fonts = [Path("DejaVuSans.ttf")]
    scripts.system_packages.ensure_packages(with_qt=True)
    assert machine.installed == []
    assert "sudo apt-get install fonts-wqy-microhei" in capsys.readouterr().out
    machine.is_root = True
    scripts.system_packages.ensure_packages(with_qt=True)
    assert machine.installed == ["fonts-wqy-microhei"]


def test_that_what_is_only_good_to_have_stops_nobody(scripts, machine, monkeypatch, capsys):
    machine.lacks, machine.is_root = {"libwayland-cursor.so.0"}, True
    monkeypatch.setattr(scripts.system_packages, "_install", refuse(scripts, "no such package"))
    scripts.system_packages.ensure_packages(with_qt=True)
    assert "Going on without libwayland-cursor0. no such package" in capsys.readouterr().out


def test_that_a_dead_package_source_is_reported_once_and_passed_over(scripts, monkeypatch, capsys):
    system, commands = scripts.system_packages, []

    def apt(*arguments: str) -> None:
        commands.append(arguments)
        if arguments[0] == "update":
            raise system.SetupError("one source is dead")

    monkeypatch.setattr(system, "_apt", apt)
    system._install(["libgl1"])
    system._install(["libegl1"])
    assert [command[0] for command in commands] == ["update", "install", "install"]
    assert "one source is dead" in capsys.readouterr().out


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
