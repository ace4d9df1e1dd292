"""Set up a checkout and run a command in it: ``python packaging/bootstrap.py COMMAND``.

Works on Linux, Windows and macOS with nothing but Python and a network. Whatever is already set
up is left alone. This file, its two siblings and ``studio/system_libraries.py`` keep to syntax that
old Pythons can read, so that one of those is met with a sentence and not with a traceback.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from environment import Environment, say
from system_packages import SetupError, ensure_packages

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ((3, 11), (3, 12), (3, 13))

COMMANDS = {
    "run": "open the studio; without a display, train on the digits for two minutes",
    "test": "check and test everything; with arguments, hand them to pytest alone",
    "check": "lint, format, types and layers, without the tests",
    "setup": "install everything and run nothing",
    "docs": "write docs/settings.md from the settings' declarations",
    "release-check": "build sdist and wheel, install them into an empty environment, train there",
    "bench": "measure start-up, responsiveness and throughput of the window",
    "fuzz": "give the command line 300 damaged files of each kind it reads",
    "endurance": "do at length what the tests do in short: kills, a random user, fuzzing, an hour",
    "screenshots": "photograph the studio into build/screenshots (Linux, needs xvfb)",
    "translations": "collect and compile what has to be translated",
}
SCRIPTS = {
    "docs": ("settings_page.py",),
    "release-check": ("release_check.py",),
    "bench": ("bench_window.py",),
    "fuzz": ("fuzz_files.py",),
    "endurance": ("endurance.py",),
    "screenshots": ("screenshots.py", "build/screenshots"),
    "translations": ("update_translations.py",),
}
CHECKS = (
    ("Lint (ruff)", ("-m", "ruff", "check", ".")),
    ("Format (ruff)", ("-m", "ruff", "format", "--check", ".")),
    ("Types (pyright)", ("-m", "pyright")),
    (
        "Layers (import-linter)",
        ("-c", "from importlinter.cli import lint_imports_command as lint; lint()"),
    ),
)
IN_PARALLEL = ("--numprocesses", "auto", "--maxprocesses", "4", "--dist", "worksteal")
"""One process for each core, since a test computes with one thread; four take 3 GB."""
FULLY_COVERED = (
    "engine/events.py",
    "engine/errors.py",
    "engine/control.py",
    "engine/config/*",
    "engine/losses/*",
    "studio/jobs/thread.py",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Set up, run, and give the exit code."""
    arguments = _parse(argv)
    if sys.version_info[:2] not in PYTHONS:
        return run_with_suitable_python()
    try:
        return perform(arguments.command, arguments.rest)
    except SetupError as error:
        print(f"Set-up stopped. {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSet-up interrupted. The same command starts it again.", file=sys.stderr)
        return 130


def perform(command: str, rest: Sequence[str]) -> int:
    """Set up what a command needs, then do it.

    Raises:
        SetupError: something has to be put right first.
    """
    is_run = command == "run"
    environment = Environment(ROOT)
    set_up(environment, with_tools=not is_run, with_qt=not is_run or has_display())
    if is_run:
        return run_studio(environment, rest)
    if command == "test":
        return run_tests(environment, rest)
    if command == "check":
        return run_checks(environment)
    if command in SCRIPTS:
        script, *fixed = SCRIPTS[command]
        return call(environment, str(ROOT / "packaging" / script), *fixed, *rest)
    return 0


def set_up(environment: Environment, *, with_tools: bool, with_qt: bool) -> None:
    """Install whatever is not there yet.

    Raises:
        SetupError: something could not be installed.
    """
    needs_system = with_qt and sys.platform == "linux" and not environment.has("system")
    if sys.platform == "linux" and (needs_system or not environment.folder.exists()):
        ensure_packages(with_qt=with_qt)
    environment.install(with_tools=with_tools)
    if needs_system:
        environment.mark("system")


def run_studio(environment: Environment, rest: Sequence[str]) -> int:
    """Open the studio, or do its main job on the command line where no window can open."""
    if not rest and not has_display():
        say("There is no display, so no window can open: training on the digits instead.")
        rest = ("demo",)
    return call(environment, "-m", "studio", *rest)


def run_tests(environment: Environment, rest: Sequence[str]) -> int:
    """Run all checks and all tests; with arguments only pytest, on those."""
    if rest:
        return call(environment, "-m", "pytest", *rest)
    failed = run_checks(environment)
    if failed:
        return failed
    say("Tests (pytest)")
    failed = call(environment, "-m", "pytest", *IN_PARALLEL, "--cov", "--cov-report=")
    return failed or check_coverage(environment)


def run_checks(environment: Environment) -> int:
    """Run the static checks, up to the first that fails."""
    for heading, command in CHECKS:
        say(heading)
        failed = call(environment, *command)
        if failed:
            return failed
    return 0


def check_coverage(environment: Environment) -> int:
    """Demand that the contract is covered to the last branch; silent when it is.

    The test runner's summary is to be the last thing that a good run prints.
    """
    report = ("-m", "coverage", "report", "--fail-under=100", "--include", ",".join(FULLY_COVERED))
    done = subprocess.run(
        [str(environment.python), *report], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        say("Coverage: these files must be covered completely, and are not")
        print(done.stdout + done.stderr, end="", flush=True)
    return done.returncode


def call(environment: Environment, *arguments: str) -> int:
    """Run the environment's Python in the checkout; tests open their windows off screen."""
    variables = dict(os.environ)
    # Pyright would ask the network for a newer release at every start.
    variables["PYRIGHT_PYTHON_IGNORE_WARNINGS"] = "1"
    if "studio" not in arguments:
        variables["QT_QPA_PLATFORM"] = "offscreen"
    # Ctrl+C reaches the child as well; it decides how to end, and we wait for it.
    signal.signal(signal.SIGINT, lambda _number, _frame: None)
    return subprocess.call([str(environment.python), *arguments], cwd=ROOT, env=variables)


def has_display() -> bool:
    """Whether a window can open."""
    is_unix_desktop = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return sys.platform in ("win32", "darwin") or is_unix_desktop


def run_with_suitable_python() -> int:
    """Hand over to another Python on this machine, or say which one to install."""
    for version in reversed(PYTHONS):
        found = shutil.which("python{}.{}".format(*version))
        if found:
            return subprocess.call([found, *sys.argv])
    print(
        "Set-up stopped. Diptych runs on Python 3.11, 3.12 and 3.13; this is Python "
        "{}.{}. Install one of those, then start this with it, for instance: "
        "make PYTHON=python3.12 run".format(*sys.version_info[:2]),
        file=sys.stderr,
    )
    return 1


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    lines = [f"  {name:13} {about}" for name, about in COMMANDS.items()]
    parser = argparse.ArgumentParser(
        description="Sets up this checkout and runs it.",
        epilog="commands:\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, help="what to do, see below")
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="handed on")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
