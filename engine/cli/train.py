"""The train subcommand: train a run without the studio, or say how long it would take."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs

from engine.cli.options import add_settings, chosen_settings
from engine.cli.processes import several_processes
from engine.cli.progress import RunPrinter, stop_on_interrupt
from engine.cli.terminal import answer, say
from engine.config.changes import SettingChange, live_settings, parse_change
from engine.config.forecast import (
    DataFacts,
    MeasuredRun,
    fitting_image_size,
    has_measured_settings,
    images_within,
    measured_run,
    text_cost,
    training_seconds,
    two_digits,
)
from engine.config.presets import (
    AUTO,
    PRESETS,
    config_from_preset,
    gpu_memory_bytes,
    preset_of_size,
    suitable_preset,
)
from engine.config.run import RunConfig, resolved_text_encoding
from engine.config.setting import option_of
from engine.control import RunControl
from engine.data.manifest import data_facts, read_manifest
from engine.data.reduction import open_training_dataset
from engine.data.starters import STARTERS
from engine.data.store import training_texts
from engine.data.text_choice import TextChoice, choose_texts
from engine.errors import ConfigError, Problem
from engine.events import Emit
from engine.metrics.verdict import KID_NOTE, judge_run, worded
from engine.runs.folder import RunFolder
from engine.starters.build import build_starter

Train = Callable[[RunConfig, Emit, RunControl], None]

EXCLUDED = frozenset({"preset", "minutes", "images", "init_from", "init_checkpoint"})
"""Settings whose options are declared by hand."""


def add_to(commands: Any, starters: Path | None) -> None:
    """Declare the subcommand."""
    parser = commands.add_parser("train", help="train on a dataset", description=__doc__)
    parser.set_defaults(command=run, refuse=parser.error)
    add_starters_option(parser, starters)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--resume", action="store_true", help="resume a run from its newest checkpoint"
    )
    mode.add_argument(
        "--estimate",
        action="store_true",
        help="measure the speed for about a second, say how long the run would take, and exit "
        "without training; --run is not needed",
    )
    data = parser.add_mutually_exclusive_group()
    data.add_argument("--starter", choices=sorted(STARTERS), help="an example dataset")
    data.add_argument("--dataset", type=Path, metavar="DIR", help="a dataset folder")
    presets = "; ".join(f"{preset.name}: {preset.summary}" for preset in PRESETS.values())
    parser.add_argument(
        "--preset",
        choices=[AUTO, *PRESETS],
        default=AUTO,
        help=f"auto (default): chosen by device and dataset; {presets}",
    )
    add_lengths(parser)
    parser.add_argument(
        "--run", type=Path, metavar="DIR", help="new run folder, or the one resumed"
    )
    parser.add_argument(
        "--processes",
        type=int,
        default=1,
        metavar="N",
        help="train in so many processes on this machine, which learn together what one would: one "
        "for each GPU, or one for several cores of a CPU (default 1). For several machines: "
        "torchrun ... -m -- engine train ...",
    )
    parser.add_argument(
        "--init-from",
        metavar="RUN",
        help="folder of an earlier run of the same family to start from: what fits is taken over "
        "from its networks, and words from its vocabulary; dataset, vocabulary, settings and "
        "schedule are the new run's own",
    )
    parser.add_argument(
        "--init-checkpoint",
        metavar="NAME",
        help="of the earlier run: newest (default), a metric such as kid for the best by it, or a "
        "checkpoint's name",
    )
    add_settings(parser, RunConfig, excluded=EXCLUDED)
    add_changes(parser)


def add_changes(parser: argparse.ArgumentParser) -> None:
    """Declare the option of settings that change during a run."""
    names = ", ".join(option_of(name) for name in live_settings(RunConfig))
    parser.add_argument(
        "--at",
        nargs=2,
        action="append",
        default=[],
        metavar=("IMAGES", "NAME=VALUE"),
        help="change a setting during the run, from the first step that so many images precede; "
        f"may be given several times. Settings that can change: {names}",
    )


def add_lengths(parser: argparse.ArgumentParser) -> None:
    """Declare the limits of a run in time and images; the one reached first ends the run."""
    parser.add_argument("--minutes", type=float, metavar="M", help="training time (default 5)")
    parser.add_argument(
        "--images", type=int, metavar="N", help="number of images to train on; no time limit"
    )


def add_starters_option(parser: argparse.ArgumentParser, starters: Path | None) -> None:
    """Declare the folders of the example datasets: their sources, and the built ones."""
    parser.add_argument(
        "--starters",
        type=Path,
        default=starters,
        metavar="DIR",
        help=argparse.SUPPRESS if starters else "folder with the sources of the example datasets",
    )
    parser.add_argument(
        "--datasets",
        type=Path,
        metavar="DIR",
        help="folder to build example datasets in (default: the user's cache folder)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Train, and print progress; or print an estimate."""
    if arguments.run is None and not arguments.estimate:
        arguments.refuse("the following arguments are required: --run")
    if arguments.estimate and arguments.processes != 1:
        arguments.refuse("argument --processes: not allowed with argument --estimate")
    with several_processes(arguments.processes) as is_first:
        if is_first:
            _run(arguments)


