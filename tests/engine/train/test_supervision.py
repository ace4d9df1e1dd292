from typing import Any, cast
from unittest.mock import Mock

import pytest
import torch
from torch import Tensor

from engine.augment.adaptive import Augmenter
from engine.nets.model import Items
from engine.train.self_labels import Completed
from engine.train.step import Masks
from engine.train.supervision import supervised_loss
from tests.helpers.tiny import tiny_pairs

NOTHING = torch.zeros(4, dtype=torch.bool)
ALL = torch.ones(4, dtype=torch.bool)


class Negative:
    """Turns images into their negatives: a disguise that is easily seen."""

    def __call__(self, images: Tensor, _generator: torch.Generator) -> Tensor:
        return -images


def asked(completed: Completed, fake: Items, kept: Masks) -> tuple[dict[str, Tensor], Masks]:
    """Give what the decoders were shown, and what of it they were told."""
    generator = Mock()
    generator.supervised_losses.return_value = {}
    disguises = cast("dict[str, Augmenter]", {"image": Negative()})
    randomness = torch.Generator().manual_seed(0)
    assert supervised_loss(generator, completed, fake, kept, disguises, randomness) is None
    return generator.supervised_losses.call_args.args


def test_that_a_text_alone_is_read_off_what_was_drawn_for_it():
    real = tiny_pairs(4)
    fake = {"text": real["text"], "image": tiny_pairs(4, seed=9)["image"].requires_grad_()}
    present = {"text": ALL, "image": torch.tensor([1, 0, 1, 0]) > 0}
    kept = {"text": torch.tensor([1, 1, 0, 0]) > 0, "image": NOTHING}
    seen, known = asked(Completed(items=real, present=present, filled={}), fake, kept)
    assert torch.equal(seen["image"][[0, 2]], real["image"][[0, 2]])
    assert torch.equal(seen["image"][[1, 3]], fake["image"][[1, 3]])
    assert not seen["image"].requires_grad
    # Nothing was drawn for the last row's text, so there is nothing to read it off.
    assert not known["image"][3]


def test_that_a_label_of_ones_own_is_learned_from_a_disguised_image():
    real = tiny_pairs(4)
    filled = {"text": torch.tensor([0, 1, 0, 1]) > 0}
    completed = Completed(items=real, present={"text": ALL, "image": ALL}, filled=filled)
    seen, known = asked(completed, real, {"text": NOTHING, "image": NOTHING})
    assert torch.equal(seen["image"][[1, 3]], -real["image"][[1, 3]])
    assert torch.equal(seen["image"][[0, 2]], real["image"][[0, 2]])
    assert torch.equal(seen["text"], real["text"])
    # Such a label always has its image in sight: it says nothing of texts by themselves.
    assert known["image"][[1, 3]].all()


def test_that_only_present_items_are_learned():
    losses = {"text": torch.tensor([1.0, 2.0, 40.0, 50.0])}
    generator = Mock()
    generator.supervised_losses.return_value = losses
    present = {"text": torch.tensor([1, 1, 0, 0]) > 0, "image": ALL}
    completed = Completed(items=tiny_pairs(4), present=present, filled={})
    kept: Any = {"text": NOTHING, "image": NOTHING}
    loss = supervised_loss(generator, completed, tiny_pairs(4), kept, {}, torch.Generator())
    assert cast("Tensor", loss).item() == pytest.approx(1.5)
