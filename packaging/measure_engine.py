"""Train runs of all model families and measure them with one classifier.

    python packaging/measure_engine.py PLAN [PLAN ...] --keep DIR [--minutes M] [--seeds 1 2 3]

Plans:
``digits``      the pair GAN and MVAE on digits (10 minutes each by default).
``shapes``      the pair GAN on shapes (30 minutes).
``weak``        digits of which 90 % of the pairs are broken apart, against all pairs and against
                the remaining ones alone (5 minutes).
``scarce``      the same with 99 %.
``imbalance``   digits whose classes fall from 100 to 1, with balance 0, 0.5 and 1 (5 minutes).
``families``    every family and objective on digits (2 minutes).

Training goes through the command line, as a user's would; the judge of ``engine.metrics`` belongs
to the whole dataset whatever part of it a run has seen. Results are appended to
``DIR/results.jsonl`` as they come, and what is there already is not trained again, so a long plan
may be broken off. With ``--jobs 2`` two runs train side by side, one thread each: slower for each,
faster for all.
"""

import argparse
import concurrent.futures
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
from derive_digits import derive

import resources
from engine.metrics.evaluate import evaluate_run
from engine.metrics.extractor import default_cache
from engine.runs.event_reader import read_losses
from engine.runs.folder import RunFolder
from engine.starters.build import build_starter

PAIRS = 5_000
SHOWN = ("kid", "joint_coherence", "text_to_image", "image_to_text", "smallest_share")
DEFAULT_MINUTES = {
    "digits": 10.0,
    "shapes": 30.0,
    "weak": 5.0,
    "scarce": 5.0,
    "imbalance": 5.0,
    "families": 2.0,
}


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One run to train."""

    plan: str
    name: str
    dataset: str
    """A starter, or a derived dataset's name in ``DERIVED``."""
    options: tuple[str, ...] = ()
    minutes: float = 0.0
    seed: int = 0

    @property
    def key(self) -> str:
        """Names it among the results."""
        return f"{self.plan}/{self.name}/{self.minutes:g}min/seed{self.seed}"


DERIVED: Mapping[str, Mapping[str, Any]] = {
    "digits-broken": {"broken": 0.9},
    "digits-tenth": {"only_paired": 0.1},
    "digits-shattered": {"broken": 0.99},
    "digits-hundredth": {"only_paired": 0.01},
    "digits-imbalanced": {"imbalance": 100.0},
}


def trials_of(plan: str) -> Iterator[Trial]:
    """List what a plan trains, without minutes and seeds."""
    match plan:
        case "digits":
            yield Trial(plan=plan, name="hybrid", dataset="digits")
            yield Trial(plan=plan, name="mvae", dataset="digits", options=("--family", "mvae"))
        case "shapes":
            yield Trial(plan=plan, name="hybrid", dataset="shapes")
        case "weak":
            yield Trial(plan=plan, name="all pairs", dataset="digits")
            yield Trial(plan=plan, name="10 % pairs, 90 % broken apart", dataset="digits-broken")
            yield Trial(plan=plan, name="10 % pairs alone", dataset="digits-tenth")
        case "scarce":
            yield Trial(plan=plan, name="1 % pairs, 99 % broken apart", dataset="digits-shattered")
            yield Trial(plan=plan, name="1 % pairs alone", dataset="digits-hundredth")
        case "imbalance":
            for balance in ("0.0", "0.5", "1.0"):
                yield Trial(
                    plan=plan,
                    name=f"balance {balance}",
                    dataset="digits-imbalanced",
                    options=("--class-balance", balance),
                )
        case _:
            yield from _family_trials(plan)


OBJECTIVES = {
    "non-saturating, R1": ("--adversarial-loss", "non-saturating", "--regularizer", "r1"),
    "saturating, R1": ("--adversarial-loss", "saturating", "--regularizer", "r1"),
    "hinge, spectral norm": ("--adversarial-loss", "hinge", "--regularizer", "spectral-norm"),
    "hinge, R1": ("--adversarial-loss", "hinge", "--regularizer", "r1"),
    "least squares, R1": ("--adversarial-loss", "least-squares", "--regularizer", "r1"),
    "Wasserstein, gradient penalty": (
        *("--adversarial-loss", "wasserstein", "--regularizer", "gradient-penalty"),
        *("--penalty-weight", "10", "--reg-interval", "1", "--d-steps", "2"),
    ),
    "Wasserstein, scaled gradient penalty": (
        *("--adversarial-loss", "wasserstein", "--regularizer", "gradient-penalty"),
        *("--penalty-weight", "10", "--reg-interval", "1", "--penalty-scale", "spread"),
        *("--mismatched-pairs", "always", "--learning-rate", "1e-3"),
    ),
    "relativistic, R1 and R2": ("--adversarial-loss", "relativistic", "--regularizer", "r1-r2"),
}


