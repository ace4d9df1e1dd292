"""Texts for images that have none: read by the running average, kept where it is sure.

A loose image thereby becomes a pair like any other. The network that learns from such a label sees
the image changed, the one that gives it sees the image as it is; else nothing new is learned.
Source: Sohn et al. 2020, arXiv:2001.07685, eqs. 3 and 4.

Shapes: B batch.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.nets.model import Items, RehearsingModel
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
