"""What a kind of data has to provide: from a dataset's column to networks.

A new kind is a class of facts in ``engine.data.facts``, one file in this package and one entry in
``engine.modalities.registry``. Networks, steps, loop and sampler work with its ``Modality`` and
name no kind.
"""

from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.config.networks import NetworkConfig
from engine.config.run import RunConfig
from engine.data.columns import ArrayColumn
from engine.data.facts import ColumnFacts
from engine.data.loader import StoredRows
from engine.data.store import StoredDataset
from engine.data.word_vectors import WordVectors
from engine.nets.protocols import Modality

Rows = npt.NDArray[np.int64]
"""Numbers of items or rows."""
F = TypeVar("F", bound=ColumnFacts)


class ItemAugmenter(Protocol):
    """Augments network input; also an ``nn.Module``, whose buffers are saved in checkpoints."""

    def __call__(self, items: Tensor, generator: torch.Generator, /) -> Tensor:
        """Augment items [B, ...], differentiably."""
        ...

    def update(self, signs: Tensor, count: int, /) -> None:
        """Adapt the strength to the signs [B] of the discriminator's logits of real items."""
        ...


@dataclass(frozen=True, kw_only=True)
class Augmenters:
    """How items of a column are augmented; None for no augmentation."""

    discriminator: ItemAugmenter | None = None
    """Of all that the discriminator sees."""
    strong: ItemAugmenter | None = None
    """Of items whose partner is a pseudo-label, and of what texts are predicted from."""


class Kind(Protocol[F]):
    """A kind of data."""

    def fit(self, dataset: StoredDataset, name: str, config: RunConfig) -> tuple[F, RunConfig]:
        """Measure the facts of a column.

        Args:
            dataset: has the column.
            name: of the column.
            config: of the run.

        Returns:
            The facts, and the configuration with settings resolved that it leaves to the data.

        Raises:
            EngineError: the column cannot be used.
        """
        ...

    def load(
        self, dataset: StoredDataset, name: str, items: Rows, facts: F, networks: NetworkConfig
    ) -> StoredRows:
        """Read a column of the given items [N] into the form that the loader keeps, on the CPU."""
        ...

    def build(
        self, name: str, facts: F, networks: NetworkConfig, vectors: WordVectors | None
    ) -> Modality:
        """Build the modality.

        Args:
            name: of the column, and of the modality.
            facts: of the column.
            networks: sizes of the networks.
            vectors: initialise the embeddings of words, if the kind has any.
        """
        ...

    def augmenters(self, dataset: StoredDataset, name: str, config: RunConfig) -> Augmenters:
        """Build the augmentation of a column."""
        ...


def shared_rows(column: ArrayColumn, items: Rows) -> tuple[Rows, Tensor | None]:
    """Find the rows of an array that items use.

    Returns:
        Rows of the column to load, [M], each once; and for each item the place of its row among
        them, -1 if it has none: [N], or None if item i has row i.
    """
    rows = column.rows[items].astype(np.int64)
    wanted, places = np.unique(rows[rows >= 0], return_inverse=True)
    if len(wanted) == len(rows) and (places == np.arange(len(rows))).all():
        return wanted, None
    first = np.full(len(rows), -1, dtype=np.int64)
    first[rows >= 0] = places
    return wanted, torch.from_numpy(first)
