"""Texts for images that have none: read by the running average, kept where it is sure.

A loose image thereby becomes a pair like any other. The network that learns from such a label sees
the image changed, the one that gives it sees the image as it is; else nothing new is learned.
Source: Sohn et al. 2020, arXiv:2001.07685, eqs. 3 and 4.

Shapes: B batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.augment.pipeline import Augmenter
from engine.losses.adversarial import masked_mean
from engine.nets.protocols import Items, RehearsingModel
from engine.train.step import Masks, like


@dataclass(frozen=True, kw_only=True)
class Completed:
    """A batch in which some of what was missing has been filled in."""

    items: Items
    present: Masks
    """What is real or filled in."""
    filled: Masks
    """What is filled in; a modality that cannot be is absent."""

    @property
    def real(self) -> Masks:
        """What is real alone."""
        return {
            n: there & ~self.filled[n] if n in self.filled else there
            for n, there in self.present.items()
        }


@torch.no_grad()
def complete(model: RehearsingModel, items: Items, present: Masks, *, sureness: float) -> Completed:
    """Fill in what is missing where the model is sure of it.

    Args:
        model: gives the labels.
        items: by modality, [B, ...].
        present: what of them is real.
        sureness: least probability of a label.
    """
    filled: dict[str, Tensor] = {}
    whole = dict(items)
    for name, (item, probability) in model.likeliest(items, present).items():
        has_other = torch.stack([there for other, there in present.items() if other != name]).any(0)
        filled[name] = ~present[name] & has_other & (probability >= sureness)
        whole[name] = torch.where(like(filled[name], item), item.to(items[name]), items[name])
    return Completed(
        items=whole,
        present={n: there | filled[n] if n in filled else there for n, there in present.items()},
        filled=filled,
    )


# --------------------------------------------------------------------------
# What decoders that learn by likelihood learn from a batch.
#
# Shapes: B batch.


def supervised_loss(
    generator: RehearsingModel,
    completed: Completed,
    fake: Items,
    kept: Masks,
    disguises: Mapping[str, Augmenter],
    randomness: torch.Generator,
) -> Tensor | None:
    """What the items of a batch cost the decoders that learn by likelihood, in nats; none may.

    Half of the real items are learned with their partner in sight, half without, as when a pair is
    imagined. Where a text has no image, what the generator drew for it stands in: the words are
    real, and reading them off the drawing is a task like any other. Source: back-translation,
    Sennrich et al. 2016, arXiv:1511.06709.

    Args:
        generator: has the decoders.
        completed: the batch.
        fake: pairs made beside it; their items may stand in for missing ones.
        kept: by modality, the rows of ``fake`` that kept the real item.
        disguises: by modality, how an item is changed where its partner was filled in.
        randomness: decides what is seen, and the disguises.
    """
    present = completed.present
    some = next(iter(present.values()))
    is_told = torch.rand(len(some), generator=randomness, device=some.device) < 0.5
    real = completed.items
    if completed.filled:
        is_filled = torch.stack(list(completed.filled.values())).any(0)
        # What was filled in says nothing of how often an item comes by itself.
        is_told |= is_filled
        real = _disguised(real, is_filled, disguises, randomness)
    is_made_for_it = torch.stack(list(kept.values())).any(0)
    seen = {
        name: torch.where(like(present[name], item), item, fake[name].detach())
        for name, item in real.items()
    }
    known = {name: (there | is_made_for_it) & is_told for name, there in present.items()}
    losses = generator.supervised_losses(seen, known)
    means = [masked_mean(loss, present[name]) for name, loss in losses.items()]
    return torch.stack(means).sum() if means else None


def _disguised(
    items: Items, rows: Tensor, disguises: Mapping[str, Augmenter], randomness: torch.Generator
) -> dict[str, Tensor]:
    return {
        name: torch.where(like(rows, item), disguises[name](item, randomness), item)
        if name in disguises
        else item
        for name, item in items.items()
    }


def shares_of_completed(completed: Completed, parts: int) -> list[Completed]:
    """Cut a batch that has been filled in likewise."""
    if parts == 1:
        return [completed]
    cut = {name: item.chunk(parts) for name, item in completed.items.items()}
    present = {name: mask.chunk(parts) for name, mask in completed.present.items()}
    filled = {name: mask.chunk(parts) for name, mask in completed.filled.items()}

    def _nth(pieces: Mapping[str, Sequence[Tensor]], n: int) -> dict[str, Tensor]:
        return {name: piece[n] for name, piece in pieces.items()}

    return [
        Completed(items=_nth(cut, n), present=_nth(present, n), filled=_nth(filled, n))
        for n in range(len(next(iter(cut.values()))))
    ]
