"""One GAN training step: update the discriminator, then the generator.

Alternating updates of ``engine.train.gan_losses`` (Goodfellow et al. 2014, arXiv:1406.2661).

Shapes: B batch.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import torch
from torch import Tensor

from engine import ranks
from engine.config.sections import TrainingConfig
from engine.data.loader import Batch, Items, Masks
from engine.data.seeds import mix_seed
from engine.losses.adversarial import LOSSES_BY_NAME
from engine.modalities.kind import ItemAugmenter
from engine.nets.blocks import frozen
from engine.nets.discriminator import PAIR, PairDiscriminator
from engine.nets.protocols import Modality, TrainableGenerator
from engine.train.device import in_precision
from engine.train.gan_losses import Logits, discriminator_loss, generator_loss, rows_to_generate
from engine.train.pseudo_labels import pseudo_label
from engine.train.state import DISCRIMINATOR, GENERATOR, TrainingState, step_if_finite
from engine.train.step import (
    METRICS_EVERY,
    NO_WEIGHTS,
    Scalars,
    StepReport,
    add_up,
    average_reports,
    generalization_gap,
    gradient_norm,
    impute_missing_rows,
    logit_metrics,
    merge_reports,
    split_batch,
)


@dataclass(kw_only=True)
class MicroBatch:
    """A part of a batch with its generated pairs; usually the entire batch."""

    real: Batch
    kept: Masks
    """By modality, [B]: the rows in which the generated pair keeps the real item."""
    fake: Items = field(default_factory=dict)
    noise: Items = field(default_factory=dict)
    """What the fakes were generated from."""


class GanStep:
    """Updates discriminator and generator once.

    Args:
        state: has a generator and a discriminator.
        config: losses, penalties and their weights.
        seed: together with the step's number it determines all random numbers.
        modalities: measure the diversity of generated items.
        augmenters: by modality, augmentation of everything that the discriminator sees.
        strong_augment: by modality, augmentation of items whose partner is a pseudo-label, and of
            all that a text is predicted from if there are ``augmenters``.
        validation: pairs that are not trained on, for the generalisation gap; may be empty.
        column_weights: by modality, weight of the losses of its items alone; by default 1.
    """

    def __init__(
        self,
        state: TrainingState,
        config: TrainingConfig,
        seed: int,
        *,
        modalities: Sequence[Modality] = (),
        augmenters: Mapping[str, ItemAugmenter] | None = None,
        strong_augment: Mapping[str, ItemAugmenter] | None = None,
        validation: Items | None = None,
        column_weights: Mapping[str, float] = NO_WEIGHTS,
    ) -> None:
        self._state, self._config, self._seed = state, config, seed
        self._modalities = {modality.name: modality for modality in modalities}
        self._augmenters = dict(augmenters or {})
        self._strong_augment = dict(strong_augment or {})
        self._validation = validation or {}
        self._column_weights = column_weights
        self._generator = cast("TrainableGenerator", state.generator)
        self._discriminator = cast("PairDiscriminator", state.networks[DISCRIMINATOR].network)
        heads = self._discriminator.heads
        self._head_of = {n: n if n in heads else PAIR for n in self._generator.modality_order}
        """By modality, the head that judges its items."""
        # The head of the modality that is generated last, the hardest one. The pair head also
        # learns mismatches as fakes, so its probabilities stay near a third.
        self._main_head = self._head_of[self._generator.modality_order[-1]]
        self._rng = torch.Generator(state.device)
        self.num_micro_batches = 1

    def __call__(self, batch: Batch, step: int) -> StepReport:
        """Update the networks with one batch."""
        self._rng.manual_seed(mix_seed(self._seed, step))
        updates_generator = (step + 1) % self._config.d_steps == 0
        batch = impute_missing_rows(batch)
        if not batch.is_complete and self._config.pseudo_label_threshold < 1:
            ema = cast("TrainableGenerator", self._state.ema)
            batch = pseudo_label(ema, batch, threshold=self._config.pseudo_label_threshold)
        micro_batches = [
            MicroBatch(real=part, kept=self._draw_kept(part.present))
            for part in split_batch(batch, self.num_micro_batches)
        ]
        if len(micro_batches) == 1:
            # Both networks see the same fakes: generating them twice gains nothing measurable.
            self._generate(micro_batches[0], with_grad=updates_generator)
        reports = [self._update_discriminator(micro_batches, step)]
        if updates_generator:
            reports.insert(0, self._update_generator(micro_batches, step))
        return merge_reports(reports)

    def _draw_kept(self, present: Masks) -> Masks:
        """Assign the generator's conditioning patterns to equal shares of the rows."""
        patterns = self._generator.conditioning_patterns
        some = next(iter(present.values()))
        count = ranks.rows_of_all(len(some))
        rows = torch.arange(count, device=some.device) * len(patterns) // count
        rows = ranks.own_rows(rows)
        kept: dict[str, Tensor] = {}
        for name, there in present.items():
            is_kept = torch.tensor([name in pattern for pattern in patterns], device=some.device)
            kept[name] = is_kept[rows] & there
        return kept

    def _generate(self, micro_batch: MicroBatch, *, with_grad: bool) -> None:
        with (
            torch.set_grad_enabled(with_grad),
            in_precision(self._config.precision, self._rng.device),
        ):
            count = len(next(iter(micro_batch.kept.values())))
            drawn = self._generator.draw_noise(ranks.rows_of_all(count), self._rng)
            micro_batch.noise = {name: ranks.own_rows(rows) for name, rows in drawn.items()}
            micro_batch.fake = self._generator.generate_training_pairs(
                micro_batch.noise,
                micro_batch.real.items,
                micro_batch.kept,
                rows_to_generate(micro_batch.kept),
            )

    def _update_discriminator(self, micro_batches: Sequence[MicroBatch], step: int) -> StepReport:
        optimizer = self._state.networks[DISCRIMINATOR].optimizer
        optimizer.zero_grad()
        reports: list[StepReport] = []
        real_logits: Logits = {}
        fake_logits: Logits = {}
        for part in micro_batches:
            if len(micro_batches) > 1:
                self._generate(part, with_grad=False)
            loss, losses, real_logits, fake_logits = discriminator_loss(
                self._discriminator,
                part.real,
                part.fake,
                part.kept,
                config=self._config,
                step=step,
                augment=self._augment,
                rng=self._rng,
                column_weights=self._column_weights,
            )
            (loss / len(micro_batches)).backward()
            self._adapt_augmentation(real_logits)
            metrics: Scalars = {}
            if LOSSES_BY_NAME[self._config.adversarial_loss].logits_are_log_odds:
                metrics = logit_metrics(real_logits[self._main_head], fake_logits[self._main_head])
            reports.append(StepReport(losses=losses, metrics=metrics))
        report = average_reports(reports)
        add_up(optimizer, report.losses, report.metrics)
        report.skipped[DISCRIMINATOR] = step_if_finite(optimizer)
        if step % METRICS_EVERY == 0:
            report.metrics["discriminator_gradient"] = gradient_norm(self._discriminator)
            if self._validation:
                report.metrics["overfit_gap"] = generalization_gap(
                    real_logits[self._main_head],
                    fake_logits[self._main_head],
                    self._validation_logits(step),
                )
        return report

    def _update_generator(self, micro_batches: Sequence[MicroBatch], step: int) -> StepReport:
        optimizer = self._state.networks[GENERATOR].optimizer
        optimizer.zero_grad()
        reports: list[StepReport] = []
        with frozen(self._discriminator):
            for part in micro_batches:
                if len(micro_batches) > 1:
                    # The discriminator's fakes were not kept: they would not fit into memory.
                    self._generate(part, with_grad=True)
                loss, losses = generator_loss(
                    self._generator,
                    self._discriminator,
                    part.real,
                    part.fake,
                    part.kept,
                    config=self._config,
                    augment=self._augment,
                    strong_augment=self._strong_augment,
                    augments_all=bool(self._augmenters),
                    rng=self._rng,
                    noise=part.noise,
                    column_weights=self._column_weights,
                )
                metrics = self._diversity(part) if step % METRICS_EVERY == 0 else {}
                (loss / len(micro_batches)).backward()
                part.fake, part.noise = {}, {}
                reports.append(StepReport(losses=losses, metrics=metrics))
        report = average_reports(reports)
        # Diversity has been measured in the items of all ranks.
        add_up(optimizer, report.losses)
        report.skipped[GENERATOR] = step_if_finite(optimizer)
        if step % METRICS_EVERY == 0:
            report.metrics["generator_gradient"] = gradient_norm(self._state.generator)
        return report

    def _augment(self, items: Items) -> dict[str, Tensor]:
        return {
            name: self._augmenters[name](item, self._rng) if name in self._augmenters else item
            for name, item in items.items()
        }

    def _adapt_augmentation(self, real_logits: Logits) -> None:
        for name, augmenter in self._augmenters.items():
            # A NaN must not enter a running sum.
            logits = real_logits[self._head_of[name]].logits.detach().nan_to_num()
            augmenter.update(logits.sign(), len(logits))

    @torch.no_grad()
    def _validation_logits(self, step: int) -> Tensor:
        """Return logits of validation pairs that change from one call to the next: [B]."""
        count = len(next(iter(self._validation.values())))
        first = step // METRICS_EVERY * self._config.batch_size
        rows = torch.arange(first, first + self._config.batch_size, device=self._state.device)
        rows = ranks.own_rows(rows)
        items = {name: item[rows % count] for name, item in self._validation.items()}
        return self._discriminator(self._augment(items))[self._main_head]

    def _diversity(self, part: MicroBatch) -> Scalars:
        """Compare the rows in which everything is generated with as many real ones."""
        rows = ranks.rows_of_all(len(next(iter(part.kept.values()))))
        count = rows // len(self._generator.conditioning_patterns)
        if count < 2:  # in a small micro-batch
            return {}
        metrics: Scalars = {}
        for name, modality in self._modalities.items():
            # The first rows of all ranks are the first of each.
            first = math.ceil(count / ranks.size())
            fake, real = (
                ranks.all_rows(items[name][:first].detach())[:count]
                for items in (part.fake, part.real.items)
            )
            metrics |= modality.diversity_metrics(fake, real)
        return metrics
