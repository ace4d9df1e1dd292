"""Benchmark large datasets: opening, memory, word counts, search and the start of training.

    python packaging/bench_dataset.py [--items N] [--folder DIR]

A dataset with four columns (pictures of 32 px, captions of Zipf's law, sounds that many items
share, rows of a table), and beside it one of format 4 with the same pictures and captions. Each is
measured in a process of its own; the figures include the time to load Arrow. *Memory* is what
opening adds to the resident set, *private* the part of it that is not memory-mapped.

*Start of training* is ``train`` with the preset ``cpu-tiny``, one thread and float32, from its
first event to the end of the first step: opening, tokenizer, fields and augmentation, loading all
items, networks, two steps on copies of them, the first preview and the step. Not counted are the
imports of torch and of the program, Arrow's included; the probe of about a second with which a
processor that has bfloat16 chooses its precision, since float32 is set; and the comparison of the
dataset's checksums, which a thread of its own does during training. The pictures have the size of
the run; others are resized at the start, at about 10 us each from 8 to 32 px and 90 us from 64 to
32 px in colour.
"""

import argparse
import contextlib
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from engine.config.presets import config_from_preset  # noqa: E402
from engine.control import RunControl  # noqa: E402
from engine.data.column_info import (  # noqa: E402
    FieldInfo,
    FieldKind,
    audio_column,
    image_column,
    table_column,
    text_column,
)
from engine.data.editing import Edits  # noqa: E402
from engine.data.search import Filter, Index  # noqa: E402
from engine.data.statistics import measure  # noqa: E402
from engine.data.store import open_dataset, training_texts, write_dataset  # noqa: E402
from engine.events import Phase, PhaseChanged, RunEnded, RunEvent  # noqa: E402
from tests.helpers.old_datasets import write_pairs  # noqa: E402

SIDE, WORDS, CLIPS, SAMPLES = 32, 5_000, 4_000, 6_400
NUMBERS = tuple(f"measure_{number}" for number in range(5))
COLOURS = ("red", "green", "blue", None)


def captions(count: int, random: np.random.Generator) -> list[str]:
    """Draw captions of 4 to 11 words, with word frequencies 1 / rank."""
    vocabulary = [f"word{number}" for number in range(WORDS)]
    frequencies = 1 / np.arange(1, WORDS + 1)
    lengths = random.integers(4, 12, count)
    drawn = random.choice(WORDS, lengths.sum(), p=frequencies / frequencies.sum()).tolist()
    ends = lengths.cumsum().tolist()
    return [
        " ".join(vocabulary[number] for number in drawn[end - length : end])
        for end, length in zip(ends, lengths.tolist(), strict=True)
    ]


