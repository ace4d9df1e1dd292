"""Measure a run on *Spoken digits* in all directions with classifiers trained apart.

    python packaging/measure_spoken_digits.py --run DIR [--count 500]

Pictures are read by ``mnist_judge``, sounds by ``speech_judge`` on the wave that a listener hears.
Given items are held out: MNIST's test images, voices that no model has heard.

A run on incomplete items is measured in the same way. ``hide_columns.py`` derives the dataset, here
with one training item in ten complete and each column missing in 30 %:

    python packaging/hide_columns.py ~/.cache/diptych/datasets/spoken-digits FOLDER --complete 0.1
    diptych train --dataset FOLDER --preset cpu-tiny --run DIR
"""

import argparse
import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from mnist_judge import Judge, load_judge
from speech_judge import WORDS, SpeechJudge, train_judge

from engine.data.store import VALIDATION, StoredDataset, open_dataset
from engine.data.waveform import Sounds
from engine.modalities.registry import KINDS
from engine.sample.load import LoadedRun, load_run
from engine.sample.sampler import Samples

COLUMNS = ("text", "image", "speech")
Digits = npt.NDArray[np.int64]


def main() -> None:
    """Print agreement from noise and in each direction."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    loaded = load_run(arguments.run, torch.device("cpu"))
    dataset = open_dataset(loaded.config.dataset)
    pictures, sounds = load_judge(), train_judge(dataset)
    print(f"{arguments.run}: {loaded.checkpoint.images_seen:,} items seen")
    print(f"judges: pictures {pictures.accuracy:.4f}, unheard voices {sounds.accuracy:.4f}")

    def read(batches: list[Samples]) -> dict[str, Digits]:
        parts = [_read(samples, pictures, sounds) for samples in batches]
        return {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS}

    made = read(list(loaded.sampler.from_noise(arguments.count, arguments.seed)))
    for one, other in itertools.combinations(COLUMNS, 2):
        print(f"from noise: {one} = {other} {(made[one] == made[other]).mean():.3f}")
    whole = (made["text"] == made["image"]) & (made["image"] == made["speech"])
    print(f"from noise: all three agree {whole.mean():.3f}")
    for name in COLUMNS:
        shares = np.bincount(made[name][made[name] >= 0], minlength=10) / arguments.count
        print(f"from noise: smallest share of a digit in {name} {shares.min():.3f}")
    items, truth = _asked(dataset, arguments.count)
    for given in (*((name,) for name in COLUMNS), *itertools.combinations(COLUMNS, 2)):
        rows = {name: _stored(dataset, loaded, name, items) for name in given}
        found = read(list(loaded.sampler.complete_items(rows, arguments.seed)))
        for name in COLUMNS:
            if name not in given:
                share = (found[name] == truth).mean()
                print(f"given {' + '.join(given)}: {name} {share:.3f}")


def _read(samples: Samples, pictures: Judge, sounds: SpeechJudge) -> dict[str, Digits]:
    waves = samples.columns["speech"]
    if not isinstance(waves, Sounds):
        raise TypeError("the column 'speech' holds no sounds")
    numbers = {word: digit for digit, word in enumerate(WORDS)}
    return {
        "text": np.array([numbers.get(text, -1) for text in samples.texts], dtype=np.int64),
        "image": pictures.read(samples.images),
        "speech": sounds.read(waves.samples),
    }


def _asked(dataset: StoredDataset, count: int) -> tuple[npt.NDArray[np.int64], Digits]:
    """Choose validation items, as many of each digit, and their digits."""
    rows = dataset.rows(VALIDATION)
    labels = np.array([WORDS.index(dataset.texts[row]) for row in rows], dtype=np.int64)
    rng = np.random.default_rng(0)
    parts = [
        rng.choice(rows[labels == digit], count // len(WORDS), replace=False)
        for digit in range(len(WORDS))
    ]
    return np.concatenate(parts), np.repeat(np.arange(len(WORDS)), count // len(WORDS))


def _stored(
    dataset: StoredDataset, loaded: LoadedRun, name: str, items: npt.NDArray[np.int64]
) -> torch.Tensor:
    facts = loaded.model.columns[name]
    part = KINDS[facts.kind].load(dataset, name, items, facts, loaded.config.networks)
    return part.rows if part.first_row is None else part.rows[part.first_row]


if __name__ == "__main__":
    main()
