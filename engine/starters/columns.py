"""What a starter is made of, before it is stored.

Shapes: N items, M stored images or sounds of a column, H height, W width, C channels, S samples.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.column_info import (
    IMAGE,
    ColumnInfo,
    FieldInfo,
    FieldKind,
    audio_column,
    image_column,
    table_column,
    text_column,
)
from engine.data.manifest import TRAIN, VALIDATION, Record

Images = npt.NDArray[np.uint8]
Waves = npt.NDArray[np.int16]
Rows = npt.NDArray[np.int32]
Cells = Sequence[float | str | None]


@dataclass(frozen=True, kw_only=True)
class StarterContent:
    """A starter in the form in which it is stored."""

    columns: Sequence[ColumnInfo]
    arrays: Mapping[str, npt.NDArray[Any]]
    """By column."""
    records: Iterable[Record]
    """One for each item."""


def pair_content(images: Images, records: Iterable[Record]) -> StarterContent:
    """Describe pairs of an image and a text: [N, H, W, C] and a record for each."""
    columns = (image_column(images.shape), text_column())
    return StarterContent(columns=columns, arrays={IMAGE: images}, records=records)


@dataclass(frozen=True, kw_only=True)
class StarterColumns:
    """The columns of a starter by name, with the facts from which its items were made.

    Raises:
        ValueError: the columns disagree about the number of items, or a row points nowhere.
    """

    images: Mapping[str, Images] = field(default_factory=dict)
    """[M, H, W, C] by image column."""
    audio: Mapping[str, tuple[Waves, int]] = field(default_factory=dict)
    """[M, S] and its rate in Hz, by audio column."""
    rows: Mapping[str, Rows] = field(default_factory=dict)
    """[N] by image or audio column: the row of each item, -1 where it has none. Items may share a
    row."""
    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """N texts by text column."""
    tables: Mapping[str, Mapping[str, Cells]] = field(default_factory=dict)
    """N cells by table column and field; None is a missing cell."""
    split: Sequence[str]
    """``train`` or ``held_out``, of each item."""
    attributes: Sequence[Mapping[str, str]]
    """What is known exactly of each item, for judges of generated items."""

    def __post_init__(self) -> None:
        lengths = {"attributes": len(self.attributes)}
        lengths |= {name: len(rows) for name, rows in self.rows.items()}
        lengths |= {name: len(texts) for name, texts in self.texts.items()}
        for name, fields in self.tables.items():
            lengths |= {f"{name}.{key}": len(cells) for key, cells in fields.items()}
        wrong = [name for name, length in lengths.items() if length != len(self.split)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: not {len(self.split)} items")
        stored = {name: len(images) for name, images in self.images.items()}
        stored |= {name: len(waves) for name, (waves, _rate) in self.audio.items()}
        if stored.keys() != self.rows.keys():
            raise ValueError("rows must name exactly the image and audio columns")
        for name, count in stored.items():
            rows = self.rows[name]
            if len(rows) and not -1 <= rows.min() <= rows.max() < count:
                raise ValueError(f"{name}: a row is outside of -1 ... {count - 1}")

    @property
    def count(self) -> int:
        """N."""
        return len(self.split)

    def content(self) -> StarterContent:
        """Return the form in which a dataset stores the columns."""
        columns = [image_column(images.shape, name=name) for name, images in self.images.items()]
        columns += [text_column(name) for name in self.texts]
        columns += [
            audio_column(waves.shape, rate, name=name) for name, (waves, rate) in self.audio.items()
        ]
        columns += [
            table_column([_field(key, cells) for key, cells in fields.items()], name=name)
            for name, fields in self.tables.items()
        ]
        waves = {name: values for name, (values, _rate) in self.audio.items()}
        return StarterContent(
            columns=columns, arrays={**self.images, **waves}, records=self._records()
        )

    def _records(self) -> Iterator[Record]:
        for item in range(self.count):
            rows = {name: int(rows[item]) for name, rows in self.rows.items()}
            yield {
                "split": self.split[item],
                "attributes": dict(self.attributes[item]),
                **{name: row if row >= 0 else False for name, row in rows.items()},
                **{name: texts[item] for name, texts in self.texts.items()},
                **{
                    name: {
                        key: cells[item] for key, cells in fields.items() if cells[item] is not None
                    }
                    for name, fields in self.tables.items()
                },
            }


def _field(name: str, cells: Cells) -> FieldInfo:
    is_numeric = all(cell is None or isinstance(cell, int | float) for cell in cells)
    return FieldInfo(name=name, kind=FieldKind.NUMERIC if is_numeric else FieldKind.CATEGORICAL)


def one_to_one(count: int) -> Rows:
    """Return the rows of a column that stores one image or sound for each item: [N]."""
    return np.arange(count, dtype=np.int32)


def random_split(count: int, held_out: int, rng: np.random.Generator) -> list[str]:
    """Draw which of N items are held out.

    Args:
        count: N.
        held_out: number of held-out items, at most N.
        rng: source of randomness.
    """
    split = np.full(count, TRAIN, dtype=object)
    split[rng.permutation(count)[:held_out]] = VALIDATION
    return split.tolist()
