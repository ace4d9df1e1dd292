"""The export subcommand: write a dataset as a Hugging Face ImageFolder."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from engine.cli.progress import StatusLine, stop_on_interrupt
from engine.control import RunControl
from engine.errors import StoppedError


def add_to(commands: Any, _starters: Path | None) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser(
        "export", help="write a dataset as an ImageFolder", description=__doc__
    )
    parser.set_defaults(command=run)
    parser.add_argument("dataset", type=Path, metavar="DATASET", help="a dataset folder")
    parser.add_argument(
        "--folder",
        type=Path,
        required=True,
        metavar="DIR",
        help="new folder for the PNG files and metadata.jsonl",
    )


def run(arguments: Namespace) -> None:
    """Write the folder, and print progress."""
    from engine.data.checksums import ensure_intact
    from engine.data.export import export_image_folder
    from engine.data.store import open_dataset

    control, line = RunControl(), StatusLine()
    stop_on_interrupt(control)
    try:
        dataset = open_dataset(arguments.dataset)
        ensure_intact(dataset.folder, dataset.manifest, lambda _size: control.stop_if_asked())
        count = export_image_folder(
            dataset,
            arguments.folder,
            report=lambda done, total: line.update(f"{done:,} of {total:,} images"),
            control=control,
        )
    except StoppedError:
        raise KeyboardInterrupt from None
    line.print(f"Exported {count:,} images to {arguments.folder}")
