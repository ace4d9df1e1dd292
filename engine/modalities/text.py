"""Texts."""

import functools
import logging

import numpy as np
import torch

from engine.config.networks import EVERY_TOKEN, INITIAL_STATE, NetworkConfig
from engine.config.run import RunConfig, resolved_text_encoding
from engine.data.facts import TextFacts
from engine.data.loader import StoredRows
from engine.data.store import TRAIN, StoredDataset
from engine.data.text_choice import choose_texts, settings_of_choice
from engine.data.word_vectors import WordVectors
from engine.errors import DatasetCorruptError
from engine.modalities.kind import Augmenters, Rows
from engine.nets.text import TextModality
from engine.nets.token_text import TokenTextModality

SHORT_TEXT = 4
"""Tokens of a text, its end included, that the initial state alone conditions well enough."""

log = logging.getLogger(__name__)


def resolved_text_conditioning(conditioning: str, length: int) -> str:
    """Resolve ``auto`` by the length of a column's texts in tokens."""
    if conditioning != "auto":
        return conditioning
    return EVERY_TOKEN if length > SHORT_TEXT else INITIAL_STATE


class TextKind:
    """Texts: token ids [M, L] in the loader, a row for each caption of an item."""

    def fit(
        self, dataset: StoredDataset, name: str, config: RunConfig
    ) -> tuple[TextFacts, RunConfig]:
        """Choose tokenizer, vocabulary and length; resolve these settings and the text encoding.

        Raises:
            DatasetCorruptError: no training item has a text.
        """
        texts = dataset.text(name).distinct(dataset.rows(TRAIN))
        if not len(texts):
            raise DatasetCorruptError(dataset.folder, "no item to train on has a text")
        tokenizer, choice = choose_texts(config.data, texts)
        log.info("%s", choice.sentence())
        config = config.with_values(**settings_of_choice(choice, config.data))
        encoding = resolved_text_encoding(
            config.networks.text_encoding,
            config.family,
            choice.vocabulary_size,
            config.networks.text_encoder,
        )
        config = config.with_values(networks__text_encoding=encoding)
        return TextFacts(tokenizer=tokenizer, length=choice.length), config

    def load(
        self,
        dataset: StoredDataset,
        name: str,
        items: Rows,
        facts: TextFacts,
        networks: NetworkConfig,  # noqa: ARG002 (the protocol's)
    ) -> StoredRows:
        """Read and encode the texts."""
        column = dataset.text(name)
        counts = column.counts[items]
        ids = torch.from_numpy(column.distinct(items).encoded(facts.tokenizer, facts.length))
        if (counts == 1).all():
            return StoredRows(rows=ids)
        counts = counts.astype(np.int64)
        first = torch.from_numpy(np.where(counts > 0, counts.cumsum() - counts, -1))
        several = torch.from_numpy(counts) if counts.max() > 1 else None
        return StoredRows(rows=ids, first_row=first, num_captions=several)

    def build(
        self,
        name: str,
        facts: TextFacts,
        networks: NetworkConfig,
        vectors: WordVectors | None,
    ) -> TextModality | TokenTextModality:
        """Build the modality of the chosen encoding; ``auto`` is resolved before."""
        build_text = TextModality
        if networks.text_encoding == "token-ids":
            build_text = functools.partial(TokenTextModality, encoder=networks.text_encoder)
        return build_text(
            name=name,
            tokenizer=facts.tokenizer,
            vectors=vectors,
            length=facts.length,
            token_dim=networks.token_dim,
            embedding_dim=networks.embedding_dim,
            context_norm=networks.context_norm,
            conditioning=resolved_text_conditioning(networks.text_conditioning, facts.length),
        )

    def augmenters(self, dataset: StoredDataset, name: str, config: RunConfig) -> Augmenters:  # noqa: ARG002 (the protocol's)
        """Texts are not augmented."""
        return Augmenters()
