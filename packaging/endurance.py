"""Run the long forms of the stress tests: ``make endurance`` (about an hour and a half).

    python packaging/endurance.py [life] [monkey] [fuzz] [kills] [imports] [lessons] [hour]

``life``     a random user presses everything in the real window, 2,600 times
``monkey``   a random user presses anything while tiny networks really train, for ten minutes
``fuzz``     10,000 strange sources for each importer, for archives, pictures and encodings
``kills``    a hundred kill -9 of training runs of every preset and of four columns, half of them
             amid a save
``imports``  twenty kill -9 of an import of pictures, and twenty of one of four columns
``lessons``  the experiments of all lessons, also those on pictures, which take minutes
``hour``     an hour of training in the studio: its memory and its heartbeat
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench_import import make_pictures  # noqa: E402

from tests.helpers.sounds import four_column_folder  # noqa: E402

IMPORTED = 4_000


def main() -> int:
    """Do what was asked for, everything by default; 1 if anything failed."""
    parser = argparse.ArgumentParser(description="The long forms of the tests.")
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"any of {', '.join(PARTS)}")
    arguments = parser.parse_args()
    failed: list[str] = []
    for name in arguments.what or PARTS:
        if name not in PARTS:
            parser.error(f"there is no part called {name}")
        print(f"== {name}", flush=True)
        with tempfile.TemporaryDirectory(prefix="diptych-endurance-") as folder:
            if PARTS[name](Path(folder)):
                failed.append(name)
    print(f"Failed: {', '.join(failed)}" if failed else "All went well.")
    return bool(failed)


def _life(_folder: Path) -> int:
    tests = ("-m", "pytest", "-q", "-s", "tests/studio/test_random_user.py")
    return _call(*tests, variables={"DIPTYCH_LIFE_EXAMPLES": "60"})


def _monkey(_folder: Path) -> int:
    tests = ("-m", "pytest", "-q", "-s", "tests/journeys/test_monkey.py")
    return _call(*tests, variables={"DIPTYCH_MONKEY_MINUTES": "10", "DIPTYCH_MONKEY_LENGTH": "200"})


def _fuzz(_folder: Path) -> int:
    # All of the importers: each is tried beside its other tests.
    tests = ("-m", "pytest", "-q", "tests/engine/importing", "tests/engine/train/test_resume.py")
    return _call(*tests, variables={"DIPTYCH_FUZZ_EXAMPLES": "10000"})


def _kills(folder: Path) -> int:
    return _call("-m", "tests.helpers.kill_train", str(folder), "--kills", "100")


def _imports(folder: Path) -> int:
    source = folder / "pictures"
    source.mkdir()
    make_pictures(source, IMPORTED)
    sounds = four_column_folder(folder / "four", IMPORTED)
    kill = ("-m", "tests.helpers.kill_import")
    of_pictures = _call(*kill, str(source), str(folder / "of-pictures"), "--kills", "20")
    of_four = _call(*kill, str(sounds), str(folder / "of-four"), "--kills", "20", "--fields")
    return of_pictures or of_four


def _lessons(_folder: Path) -> int:
    tests = ("-m", "pytest", "-q", "tests/journeys/test_lessons.py")
    return _call(*tests, variables={"DIPTYCH_LESSONS": "all"})


def _hour(_folder: Path) -> int:
    return _call("packaging/bench_hour.py")


def _call(*arguments: str, variables: Mapping[str, str] | None = None) -> int:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    environment |= variables or {}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


PARTS: Mapping[str, Callable[[Path], int]] = {
    "life": _life,
    "monkey": _monkey,
    "fuzz": _fuzz,
    "kills": _kills,
    "imports": _imports,
    "lessons": _lessons,
    "hour": _hour,
}


if __name__ == "__main__":
    sys.exit(main())
