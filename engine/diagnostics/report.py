"""The diagnostic report: one ZIP that a user can look through and send."""

import io
import json
import logging
import time
import zipfile
from pathlib import Path
from typing import Any

from engine.diagnostics.machine import disk, environment, hardware, versions
from engine.diagnostics.run_facts import log_tail, run_files
from engine.diagnostics.scrub import Scrubber, scrubber_of_this_machine
from engine.disk import atomic_write, ensure_room, ensure_writable

STUDIO_LOGS = ("studio.log.1", "studio.log")
"""Older first."""
_SMALL = 4_000_000
"""More than a report ever takes."""
_ABOUT = """Diptych diagnostic report

machine.json   versions, hardware, free disk space, a few variables of the environment
studio.log     the end of the studio's log
run/           configuration, facts of the model, end of the log and names of the files of a run

Images, texts of the dataset, weights and previews are not in it. The names of the user and the
computer, home folders, e-mail addresses and whatever looks like a password or key were replaced.
Have a look before you send it: folder and dataset names outside your home are as you chose them.
"""
log = logging.getLogger(__name__)


def write_report(
    target: Path,
    *,
    run: Path | None = None,
    logs: Path | None = None,
    scrubber: Scrubber | None = None,
) -> Path:
    """Write a report; the file is there whole or not at all.

    Args:
        target: the ZIP file; one that is there is replaced.
        run: folder of the run that it is about, damaged or not.
        logs: folder of the studio's log.
        scrubber: takes out what is private; by default one that knows this machine.

    Raises:
        FolderNotWritableError, DiskFullError: it cannot be written.
    """
    # Found out before anything is gathered, which takes seconds.
    ensure_writable(target.parent)
    ensure_room(target.parent, _SMALL)
    members = {"about.txt": _ABOUT, "machine.json": _machine(target, run)}
    if logs is not None:
        members["studio.log"] = _studio_log(logs)
    if run is not None:
        members |= run_files(run)
    atomic_write(target, _zip(members, scrubber or scrubber_of_this_machine()))
    log.info("Diagnostic report written to %s", target)
    return target


def _machine(target: Path, run: Path | None) -> str:
    places = {"report": target.parent} | ({"run": run} if run is not None else {})
    table: dict[str, Any] = {
        "written": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "versions": versions(),
        "hardware": hardware(),
        "free_bytes": disk(places),
        "environment": environment(),
    }
    return json.dumps(table, indent=1, ensure_ascii=False) + "\n"


def _studio_log(folder: Path) -> str:
    parts: list[str] = []
    for name in STUDIO_LOGS:
        try:
            parts.append(log_tail(folder / name))
        except (OSError, ValueError) as error:
            log.info("%s is not in the report: %s", name, error)
    return "".join(parts)


def _zip(members: dict[str, str], scrubber: Scrubber) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, scrubber.scrub(text).encode("utf-8", "replace"))
    return content.getvalue()
