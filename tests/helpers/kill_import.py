"""Kills imports at random moments, as a power cut or an impatient user would.

``python -m tests.helpers.kill_import SOURCE FOLDER --kills 20`` does it at length.
"""

import argparse
import random
import subprocess
import sys
import time
from pathlib import Path

from engine.data.manifest import read_manifest
from engine.data.store import open_dataset
from engine.importing.staging import staging_folder

ROOT = Path(__file__).parents[2]


def import_command(source: Path, dataset: Path, *options: str) -> list[str]:
    """Give the command of an import at 32 px."""
    return [
        *(sys.executable, "-m", "engine", "import", str(source)),
        *("--dataset", str(dataset), "--size", "32", *options),
    ]


def import_whole(source: Path, dataset: Path, *options: str) -> str:
    """Import without any kill; give the dataset's version."""
    command = import_command(source, dataset, *options)
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    open_dataset(dataset)
    return read_manifest(dataset).version


def kill_import(
    source: Path,
    dataset: Path,
    *options: str,
    kills: int,
    longest_s: float,
    seed: int = 0,
) -> int:
    """Start an import again and again, and kill it each time.

    After each kill the dataset's folder must be absent, or hold a whole dataset.

    Args:
        source: to import.
        dataset: folder to be.
        options: of the import.
        kills: how often.
        longest_s: the longest that an import may live; every other one counts from its first work
            on, the others from their start.
        seed: of the moments.

    Returns:
        How many of them were killed before they were done.
    """
    moments = random.Random(seed)  # noqa: S311 - not for secrets
    killed = 0
    for number in range(kills):
        if dataset.exists():
            break
        process = subprocess.Popen(
            import_command(source, dataset, *options),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if number % 2 == 0:
            _wait_for_work(process, dataset)
        time.sleep(moments.uniform(0, longest_s))
        killed += process.poll() is None
        process.kill()
        process.wait()
        if dataset.exists():
            open_dataset(dataset)
    return killed


def _wait_for_work(process: "subprocess.Popen[bytes]", dataset: Path) -> None:
    while process.poll() is None and not staging_folder(dataset).exists():
        time.sleep(0.002)


def main() -> None:
    """Kill many times, then let one import end, and compare with one that was left alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("folder", type=Path, help="for the datasets")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fields", action="store_true", help="an option of the import")
    arguments = parser.parse_args()
    options = ["--fields"] if arguments.fields else []
    started_s = time.monotonic()
    expected = import_whole(arguments.source, arguments.folder / "whole", *options)
    whole_s = time.monotonic() - started_s
    dataset = arguments.folder / "killed"
    # What is staged stays and later imports have less to do, so each lives for a part of the work.
    longest_s = 0.5 + whole_s / max(1, arguments.kills)
    killed = kill_import(
        arguments.source,
        dataset,
        *options,
        kills=arguments.kills,
        longest_s=longest_s,
        seed=arguments.seed,
    )
    found = (
        read_manifest(dataset).version
        if dataset.exists()
        else import_whole(arguments.source, dataset, *options)
    )
    sys.stdout.write(
        f"{killed} of {arguments.kills} killed; version {found}, expected {expected}\n"
    )
    sys.exit(found != expected)


if __name__ == "__main__":
    main()
