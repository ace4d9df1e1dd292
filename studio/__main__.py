"""``diptych``: without arguments the studio; with a subcommand the command line, without Qt."""

import multiprocessing
import sys


def main() -> int:
    """Run what the arguments ask for and give the exit code."""
    multiprocessing.freeze_support()
    if len(sys.argv) > 1:
        from engine.cli.main import main as run_command
        from resources import starters_folder

        return run_command(sys.argv[1:], starters=starters_folder())
    from studio.app import run_studio

    return run_studio(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
