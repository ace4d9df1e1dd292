"""What a step is to the loop, whichever family's model it teaches.

Shapes: B batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm

from engine.losses.adversarial import MaskedLogits, masked_mean
from engine.nets.protocols import Items

# --------------------------------------------------------------------------
# Live figures of a run's health, as scalars that stay on the device.
#
# Shapes: B batch.


WATCH_EVERY = 16
"""Figures that cost time are taken every so many steps."""

LEAST_REACH = 0.5
"""Logits between real and fake below which a critic is too unsure to know anything by heart."""

Scalars = dict[str, Tensor]


def is_watched(step: int) -> bool:
    """Whether a step takes the figures that cost time."""
    return step % WATCH_EVERY == 0


def score_signals(real: MaskedLogits, fake: MaskedLogits) -> Scalars:
    """What the critic believes: probabilities of being real, and the share of right verdicts.

    Returns:
        ``real_score`` and ``fake_score``, mean D in 0 to 1; ``real_sign``, the mean sign of the
        real items' logits in -1 to 1, which nears 1 when a critic knows its items by heart (Karras
        et al. 2020, arXiv:2006.06676, eq. 1).
    """
    real_logits, fake_logits = real.logits.detach(), fake.logits.detach()
    return {
        "real_score": masked_mean(real_logits.sigmoid(), real.mask),
        "fake_score": masked_mean(fake_logits.sigmoid(), fake.mask),
        "real_sign": masked_mean(real_logits.sign(), real.mask),
    }


def overfit_signals(real: MaskedLogits, fake: MaskedLogits, held_out: Tensor) -> Scalars:
    """How far real items that are not trained on look like fakes: 0 not at all, 1 just as much.

    Source: r_v of Karras et al. 2020, arXiv:2006.06676, eq. 1.

    Args:
        real: of training items.
        fake: of generated ones.
        held_out: [B] logits of held-out ones.
    """
    believed = masked_mean(real.logits.detach(), real.mask)
    reach = believed - masked_mean(fake.logits.detach(), fake.mask)
    return {"overfit_gap": (believed - held_out.mean()) / reach.clamp(min=LEAST_REACH)}


def gradient_norm(network: nn.Module) -> Tensor:
    """Length of the gradient of all weights together; a scalar."""
    return get_total_norm([p.grad for p in network.parameters() if p.grad is not None])


Masks = Mapping[str, Tensor]
"""By modality, or by head of a critic: [B] booleans."""


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """What a step measured: detached scalars, still on the device."""

    losses: Scalars
    signals: Scalars
    skipped: Scalars = field(default_factory=dict)
    """By player: 1 where a gradient was not finite, so that its weights stayed as they were."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Items in the networks' form, and which of them are there at all."""

    items: Items
    """By modality, [B, ...]."""
    present: Masks
    """By modality."""
    is_whole: bool = False
    """Nothing is missing; known without a look at the device."""


class Step(Protocol):
    """Teaches a model with one batch. All its randomness follows from seed and step number."""

    parts: int
    """Shares in which a batch is learnt from; more of them take less memory and more time."""

    def __call__(self, batch: Batch, step: int) -> StepReport:
        """Learn from a batch."""
        ...


def whole(items: Items) -> Batch:
    """Make a batch of which nothing is missing."""
    some = next(iter(items.values()))
    there = torch.ones(len(some), dtype=torch.bool, device=some.device)
    return Batch(items=items, present=dict.fromkeys(items, there), is_whole=True)


def with_stand_ins(batch: Batch) -> Items:
    """Put another row's item wherever one is missing.

    What lies under the mask is nobody's data and must not even touch its neighbours, by way of
    batch statistics, say. Real items in its place keep those statistics honest; the masks keep
    the losses so.
    """
    if batch.is_whole:
        return batch.items
    return {
        name: item.index_select(0, _stand_in_rows(batch.present[name]))
        for name, item in batch.items.items()
    }


def like(mask: Tensor, item: Tensor) -> Tensor:
    """Give a mask [B] as many dimensions as an item [B, ...]."""
    return mask.view(-1, *[1] * (item.dim() - 1))


def _stand_in_rows(present: Tensor) -> Tensor:
    """Each row itself where present, else one of the present rows in turn: [B] integers."""
    count = len(present)
    rows = torch.arange(count, device=present.device)
    # Sorting puts the present rows first, in order; no synchronisation, unlike ``nonzero``.
    first = (~present).to(torch.uint8).argsort(stable=True)
    turns = rows % present.sum().clamp(min=1)
    return torch.where(present, rows, first[turns])


# --------------------------------------------------------------------------
# Shares of a batch: gradients are gathered share by share where all does not fit into memory.
#
# The weights move once for all shares together.
#
# Shapes: B batch.


def shares_of_batch(batch: Batch, parts: int) -> list[Batch]:
    """Cut a batch into equal parts, or nearly so; no more than it has rows."""
    cut = {name: item.chunk(parts) for name, item in batch.items.items()}
    masks = {name: mask.chunk(parts) for name, mask in batch.present.items()}
    count = len(next(iter(cut.values())))
    return [
        Batch(items=_nth(cut, n), present=_nth(masks, n), is_whole=batch.is_whole)
        for n in range(count)
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
