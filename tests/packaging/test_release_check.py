"""What the release check refuses; the check itself takes minutes and is ``make release-check``."""

import importlib
import io
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

PACKAGING = Path(__file__).parents[2] / "packaging"
TRACKED = [
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "engine/py.typed",
    "resources/icons/run.svg",
    "tests/test_x.py",
]
IN_WHEEL = ["engine/py.typed", "resources/icons/run.svg"]


@pytest.fixture
def release_check(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load the script, with a repository of a few files."""
    monkeypatch.syspath_prepend(str(PACKAGING))
    module = importlib.import_module("release_check")
    monkeypatch.setattr(module, "tracked_files", lambda: TRACKED)
    return module


def archives(folder: Path, in_sdist: list[str], in_wheel: list[str]) -> tuple[Path, Path]:
    sdist, wheel = folder / "x-1.tar.gz", folder / "x-1.whl"
    with tarfile.open(sdist, "w:gz") as archive:
        for name in in_sdist:
            archive.addfile(tarfile.TarInfo(f"x-1/{name}"), io.BytesIO())
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in [*in_wheel, "x-1.dist-info/METADATA"]:
            archive.writestr(name, "")
    return sdist, wheel


def test_that_complete_archives_pass(release_check, tmp_path):
    release_check.check_archives(*archives(tmp_path, [*TRACKED, "setup.cfg"], IN_WHEEL))


@pytest.mark.parametrize("name", TRACKED)
def test_that_an_incomplete_sdist_is_refused(release_check, tmp_path, name):
    rest = [other for other in TRACKED if other != name]
    with pytest.raises(release_check.CheckError, match=f"sdist lacks: {name}"):
        release_check.check_archives(*archives(tmp_path, rest, IN_WHEEL))


@pytest.mark.parametrize("in_wheel", [IN_WHEEL[1:], [*IN_WHEEL, "engine/old.py"]])
def test_that_a_wheel_with_a_file_too_few_or_too_many_is_refused(release_check, tmp_path, in_wheel):
    (odd,) = set(in_wheel) ^ set(IN_WHEEL)
    with pytest.raises(release_check.CheckError, match=f"wheel differs .*: {odd}"):
        release_check.check_archives(*archives(tmp_path, TRACKED, in_wheel))


def test_that_a_failing_command_shows_its_output(release_check, tmp_path):
    program = "import sys; print('half'); sys.exit('why')"
    with pytest.raises(release_check.CheckError, match=r"failed with 1\.\nhalf\nwhy"):
        release_check.run(tmp_path, release_check.sys.executable, "-c", program)


def test_that_this_checkout_is_not_on_the_path_of_a_command(release_check, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(PACKAGING))
    program = "import sys; print(sys.path)"
    said = release_check.run(tmp_path, release_check.sys.executable, "-c", program)
    assert str(PACKAGING) not in said


def test_that_a_flaw_ends_the_check_in_one_sentence(release_check, monkeypatch, capsys):
    def fail(_folder: Path) -> None:
        release_check.demand(False, "files are missing:", {"b", "a"})

    monkeypatch.setattr(release_check, "check_release", fail)
    assert release_check.main([]) == 1
    assert capsys.readouterr().err == "Not ready for release: files are missing: a b\n"
