"""Parts that the measurements of starters share: samples of a run, and judges of its pictures.

A judge of pictures is a small classifier of several facts at once, trained on freshly drawn
pictures from a seed that no dataset uses, and kept in a temporary folder. It shares no weights with
the networks that it judges.

Shapes: N items, S side in pixels, C classes of all facts.
"""

import argparse
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from engine.data.column_info import AUDIO
from engine.data.store import VALIDATION, StoredDataset, open_dataset
from engine.data.table_cells import Column
from engine.data.table_codec import Cells
from engine.data.waveform import Sounds
from engine.metrics.row_reader import cells_by_field
from engine.modalities.registry import KINDS
from engine.sample.load import LoadedRun, load_run
from engine.sample.sampler import Samples, Shown

Pictures = npt.NDArray[np.uint8]
"""[N, S, S, 3]."""
Labels = Mapping[str, npt.NDArray[np.integer[Any]]]
"""By fact, a class for each of N items: [N]."""
Draw = Callable[[int, np.random.Generator], tuple[Pictures, Labels]]
"""Draws N pictures, and says what they show."""

TRAINING_SEED, TEST_SEED = 7_000_001, 7_000_002
"""Of the pictures that judges are trained and tested on; starters are built with seed 0."""
TRAINING_PICTURES, TEST_PICTURES = 20_000, 2_000
EPOCHS, BATCH, PEAK_RATE = 6, 128, 4e-3
SIDE = 32
"""Side of the pictures that judges see, in pixels."""
MAX_SHIFT, MAX_NOISE, CONTRAST = 1, 0.12, 0.1
"""How pictures vary in training: pixels, standard deviation and relative change. A judge should not
depend on a sharpness that generated pictures lack."""
BLURRED_SHARE = 0.3


# --------------------------------------------------------------------------
# A run and its samples.


@dataclass(frozen=True)
class MeasuredRun:
    """A trained run and the dataset that it was trained on."""

    loaded: LoadedRun
    dataset: StoredDataset

    @classmethod
    def open(cls, folder: Path) -> "MeasuredRun":
        """Open the newest checkpoint of a run.

        Raises:
            EngineError: there is no run, or its dataset is missing.
        """
        loaded = load_run(folder, torch.device("cpu"))
        return cls(loaded, open_dataset(loaded.config.dataset))

    def from_noise(self, count: int, seed: int, columns: Sequence[str] | None = None) -> Samples:
        """Generate N items; see ``complete``."""
        return joined(self.loaded.sampler.from_noise(count, seed, columns))

    def complete(
        self,
        items: npt.NDArray[np.int64],
        given: Sequence[str],
        seed: int,
        columns: Sequence[str] | None = None,
    ) -> Samples:
        """Generate the other columns of stored items.

        Args:
            items: [N] of the dataset.
            given: names of the given columns.
            seed: of the noise.
            columns: to decode, by default all.
        """
        rows = {name: self._stored(name, items) for name in given}
        return joined(self.loaded.sampler.complete_items(rows, seed, columns))

    def round_trip(self, items: npt.NDArray[np.int64], columns: Sequence[str]) -> Samples:
        """Encode stored items for the networks and decode them: what a perfect model would make."""
        shown: dict[str, Shown] = {}
        for name in columns:
            modality = self.loaded.modality(name)
            shown[name] = modality.postprocess(modality.preprocess(self._stored(name, items)))
        return Samples(columns=shown)

    def recordings(self, name: str, items: npt.NDArray[np.int64]) -> Sounds:
        """Return stored sounds as they are, without spectrograms."""
        column = self.dataset.array(name)
        waves = column.of(items)
        empty = np.empty((len(waves), 0, 0), np.uint8)
        return Sounds(samples=waves, rate=column.info.rate, spectrograms=empty)

    def held_out(self, count: int) -> npt.NDArray[np.int64]:
        """Choose up to ``count`` whole validation items, spread evenly."""
        items = self.dataset.complete_rows(VALIDATION, [*self.loaded.model.columns])
        if len(items) <= count:
            return items
        return items[np.linspace(0, len(items) - 1, count).astype(np.int64)]

    @property
    def silent_columns(self) -> list[str]:
        """Names of all columns but sounds, which take longer to decode than to generate."""
        return [name for name, facts in self.loaded.model.columns.items() if facts.kind != AUDIO]

    def _stored(self, name: str, items: npt.NDArray[np.int64]) -> Tensor:
        facts = self.loaded.model.columns[name]
        part = KINDS[facts.kind].load(self.dataset, name, items, facts, self.loaded.config.networks)
        return part.rows if part.first_row is None else part.rows[part.first_row]


