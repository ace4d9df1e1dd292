"""Losses by likelihood: of real items, of pseudo-labels, and of what generated items tell.

Shapes: B batch.
"""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from engine import ranks
from engine.data.loader import Batch, Items, Masks
from engine.losses.adversarial import masked_mean
from engine.modalities.kind import ItemAugmenter
from engine.nets.protocols import TrainableGenerator
from engine.train.step import NO_WEIGHTS, broadcast_mask

SHOWN_SHARE = 0.6
"""Probability that each of several partners of an item conditions its prediction."""
PRECEDING_SHARE = 0.8
"""Probability that an item conditions the prediction of those after it in the order of generation,
whose condition it always is when items are sampled. In the other rows they learn to do without, for
pseudo-labels."""


@torch.no_grad()
def pseudo_label(model: TrainableGenerator, batch: Batch, *, threshold: float) -> Batch:
    """Fill in missing items that the model predicts with enough confidence.

    The label is predicted from the original image; the network trained on it gets a strongly
    augmented one.
    Source: FixMatch, Sohn et al. 2020, arXiv:2001.07685, eq. 3 and 4.

    Args:
        model: predicts; usually the EMA of the generator.
        batch: without pseudo-labels.
        threshold: smallest probability of a label.
    """
    items, present, pseudo = dict(batch.items), dict(batch.present), dict[str, Tensor]()
    for name, (label, confidence) in model.predict_with_confidence(
        batch.items, batch.present
    ).items():
        others = [there for other, there in batch.present.items() if other != name]
        has_partner = torch.stack(others).any(0)
        pseudo[name] = ~batch.present[name] & has_partner & (confidence >= threshold)
        fill = broadcast_mask(pseudo[name], label)
        items[name] = torch.where(fill, label.to(items[name]), items[name])
        present[name] = batch.present[name] | pseudo[name]
    return replace(batch, items=items, present=present, pseudo=pseudo)


def nll_loss(
    generator: TrainableGenerator,
    real: Batch,
    fake: Items,
    kept: Masks,
    strong_augment: Mapping[str, ItemAugmenter],
    rng: torch.Generator,
    *,
    augments_all: bool = False,
    column_weights: Mapping[str, float] = NO_WEIGHTS,
) -> Tensor | None:
    """Return the negative log-likelihood of a batch under the decoders that have one, in nats.

    Half of the items are conditioned on their partner, half are not, as when a pair is generated.
    Of several partners each is left out of some rows, so that an item is also predicted from each
    of them alone; those before it in the order of generation are left out seldom.
    Where a text has no image, the one generated for it is its condition: back-translation, Sennrich
    et al. 2016, arXiv:1511.06709.

    Args:
        generator: has the decoders.
        real: the batch.
        fake: pairs generated beside it.
        kept: by modality, [B]: the rows in which ``fake`` keeps the real item.
        strong_augment: by modality, how an item is augmented whose partner is a pseudo-label.
        rng: decides what is conditioned on, and the augmentation.
        augments_all: augment the items with real partners, too. Otherwise a captioner learns a
            small dataset by heart (docs/measurements.md).
        column_weights: by modality, a factor on its likelihood beside the modality's own; by
            default 1.

    Returns:
        A scalar, the weighted sum over the modalities of means over present items; None if no
        decoder has a likelihood.
    """
    present, items = real.present, real.items
    some = next(iter(present.values()))
    count = ranks.rows_of_all(len(some))
    chances = torch.rand(count, generator=rng, device=some.device)
    is_conditioned = ranks.own_rows(chances) < 0.5
    is_augmented = torch.full_like(is_conditioned, augments_all)
    if real.pseudo:
        is_pseudo = torch.stack(list(real.pseudo.values())).any(0)
        # A pseudo-label carries no information about the unconditional distribution.
        is_conditioned |= is_pseudo
        is_augmented |= is_pseudo
    if real.pseudo or augments_all:
        items = {
            name: torch.where(
                broadcast_mask(is_augmented, item), strong_augment[name](item, rng), item
            )
            if name in strong_augment
            else item
            for name, item in items.items()
        }
    has_generated_partner = torch.stack(list(kept.values())).any(0)
    conditions = {
        name: torch.where(broadcast_mask(present[name], item), item, fake[name].detach())
        for name, item in items.items()
    }
    visible = {
        name: (there | has_generated_partner) & is_conditioned for name, there in present.items()
    }
    preceding: Masks | None = None
    if len(visible) > 2:
        # A pseudo-label keeps all the items that it was predicted from.
        is_pseudo = torch.stack([*real.pseudo.values(), torch.zeros_like(is_conditioned)]).any(0)
        shape = (len(visible), count)
        chances = torch.rand(shape, generator=rng, device=some.device)
        is_shown = ranks.own_rows(chances, 1) < SHOWN_SHARE
        visible = {
            name: there & (shown | is_pseudo)
            for (name, there), shown in zip(visible.items(), is_shown, strict=True)
        }
        chances = torch.rand(shape, generator=rng, device=some.device)
        is_shown = ranks.own_rows(chances, 1) < PRECEDING_SHARE
        preceding = {
            name: (there | has_generated_partner) & shown
            for (name, there), shown in zip(present.items(), is_shown, strict=True)
        }
    losses = generator.nll_losses(conditions, visible, preceding=preceding)
    means = [
        generator.likelihood_weights[name]
        * column_weights.get(name, 1.0)
        * masked_mean(loss, present[name])
        for name, loss in losses.items()
    ]
    return torch.stack(means).sum() if means else None


