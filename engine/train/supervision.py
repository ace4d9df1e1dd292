"""What decoders that learn by likelihood learn from a batch.

Shapes: B batch.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from engine.augment.adaptive import Augmenter
from engine.nets.model import Items, RehearsingModel
from engine.objectives.adversarial import mean_of
from engine.train.self_labels import Completed
from engine.train.step import Masks, like


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
    means = [mean_of(loss, present[name]) for name, loss in losses.items()]
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
