"""Interface of the training steps, and functions that the steps of all families use.

Shapes: B batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm
from torch.optim import Optimizer

from engine import ranks
from engine.data.loader import Batch, Items, imputed_rows
from engine.losses.adversarial import MaskedLogits, masked_mean

METRICS_EVERY = 16
"""Interval, in steps, of the metrics that are expensive to compute."""
MIN_LOGIT_GAP = 0.5
"""Smallest mean difference between real and generated logits that counts as a judgement."""

NO_WEIGHTS: Mapping[str, float] = MappingProxyType({})
"""Every column weighs 1."""

Scalars = dict[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """What a step measured: detached scalars, still on the device."""

    losses: Scalars
    metrics: Scalars
    skipped: Scalars = field(default_factory=dict)
    """By network: 1 where a gradient was not finite, so that its weights did not change."""


class Step(Protocol):
    """Updates a family's networks with one batch; all random numbers follow from seed and step."""

    num_micro_batches: int
    """Equal parts of a batch whose gradients are accumulated; more take less memory."""

    def __call__(self, batch: Batch, step: int) -> StepReport:
        """Update the networks."""
        ...


def complete_batch(items: Items) -> Batch:
    """Create a batch without missing items."""
    some = next(iter(items.values()))
    there = torch.ones(len(some), dtype=torch.bool, device=some.device)
    return Batch(items=items, present=dict.fromkeys(items, there), is_complete=True)


def impute_missing_rows(batch: Batch) -> Batch:
    """Replace missing items by present ones of other rows.

    The masks keep imputed rows out of every loss. They still enter batch statistics, which
    arbitrary content would distort and real items do not.
    """
    if batch.is_complete or batch.is_imputed:
        return batch
    items = {
        name: item.index_select(0, imputed_rows(batch.present[name]))
        for name, item in batch.items.items()
    }
    return replace(batch, items=items, is_imputed=True)


def split_batch(batch: Batch, count: int) -> list[Batch]:
    """Split a batch into micro-batches of equal size, or nearly so; at most one a row."""
    if count == 1:
        return [batch]
    items, present, pseudo = (
        {name: values.chunk(count) for name, values in table.items()}
        for table in (batch.items, batch.present, batch.pseudo)
    )
    return [
        Batch(
            items={name: chunks[n] for name, chunks in items.items()},
            present={name: chunks[n] for name, chunks in present.items()},
            pseudo={name: chunks[n] for name, chunks in pseudo.items()},
            is_complete=batch.is_complete,
            is_imputed=batch.is_imputed,
        )
        for n in range(len(next(iter(items.values()))))
    ]


def average_reports(reports: Sequence[StepReport]) -> StepReport:
    """Average the reports of micro-batches; what only some of them have, over those."""
    if len(reports) == 1:
        return reports[0]
    return StepReport(
        losses=_means([report.losses for report in reports]),
        metrics=_means([report.metrics for report in reports]),
        skipped=_means([report.skipped for report in reports]),
    )


def _means(tables: Sequence[Mapping[str, Tensor]]) -> Scalars:
    names = dict.fromkeys(name for table in tables for name in table)
    return {n: torch.stack([t[n] for t in tables if n in t]).mean() for n in names}


def merge_reports(reports: Sequence[StepReport]) -> StepReport:
    """Combine the reports of different networks."""
    return StepReport(
        losses={name: value for report in reports for name, value in report.losses.items()},
        metrics={name: value for report in reports for name, value in report.metrics.items()},
        skipped={name: value for report in reports for name, value in report.skipped.items()},
    )


def add_up(optimizer: Optimizer, *shares: Scalars) -> None:
    """Add up the gradients of all ranks, and the shares of losses and metrics beside them."""
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    ranks.add_up([*gradients, *(share for table in shares for share in table.values())])


def logit_metrics(real: MaskedLogits, fake: MaskedLogits) -> Scalars:
    """Summarise the output of a discriminator head whose logits are log odds.

    Returns:
        ``real_score`` and ``fake_score``, mean D in 0 to 1; ``real_sign``, the mean sign of the
        real items' logits in -1 to 1, which approaches 1 when the discriminator memorises its
        items (Karras et al. 2020, arXiv:2006.06676, eq. 1).
    """
    real_logits, fake_logits = real.logits.detach(), fake.logits.detach()
    return {
        "real_score": masked_mean(real_logits.sigmoid(), real.mask),
        "fake_score": masked_mean(fake_logits.sigmoid(), fake.mask),
        "real_sign": masked_mean(real_logits.sign(), real.mask),
    }


def generalization_gap(real: MaskedLogits, fake: MaskedLogits, validation: Tensor) -> Tensor:
    """Measure how much validation items look like fakes: 0 not at all, 1 as much as fakes do.

    Source: r_v of Karras et al. 2020, arXiv:2006.06676, eq. 1.

    Args:
        real: logits of training items.
        fake: logits of generated items.
        validation: [B] logits of validation items.
    """
    shares = [masked_mean(each.logits.detach(), each.mask) for each in (real, fake)]
    means = ranks.total(torch.stack([*shares, ranks.mean(validation)]))
    real_mean, fake_mean, validation_mean = means.unbind()
    return (real_mean - validation_mean) / (real_mean - fake_mean).clamp(min=MIN_LOGIT_GAP)


def gradient_norm(network: nn.Module) -> Tensor:
    """Return the 2-norm of the gradient of all weights together; a scalar."""
    return get_total_norm([p.grad for p in network.parameters() if p.grad is not None])


def broadcast_mask(mask: Tensor, item: Tensor) -> Tensor:
    """Reshape a mask [B] so that it broadcasts against an item [B, ...]."""
    return mask.view(-1, *[1] * (item.dim() - 1))