def _family_trials(plan: str) -> Iterator[Trial]:
    for family in ("hybrid", "adversarial"):
        for name, options in OBJECTIVES.items():
            chosen = ("--family", family, *options)
            yield Trial(plan=plan, name=f"{family}: {name}", dataset="digits", options=chosen)
    for family in ("mvae", "mopoe"):
        yield Trial(plan=plan, name=family, dataset="digits", options=("--family", family))
    for preset in ("textbook", "minimax-2014"):
        yield Trial(plan=plan, name=preset, dataset="digits", options=("--preset", preset))


def main() -> None:
    """Train and measure what is missing, and print the tables."""
    arguments = _parse()
    keep: Path = arguments.keep
    keep.mkdir(parents=True, exist_ok=True)
    results = keep / "results.jsonl"
    done = {entry["key"] for entry in _read(results)}
    wanted = list(_wanted(arguments))
    datasets = {name: find_dataset(name, keep) for name in {trial.dataset for trial in wanted}}
    missing = [trial for trial in wanted if trial.key not in done]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        runs = [
            pool.submit(train, trial, datasets[trial.dataset], keep, arguments.jobs)
            for trial in missing
        ]
        for future in concurrent.futures.as_completed(runs):
            trial, run = future.result()
            entry = {"key": trial.key, **vars(trial), **judged(trial, run)}
            with results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
            print(_line(trial.key, [entry]), flush=True)
    keys = {trial.key for trial in wanted}
    print_table([entry for entry in _read(results) if entry["key"] in keys])


def find_dataset(name: str, keep: Path) -> Path:
    """Build a starter, or derive a dataset from the digits."""
    cache = platformdirs.user_cache_path("diptych", appauthor=False) / "datasets"
    if name not in DERIVED:
        return build_starter(name, resources.starters_folder(), cache)
    folder = keep / "datasets" / name
    if not folder.exists():
        derive(find_dataset("digits", keep), folder, **DERIVED[name])
    return folder


def train(trial: Trial, dataset: Path, keep: Path, jobs: int) -> tuple[Trial, Path]:
    """Train a run by command, unless it is there already.

    Raises:
        subprocess.CalledProcessError: it failed; its error stands on stderr.
    """
    run = keep / "runs" / trial.key.replace(" ", "_").replace("%", "percent")
    if not (run / "finished").exists():
        preset = () if "--preset" in trial.options else ("--preset", "cpu-tiny")
        command = ["--dataset", dataset, *preset, *trial.options, "--device", "cpu"]
        length = ["--minutes", trial.minutes, "--seed", trial.seed, "--evaluate-every-s", 0]
        subprocess.run(
            [sys.executable, "-m", "studio", "train", *map(str, [*command, *length, "--run", run])],
            check=True,
            stdout=subprocess.DEVNULL,
            env=os.environ | ({"OMP_NUM_THREADS": "1"} if jobs > 1 else {}),
        )
        (run / "finished").touch()
    return trial, run


def judged(trial: Trial, run: Path) -> dict[str, float]:
    """Measure a run against the whole dataset."""
    whole = "shapes" if trial.dataset == "shapes" else "digits"
    report = evaluate_run(run, cache=default_cache(), count=PAIRS, dataset=find_dataset(whole, run))
    *_, last = read_losses(RunFolder(run).log_file)
    progress = last.progress
    return {**report.metrics, "images_per_s": progress.images_seen / progress.elapsed_s}


def print_table(entries: Sequence[Mapping[str, Any]]) -> None:
    """Print a row for each name: medians over the seeds, and the range of the coherence."""
    print(f"\n| {'run':<44} | seeds | " + " | ".join((*SHOWN, "images/s")) + " |")
    print("|---|---|" + "---|" * (len(SHOWN) + 1))
    names = dict.fromkeys(f"{entry['plan']}: {entry['name']}" for entry in entries)
    for name in names:
        print(_line(name, [e for e in entries if f"{e['plan']}: {e['name']}" == name]))


def _line(name: str, entries: Sequence[Mapping[str, Any]]) -> str:
    def middle(figure: str, form: str) -> str:
        values = [entry[figure] for entry in entries if figure in entry]
        return format(statistics.median(values), form) if values else "-"

    cells = [middle("kid", ".4f"), *(middle(figure, ".1%") for figure in SHOWN[1:])]
    return (
        f"| {name:<44} | {len(entries)} | {' | '.join(cells)} | {middle('images_per_s', '.0f')} |"
    )


def _wanted(arguments: argparse.Namespace) -> Iterable[Trial]:
    for plan in arguments.plans:
        minutes = arguments.minutes or DEFAULT_MINUTES[plan]
        for seed in arguments.seeds:
            for trial in trials_of(plan):
                yield Trial(**{**vars(trial), "minutes": minutes, "seed": seed})


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Trains and measures many runs.")
    parser.add_argument("plans", nargs="+", choices=list(DEFAULT_MINUTES), metavar="PLAN")
    parser.add_argument("--keep", type=Path, required=True, metavar="DIR", help="for the results")
    parser.add_argument("--minutes", type=float, metavar="M", help="a run (default by plan)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], metavar="S")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="runs side by side")
    return parser.parse_args()


if __name__ == "__main__":
    main()