def build(folder: Path, count: int) -> dict[str, float]:
    """Write both datasets; return the seconds that each took."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, SIDE, SIDE, 1), dtype=np.uint8)
    waves = random.integers(-9_999, 9_999, (CLIPS, SAMPLES), dtype=np.int16)
    numbers = random.normal(size=(count, len(NUMBERS)))
    old: list[dict[str, Any]] = [
        {"text": text, "split": "held_out" if item % 20 == 0 else "train"}
        for item, text in enumerate(captions(count, random))
    ]
    fields = [FieldInfo(name=name, kind=FieldKind.NUMERIC) for name in NUMBERS]
    fields.append(FieldInfo(name="colour", kind=FieldKind.CATEGORICAL))
    new = (
        {
            **record,
            "speech": item % CLIPS,
            "facts": {
                **dict(zip(NUMBERS, numbers[item].tolist(), strict=True)),
                "colour": COLOURS[item % len(COLOURS)],
            },
        }
        for item, record in enumerate(old)
    )
    start_s = time.process_time()
    write_pairs(folder / "old", images, old)
    middle_s = time.process_time()
    columns = (
        image_column(images.shape),
        text_column(),
        audio_column(waves.shape, 8_000, name="speech"),
        table_column(fields, name="facts"),
    )
    write_dataset(
        folder / "new",
        name="new",
        title="New",
        images=images,
        records=new,
        licence="",
        source="",
        columns=columns,
        arrays={"speech": waves},
    )
    return {"old": middle_s - start_s, "new": time.process_time() - middle_s}


def resident_mb() -> tuple[float, float]:
    """Return the resident set and its private part, in megabytes."""
    found = re.findall(r"(VmRSS|RssAnon):\s+(\d+) kB", Path("/proc/self/status").read_text())
    kilobytes = {name: int(size) for name, size in found}
    return kilobytes["VmRSS"] / 1e3, kilobytes["RssAnon"] / 1e3


@contextlib.contextmanager
def timed(figures: dict[str, float], name: str) -> Iterator[None]:
    """Note how many seconds a block takes."""
    start_s = time.process_time()
    yield
    figures[name] = time.process_time() - start_s


def measured(folder: Path) -> dict[str, float]:
    """Measure one dataset in this process."""
    figures: dict[str, float] = {}
    before = resident_mb()
    with timed(figures, "open_s"):
        dataset = open_dataset(folder)
    after = resident_mb()
    figures["memory_mb"], figures["private_mb"] = after[0] - before[0], after[1] - before[1]
    with timed(figures, "open_again_s"):
        open_dataset(folder)
    with timed(figures, "training_texts_s"):
        training_texts(dataset)
    with timed(figures, "records_s"):
        for _record in dataset.records:
            pass
    with timed(figures, "statistics_s"):
        measure(dataset, sample=100)
    with timed(figures, "index_s"):
        index = Index(dataset)
    with timed(figures, "search_s"):
        index.find(Edits(dataset), Filter(text="word4999"))
    return figures


def started(folder: Path) -> dict[str, float]:
    """Measure the start of training on one dataset in this process."""
    import torch

    from engine.train.run import train

    torch.set_num_threads(1)
    # The first optimizer imports a further part of torch.
    torch.optim.Adam([torch.zeros(1, requires_grad=True)])
    times_s: dict[Phase, tuple[float, float]] = {}
    control = RunControl()

    def note_phase(event: RunEvent) -> None:
        if isinstance(event, PhaseChanged):
            times_s[event.phase] = time.thread_time(), time.perf_counter()
            if event.phase is Phase.SAVING:
                control.request_stop()
        elif isinstance(event, RunEnded) and event.error:
            raise event.error

    with tempfile.TemporaryDirectory() as made:
        config = config_from_preset("cpu-tiny", dataset=folder, run=Path(made) / "run")
        config = config.with_values(
            device="cpu",
            training__precision="fp32",
            images=config.training.batch_size,
            minutes=0.0,
        )
        train(config, note_phase, control)
    phases = {
        "set-up": (Phase.LOADING, Phase.WARMING_UP),
        "steps on copies": (Phase.WARMING_UP, Phase.TRAINING),
        "preview and step": (Phase.TRAINING, Phase.SAVING),
        "start of training": (Phase.LOADING, Phase.SAVING),
    }
    return {
        f"{name}, {clock}": times_s[end][place] - times_s[start][place]
        for name, (start, end) in phases.items()
        for place, clock in enumerate(("CPU s", "wall s"))
    }


def main() -> None:
    """Build, measure in processes of their own, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, help="keep the datasets in this new folder")
    parser.add_argument("--measure", nargs=2, metavar="WHAT", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        what, dataset = arguments.measure
        print(json.dumps(PARTS[what](Path(dataset))))
        return
    with contextlib.ExitStack() as stack:
        folder = arguments.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if not (folder / "new").exists():
            print("writing:", json.dumps(build(folder, arguments.items)))
        print(f"{'':<28}{'format 4':>10}{'format 5':>10}")
        for what in PARTS:
            old, new = (_measured_apart(what, folder / name) for name in ("old", "new"))
            for name, value in old.items():
                print(f"{name:<28}{value:>10.3f}{new[name]:>10.3f}")


def _measured_apart(what: str, dataset: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--measure", what, str(dataset)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


PARTS = {"dataset": measured, "start": started}


if __name__ == "__main__":
    main()
