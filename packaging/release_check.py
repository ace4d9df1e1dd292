"""Build sdist and wheel, install the wheel into an empty environment, and train there.

    python packaging/release_check.py [--keep FOLDER]

The sdist is built from the tracked files alone and the wheel from the sdist, so neither contains
what happens to lie in the checkout. The wheel is installed with ``packaging/constraints.txt`` into
a virtual environment outside the checkout, whose own ``diptych`` trains on the digits for ten
seconds in an empty folder. When all checks pass, both files are in ``dist``.

On Linux, PyPI's torch brings CUDA (several gigabytes). ``PIP_EXTRA_INDEX_URL`` set to PyTorch's
CPU index, ``https://download.pytorch.org/whl/cpu``, makes pip take the small build.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from environment import say

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
DIST = ROOT / "dist"
TRAINING = ("train", "--starter", "digits", "--datasets", "datasets", "--minutes", "0.17")
BUILD = "import sys; from setuptools import build_meta; build_meta.build_{}(sys.argv[1])"
IMPORTED = (
    "import engine.train.run, resources, studio.app; print(engine.train.run.__file__, "
    "resources.__file__, studio.app.__file__, sep='\\n')"
)


class CheckError(Exception):
    """A release that must not be uploaded; the message says why."""


def main(argv: Sequence[str] | None = None) -> int:
    """Build, install, train and check; give the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="work here and leave it")
    folder = parser.parse_args(argv).keep
    try:
        if folder is not None:
            folder.mkdir(parents=True)
            check_release(folder.resolve())
        else:
            with tempfile.TemporaryDirectory(prefix="diptych-release-") as name:
                check_release(Path(name).resolve())
    except CheckError as error:
        print(f"Not ready for release: {error}", file=sys.stderr)
        return 1
    return 0


def check_release(folder: Path) -> None:
    """Do every step in an empty folder, then copy what was built to ``dist``.

    Raises:
        CheckError: a step failed.
    """
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    say(f"Building diptych-studio {version}")
    sdist, wheel = build(folder)
    check_archives(sdist, wheel)
    environment = folder / "environment"
    say("Installing the wheel into an empty environment")
    install(environment, wheel)
    say("Checking what was installed")
    check_installed(folder, environment, version)
    say("Training for ten seconds")
    check_training(folder, environment)
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    for built in (sdist, wheel):
        shutil.copy(built, DIST)
        say(f"Ready: dist/{built.name}")


def build(folder: Path) -> tuple[Path, Path]:
    """Build the sdist from the tracked files, and the wheel from the unpacked sdist."""
    source, unpacked = folder / "source", folder / "unpacked"
    for name in tracked_files():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, source / name)
    run(source, sys.executable, "-c", BUILD.format("sdist"), folder)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(unpacked, filter="data")
    run(next(unpacked.iterdir()), sys.executable, "-c", BUILD.format("wheel"), folder)
    (wheel,) = folder.glob("*.whl")
    return sdist, wheel


def tracked_files() -> list[str]:
    """Name the files under version control that the working tree still has."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def check_archives(sdist: Path, wheel: Path) -> None:
    """Compare the names in both archives with the tracked files.

    Raises:
        CheckError: a file is missing, or the wheel contains one that does not belong there.
    """
    tracked = set(tracked_files())
    packages = {name for name in tracked if name.startswith(("engine/", "studio/", "resources/"))}
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = {name for name in archive.namelist() if ".dist-info/" not in name}
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    tests = {name for name in tracked if name.startswith("tests/")}
    wanted = packages | tests | {"LICENSE", "README.md", "pyproject.toml"}
    demand(in_wheel == packages, "the wheel differs from the packages in:", in_wheel ^ packages)
    demand(wanted <= in_sdist, "the sdist lacks:", wanted - in_sdist)


def install(environment: Path, wheel: Path) -> None:
    """Make the environment and install the wheel; torch first, by its pinned version."""
    folder = environment.parent
    run(folder, sys.executable, "-m", "venv", environment)
    pip = (environment_program(environment, "python"), "-m", "pip", "install", "--quiet")
    pip = (*pip, "--no-input", "--disable-pip-version-check", "--constraint", CONSTRAINTS)
    lines = CONSTRAINTS.read_text("utf-8").splitlines()
    run(folder, *pip, next(line for line in lines if line.startswith("torch==")))
    run(folder, *pip, wheel)


def check_installed(folder: Path, environment: Path, version: str) -> None:
    """Check version, scripts, import locations and licences of the installed program.

    Raises:
        CheckError: something is missing, or is imported from elsewhere.
    """
    python = environment_program(environment, "python")
    said = run(folder, environment_program(environment, "diptych"), "--version")
    demand(said == f"diptych {version}", f"its version is {said!r}")
    demand(
        environment_program(environment, "diptych-studio").is_file(), "there is no diptych-studio"
    )
    imported = run(folder, python, "-I", "-c", IMPORTED).splitlines()
    elsewhere = [file for file in imported if not Path(file).is_relative_to(environment)]
    demand(not elsewhere, "imported from elsewhere:", elsewhere)
    site = Path(imported[1]).parent.parent
    licences = {
        file.relative_to(licence_folder).as_posix()
        for licence_folder in site.glob("diptych_studio-*.dist-info/licenses")
        for file in licence_folder.rglob("*")
        if file.is_file()
    }
    wanted = {"LICENSE"} | {name for name in tracked_files() if name.endswith("/LICENSE.txt")}
    demand(wanted <= licences, "licences are missing:", wanted - licences)


def check_training(folder: Path, environment: Path) -> None:
    """Train in an empty folder and look for what a run leaves.

    Raises:
        CheckError: training failed, or left no checkpoint, preview or log.
    """
    empty = folder / "empty"
    empty.mkdir()
    diptych = environment_program(environment, "diptych")
    run(empty, diptych, *TRAINING, "--run", "run")
    for pattern in ("checkpoints/*", "samples/preview-*.png", "run.toml", "events.jsonl"):
        demand(any((empty / "run").glob(pattern)), f"the run has no {pattern}")
    run(empty, diptych, "sample", "--run", "run", "--count", "4", "--gallery", "gallery")
    left = {file.name for file in (empty / "gallery").iterdir()}
    wanted = {f"{row:06d}.png" for row in range(4)}
    wanted |= {"contact_sheet.png", "index.html", "metadata.jsonl"}
    demand(wanted <= left, "the gallery lacks:", wanted - left)


def environment_program(environment: Path, name: str) -> Path:
    """Give the path of a script of a virtual environment."""
    return environment / (f"Scripts/{name}.exe" if os.name == "nt" else f"bin/{name}")


def run(folder: Path, *command: str | Path) -> str:
    """Run a command in a folder, with nothing of this checkout on its ``sys.path``.

    Returns:
        Its standard output.

    Raises:
        CheckError: it failed; the message ends with its output.
    """
    variables = {name: os.environ[name] for name in os.environ if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**variables, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        line = " ".join(str(part) for part in command)
        raise CheckError(f"{line} failed with {done.returncode}.\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def demand(is_fulfilled: object, flaw: str, names: Iterable[str] = ()) -> None:
    """Raise ``CheckError`` unless a condition holds, naming up to ten culprits."""
    if not is_fulfilled:
        raise CheckError(" ".join([flaw, *sorted(names)[:10]]))


if __name__ == "__main__":
    sys.exit(main())
