"""Items of four columns that state attributes, and a sampler that answers with real items."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from engine.config.networks import NetworkConfig
from engine.data.column_info import (
    FieldInfo,
    FieldKind,
    audio_column,
    image_column,
    table_column,
    text_column,
)
from engine.data.facts import AudioFacts, ColumnFacts, ImageFacts, TableFacts, TextFacts
from engine.data.store import StoredDataset, open_dataset, write_dataset
from engine.data.table_cells import Column
from engine.data.table_fields import FieldKind as TableFieldKind
from engine.data.table_fields import included_fields, infer_fields
from engine.data.tokenizers import Vocabulary
from engine.metrics.readers import real_samples
from engine.sample.sampler import Samples

SHADES, SIDES, TONES = ("dark", "grey", "light"), ("left", "right"), ("low", "middle", "high")
RATE, SAMPLES, TAKES = 8_000, 1_600, 16
NETWORKS = NetworkConfig(image_size=8)


def stated_columns(folder: Path, *, items: int = 240, attributes: bool = True) -> StoredDataset:
    """Write items whose text and picture state shade and side, whose sound the shade as a pitch.

    The table's category ``tone`` names the shade by another word, and its number is negative on
    the left. Every third item is for validation, and items share sounds.
    """
    rng = np.random.default_rng(0)
    shade, side = rng.integers(0, 3, items), rng.integers(0, 2, items)
    images = rng.integers(0, 25, (items, 8, 8, 1)).astype(np.uint8)
    images += (20 + 60 * shade).astype(np.uint8)[:, None, None, None]
    for item, place in enumerate(side.tolist()):
        images[item, :, 6 * place : 6 * place + 2] = 255
    pitches = np.array([300, 900, 2_700]).repeat(TAKES)[:, None]
    phases = rng.uniform(0, 2 * np.pi, (len(pitches), 1))
    waves = 12_000 * np.sin(2 * np.pi * pitches * np.arange(SAMPLES) / RATE + phases)
    sounds = shade * TAKES + rng.integers(0, TAKES, items)
    numbers = (2 * side - 1) * rng.uniform(0.5, 2, items)
    records = []
    for item in range(items):
        facts = {"shade": SHADES[shade[item]], "side": SIDES[side[item]]}
        records.append(
            {
                "split": "held_out" if item % 3 == 0 else "train",
                "text": f"{facts['shade']} bar {facts['side']}",
                "speech": int(sounds[item]),
                "row": {"tone": TONES[shade[item]], "position": float(numbers[item])},
                # Every item has a name of its own, which no reader could learn.
                **({"attributes": {**facts, "name": str(item)}} if attributes else {}),
            }
        )
    fields = (
        FieldInfo(name="tone", kind=FieldKind.CATEGORICAL),
        FieldInfo(name="position", kind=FieldKind.NUMERIC),
    )
    write_dataset(
        folder,
        name="stated",
        title="",
        images=images,
        records=records,
        licence="",
        source="",
        columns=[
            image_column(images.shape),
            text_column(),
            audio_column(waves.shape, RATE, name="speech"),
            table_column(fields, name="row"),
        ],
        arrays={"speech": waves.round().astype(np.int16)},
    )
    return open_dataset(folder)


def stated_facts(stored: StoredDataset) -> dict[str, ColumnFacts]:
    """Return the facts of all columns, in the order of generation."""
    words = Vocabulary(("bar", *SHADES, *SIDES))
    return {
        "text": TextFacts(tokenizer=words, length=4),
        "row": table_facts(stored.table("row").of(stored.rows("train")), numeric={"position"}),
        "speech": AudioFacts(rate=RATE, samples=SAMPLES),
        "image": ImageFacts(channels=1),
    }


def table_facts(cells: Mapping[str, Column], numeric: Collection[str]) -> TableFacts:
    """Return the facts of cells by field, of which some are numbers and the others categories."""
    kinds = {
        name: TableFieldKind.NUMERIC if name in numeric else TableFieldKind.CATEGORICAL
        for name in cells
    }
    return TableFacts(fields=included_fields(infer_fields(cells, kinds)))


@dataclass
class RealSampler:
    """Answers with the validation items in order, of which some columns are shuffled."""

    stored: StoredDataset
    columns: Mapping[str, ColumnFacts]
    shuffled: Collection[str] = ()

    def from_noise(self, count: int, _seed: int, columns: Collection[str]) -> Iterator[Samples]:
        """Return as many items."""
        yield self._samples(np.resize(self.stored.rows("held_out"), count), columns)

    def complete_items(
        self, given: Mapping[str, Tensor], _seed: int, columns: Collection[str]
    ) -> Iterator[Samples]:
        """Return the items that the matrix has given."""
        rows = self.stored.rows("held_out")[: len(next(iter(given.values())))]
        for part in np.array_split(rows, 3):
            yield self._samples(part, columns)

    def _samples(self, rows: np.ndarray, columns: Collection[str]) -> Samples:
        mixed = np.random.default_rng(1).permutation(rows)
        return Samples(
            columns={
                name: real_samples(
                    self.stored, name, facts, mixed if name in self.shuffled else rows, 8
                )
                for name, facts in self.columns.items()
                if name in columns
            }
        )
