"""One training step of a multimodal VAE: maximise the evidence lower bound (ELBO).

MVAE (Wu & Goodman 2018, arXiv:1802.05335) sums the ELBOs of all modalities together, of each alone
and of random subsets between. MoPoE (Sutter et al. 2021, arXiv:2105.02470) has one ELBO, under an
even mixture of the posteriors of all subsets: a code from any of them has to explain the complete
pair, which makes pairs coherent.

Shapes: B batch, S sets of modalities, Z latent numbers.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.optim import Adam

from engine import ranks
from engine.config.sections import VariationalConfig
from engine.data.loader import Batch
from engine.data.seeds import mix_seed
from engine.losses.adversarial import masked_mean
from engine.losses.elbo import (
    BoundTerms,
    BoundWeights,
    gaussian_divergence,
    mixture_divergence,
    mvae_loss,
    negative_elbo,
)
from engine.nets.protocols import Items
from engine.nets.vae import Gaussian, MultimodalVae, only_present, product_of_experts
from engine.train.device import in_precision
from engine.train.state import GENERATOR, step_if_finite
from engine.train.step import (
    NO_WEIGHTS,
    StepReport,
    add_up,
    average_reports,
    impute_missing_rows,
    split_batch,
)

ACTIVE_VARIANCE = 0.01
"""A latent number is inactive if the variance of its mean over the items is below this.
Source: active units in Burda et al. 2016, arXiv:1509.00519.
"""

Present = Mapping[str, Tensor]
Subset = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Bound:
    """The bound of a batch."""

    loss: Tensor
    """[B] nats, weighted, to be minimised."""
    whole: BoundTerms
    """Terms of the bound on all present items of each pair."""
    code: Gaussian
    """[B, Z], the posterior given all present items."""


class VaeStep:
    """Updates a multimodal VAE once.

    Args:
        model: the VAE.
        optimizer: of its parameters, fused.
        config: weights of the loss terms.
        is_mixture: MoPoE if true, MVAE if not.
        batch_size: B, to count images.
        seed: together with the step's number it determines all random numbers.
        device: of the model.
        precision: of the networks' arithmetic, ``fp32`` or ``bf16``.
        column_weights: by modality, weight of its likelihood; by default 1.
    """

    def __init__(
        self,
        model: MultimodalVae,
        optimizer: Adam,
        config: VariationalConfig,
        *,
        is_mixture: bool,
        batch_size: int,
        seed: int,
        device: torch.device,
        precision: str = "fp32",
        column_weights: Mapping[str, float] = NO_WEIGHTS,
    ) -> None:
        self._device, self._precision = device, precision
        self._model, self._optimizer, self._is_mixture = model, optimizer, is_mixture
        self._config, self._batch_size, self._seed = config, batch_size, seed
        text_weights = dict.fromkeys(model.discrete, config.text_weight)
        self._weights = text_weights | {
            name: text_weights.get(name, 1.0) * weight for name, weight in column_weights.items()
        }
        self._rng = torch.Generator(device)
        self.num_micro_batches = 1

    def __call__(self, batch: Batch, step: int) -> StepReport:
        """Update the model with one batch; the content of missing items has no effect."""
        self._rng.manual_seed(mix_seed(self._seed, step))
        micro_batches, weights = split_batch(batch, self.num_micro_batches), self.weights(step)
        self._optimizer.zero_grad()
        reports: list[StepReport] = []
        for part in micro_batches:
            present = {} if part.is_complete else part.present
            with in_precision(self._precision, self._device):
                bound = self._bound(impute_missing_rows(part).items, present, weights, step)
            (ranks.mean(bound.loss) / len(micro_batches)).backward()
            reports.append(_report(bound, present, weights))
        report = average_reports(reports)
        add_up(self._optimizer, report.losses)
        report.skipped[GENERATOR] = step_if_finite(self._optimizer)
        return report

    def weights(self, step: int) -> BoundWeights:
        """Return the weights of the terms at a step, with KL annealing.

        Source: Bowman et al. 2016, arXiv:1511.06349, section 3.1.
        """
        config, images = self._config, step * self._batch_size
        ramp = min(1.0, images / config.kl_warmup_images) if config.kl_warmup_images > 0 else 1.0
        return BoundWeights(
            divergence=ramp * config.kl_weight,
            modalities=self._weights,
        )

    def _bound(self, items: Items, present: Present, weights: BoundWeights, step: int) -> Bound:
        if self._is_mixture:
            return mopoe_bound(self._model, items, present, weights, self._rng)
        seed = mix_seed(self._seed, step)
        subsets = mvae_subsets(self._model.modality_order, self._config.num_subsets, seed)
        return mvae_bound(self._model, items, present, subsets, weights, self._rng)


def mvae_bound(
    model: MultimodalVae,
    items: Items,
    present: Present,
    subsets: Sequence[Subset],
    weights: BoundWeights,
    rng: torch.Generator,
) -> Bound:
    """Sum the bounds of several subsets of modalities, each on the likelihood of its own.

    Args:
        model: the VAE.
        items: by modality, [B, ...].
        present: by modality, [B] booleans; a missing name is present in every row.
        subsets: the first holds all modalities.
        weights: of the terms.
        rng: draws one code for each item and subset.
    """
    items = {name: only_present(item, name, present) for name, item in items.items()}
    posteriors = model.posteriors(items)
    codes = [product_of_experts({n: posteriors[n] for n in names}, present) for names in subsets]
    latents = [code.reparameterize(_noise_like(code.mean, rng)) for code in codes]
    nll: list[dict[str, Tensor]] = [{} for _subset in subsets]
    for name, item in items.items():
        places = [place for place, names in enumerate(subsets) if name in names]
        costs = model.nll(name, torch.stack([latents[place] for place in places]), item)
        for place, cost in zip(places, costs, strict=True):
            nll[place][name] = cost
    terms = [
        BoundTerms(nll=cost, divergence=gaussian_divergence(*code))
        for cost, code in zip(nll, codes, strict=True)
    ]
    return Bound(loss=mvae_loss(terms, present, weights), whole=terms[0], code=codes[0])


def mopoe_bound(
    model: MultimodalVae,
    items: Items,
    present: Present,
    weights: BoundWeights,
    rng: torch.Generator,
) -> Bound:
    """Bound the likelihood of complete pairs under the mixture of the subsets' posteriors.

    Each item draws its code from one component, all with the same probability: an unbiased estimate
    that needs only one decoding. Every product has the prior as an expert; the paper leaves it out.

    Args:
        model: the VAE.
        items: by modality, [B, ...].
        present: by modality, [B] booleans; a missing name is present in every row. A subset
            counts where all of it is present.
        weights: of the terms.
        rng: draws the components and the codes.
    """
    items = {name: only_present(item, name, present) for name, item in items.items()}
    posteriors = model.posteriors(items)
    subsets = all_subsets(model.modality_order)
    codes = [product_of_experts({n: posteriors[n] for n in names}, present) for names in subsets]
    parts = Gaussian(*(torch.stack(parameters) for parameters in zip(*codes, strict=True)))
    # [S, B]: the rows in which all of a subset is present.
    everywhere = parts.mean.new_ones(parts.mean.shape[1], dtype=torch.bool)
    is_available = torch.stack(
        [torch.stack([present.get(n, everywhere) for n in names]).all(0) for names in subsets]
    )
    shape = (len(subsets), ranks.rows_of_all(is_available.shape[1]))
    drawn = torch.rand(shape, generator=rng, device=is_available.device)
    chances = ranks.own_rows(drawn, 1)
    chosen = (chances * is_available).argmax(0)
    rows = torch.arange(len(chosen), device=chosen.device)
    part = Gaussian(parts.mean[chosen, rows], parts.log_variance[chosen, rows])
    latent = part.reparameterize(_noise_like(part.mean, rng))[None]
    terms = BoundTerms(
        nll={name: model.nll(name, latent, item)[0] for name, item in items.items()},
        divergence=mixture_divergence(gaussian_divergence(*parts), is_available),
    )
    return Bound(loss=negative_elbo(terms, present, weights), whole=terms, code=codes[0])


def all_subsets(names: Sequence[str]) -> list[Subset]:
    """List the non-empty subsets of modalities, the largest first."""
    sizes = range(len(names), 0, -1)
    return [subset for size in sizes for subset in itertools.combinations(names, size)]


def mvae_subsets(names: Sequence[str], num_subsets: int, seed: int) -> list[Subset]:
    """List all modalities together, each alone, and random subsets between, without repetition.

    Two modalities have no subsets between.
    """
    whole, alone = tuple(names), [(name,) for name in names]
    between = [subset for subset in all_subsets(names) if 1 < len(subset) < len(names)]
    count = min(num_subsets, len(between))
    drawn = np.random.default_rng(seed).choice(len(between), count, replace=False) if count else ()
    return list(dict.fromkeys([whole, *alone, *(between[place] for place in drawn)]))


def _noise_like(mean: Tensor, rng: torch.Generator) -> Tensor:
    shape = (ranks.rows_of_all(len(mean)), *mean.shape[1:])
    drawn = torch.randn(shape, generator=rng, device=mean.device, dtype=mean.dtype)
    return ranks.own_rows(drawn)


@torch.no_grad()
def _report(bound: Bound, present: Present, weights: BoundWeights) -> StepReport:
    """Report the unweighted bound and its terms, in nats per present item.

    Of several ranks, the losses are shares and the metrics those of all rows.
    """
    unweighted = negative_elbo(bound.whole, present, BoundWeights())
    ranks.count_together(present.values())
    losses = {"bound": ranks.mean(unweighted), "kl": ranks.mean(bound.whole.divergence)}
    for name, cost in bound.whole.nll.items():
        losses[name] = masked_mean(cost, present[name]) if name in present else ranks.mean(cost)
    is_active = ranks.all_rows(bound.code.mean).var(0, unbiased=False) > ACTIVE_VARIANCE
    return StepReport(
        losses={name: loss.detach() for name, loss in losses.items()},
        metrics={
            "kl_weight": unweighted.new_full((), weights.divergence),
            "active_latents": is_active.float().mean(),
        },
    )