def reading_loss(
    generator: TrainableGenerator,
    real: Batch,
    column_weights: Mapping[str, float] = NO_WEIGHTS,
) -> Tensor | None:
    """Return how badly the model reads real items in the way that it reads generated ones.

    ``redescription_loss`` is worth what its readers are. ``nll_loss`` trains them seldom: with four
    columns, one row in fifty predicts another column from a sound alone, and the sound is augmented
    beyond recognition of what depends on time. These items are alone and as they are.

    Args:
        generator: reads.
        real: the batch.
        column_weights: by modality, a factor on its likelihood beside the modality's own; by
            default 1.

    Returns:
        A scalar, the sum over the modalities of weighted means over the rows that have both; None
        if no decoder has a likelihood.
    """
    found = [
        (told, loss, real.present[read] & real.present[told])
        for read, losses in generator.reading_losses(real.items).items()
        for told, loss in losses.items()
    ]
    ranks.count_together(mask for _told, _loss, mask in found)
    terms = [
        generator.likelihood_weights[told] * column_weights.get(told, 1.0) * masked_mean(loss, mask)
        for told, loss, mask in found
    ]
    return torch.stack(terms).sum() if terms else None


def redescription_loss(
    generator: TrainableGenerator,
    fake: Items,
    kept: Masks,
    column_weights: Mapping[str, float] = NO_WEIGHTS,
) -> Tensor | None:
    """Return how badly generated items tell what they were made from, in nats.

    The pair head of the discriminator says *whether* the items of a pair belong together, and is
    satisfied once it tells most pairs of different items apart. This loss also says *what* does not
    fit, which fine distinctions need, such as one note from the next (docs/measurements.md).
    Source: Qiao et al. 2019, MirrorGAN, arXiv:1903.05854, eq. 9.

    Args:
        generator: has made the items.
        fake: generated pairs.
        kept: by modality, [B]: the rows in which ``fake`` has the real item.
        column_weights: by modality, a factor on the loss of its items; by default 1.

    Returns:
        A scalar, the sum over the modalities of weighted means over generated items; None if no
        decoder has a likelihood.
    """
    generated = {name: ~is_real for name, is_real in kept.items()}
    ranks.count_together(generated.values())
    terms = [
        column_weights.get(name, 1.0) * masked_mean(loss, generated[name])
        for name, loss in generator.redescription_losses(fake, generated).items()
    ]
    return torch.stack(terms).sum() if terms else None
