"""Reads what given columns say about another one: likely texts, categories and numbers.

Shapes: K beams, V vocabulary, L tokens, S samples, F features of a context.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from engine.data.facts import TableFacts
from engine.data.table_cells import Cell
from engine.data.table_codec import Cells
from engine.data.table_fields import NumericField
from engine.data.tokenizers import END, Tokenizer
from engine.sample.play_results import MAX_CANDIDATES, Candidate, FieldReading, Reading

BEAMS = 8
"""Texts that are followed at once, more than are shown: equal texts can have several spellings."""
MAX_BEAM_TOKENS = 64
"""Tokens after which a text is not followed further."""
INTERVAL = 0.8


@runtime_checkable
class StepwiseTextDecoder(Protocol):
    """A decoder that gives the probabilities of one token after the other."""

    length: int

    def begin(self, context: Tensor) -> Tensor:
        """Map contexts [B, F] to the states [1, B, F] before the first token."""
        ...

    def next_log_probabilities(
        self, tokens: Tensor | None, state: Tensor, first: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return log-probabilities [B, V] of the next tokens, and the new states [1, B, F]."""
        ...


def likely_texts(
    decoder: StepwiseTextDecoder, context: Tensor, tokenizer: Tokenizer
) -> tuple[Candidate, ...]:
    """Find the most likely texts by beam search, with their exact probabilities.

    A text of as many tokens as the decoder makes at most has no end token, as when sampled.

    Args:
        decoder: of the texts.
        context: [1, F].
        tokenizer: of the texts.
    """
    first = state = decoder.begin(context)
    scores, state = decoder.next_log_probabilities(None, state, first)
    open_texts: list[list[int]] = [[]]
    open_scores = torch.zeros(1)
    ended: list[tuple[float, list[int]]] = []
    for slot in range(min(decoder.length, MAX_BEAM_TOKENS)):
        if slot:
            tokens = torch.tensor([text[-1] for text in open_texts])
            scores, state = decoder.next_log_probabilities(
                tokens, state, first.expand(-1, len(tokens), -1).contiguous()
            )
        totals = (open_scores[:, None] + scores).flatten()
        best, places = totals.topk(min(BEAMS, len(totals)))
        rows, chosen = places // scores.shape[1], places % scores.shape[1]
        is_last = slot == min(decoder.length, MAX_BEAM_TOKENS) - 1
        followed: list[int] = []
        texts: list[list[int]] = []
        for place, (row, token) in enumerate(zip(rows.tolist(), chosen.tolist(), strict=True)):
            text = [*open_texts[row], token]
            if token == END or is_last:
                ended.append((float(best[place]), text))
            else:
                followed.append(place)
                texts.append(text)
        ended = sorted(ended, key=lambda one: -one[0])[:BEAMS]
        is_decided = len(ended) == BEAMS and followed and ended[-1][0] >= best[followed[0]]
        if not followed or is_decided:
            break
        open_texts, open_scores, state = (
            texts,
            best[followed],
            state[:, rows[followed]].contiguous(),
        )
    likelihoods: dict[Cell, float] = {}
    for score, text in ended:
        written = tokenizer.decode(text)
        likelihoods[written] = likelihoods.get(written, 0.0) + float(np.exp(score))
    return _best(likelihoods)


def counted_texts(texts: Sequence[str]) -> Reading:
    """Estimate probabilities from samples."""
    return Reading(candidates=_shares(texts), samples=len(texts))


def summarise_cells(facts: TableFacts, cells: Cells) -> Reading:
    """Summarise sampled rows: frequent categories, median and central interval of numbers.

    Args:
        facts: of the table.
        cells: S rows.
    """
    columns = dict(zip(cells.fields, zip(*cells.rows, strict=True), strict=True))
    fields: list[FieldReading] = []
    for field in facts.fields:
        column: tuple[Cell, ...] = columns[field.name]
        if not isinstance(field, NumericField):
            fields.append(FieldReading(name=field.name, candidates=_shares(column)))
            continue
        present = np.array([cell for cell in column if cell is not None], dtype=np.float64)
        is_missing = len(present) / len(column)
        gone = () if is_missing == 1 else (Candidate(value=None, probability=1 - is_missing),)
        if not len(present):
            fields.append(FieldReading(name=field.name, candidates=gone))
            continue
        low, middle, high = np.quantile(present, [(1 - INTERVAL) / 2, 0.5, (1 + INTERVAL) / 2])
        fields.append(
            FieldReading(
                name=field.name,
                candidates=gone,
                median=float(middle),
                interval=(float(low), float(high)),
            )
        )
    return Reading(fields=tuple(fields), samples=len(cells))


def _shares(column: Sequence[Cell]) -> tuple[Candidate, ...]:
    return _best({cell: count / len(column) for cell, count in Counter(column).items()})


def _best(likelihoods: Mapping[Cell, float]) -> tuple[Candidate, ...]:
    ranked = sorted(likelihoods.items(), key=lambda one: -one[1])[:MAX_CANDIDATES]
    return tuple(Candidate(value=value, probability=p) for value, p in ranked)
