"""Resumes runs in a process of its own: ``python -m tests.helpers.resume_runs FOLDER...``."""

import sys
from pathlib import Path

from engine.control import RunControl
from engine.events import Outcome, RunEnded, RunEvent
from engine.runs.folder import RunFolder
from engine.train.run import resume


def main() -> None:
    """Resume each of the runs, with the configuration that it was left with."""
    for folder in map(Path, sys.argv[1:]):
        resume(RunFolder(folder).read_config().with_values(run=folder), _expect_end, RunControl())


def _expect_end(event: RunEvent) -> None:
    if isinstance(event, RunEnded) and event.outcome is not Outcome.FINISHED:
        raise SystemExit(f"{event.folder}: {event.error}")


if __name__ == "__main__":
    main()
