"""Entry point of ``diptych``: the studio without arguments, the command line with a subcommand."""

import os
import sys

from engine.cli.terminal import BAD_INPUT, complain, interrupt_on_signals, run_guarded
from studio.system_libraries import has_apt, how_to_install, missing_for_window

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def main() -> int:
    """Run the studio or the command line and return the exit code."""
    interrupt_on_signals()
    return run_guarded(_run)


def _run() -> int:
    # Imported here, where an interrupt or a lack of memory becomes a sentence.
    import multiprocessing

    multiprocessing.freeze_support()
    if len(sys.argv) > 1:
        from engine.cli.main import main as run_command
        from resources import starters_folder

        return run_command(sys.argv[1:], starters=starters_folder())
    problem = _why_no_window() if sys.platform == "linux" else ""
    if problem:
        complain(problem)
        return BAD_INPUT
    from studio.start import run_studio

    return run_studio(sys.argv)


def _why_no_window() -> str:
    """Return why Qt cannot open a window, where it would abort with a misleading message."""
    if not any(os.environ.get(name) for name in DISPLAYS):
        return (
            "there is no display to open a window on. "
            "'diptych train --help' tells how to train without one."
        )
    missing = missing_for_window()
    if not missing:
        return ""
    return f"no window can be opened. {how_to_install(missing, with_apt=has_apt())}"


if __name__ == "__main__":
    sys.exit(main())
