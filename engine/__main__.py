"""Entry point of ``python -m engine``, the command line without the studio."""

import sys

from engine.cli.terminal import interrupt_on_signals, run_guarded


def main() -> int:
    """Run the command line and return the exit code."""
    interrupt_on_signals()
    return run_guarded(_run)


def _run() -> int:
    from engine.cli.main import main

    return main()


if __name__ == "__main__":
    sys.exit(main())