def joined(batches: Iterable[Samples]) -> Samples:
    """Join batches of samples."""
    parts = [batch.columns for batch in batches]
    return Samples(columns={name: _join([part[name] for part in parts]) for name in parts[0]})


def _join(parts: Sequence[Any]) -> Shown:
    first = parts[0]
    if isinstance(first, np.ndarray):
        return np.concatenate(parts)
    if isinstance(first, Sounds):
        return Sounds(
            samples=np.concatenate([part.samples for part in parts]),
            rate=first.rate,
            spectrograms=np.concatenate([part.spectrograms for part in parts]),
        )
    if isinstance(first, Cells):
        return Cells(fields=first.fields, rows=tuple(row for part in parts for row in part.rows))
    return tuple(text for part in parts for text in part)


def sounds_of(samples: Samples, name: str) -> Sounds:
    """Return a column of sounds.

    Raises:
        TypeError: the column holds something else.
    """
    shown = samples.columns[name]
    if not isinstance(shown, Sounds):
        raise TypeError(f"the column '{name}' holds no sounds")
    return shown


def cells_of(samples: Samples, name: str) -> dict[str, Column]:
    """Return a column of rows as cells by field.

    Raises:
        TypeError: the column holds something else.
    """
    shown = samples.columns[name]
    if not isinstance(shown, Cells):
        raise TypeError(f"the column '{name}' holds no rows")
    return cells_by_field(shown)


def places(values: Iterable[object], known: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the place of each value among the known ones, -1 for others: [N]."""
    numbers = {value: place for place, value in enumerate(known)}
    return np.array([numbers.get(str(value), -1) for value in values], dtype=np.int64)


# --------------------------------------------------------------------------
# What the scripts have in common on the command line.


def parse_arguments(description: str | None) -> argparse.Namespace:
    """Read ``--run``, ``--count`` and ``--seed``."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--count", type=int, default=500, help="samples for each figure")
    parser.add_argument("--seed", type=int, default=1, help="of the noise")
    return parser.parse_args()


def print_heading(folder: Path, run: MeasuredRun) -> None:
    """Say which run is measured."""
    print(f"{folder}: {run.loaded.checkpoint.images_seen:,} items seen")


def print_agreement(title: str, one: Labels, other: Labels) -> None:
    """Print the share of items in which two columns state the same, by fact and of all facts.

    Facts that only one of the columns states are left out; an unreadable one never agrees.
    """
    facts = [fact for fact in one if fact in other]
    same = {fact: (one[fact] == other[fact]) & (one[fact] >= 0) for fact in facts}
    figures = [f"{fact} {same[fact].mean():.3f}" for fact in facts]
    if len(facts) > 1:
        figures.append(f"all {np.logical_and.reduce([*same.values()]).mean():.3f}")
    print(f"{title}: {', '.join(figures)}")


# --------------------------------------------------------------------------
# Judges of pictures.


@dataclass(frozen=True)
class PictureJudge:
    """Tells several facts about a picture."""

    network: nn.Module
    sizes: Mapping[str, int]
    """Number of classes of each fact."""
    accuracy: Mapping[str, float]
    """By fact, on pictures that it was not trained on."""

    @torch.inference_mode()
    def read(self, pictures: Pictures) -> Labels:
        """Classify pictures [N, S, S, 3] of any side."""
        logits = torch.cat([self.network(part) for part in prepared(pictures).split(500)])
        scores = logits.split([*self.sizes.values()], 1)
        return {fact: part.argmax(1).numpy() for fact, part in zip(self.sizes, scores, strict=True)}

    def print_accuracy(self) -> None:
        """Say how good it is."""
        figures = ", ".join(f"{fact} {value:.3f}" for fact, value in self.accuracy.items())
        print(f"judge of pictures, on fresh ones: {figures}")


