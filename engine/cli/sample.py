"""The sample subcommand: write a gallery from a checkpoint of a run."""

from argparse import ArgumentTypeError, Namespace
from pathlib import Path
from typing import Any

from engine.cli.progress import GalleryPrinter, stop_on_interrupt
from engine.cli.terminal import say
from engine.control import RunControl
from engine.sample.request import Direction, GalleryRequest


def add_to(commands: Any, _starters: Path | None) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser("sample", help="write a gallery", description=__doc__)
    parser.set_defaults(command=run)
    parser.add_argument("--run", type=Path, required=True, metavar="DIR", help="a trained run")
    parser.add_argument("--count", type=int, default=64, metavar="N", help="pairs (default 64)")
    parser.add_argument(
        "--direction",
        choices=[direction.value for direction in Direction],
        default=Direction.JOINT.value,
        help="joint: pairs from noise; image-to-text: a text for each image; "
        "text-to-image: an image for each text; latent-path: interpolate between the first pairs "
        "of two seeds; text-path: interpolate between the images of texts",
    )
    parser.add_argument(
        "--given",
        action="append",
        default=[],
        type=_column_and_path,
        metavar="COLUMN=PATH",
        help="give a column: a file of texts (one per line) or of rows (CSV, JSON lines; "
        "fields that are left out are filled in), an image or a sound, or a folder of them; "
        "repeat it to give several",
    )
    parser.add_argument(
        "--make",
        default="",
        metavar="COLUMNS",
        help="columns to write besides those given, separated by commas (default: all)",
    )
    parser.add_argument(
        "--images", type=Path, metavar="PATH", help="image or folder for image-to-text"
    )
    parser.add_argument(
        "--texts",
        type=Path,
        metavar="FILE",
        help="texts, one per line, for text-to-image, text-path",
    )
    parser.add_argument(
        "--to-seed",
        type=int,
        default=2,
        metavar="S",
        help="seed of a latent-path's end (default 2)",
    )
    parser.add_argument(
        "--checkpoint",
        choices=["newest", "kid", "joint_coherence"],
        default="newest",
        help="the newest, or the best by a metric (default newest)",
    )
    parser.add_argument(
        "--truncation",
        type=float,
        default=1.0,
        metavar="T",
        help="truncation factor of the noise, above 0 to 1; less gives less variety (default 1)",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="noise seed (default 1)")
    parser.add_argument("--gallery", type=Path, required=True, metavar="DIR", help="new folder")


def _column_and_path(value: str) -> tuple[str, Path]:
    column, is_pair, path = value.partition("=")
    if not (column.strip() and is_pair and path):
        raise ArgumentTypeError(f"'{value}' is not COLUMN=PATH")
    return column.strip(), Path(path)


def run(arguments: Namespace) -> None:
    """Write the gallery, and print progress."""
    request = GalleryRequest(
        run=arguments.run,
        folder=arguments.gallery,
        count=arguments.count,
        seed=arguments.seed,
        direction=Direction(arguments.direction),
        images=arguments.images,
        texts=arguments.texts,
        to_seed=arguments.to_seed,
        checkpoint=arguments.checkpoint,
        truncation=arguments.truncation,
        given=dict(arguments.given),
        make=tuple(filter(None, (name.strip() for name in arguments.make.split(",")))),
    )
    write_with_progress(request)


def write_with_progress(request: GalleryRequest) -> None:
    """Write a gallery, print progress, and raise the error of a failed gallery."""
    from engine.sample.gallery import write_gallery

    control = RunControl()
    stop_on_interrupt(control)
    printer = GalleryPrinter()
    write_gallery(request, printer, control)
    printer.raise_failure()
    say(f"Gallery: {request.folder / 'index.html'}")
