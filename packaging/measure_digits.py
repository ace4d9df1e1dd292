"""Train on the digits and measure sample quality with an independent classifier.

    python packaging/measure_digits.py --minutes 2 5 --seeds 1 2 3 [--preset textbook]
    python packaging/measure_digits.py --gallery DIR

Training and sampling go through the command line, as a user's would. "Agreement" is the share of
pairs whose picture the judge reads as the digit that the pair's text names. "Smallest share" is
that of the digit which the judge sees least often; an even split is 10 %. With ``--captions`` the
run also reads the 10,000 test images, and its texts are held against the true ones.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from mnist_judge import WORDS, Judge, digits, load_judge
from PIL import Image

from engine.data.store import VALIDATION
from engine.runs.event_reader import read_losses
from engine.runs.folder import RunFolder

PAIRS = 1_000


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the judge says of a gallery."""

    agreement: float
    shares: tuple[float, ...]
    """Of the ten digits among the pictures, as the judge reads them."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One run, judged."""

    seed: int
    minutes: float
    images_seen: int
    images_per_s: float
    verdict: Verdict
    caption_accuracy: float | None


def main() -> None:
    """Measure what the arguments ask for, and print a table."""
    arguments = _parse()
    judge = load_judge()
    print(f"The judge reads {judge.accuracy:.2%} of the test images right.")
    if arguments.gallery:
        verdict = judge_gallery(arguments.gallery, judge)
        print(f"Agreement {verdict.agreement:.1%}; shares {_all_shares(verdict)}")
        return
    for minutes in arguments.minutes:
        found = [measure(seed, minutes, arguments, judge) for seed in arguments.seeds]
        print_table(found)


def measure(seed: int, minutes: float, arguments: argparse.Namespace, judge: Judge) -> Measurement:
    """Train one run, sample it and judge the pairs."""
    folder = Path(tempfile.mkdtemp(prefix=f"seed{seed}-", dir=arguments.keep))
    run, pairs = folder / "run", folder / "pairs"
    print(f"Seed {seed}, {minutes:g} min, in {folder} ...", flush=True)
    train = ["--starter", "digits", "--preset", arguments.preset, "--device", "cpu"]
    diptych("train", *train, "--minutes", f"{minutes:g}", "--seed", f"{seed}", "--run", f"{run}")
    joint = ["--direction", "joint", "--count", f"{PAIRS}", "--seed", "1"]
    diptych("sample", "--run", f"{run}", *joint, "--gallery", f"{pairs}")
    *_, last = read_losses(RunFolder(run).log_file)
    return Measurement(
        seed=seed,
        minutes=minutes,
        images_seen=last.progress.images_seen,
        images_per_s=last.progress.images_seen / last.progress.elapsed_s,
        verdict=judge_gallery(pairs, judge),
        caption_accuracy=caption_accuracy(run, folder) if arguments.captions else None,
    )


def diptych(*arguments: str) -> None:
    """Run a subcommand; its output stays out of the table.

    Raises:
        subprocess.CalledProcessError: it failed; its error stands on stderr.
    """
    command = [sys.executable, "-m", "studio", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def judge_gallery(folder: Path, judge: Judge) -> Verdict:
    """Let the judge read a gallery's pictures, and hold that against its texts."""
    images, texts = read_gallery(folder)
    seen = judge.read(images)
    agreement = np.mean([WORDS[digit] == text for digit, text in zip(seen, texts, strict=True)])
    counts = Counter(seen.tolist())
    shares = tuple(counts[digit] / len(seen) for digit in range(len(WORDS)))
    return Verdict(agreement=float(agreement), shares=shares)


def read_gallery(folder: Path) -> tuple[npt.NDArray[np.uint8], list[str]]:
    """Read pictures [N, H, W, 3] and texts as any other program would: PNG and metadata."""
    lines = (folder / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    pictures = [np.asarray(Image.open(folder / e["file_name"]).convert("RGB")) for e in entries]
    return np.stack(pictures), [entry["text"] for entry in entries]


def caption_accuracy(run: Path, folder: Path) -> float:
    """Share of the test images that the run names right."""
    data = digits()
    rows = data.rows(VALIDATION)
    images, gallery = folder / "test-images", folder / "captions"
    images.mkdir()
    truth = {f"{row:06d}.png": data.texts[row] for row in rows}
    for row in rows:
        Image.fromarray(data.images[row, :, :, 0]).save(images / f"{row:06d}.png")
    request = ["--direction", "image-to-text", "--images", f"{images}", "--count", f"{len(rows)}"]
    diptych("sample", "--run", f"{run}", *request, "--gallery", f"{gallery}")
    lines = (gallery / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    return float(np.mean([truth[entry["source_file"]] == entry["text"] for entry in entries]))


def print_table(found: Sequence[Measurement]) -> None:
    """Print a line for each run, and the medians."""
    heads = ("seed", "minutes", "images", "images/s", "agreement", "captions", "smallest share")
    print("\n" + _row(heads))
    for row in found:
        print(_row([str(row.seed), *_figures([row])]) + f"; all: {_all_shares(row.verdict)}")
    print(_row(["median", *_figures(found)]) + "\n", flush=True)


def _figures(rows: Sequence[Measurement]) -> list[str]:
    middle = statistics.median
    captions = [row.caption_accuracy for row in rows if row.caption_accuracy is not None]
    return [
        f"{rows[0].minutes:g}",
        f"{middle(row.images_seen for row in rows):,.0f}",
        f"{middle(row.images_per_s for row in rows):.0f}",
        f"{middle(row.verdict.agreement for row in rows):.1%}",
        f"{middle(captions):.1%}" if captions else "-",
        f"{middle(min(row.verdict.shares) for row in rows):.1%}",
    ]


def _all_shares(verdict: Verdict) -> str:
    return " ".join(f"{share:.1%}" for share in verdict.shares)


def _row(cells: Sequence[str]) -> str:
    return "  ".join(f"{cell:>10}" for cell in cells)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures how good the digits become.")
    parser.add_argument("--minutes", type=float, nargs="+", default=[2.0], metavar="M")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], metavar="S")
    parser.add_argument("--preset", default="cpu-tiny", metavar="NAME", help="default cpu-tiny")
    parser.add_argument("--captions", action="store_true", help="also read the test images")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="existing folder for the runs")
    parser.add_argument("--gallery", type=Path, metavar="DIR", help="judge this, train nothing")
    return parser.parse_args()


if __name__ == "__main__":
    main()
