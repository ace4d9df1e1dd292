"""The losses of the discriminator and of the generator, over any number of modalities.

``min_G max_D E[log D(x)] + E[log(1 - D(G(z)))]`` (Goodfellow et al. 2014, arXiv:1406.2661), with
any adversarial loss. Each head of the discriminator has a mask of the rows that it judges. Missing
items are masked: their content changes neither a loss nor a gradient.

Shapes: B batch.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from engine import ranks
from engine.config.sections import TrainingConfig
from engine.data.loader import Batch, Items, Masks
from engine.losses.adversarial import LOSSES_BY_NAME, MaskedLogits
from engine.losses.regularizers import PENALTIES_BY_NAME, PenaltyInputs, relative_spreads
from engine.modalities.kind import ItemAugmenter
from engine.nets.blocks import num_selected
from engine.nets.discriminator import PAIR, PairDiscriminator
from engine.nets.protocols import TrainableGenerator
from engine.train.device import in_precision
from engine.train.pseudo_labels import nll_loss, reading_loss, redescription_loss
from engine.train.step import (
    NO_WEIGHTS,
    Scalars,
)

Logits = Mapping[str, MaskedLogits]
"""By head of the discriminator."""
Augment = Callable[[Items], dict[str, Tensor]]


def discriminator_loss(
    discriminator: PairDiscriminator,
    real: Batch,
    fake: Items,
    kept: Masks,
    *,
    config: TrainingConfig,
    step: int,
    augment: Augment,
    rng: torch.Generator,
    column_weights: Mapping[str, float] = NO_WEIGHTS,
) -> tuple[Tensor, Scalars, Logits, Logits]:
    """Return ``L_D``, its terms, and the logits of the real and the generated pairs by head.

    ``L_D = sum over heads of w loss(D(x), D(G(z))) + loss(D(mismatched x)) + k * weight *
    penalty``, where w is the weight of the head's column, 1 for the pair head; an unbounded loss
    gets ``loss(D(x), D(mismatched x))`` for the second term, or none. The penalty enters every k-th
    step (lazy regularisation, arXiv:1912.04958).
    """
    objective = LOSSES_BY_NAME[config.adversarial_loss]
    penalty = PENALTIES_BY_NAME.get(config.regularizer) if config.penalty_weight > 0 else None
    if step % config.reg_interval:
        penalty = None
    augmented = augment(real.items)
    x = detach(augmented, needs_grad=penalty is not None and penalty.needs_real_grad)
    g = augment({name: item.detach() for name, item in fake.items()})
    g = detach(g, needs_grad=penalty is not None and penalty.needs_fake_grad)
    x, g = discriminator.embed(x), discriminator.embed(g)
    # The second derivatives of a penalty need full precision.
    with in_precision("fp32" if penalty else config.precision, rng.device):
        least = discriminator.min_items
        judged, is_real = judged_items(real, least), real_mask(real, least)
        is_fake = fake_mask(kept, judged)
        ranks.count_together([*is_real.values(), *is_fake.values()])
        features = discriminator.features(x)
        real_logits = masked(discriminator.logits(features, real.present), is_real)
        known: Items = {}
        if discriminator.computes_rows_apart and not (penalty and penalty.needs_fake_grad):
            # What a pair keeps has been judged, unless it was augmented in another way.
            known = {n: features[n] for n, item in real.items.items() if augmented[n] is item}
        fake_features = discriminator.complete_features(g, known, kept)
        fake_logits = masked(discriminator.logits(fake_features, judged), is_fake)
        terms = [
            column_weights.get(h, 1.0) * objective.discriminator(real_logits[h], fake_logits[h])
            for h in real_logits
        ]
        loss = torch.stack(terms).sum()
        if PAIR in real_logits and learns_mismatches(config):
            mismatched = mismatched_logits(discriminator, features, real, step)
            pairs = real_logits[PAIR]
            if objective.is_bounded_below:
                loss = loss + objective.fake(mismatched, pairs)
            else:
                # Against the same real pairs: more fakes than real pairs have no lower bound.
                pairs = MaskedLogits(pairs.logits, mismatched.mask)
                loss = loss + objective.discriminator(pairs, mismatched)
    losses = {"discriminator": loss.detach()}
    if penalty is not None:
        inputs = penalty_inputs(discriminator, x, real_logits, g, fake_logits, rng, real.present)
        if config.penalty_scale == "spread":
            inputs = replace(inputs, weights=relative_spreads(x, real.observed()))
        weighted = config.penalty_weight * ranks.mean(penalty(inputs))
        losses["penalty"] = weighted.detach()
        loss = loss + config.reg_interval * weighted
    return loss, losses, real_logits, fake_logits


def learns_mismatches(config: TrainingConfig) -> bool:
    """Return whether the discriminator also learns mismatched pairs as fakes."""
    is_bounded = LOSSES_BY_NAME[config.adversarial_loss].is_bounded_below
    return config.mismatched_pairs == "always" or (
        config.mismatched_pairs == "bounded" and is_bounded
    )


def generator_loss(
    generator: TrainableGenerator,
    discriminator: PairDiscriminator,
    real: Batch,
    fake: Items,
    kept: Masks,
    *,
    config: TrainingConfig,
    augment: Augment,
    strong_augment: Mapping[str, ItemAugmenter],
    augments_all: bool,
    rng: torch.Generator,
    noise: Items | None = None,
    column_weights: Mapping[str, float] = NO_WEIGHTS,
) -> tuple[Tensor, Scalars]:
    """Return ``L_G`` and its terms: adversarial loss, weighted text NLL, reading and redescription.

    Gradients reach the generator through ``fake``, or for discrete items through ``relax``. The
    loss of a head and the NLL of a column are multiplied by the weight of the column.
    """
    objective = LOSSES_BY_NAME[config.adversarial_loss]
    with in_precision(config.precision, rng.device):
        soft_noise = noise if config.text_relaxation == "soft" else None
        g = augment(generator.relax(fake, kept, discriminator.embedding_tables(), soft_noise))
        judged = judged_items(real, discriminator.min_items)
        is_fake = fake_mask(kept, judged)
        ranks.count_together([*is_fake.values(), *real.present.values()])
        known: Items = {}
        if discriminator.computes_rows_apart:
            # Real items pass no gradient to the generator.
            with torch.no_grad():
                known = discriminator.features(g, kept)
        features = discriminator.complete_features(g, known, kept)
        fake_logits = masked(discriminator.logits(features, judged), is_fake)
        real_logits: Logits = {}
        if objective.needs_real_logits:
            logits = discriminator(augment(real.items), real.present)
            real_logits = masked(logits, real_mask(real, discriminator.min_items))
        terms = [
            column_weights.get(h, 1.0) * objective.generator(fake_logits[h], real_logits.get(h))
            for h in fake_logits
        ]
        adversarial = torch.stack(terms).sum()
        text_nll = nll_loss(
            generator,
            real,
            fake,
            kept,
            strong_augment,
            rng,
            augments_all=augments_all,
            column_weights=column_weights,
        )
        reading: Tensor | None = None
        if config.reading_weight and len(kept) > 2:
            reading = reading_loss(generator, real, column_weights)
        redescription: Tensor | None = None
        if config.redescription_weight and len(kept) > 2:
            redescription = redescription_loss(generator, fake, kept, column_weights)
    loss, losses = adversarial, {"generator": adversarial.detach()}
    if text_nll is not None:
        loss = loss + config.text_nll_weight * text_nll
        losses["text_nll"] = text_nll.detach()
    if reading is not None:
        loss = loss + config.reading_weight * reading
        losses["reading"] = reading.detach()
    if redescription is not None:
        loss = loss + config.redescription_weight * redescription
        losses["redescription"] = redescription.detach()
    return loss, losses


def mismatched_logits(
    discriminator: PairDiscriminator, features: Items, real: Batch, step: int
) -> MaskedLogits:
    """Return the pair logits of real items from two different pairs, which count as fakes.

    Steps alternate between the modalities that are exchanged with the next row's. Rows that still
    belong together (ten words for 60,000 digits) make no mismatch and are masked.
    Source: the matching-aware discriminator of Reed et al. 2016, arXiv:1605.05396, algorithm 1.
    """
    exchanged = list(real.items)[step % len(real.items)]
    is_mismatch = discriminator.is_mismatch(real.items, real.present, exchanged)
    swapped = {**features, exchanged: ranks.previous_rows(features[exchanged])}
    logits = discriminator.joint_logit(swapped, real.present)
    return MaskedLogits(logits, is_mismatch & real_mask(real, discriminator.min_items)[PAIR])


def penalty_inputs(
    discriminator: PairDiscriminator,
    x: Items,
    real_logits: Logits,
    g: Items,
    fake_logits: Logits,
    rng: torch.Generator,
    present: Masks | None = None,
) -> PenaltyInputs:
    """Collect what a gradient penalty differentiates.

    The logits of a head are scaled by ``sqrt(B / rows in its mask)``, so that the mean over all
    rows of the squared gradient is, for each head, a mean over its own rows, as its loss is.
    """

    def scaled_sum(logits: Logits) -> Tensor:
        scaled = [
            v.logits.where(v.mask, 0.0)
            * (ranks.rows_of_all(len(v.mask)) / ranks.count_rows(v.mask).clamp(min=1)).sqrt()
            for v in logits.values()
        ]
        return torch.stack(scaled).sum(0)

    def masked_sum(items: Items) -> Tensor:
        logits = discriminator(items, present)
        rows = [logits[h].float().where(v.mask, 0.0) for h, v in real_logits.items()]
        return torch.stack(rows).sum(0)

    return PenaltyInputs(
        real=x,
        real_logits=scaled_sum(real_logits),
        fake=g,
        fake_logits=scaled_sum(fake_logits),
        discriminator=masked_sum,
        generator=rng,
    )


def masked(logits: Items, masks: Masks) -> Logits:
    """Combine logits [B] with the mask of each head."""
    return {head: MaskedLogits(values.float(), masks[head]) for head, values in logits.items()}


def real_mask(real: Batch, min_items: int = 2) -> Masks:
    """Return by head the rows that count as real; a pair needs so many items or more.

    A pseudo-label makes its row a real pair; it is no real item of its own modality.
    """
    return {**real.observed(), PAIR: _is_pair(real, min_items)}


def judged_items(real: Batch, min_items: int = 2) -> Masks:
    """Return by modality the rows in which the pair head sees the generated item.

    They are those of the real pair, so that what is absent does not tell real from generated. Rows
    without a real pair are judged whole.
    """
    is_pair = _is_pair(real, min_items)
    return {name: there | ~is_pair for name, there in real.present.items()}


def fake_mask(kept: Masks, judged: Masks) -> Masks:
    """Return by head the rows that count as fake: a pair does if any judged item is generated."""
    generated = {name: ~real for name, real in kept.items()}
    in_pair = [made & judged[name] for name, made in generated.items()]
    return {**generated, PAIR: torch.stack(in_pair).any(0)}


def rows_to_generate(kept: Masks) -> dict[str, int]:
    """Return by modality how many of this rank's rows are decoded, where only some are.

    They are those that a single process would decode, because batch statistics are theirs. Empty
    in a single process, and for two modalities, of which all rows are decoded.
    """
    if len(kept) < 3 or ranks.size() == 1:
        return {}
    needed = ranks.all_rows(torch.stack([~is_kept for is_kept in kept.values()], 1))
    counts: dict[str, int] = {}
    for name, mask in zip(kept, needed.unbind(1), strict=True):
        selected = (~mask).to(torch.uint8).argsort(stable=True)[: num_selected(mask)]
        # At least one: networks do not run on none.
        counts[name] = max(1, int((selected % ranks.size() == ranks.rank()).sum()))
    return counts


def _is_pair(real: Batch, min_items: int) -> Tensor:
    return torch.stack(list(real.present.values())).sum(0) >= min_items


def detach(items: Items, *, needs_grad: bool) -> dict[str, Tensor]:
    """Detach items from their graph; a penalty differentiates with respect to the result.

    Discrete items stay as they are: it differentiates with respect to their embeddings.
    """
    return {
        name: item.detach().requires_grad_(needs_grad and item.is_floating_point())
        for name, item in items.items()
    }
