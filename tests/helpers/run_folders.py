"""Run folders that nobody trained: a configuration, a log, checkpoints of a few bytes."""

import json
from pathlib import Path
from typing import Any

from engine.config.presets import config_from_preset
from engine.config.run import RunConfig
from engine.runs.catalogue import Catalogue
from engine.runs.folder import RunFolder, create_run_folder
from engine.runs.listing import ListedRun

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
        {"event": "RunPrepared", "time": BEGUN_S},
        measured(images // 2, kid=kid, joint_coherence=0.8),
        {
            "event": "LossesReported",
            "time": BEGUN_S + 90,
            "progress": {**progress, "images_per_s": 100.0},
            "losses": {"critic": 1.0},
            "signals": {},
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


def measured(images: int, **figures: float) -> dict[str, Any]:
    """Write the line of one measurement of quality."""
    line: dict[str, Any] = {"event": "QualityMeasured", "time": BEGUN_S, "images_seen": images}
    return {**line, "elapsed_s": 45.0, "figures": figures, "best": sorted(figures)}


def write_log(folder: Path, lines: list[dict[str, Any]]) -> None:
    """Write a whole log."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    RunFolder(folder).log_file.write_text(text, encoding="utf-8")


def listed(runs: Path, file: Path | None = None, text: str = "") -> list[ListedRun]:
    """List the runs of a folder, by a catalogue that is brought up to date."""
    with Catalogue(runs, file) as catalogue:
        catalogue.refresh()
        return catalogue.runs(text)