def load_judge(name: str, draw: Draw, sizes: Mapping[str, int]) -> PictureJudge:
    """Find a trained judge in the temporary folder, or train it (one to two minutes).

    Args:
        name: of its file.
        draw: draws the pictures to learn from.
        sizes: number of classes of each fact that it draws.
    """
    file = _cache_file(name, draw, sizes)
    if not file.exists():
        print(f"Training the judge of {name} ...", flush=True)
        _save(_train(draw, sizes), file)
    network = _make_network(sum(sizes.values()))
    network.load_state_dict(load_file(file))
    with safe_open(file, framework="pt") as stored:
        accuracy = json.loads(stored.metadata()["accuracy"])
    return PictureJudge(network.eval(), sizes, accuracy)


def prepared(pictures: Pictures) -> Tensor:
    """Turn [N, S, S, 3] bytes into [N, 3, 32, 32] between -1 and 1."""
    images = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2) / 127.5 - 1
    if images.shape[-1] != SIDE:
        images = functional.interpolate(images, size=(SIDE, SIDE), mode="area")
    return images


def _train(draw: Draw, sizes: Mapping[str, int]) -> PictureJudge:
    torch.manual_seed(0)
    network = _make_network(sum(sizes.values()))
    _fit(network, *draw(TRAINING_PICTURES, np.random.default_rng(TRAINING_SEED)), sizes)
    judge = PictureJudge(network.eval(), sizes, {})
    pictures, truth = draw(TEST_PICTURES, np.random.default_rng(TEST_SEED))
    read = judge.read(pictures)
    accuracy = {fact: float((read[fact] == truth[fact]).mean()) for fact in sizes}
    return PictureJudge(judge.network, sizes, accuracy)


def _make_network(outputs: int) -> nn.Sequential:
    def block(before: int, after: int, kernel: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(before, after, kernel, stride=2, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
        )

    body = (block(3, 32, 5), block(32, 64, 3), block(64, 96, 3))
    return nn.Sequential(*body, nn.Flatten(), nn.Dropout(0.2), nn.Linear(96 * 4 * 4, outputs))


def _fit(network: nn.Module, pictures: Pictures, labels: Labels, sizes: Mapping[str, int]) -> None:
    truth = {fact: torch.from_numpy(labels[fact].astype(np.int64)) for fact in sizes}
    batches = len(pictures) // BATCH
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, PEAK_RATE, total_steps=EPOCHS * batches
    )
    for _epoch in range(EPOCHS):
        for rows in torch.randperm(len(pictures))[: batches * BATCH].split(BATCH):
            scores = network(_varied(prepared(pictures[rows.numpy()])))
            parts = scores.split([*sizes.values()], 1)
            losses = [
                functional.cross_entropy(part, truth[fact][rows])
                for fact, part in zip(sizes, parts, strict=True)
            ]
            optimizer.zero_grad()
            torch.stack(losses).sum().backward()
            optimizer.step()
            schedule.step()


def _varied(images: Tensor) -> Tensor:
    """Vary place, contrast, noise and sharpness."""
    down, right = (int(n) for n in torch.randint(-MAX_SHIFT, MAX_SHIFT + 1, (2,)))
    images = torch.roll(images, (down, right), dims=(2, 3))
    if torch.rand(()) < BLURRED_SHARE:
        images = functional.avg_pool2d(images, 3, stride=1, padding=1, count_include_pad=False)
    contrast = 1 + CONTRAST * (2 * torch.rand(len(images), 1, 1, 1) - 1)
    noise = MAX_NOISE * torch.rand(len(images), 1, 1, 1) * torch.randn_like(images)
    return images * contrast + noise


def _cache_file(name: str, draw: Draw, sizes: Mapping[str, int]) -> Path:
    """Name the file by all that the judge depends on, a few drawings included."""
    pictures, labels = draw(8, np.random.default_rng(0))
    recipe = hashlib.sha256(Path(__file__).read_bytes() + json.dumps(dict(sizes)).encode())
    recipe.update(pictures.tobytes())
    for fact in sizes:
        recipe.update(labels[fact].astype(np.int64).tobytes())
    folder = Path(tempfile.gettempdir()) / "diptych-judges"
    return folder / f"{name}-{recipe.hexdigest()[:12]}.safetensors"


def _save(judge: PictureJudge, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    save_file(
        judge.network.state_dict(), partial, metadata={"accuracy": json.dumps(judge.accuracy)}
    )
    partial.replace(file)
