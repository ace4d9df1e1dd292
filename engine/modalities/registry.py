"""The kinds of data by name, and what is built for the columns of a run."""

from collections.abc import Mapping
from typing import Any

from engine.config.networks import NetworkConfig
from engine.config.run import RunConfig
from engine.data.column_info import AUDIO, IMAGE, TABLE, TEXT
from engine.data.facts import GENERATION_ORDER, ColumnFacts
from engine.data.store import StoredDataset
from engine.data.word_vectors import WordVectors
from engine.errors import DatasetCorruptError
from engine.modalities.audio import AudioKind
from engine.modalities.image import ImageKind
from engine.modalities.kind import Kind
from engine.modalities.table import TableKind
from engine.modalities.text import TextKind
from engine.nets.protocols import Modality

KINDS: dict[str, Kind[Any]] = {
    TEXT: TextKind(),
    TABLE: TableKind(),
    AUDIO: AudioKind(),
    IMAGE: ImageKind(),
}


def fit_columns(
    dataset: StoredDataset, config: RunConfig
) -> tuple[dict[str, ColumnFacts], RunConfig]:
    """Measure the facts of a dataset's columns, in the order in which they are generated.

    Settings that are left to the data are resolved by the first column that knows them, so that
    further columns and a resumed run find them as they are.

    Raises:
        EngineError: a column cannot be used.
    """
    kinds = {name: column.kind for name, column in dataset.columns.items()}
    unknown = [name for name, kind in kinds.items() if kind not in KINDS]
    if unknown:
        reason = f"its column '{unknown[0]}' is of the unknown kind '{kinds[unknown[0]]}'"
        raise DatasetCorruptError(dataset.folder, reason)
    facts: dict[str, ColumnFacts] = {}
    for name in sorted(kinds, key=lambda name: GENERATION_ORDER.index(kinds[name])):
        facts[name], config = KINDS[kinds[name]].fit(dataset, name, config)
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
        KINDS[facts.kind].build(name, facts, networks, vectors) for name, facts in columns.items()
    )
