"""Shares of a batch: gradients are gathered share by share where all does not fit into memory.

The weights move once for all shares together.

Shapes: B batch.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from engine.train.self_labels import Completed
from engine.train.step import Batch, StepReport


def shares_of_batch(batch: Batch, parts: int) -> list[Batch]:
    """Cut a batch into equal parts, or nearly so; no more than it has rows."""
    cut = {name: item.chunk(parts) for name, item in batch.items.items()}
    masks = {name: mask.chunk(parts) for name, mask in batch.present.items()}
    count = len(next(iter(cut.values())))
    return [
        Batch(items=_nth(cut, n), present=_nth(masks, n), is_whole=batch.is_whole)
        for n in range(count)
    ]


def shares_of_completed(completed: Completed, parts: int) -> list[Completed]:
    """Cut a batch that has been filled in likewise."""
    if parts == 1:
        return [completed]
    cut = {name: item.chunk(parts) for name, item in completed.items.items()}
    present = {name: mask.chunk(parts) for name, mask in completed.present.items()}
    filled = {name: mask.chunk(parts) for name, mask in completed.filled.items()}
    return [
        Completed(items=_nth(cut, n), present=_nth(present, n), filled=_nth(filled, n))
        for n in range(len(next(iter(cut.values()))))
    ]


def mean_report(reports: Sequence[StepReport]) -> StepReport:
    """Average what the shares reported; what only some reported, over those."""
    if len(reports) == 1:
        return reports[0]
    return StepReport(
        losses=_means([report.losses for report in reports]),
        signals=_means([report.signals for report in reports]),
        skipped=_means([report.skipped for report in reports]),
    )


def joined(reports: Sequence[StepReport]) -> StepReport:
    """Put reports of different things side by side."""
    return StepReport(
        losses={name: value for report in reports for name, value in report.losses.items()},
        signals={name: value for report in reports for name, value in report.signals.items()},
        skipped={name: value for report in reports for name, value in report.skipped.items()},
    )


def _nth(cut: Mapping[str, Sequence[Tensor]], place: int) -> dict[str, Tensor]:
    return {name: pieces[place] for name, pieces in cut.items()}


def _means(tables: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    names = dict.fromkeys(name for table in tables for name in table)
    return {
        name: torch.stack([table[name] for table in tables if name in table]).mean()
        for name in names
    }
