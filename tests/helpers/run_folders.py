"""Run folders that nobody trained: a configuration, a log, checkpoints of a few bytes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.config.presets import config_from_preset
from engine.config.run import RunConfig
from engine.events import PreviewReady
from engine.runs.catalogue import Catalogue
from engine.runs.checkpoint import write_checkpoint
from engine.runs.checkpoint_files import CheckpointMetadata
from engine.runs.folder import RunFolder, create_run_folder, write_model
from engine.runs.listing import ListedRun
from engine.runs.metadata import ModelMetadata
from engine.sample.preview_sheet import write_sheet
from tests.helpers.tiny import tiny_config, tiny_facts

BEGUN_S = 1_790_000_000.0


def made_run(
    runs: Path, name: str, *, outcome: str | None = "finished", seen: int = 6400, **values: Any
) -> Path:
    """Make a run folder.

    Args:
        runs: holds it.
        name: of the folder.
        outcome: how its log ends; None leaves the log without an end, as a crash does.
        seen: how many images it saw; 0 leaves no log.
        values: settings, as ``RunConfig.with_values`` takes them.
    """
    config = run_config(runs, name, **values)
    folder = create_run_folder(config)
    if seen:
        write_log(folder.path, run_lines(seen, outcome))
        checkpoint = folder.checkpoints / f"checkpoint-{seen:012d}"
        checkpoint.mkdir()
        (checkpoint / "tensors.safetensors").write_bytes(bytes(2000))
    return folder.path


def run_config(runs: Path, name: str, **values: Any) -> RunConfig:
    """Configure a run on a dataset beside the runs."""
    dataset = values.pop("dataset", runs.parent / "datasets" / "digits")
    config = config_from_preset("cpu-tiny", dataset=dataset, run=runs / name)
    return config.with_values(**values)


def run_lines(images: int, outcome: str | None, *, kid: float = 0.05) -> list[dict[str, Any]]:
    """Write the log of a run that was measured once, in the middle."""
    progress = {"images_seen": images, "elapsed_s": 90.0, "remaining_s": None, "fraction": None}
    lines: list[dict[str, Any]] = [
        {"event": "RunReady", "time": BEGUN_S},
        measured(images // 2, kid=kid, joint_coherence=0.8),
        {
            "event": "MetricsReported",
            "time": BEGUN_S + 90,
            "progress": {**progress, "images_per_s": 100.0},
            "losses": {"discriminator": 1.0},
            "metrics": {},
        },
    ]
    if outcome is not None:
        error = "DiskFullError: the disk is full" if outcome == "failed" else None
        lines.append(
            {
                "event": "RunEnded",
                "time": BEGUN_S + 91,
                "outcome": outcome,
                "images_seen": images,
                "elapsed_s": 90.0,
                "error": error,
            }
        )
    return lines


def measured(images: int, **metrics: float) -> dict[str, Any]:
    """Write the line of one measurement of quality."""
    line: dict[str, Any] = {"event": "EvaluationCompleted", "time": BEGUN_S, "images_seen": images}
    return {**line, "elapsed_s": 45.0, "metrics": metrics, "best": sorted(metrics)}


def write_log(folder: Path, lines: list[dict[str, Any]]) -> None:
    """Write a whole log."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    RunFolder(folder).log_file.write_text(text, encoding="utf-8")


def listed(runs: Path, file: Path | None = None, text: str = "") -> list[ListedRun]:
    """List the runs of a folder, by a catalogue that is brought up to date."""
    with Catalogue(runs, file) as catalogue:
        catalogue.refresh()
        return catalogue.runs(text)


# Run folders with checkpoints in them, made without training.


def facts_at(images_seen: int) -> CheckpointMetadata:
    """Say of a checkpoint what a run would."""
    return CheckpointMetadata(
        step=images_seen // 8,
        images_seen=images_seen,
        elapsed_s=images_seen / 100,
        config_hash="0123456789ab",
        config="seed = 1\n",
        dataset_version="ff00",
        versions={"torch": "2"},
        loop_state={"best": {"kid": 0.5}, "skipped": [3, 4]},
    )


def some_tensors(seed: int = 0) -> dict[str, torch.Tensor]:
    """Draw a few tensors, of several kinds and shapes."""
    random = torch.Generator().manual_seed(seed)
    return {
        "ema.w": torch.randn(20, 30, generator=random),
        "ema.b": torch.randn(7, generator=random).to(torch.bfloat16),
        "discriminator.n": torch.arange(5),
        "discriminator.is": torch.tensor([True, False]),
        "scalar": torch.tensor(2.5, dtype=torch.float64),
        "nothing": torch.zeros(0, 3),
    }


def stored_run(folder: Path, *images: int) -> RunFolder:
    """Make a run folder with checkpoints at so many images."""
    run = create_run_folder(tiny_config(folder.parent / "data", folder))
    write_model(
        run,
        ModelMetadata(
            dataset="tiny",
            dataset_version="ff00",
            columns=tiny_facts().columns,
        ),
    )
    for count in images:
        write_checkpoint(run.checkpoint_path(count), some_tensors(count), facts_at(count))
    return run


def content_of(folder: Path) -> dict[str, bytes]:
    """Read everything below a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# Previews of an invented run, as events and as files.


TEXTS = ("zero", "one", "two", "three")


def make_preview(run: Path, images_seen: int, *, count: int = 4, side: int = 8) -> PreviewReady:
    """Make an event whose pictures are flat: tile ``i`` at ``images_seen`` is ``shade_of`` both."""
    shades = [shade_of(tile, images_seen) for tile in range(count)]
    images = np.empty((count, side, side, 3), dtype=np.uint8)
    images[:] = np.array(shades, dtype=np.uint8)[:, None, None, None]
    return PreviewReady(
        images_seen=images_seen,
        elapsed_s=images_seen / 500,
        images=images,
        texts=tuple(TEXTS[tile % len(TEXTS)] for tile in range(count)),
        path=RunFolder(run).preview_path(images_seen),
    )


def shade_of(tile: int, images_seen: int) -> int:
    """Give the grey of one tile."""
    return (tile * 16 + images_seen) % 256


def write_preview(run: Path, images_seen: int, **shape: int) -> Path:
    """Write a sheet where the engine would."""
    event = make_preview(run, images_seen, **shape)
    event.path.parent.mkdir(parents=True, exist_ok=True)
    write_sheet(
        event.path,
        event.images,
        event.texts,
        images_seen=event.images_seen,
        elapsed_s=event.elapsed_s,
    )
    return event.path
