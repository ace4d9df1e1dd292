"""Rows of tables."""

import numpy as np
import torch

from engine.config.networks import NetworkConfig
from engine.config.run import RunConfig
from engine.data.facts import TableFacts
from engine.data.loader import StoredRows
from engine.data.store import TRAIN, StoredDataset
from engine.data.table_codec import encode
from engine.data.table_fields import FieldKind, fit_fields
from engine.data.word_vectors import WordVectors
from engine.errors import DatasetCorruptError
from engine.modalities.kind import Augmenters, Rows
from engine.nets.table import TableModality


class TableKind:
    """Rows of a table: encoded rows float32 [M, D] in the loader."""

    def fit(
        self, dataset: StoredDataset, name: str, config: RunConfig
    ) -> tuple[TableFacts, RunConfig]:
        """Measure the distribution of each field in the training items.

        Raises:
            DatasetCorruptError: no training item has a row.
        """
        column = dataset.table(name)
        items = dataset.rows(TRAIN)
        items = items[column.present[items]]
        if not len(items):
            raise DatasetCorruptError(dataset.folder, f"no item to train on has a row in '{name}'")
        kinds = {field.name: FieldKind(field.kind.value) for field in column.info.fields}
        return TableFacts(fields=fit_fields(column.of(items), kinds)), config

    def load(
        self,
        dataset: StoredDataset,
        name: str,
        items: Rows,
        facts: TableFacts,
        networks: NetworkConfig,  # noqa: ARG002 (the protocol's)
    ) -> StoredRows:
        """Read and encode the rows."""
        column = dataset.table(name)
        present = column.present[items]
        rows = torch.from_numpy(encode(facts.fields, column.of(items[present])))
        if present.all():
            return StoredRows(rows=rows)
        first = np.where(present, present.cumsum() - 1, -1)
        return StoredRows(rows=rows, first_row=torch.from_numpy(first))

    def build(
        self,
        name: str,
        facts: TableFacts,
        networks: NetworkConfig,
        vectors: WordVectors | None,  # noqa: ARG002 (the protocol's)
    ) -> TableModality:
        """Build the modality."""
        return TableModality(name=name, fields=facts.fields, embedding_dim=networks.embedding_dim)

    def augmenters(self, dataset: StoredDataset, name: str, config: RunConfig) -> Augmenters:  # noqa: ARG002 (the protocol's)
        """Rows are not augmented."""
        return Augmenters()
