"""Entry point of ``diptych``: the studio without arguments, the command line with a subcommand."""

import multiprocessing
import os
import sys

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def main() -> int:
    """Run the studio or the command line and return the exit code."""
    multiprocessing.freeze_support()
    if len(sys.argv) > 1:
        from engine.cli.main import main as run_command
        from resources import starters_folder

        return run_command(sys.argv[1:], starters=starters_folder())
    # Without a display, Qt would abort with a misleading message.
    if sys.platform == "linux" and not any(os.environ.get(name) for name in DISPLAYS):
        print(  # noqa: T201 - the one thing to say before there is a window or a log
            "diptych: there is no display to open a window on. "
            "'diptych train --help' tells how to train without one.",
            file=sys.stderr,
        )
        return 2
    from studio.start import run_studio

    return run_studio(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