def _run(arguments: argparse.Namespace) -> None:
    if arguments.resume:
        _resume(arguments)
        return
    dataset = arguments.dataset or built_starter(arguments.starter, arguments)
    preset = arguments.preset
    if preset == AUTO:
        preset = _suitable(dataset, arguments)
    config = config_from_preset(preset, dataset=dataset, run=arguments.run or Path())
    config = config.with_values(**chosen(arguments))
    if config.init_from:
        # The run may be resumed in another working directory.
        config = config.with_values(init_from=str(Path(config.init_from).absolute()))
    if arguments.estimate:
        _print_estimate(config)
    else:
        train_with_progress(config)


def _print_estimate(config: RunConfig) -> None:
    from engine.train.setup import measure_throughput

    control = RunControl()
    stop_on_interrupt(control)
    data = data_facts(read_manifest(config.dataset))
    images_per_s = measure_throughput(config, control)
    answer(*estimate_lines(config, data, images_per_s))
    texts = training_texts(open_training_dataset(config))
    _tokenizer, choice = choose_texts(config.data, texts)
    answer(choice.sentence(), cost_sentence(choice, config))


def cost_sentence(choice: TextChoice, config: RunConfig | None = None) -> str:
    """Say what texts cost in a training step, by default in a run with automatic values."""
    encoding, encoder, family = ("auto", "linear", "hybrid")
    if config is not None:
        encoding, encoder = config.networks.text_encoding, config.networks.text_encoder
        family = config.family
    size = choice.vocabulary_size
    encoding = resolved_text_encoding(encoding, family, size, encoder)
    cost = text_cost(vocabulary_size=size, length=choice.length, encoding=encoding, encoder=encoder)
    return (
        f"Such texts make a training step about {cost.step:.1f} times one of digits, with "
        f"{cost.memory:.1f} times the memory (cpu-tiny, 32 px)."
    )


def estimate_lines(config: RunConfig, data: DataFacts, images_per_s: float) -> list[str]:
    """Return what a run would be like, one sentence a line.

    Args:
        config: of the run.
        data: its dataset.
        images_per_s: measured on this machine.
    """
    lines = [f"Speed: {images_per_s:,.{int(images_per_s < 10)}f} images/s."]
    if config.minutes:
        images = two_digits(images_within(config.minutes, images_per_s))
        lines.append(f"{config.minutes:g} min: about {images:,} images.")
    if config.images:
        lines.append(f"{config.images:,} images: {_about(config.images, images_per_s)}.")
    run = measured_run(data, config.networks.image_size)
    if run is None:
        lines.append("Images needed: not measured for images like these.")
    elif not has_measured_settings(run, config):
        lines.append(
            "Images needed: not measured with these settings, only with the values of the preset "
            f"{run.preset}."
        )
    else:
        lines += _milestones(run, images_per_s)
    size, side = fitting_image_size(data, config), config.networks.image_size
    if size > side:
        lines.append(
            f"The dataset has images of {data.image_size} px, the run makes {side} px. For more "
            f"detail, more slowly: {_size_option(config, size)}."
        )
    elif 0 < size < side:
        lines.append(
            f"The dataset has images of {data.image_size} px, the run makes {side} px: the other "
            f"pixels would be invented. Better and faster: {_size_option(config, size)}."
        )
    return lines


