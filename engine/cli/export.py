"""The export subcommand: datasets, models, curves and films in files that other programs open.

``export DATASET --folder F`` writes a dataset as a Hugging Face ImageFolder. ``export model RUN``,
``export curves RUN`` and ``export film RUN`` take a run.
"""

from argparse import Action, ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.cli.progress import StatusLine, stop_on_interrupt
from engine.cli.terminal import TORCH_BYTES, check_memory_limit
from engine.control import RunControl
from engine.errors import StoppedError
from engine.exporting.film import MAX_FPS, MIN_FPS, FilmFormat

MODEL, CURVES, FILM = "model", "curves", "film"
KINDS = (MODEL, CURVES, FILM)


def add_to(commands: Any, starters: Path | None) -> None:
    """Declare the subcommand."""
    parser: ArgumentParser = commands.add_parser(
        "export", help="write a dataset, or a run's model, curves or film", description=__doc__
    )
    parser.set_defaults(command=lambda arguments: run(arguments, starters))
    parser.add_argument(
        "what",
        nargs="+",
        action=_What,
        metavar="DATASET | {model,curves,film} RUN",
        help="a dataset folder; or what to export, and the folder of a run",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        required=True,
        metavar="DIR",
        help="new folder; for a film the file or the folder that gets it",
    )
    parser.add_argument(
        "--checkpoint",
        choices=["newest", "kid", "joint_coherence"],
        default="newest",
        help="model: the newest, or the best by a metric (default newest)",
    )
    parser.add_argument(
        "--onnx", action="store_true", help="model: write ONNX files too; takes a minute or more"
    )
    parser.add_argument(
        "--fps",
        type=float,
        default=8.0,
        metavar="N",
        help=f"film: frames a second, {MIN_FPS} to {MAX_FPS} (default 8)",
    )
    parser.add_argument(
        "--format",
        choices=[each.value for each in FilmFormat],
        help="film: format, by default that of the file's suffix, or webp",
    )


class _What(Action):
    """Accepts one dataset, or a kind and a run."""

    def __call__(
        self,
        parser: ArgumentParser,
        namespace: Namespace,
        values: Any,
        option_string: str | None = None,  # noqa: ARG002 (the protocol's)
    ) -> None:
        """Store ``kind`` and ``source``."""
        is_run = len(values) == 2 and values[0] in KINDS
        if not is_run and len(values) > 1:
            parser.error(f"give one dataset, or one of {', '.join(KINDS)} and a run")
        namespace.kind = values[0] if is_run else ""
        namespace.source = Path(values[-1])


def run(arguments: Namespace, starters: Path | None) -> None:
    """Write the files, and print progress."""
    control, line = RunControl(), StatusLine()
    stop_on_interrupt(control)
    exports: dict[str, Callable[[], str]] = {
        "": lambda: _dataset(arguments, control, line),
        MODEL: lambda: _model(arguments, starters, control, line),
        CURVES: lambda: _curves(arguments),
        FILM: lambda: _film(arguments, control, line),
    }
    try:
        said = exports[arguments.kind]()
    except StoppedError:
        raise KeyboardInterrupt from None
    line.print(said)


def _dataset(arguments: Namespace, control: RunControl, line: StatusLine) -> str:
    from engine.data.checksums import ensure_intact
    from engine.data.export import export_image_folder
    from engine.data.store import open_dataset

    dataset = open_dataset(arguments.source)
    ensure_intact(dataset.folder, dataset.manifest, lambda _size: control.stop_if_asked())
    count = export_image_folder(
        dataset,
        arguments.folder,
        report=lambda done, total: line.update(f"{done:,} of {total:,} images"),
        control=control,
    )
    return f"Exported {count:,} images to {arguments.folder}"


def _model(
    arguments: Namespace, starters: Path | None, control: RunControl, line: StatusLine
) -> str:
    check_memory_limit(TORCH_BYTES)
    from engine.exporting.model import export_model

    export_model(
        arguments.source,
        arguments.folder,
        checkpoint=arguments.checkpoint,
        with_onnx=arguments.onnx,
        licences=starters,
        report=lambda done, total: line.update(f"Step {done} of {total}"),
        control=control,
    )
    return f"Exported the model to {arguments.folder}"


def _curves(arguments: Namespace) -> str:
    from engine.exporting.curves import export_curves

    count = export_curves(arguments.source, arguments.folder)
    return f"Exported {count:,} reports to {arguments.folder}"


def _film(arguments: Namespace, control: RunControl, line: StatusLine) -> str:
    from engine.exporting.run_film import export_run_film

    path: Path = arguments.folder
    suffix = path.suffix.lower().removeprefix(".")
    is_file = suffix in {each.value for each in FilmFormat}
    film_format = FilmFormat(arguments.format or (suffix if is_file else FilmFormat.WEBP))
    if not is_file:
        path = path / f"{arguments.source.absolute().name}.{film_format}"
    count = export_run_film(
        arguments.source,
        path,
        fps=arguments.fps,
        film_format=film_format,
        report=lambda done, total: line.update(f"{done:,} of {total:,} previews"),
        control=control,
    )
    return f"Exported {count:,} frames to {path}"
