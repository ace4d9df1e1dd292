"""Benchmark the text networks: the cost of a training step by vocabulary and length.

    python packaging/bench_text.py [--repeats N] [--steps N] [--kinds KIND ...]

Steps of the ``cpu-tiny`` preset (hybrid, 32 px, batch 64) with made-up images and captions whose
words follow Zipf's law, with one-hot rows, with token ids and with token ids that a bag of words
or a transformer layer encodes, against one-hot rows with the vocabulary of digits. All contestants
take turns, each in a process of its own with one thread; figures are CPU milliseconds a step,
medians over the rounds, and the process's peak memory.
"""

import argparse
import contextlib
import multiprocessing
import resource
import statistics
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import torch
from torch import Tensor

from engine.config.presets import config_from_preset
from engine.data.facts import ImageFacts, TextFacts
from engine.data.loader import DeviceLoader, StoredRows
from engine.data.tokenizers import END, PADDING, Vocabulary
from engine.modalities.registry import build_modalities
from engine.train.automatic import read_batch
from engine.train.device import keep_freed_memory
from engine.train.families import build_state, build_step

CASES = (
    *((13, 3), (1_705, 6), (1_000, 26), (8_000, 26), (8_192, 52)),
    *((1_000, 77), (8_192, 77)),
)
"""Vocabulary and length: digits, emoji, captions of 26, 52 and 77 tokens. ``text_cost`` of
``engine.config.forecast`` is fitted to the ratios."""
PAIRS, BATCH, CHANNELS, SIZE = 1_024, 64, 1, 32
KINDS = {
    "one-hot": {"networks__text_encoding": "one-hot", "networks__text_encoder": "linear"},
    "token-ids": {"networks__text_encoding": "token-ids", "networks__text_encoder": "linear"},
    "bag-of-words": {
        "networks__text_encoding": "token-ids",
        "networks__text_encoder": "bag-of-words",
    },
    "transformer": {
        "networks__text_encoding": "token-ids",
        "networks__text_encoder": "transformer",
    },
}
SPECIAL = 3
"""Ids of padding, end and unknown token."""


def zipf_texts(words: int, length: int, generator: torch.Generator) -> Tensor:
    """Draw texts of a third to all of the length, with word frequencies 1 / rank: [N, L] ids."""
    frequencies = 1 / torch.arange(1, words - SPECIAL + 1)
    ids = SPECIAL + torch.multinomial(
        frequencies.expand(PAIRS, -1), length, replacement=True, generator=generator
    )
    ends = torch.randint(length // 3, length, (PAIRS, 1), generator=generator)
    slots = torch.arange(length)
    return ids.where(slots < ends, END).where(slots <= ends, PADDING)


def take_steps(pipe: Connection, kind: str, words: int, length: int) -> None:
    """Take as many steps as the pipe says, again and again; answer with CPU ms and peak MiB."""
    torch.set_num_threads(1)
    keep_freed_memory()
    config = config_from_preset("cpu-tiny", dataset=Path(), run=Path())
    config = config.with_values(**KINDS[kind], training__precision="fp32")
    tokenizer = Vocabulary([f"w{number}" for number in range(words - SPECIAL)])
    columns = {
        "text": TextFacts(tokenizer=tokenizer, length=length),
        "image": ImageFacts(channels=CHANNELS),
    }
    modalities = build_modalities(columns, config.networks)
    generator = torch.Generator().manual_seed(0)
    shape = (PAIRS, CHANNELS, SIZE, SIZE)
    images = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
    stored = {"text": zipf_texts(words, length, generator), "image": images}
    loader = DeviceLoader({name: StoredRows(rows=rows) for name, rows in stored.items()}, BATCH, 0)
    state = build_state(modalities, config, torch.device("cpu"))
    step, number = build_step(state, config, modalities=modalities), 0
    while steps := pipe.recv():
        start = time.process_time()
        for _ in range(steps):
            step(read_batch(modalities, loader, number), number)
            number += 1
        ms = 1e3 * (time.process_time() - start) / steps
        pipe.send((ms, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


@contextlib.contextmanager
def contestant(kind: str, words: int, length: int) -> Iterator[Connection]:
    """Start a process that takes steps when it is told to."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=take_steps, args=(theirs, kind, words, length), daemon=True
    )
    process.start()
    yield ours
    ours.send(0)
    process.join()


def main() -> None:
    """Measure all and print a table."""
    parser = argparse.ArgumentParser(description="Measures what texts cost.")
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="rounds (default 5)")
    parser.add_argument("--steps", type=int, default=16, metavar="N", help="a turn (default 16)")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    arguments = parser.parse_args()
    keys = [(kind, *case) for case in CASES for kind in KINDS if kind in arguments.kinds]
    digits_key = ("one-hot", *CASES[0])
    if digits_key not in keys:
        keys.insert(0, digits_key)
    with contextlib.ExitStack() as stack:
        pipes = {key: stack.enter_context(contestant(*key)) for key in keys}
        found: dict[tuple[str, int, int], list[tuple[float, float]]] = {key: [] for key in keys}
        for turn in range(arguments.repeats + 1):
            for key, pipe in pipes.items():
                pipe.send(arguments.steps if turn else 1)  # the first turn warms up
                answer = pipe.recv()
                if turn:
                    found[key].append(answer)
    digits = [ms for ms, _peak in found[digits_key]]
    print(f"{'V':>6} {'L':>3}  {'kind':<12} {'ms/step':>8} {'ratio':>6} {'peak MiB':>9}")
    for (kind, words, length), rounds in found.items():
        ratio = statistics.median(ms / base for (ms, _), base in zip(rounds, digits, strict=True))
        ms, peak = statistics.median(ms for ms, _ in rounds), max(peak for _, peak in rounds)
        print(f"{words:>6} {length:>3}  {kind:<12} {ms:8.1f} {ratio:6.2f} {peak:9.0f}")


if __name__ == "__main__":
    main()