def _milestones(run: MeasuredRun, images_per_s: float) -> list[str]:
    lines: list[str] = []
    for label, images in (
        ("Shapes recognisable", run.recognisable_images),
        ("As good as it gets", run.best_images),
    ):
        if images is None:
            lines.append(f"{label}: not measured.")
        else:
            lines.append(f"{label}: after about {images:,} images, {_about(images, images_per_s)}.")
    return [*lines, f"Measured on {run.subject} (docs/measurements.md, {run.source})."]


def _size_option(config: RunConfig, size: int) -> str:
    preset = preset_of_size(config.preset, size)
    return f"--preset {preset}" if preset else f"--image-size {size}"


def _about(images: int, images_per_s: float) -> str:
    seconds = training_seconds(images, images_per_s)
    return f"{two_digits(seconds)} s" if seconds < 100 else f"{two_digits(seconds / 60):,} min"


def _suitable(dataset: Path, arguments: argparse.Namespace) -> str:
    """Choose a preset for the device and dataset, and print the reason."""
    gpu_bytes = 0 if arguments.device == "cpu" else gpu_memory_bytes()
    suggestion = suitable_preset(data_facts(read_manifest(dataset)), gpu_bytes=gpu_bytes)
    say(f"Preset {suggestion.name}: {suggestion.reason}.")
    return suggestion.name


def _resume(arguments: argparse.Namespace) -> None:
    from engine.train.run import resume

    values = chosen(arguments)
    if values.get("minutes"):
        # The new time limit replaces a limit in images that the run was created with.
        values.setdefault("images", 0)
    if arguments.dataset is not None:
        values["dataset"] = arguments.dataset
    config = RunFolder(arguments.run).read_config()
    if "changes" in values:
        in_order = sorted([*config.changes, *given_changes(arguments)], key=lambda c: c.images)
        values["changes"] = tuple(in_order)
    train_with_progress(config.with_values(run=arguments.run, **values), resume)


def built_starter(name: str | None, arguments: argparse.Namespace) -> Path:
    """Build an example dataset unless it exists, and return its folder."""
    if name is None:
        raise ConfigError([Problem("--starter", "or --dataset must say what to train on")])
    if arguments.starters is None:
        raise ConfigError([Problem("--starters", "must name the folder of the starter datasets")])
    cache = platformdirs.user_cache_path("diptych", appauthor=False) / "datasets"
    return build_starter(name, arguments.starters, arguments.datasets or cache)


def chosen(arguments: argparse.Namespace) -> dict[str, object]:
    """Return the settings given on the command line."""
    values: dict[str, object] = {
        name.replace(".", "__"): value
        for name, value in chosen_settings(arguments, RunConfig).items()
        if name != "preset"
    }
    if values.get("images") is not None:
        values.setdefault("minutes", 0.0)
    if changes := given_changes(arguments):
        values["changes"] = changes
    return values


def given_changes(arguments: argparse.Namespace) -> tuple[SettingChange, ...]:
    """Return the changes of settings given on the command line, in order.

    Raises:
        ConfigError: they are of another form.
    """
    try:
        changes = [parse_change(RunConfig, *pair) for pair in arguments.at]
    except ValueError as error:
        raise ConfigError([Problem("--at", str(error))]) from error
    return tuple(sorted(changes, key=lambda change: change.images))


def train_with_progress(config: RunConfig, train: Train | None = None) -> RunPrinter:
    """Train, print progress and a verdict, and raise the error of a failed run.

    Args:
        config: of the run.
        train: function that trains; by default it starts from the beginning.
    """
    if train is None:
        from engine.train.run import train
    control = RunControl()
    stop_on_interrupt(control)
    printer = RunPrinter()
    train(config, printer, control)
    printer.raise_failure()
    folder = printer.ended.folder if printer.ended else config.run
    verdict = judge_run(folder).verdict
    if verdict is not None:
        say(*worded(verdict), KID_NOTE)
    say(f"Run folder: {folder}")
    return printer
