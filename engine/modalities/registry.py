"""The kinds of data by name, and what is built for the columns of a run."""

from collections.abc import Mapping
from typing import Any

from engine.config.run import RunConfig
from engine.config.sections import NetworkConfig
from engine.data.facts import GENERATION_ORDER, IMAGE, TEXT, ColumnFacts
from engine.data.store import StoredDataset
from engine.data.word_vectors import WordVectors
from engine.modalities.image import ImageKind
from engine.modalities.kind import Kind
from engine.modalities.text import TextKind
from engine.nets.protocols import Modality

KINDS: dict[str, Kind[Any]] = {TEXT: TextKind(), IMAGE: ImageKind()}
COLUMNS = {"text": TEXT, "image": IMAGE}
"""Kinds by column, as every dataset has them."""


def fit_columns(
    dataset: StoredDataset, config: RunConfig
) -> tuple[dict[str, ColumnFacts], RunConfig]:
    """Measure the facts of a dataset's columns, in the order in which they are generated.

    Settings that are left to the data are resolved by the first column that knows them, so that
    further columns and a resumed run find them as they are.

    Raises:
        EngineError: a column cannot be used.
    """
    facts: dict[str, ColumnFacts] = {}
    for column in sorted(COLUMNS, key=lambda name: GENERATION_ORDER.index(COLUMNS[name])):
        facts[column], config = KINDS[COLUMNS[column]].fit(dataset, column, config)
    return facts, config


def build_modalities(
    columns: Mapping[str, ColumnFacts],
    networks: NetworkConfig,
    vectors: WordVectors | None = None,
) -> tuple[Modality, ...]:
    """Build the modalities of a run in the order in which its items are generated.

    Args:
        columns: facts by column.
        networks: sizes and architecture; a text encoding of ``auto`` is resolved before.
        vectors: initialise the embeddings of words; by default they are random.
    """
    return tuple(
        KINDS[facts.kind].build(column, facts, networks, vectors)
        for column, facts in columns.items()
    )
