"""One step: the critic learns to tell, then the generator learns to please.

``min_G max_D E[log D(x)] + E[log(1 - D(G(z)))]`` (Goodfellow et al. 2014, arXiv:1406.2661) by
alternating updates, over however many modalities there are and with whatever loss is chosen. A
modality is a name here, nothing more. Missing items are masked: what stands in their place changes
neither a loss nor a gradient.

Shapes: B batch.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import cast

import torch
from torch import Tensor, nn

from engine.augment.pipeline import Augmenter
from engine.config.sections import TrainingConfig
from engine.data.loader import mix_seed
from engine.losses.adversarial import LOSSES_BY_NAME, MaskedLogits
from engine.losses.regularizers import PENALTIES_BY_NAME, PenaltyInputs
from engine.nets.discriminator import PAIR, Critic
from engine.nets.protocols import Items, Modality, RehearsingModel
from engine.train.device import in_precision
from engine.train.pseudo_labels import Completed, complete, shares_of_completed, supervised_loss
from engine.train.state import CRITIC, GENERATOR, TrainingState, advance
from engine.train.step import (
    WATCH_EVERY,
    Batch,
    Masks,
    Scalars,
    StepReport,
    gradient_norm,
    is_watched,
    joined,
    mean_report,
    overfit_signals,
    score_signals,
    with_stand_ins,
)

# --------------------------------------------------------------------------
# What a critic says of a batch, and which of its verdicts count.
#
# Shapes: B batch.


Judgement = Mapping[str, MaskedLogits]
"""By head of the critic."""


@dataclass(kw_only=True)
class Share:
    """A share of a batch on its way through an adversarial step; mostly there is one."""

    real: Completed
    kept: Masks
    """By modality, the rows whose fake pair keeps the real item."""
    counts: Masks
    """By head of the critic, the rows that have what it judges."""
    fake: Items = field(default_factory=dict)
    of_real: Judgement = field(default_factory=dict)
    of_fake: Judgement = field(default_factory=dict)


def judgement(logits: Items, counts: Masks) -> Judgement:
    """Put a critic's logits [B] together with the rows that each head may speak of."""
    return {head: MaskedLogits(values.float(), counts[head]) for head, values in logits.items()}


def scores(judged: Judgement) -> Tensor:
    """Sum of the logits that count, row by row: [B]."""
    return torch.stack([v.logits.where(v.mask, 0.0) for v in judged.values()]).sum(0)


def weighed_scores(judged: Judgement) -> Tensor:
    """The same where rare verdicts weigh more: [B].

    A squared slope, averaged over all rows, is then for each head an average over the rows that it
    counts, as its loss is. Else a head of few rows would hardly be held back.
    """
    weighed = [
        v.logits.where(v.mask, 0.0) * (len(v.mask) / v.mask.sum().clamp(min=1)).sqrt()
        for v in judged.values()
    ]
    return torch.stack(weighed).sum(0)


def watched(items: Items, *, is_watched: bool) -> dict[str, Tensor]:
    """Cut items off from what made them, and let a penalty differentiate their scores."""
    return {name: item.detach().requires_grad_(is_watched) for name, item in items.items()}


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Let gradients pass through a network without gathering any for it."""
    network.requires_grad_(requires_grad=False)
    try:
        yield
    finally:
        network.requires_grad_(requires_grad=True)


class AdversarialStep:
    """Updates critic and generator once.

    Args:
        state: with a generator and a critic.
        config: losses, penalties and their weights.
        seed: with the step's number, decides all randomness.
        modalities: measure how varied the generated items are.
        augmenters: by modality, what both players see through.
        disguises: by modality, what an item looks like where its label is the generator's own.
        held_out: real pairs that are not trained on, for the overfitting signal; may be empty.
    """

    def __init__(
        self,
        state: TrainingState,
        config: TrainingConfig,
        seed: int,
        *,
        modalities: Sequence[Modality] = (),
        augmenters: Mapping[str, Augmenter] | None = None,
        disguises: Mapping[str, Augmenter] | None = None,
        held_out: Items | None = None,
    ) -> None:
        self._state, self._config, self._seed = state, config, seed
        self._modalities = {modality.name: modality for modality in modalities}
        self._augmenters, self._disguises = dict(augmenters or {}), dict(disguises or {})
        self._held_out = held_out or {}
        self._loss = LOSSES_BY_NAME[config.adversarial_loss]
        self._penalty = (
            PENALTIES_BY_NAME.get(config.regularizer) if config.penalty_weight > 0 else None
        )
        self._generator = cast("RehearsingModel", state.generator)
        self._critic = cast("Critic", state.players[CRITIC].network)
        # What is imagined last, the image, is the hardest to make; the pair's own head also calls
        # mismatches fake and so believes in nothing by more than a third.
        self._watched = next(iter(reversed(self._generator.order)))
        self._randomness = torch.Generator(state.device)
        self.parts = 1

    def __call__(self, batch: Batch, step: int) -> StepReport:
        """Learn from one batch of real pairs."""
        self._randomness.manual_seed(mix_seed(self._seed, step))
        is_generators_turn = (step + 1) % self._config.critic_steps == 0
        shares = [
            self._share(completed)
            for completed in shares_of_completed(self._complete(batch), self.parts)
        ]
        if len(shares) == 1:
            # Both players see the same fakes: drawing them twice buys nothing measurable.
            self._imagine(shares[0], for_generator=is_generators_turn)
        reports = [self._teach_critic(shares, step)]
        if is_generators_turn:
            reports.insert(0, self._teach_generator(shares, step))
        return joined(reports)

    def _share(self, completed: Completed) -> Share:
        present = completed.present
        is_whole = torch.stack(list(present.values())).all(0)
        # What is filled in makes real pairs, but by itself it is no real item.
        counts = {**completed.real, PAIR: is_whole}
        return Share(real=completed, kept=self._choose_kept(present), counts=counts)

    def _imagine(self, share: Share, *, for_generator: bool) -> None:
        with torch.set_grad_enabled(for_generator), self._precision():
            count = len(next(iter(share.kept.values())))
            noise = self._generator.draw_noise(count, self._randomness)
            share.fake = self._generator.rehearse(noise, share.real.items, share.kept)

    def _complete(self, batch: Batch) -> Completed:
        """Let another row's item stand for a missing one, or what the generator is sure of."""
        items = with_stand_ins(batch)
        if batch.is_whole or self._config.self_label_sureness >= 1:
            return Completed(items=items, present=batch.present, filled={})
        average = cast("RehearsingModel", self._state.average)
        sureness = self._config.self_label_sureness
        return complete(average, items, batch.present, sureness=sureness)

    def _choose_kept(self, present: Masks) -> Masks:
        """Which real items each fake pair keeps: equal shares of the rows follow each pattern."""
        patterns = self._generator.patterns
        some = next(iter(present.values()))
        rows = torch.arange(len(some), device=some.device) * len(patterns) // len(some)
        chosen = {
            name: torch.tensor([name in pattern for pattern in patterns], device=some.device)
            for name in present
        }
        return {name: chosen[name][rows] & there for name, there in present.items()}

    def _teach_critic(self, shares: Sequence[Share], step: int) -> StepReport:
        optimiser = self._state.players[CRITIC].optimiser
        optimiser.zero_grad()
        reports: list[StepReport] = []
        for share in shares:
            if len(shares) > 1:
                self._imagine(share, for_generator=False)
            loss, report = self._judge(share, step)
            (loss / len(shares)).backward()
            self._adapt(share.of_real)
            reports.append(report)
        report = mean_report(reports)
        report.skipped[CRITIC] = advance(optimiser)
        if is_watched(step):
            report.signals["critic_gradient"] = gradient_norm(self._critic)
            report.signals.update(self._overfitting(shares[-1], step))
        return report

    def _judge(self, share: Share, step: int) -> tuple[Tensor, StepReport]:
        """Give the critic's loss, and let the share remember its verdicts."""
        config = self._config
        penalty = self._penalty if step % config.penalty_interval == 0 else None
        shown = self._augment(share.real.items)
        fake = self._augment({name: item.detach() for name, item in share.fake.items()})
        if penalty is not None:
            shown = watched(shown, is_watched=penalty.needs_real_grad)
            fake = watched(fake, is_watched=penalty.needs_fake_grad)
        # A penalty's second derivatives want full precision.
        with self._precision(is_full=penalty is not None):
            seen = self._critic.features(shown)
            of_real = share.of_real = judgement(self._critic.judge(seen), share.counts)
            of_fake = share.of_fake = judgement(self._critic(fake), self._made(share.kept))
            loss = torch.stack(
                [self._loss.discriminator(of_real[head], of_fake[head]) for head in of_real]
            ).sum()
            if PAIR in of_real and self._loss.is_bounded_below:
                mismatches = self._mismatches(share.real.items, seen, of_real[PAIR].mask, step)
                loss = loss + self._loss.fake(mismatches, of_real[PAIR])
        losses = {"critic": loss.detach()}
        if penalty is not None:
            paid = config.penalty_weight * penalty(self._judged(shown, fake, share)).mean()
            losses["penalty"] = paid.detach()
            loss = loss + config.penalty_interval * paid
        logits_are_log_odds, name = self._loss.logits_are_log_odds, self._watched
        signals = score_signals(of_real[name], of_fake[name]) if logits_are_log_odds else {}
        return loss, StepReport(losses=losses, signals=signals)

    def _teach_generator(self, shares: Sequence[Share], step: int) -> StepReport:
        optimiser = self._state.players[GENERATOR].optimiser
        optimiser.zero_grad()
        reports: list[StepReport] = []
        with frozen(self._critic):
            for share in shares:
                if len(shares) > 1:
                    # Not kept from the critic's turn: that is what would not fit.
                    self._imagine(share, for_generator=True)
                loss, report = self._please(share, step)
                (loss / len(shares)).backward()
                share.fake = {}
                reports.append(report)
        report = mean_report(reports)
        report.skipped[GENERATOR] = advance(optimiser)
        if is_watched(step):
            report.signals["generator_gradient"] = gradient_norm(self._state.generator)
        return report

    def _please(self, share: Share, step: int) -> tuple[Tensor, StepReport]:
        """Give the generator's loss."""
        made, real = self._made(share.kept), share.real
        with self._precision():
            of_fake = judgement(self._critic(self._augment(share.fake)), made)
            of_real = self._real_verdicts(real.items, share.counts)
            adversarial = torch.stack(
                [self._loss.generator(of_fake[head], of_real.get(head)) for head in of_fake]
            ).sum()
            caption = supervised_loss(
                self._generator, real, share.fake, share.kept, self._disguises, self._randomness
            )
        losses, total = {"generator": adversarial.detach()}, adversarial
        if caption is not None:
            losses["caption"] = caption.detach()
            total = total + self._config.caption_weight * caption
        signals = self._variety(share.fake, real.items, made) if is_watched(step) else {}
        return total, StepReport(losses=losses, signals=signals)

    def _mismatches(self, real: Items, seen: Items, is_whole: Tensor, step: int) -> MaskedLogits:
        """What the critic says of real items of two different pairs, which it must call a fake.

        Each step exchanges another modality with the neighbour's. Where the neighbour's items are
        the same (ten words for 60,000 digits), the exchange makes no mismatch and does not count.
        Source: the matching-aware critic of Reed et al. 2016, arXiv:1605.05396, algorithm 1.
        """
        exchanged = list(real)[step % len(real)]
        differs = torch.stack([(i != i.roll(1, 0)).flatten(1).any(1) for i in real.values()])
        logits = self._critic.judge_match({**seen, exchanged: seen[exchanged].roll(1, 0)})
        return MaskedLogits(logits, differs.all(0) & is_whole & is_whole.roll(1, 0))

    def _judged(self, real: Items, fake: Items, share: Share) -> PenaltyInputs:
        counts = {head: verdicts.mask for head, verdicts in share.of_real.items()}
        return PenaltyInputs(
            real=real,
            real_logits=weighed_scores(share.of_real),
            fake=fake,
            fake_logits=weighed_scores(share.of_fake),
            discriminator=lambda items: scores(judgement(self._critic(items), counts)),
            generator=self._randomness,
        )

    def _real_verdicts(self, real: Items, counts: Masks) -> Judgement:
        if not self._loss.needs_real_logits:
            return {}
        return judgement(self._critic(self._augment(real)), counts)

    def _made(self, kept: Masks) -> Masks:
        """The rows that each head may call fake: a pair is fake as soon as one item is."""
        made = {name: ~real for name, real in kept.items()}
        return {**made, PAIR: torch.stack(list(made.values())).any(0)}

    def _augment(self, items: Items) -> dict[str, Tensor]:
        return {
            name: self._augmenters[name](item, self._randomness)
            if name in self._augmenters
            else item
            for name, item in items.items()
        }

    def _adapt(self, of_real: Judgement) -> None:
        for name, augmenter in self._augmenters.items():
            # What is no number says nothing, and must not stay in a sum.
            logits = of_real[name].logits.detach().nan_to_num()
            augmenter.update(logits.sign(), len(logits))

    def _overfitting(self, share: Share, step: int) -> Scalars:
        """How much more the critic believes in items it trains on than in others."""
        if not self._held_out:
            return {}
        with torch.no_grad():
            rows = self._held_out_rows(step)
            held_out = {name: item[rows] for name, item in self._held_out.items()}
            logits = self._critic(self._augment(held_out))[self._watched]
        return overfit_signals(share.of_real[self._watched], share.of_fake[self._watched], logits)

    def _held_out_rows(self, step: int) -> Tensor:
        count = len(next(iter(self._held_out.values())))
        first = step // WATCH_EVERY * self._config.batch_size
        places = torch.arange(first, first + self._config.batch_size, device=self._state.device)
        return places % count

    def _variety(self, fake: Items, real: Items, made: Masks) -> Scalars:
        """Compare rows that are fake through and through with as many real ones."""
        count = len(made[next(iter(made))]) // len(self._generator.patterns)
        if count < 2:  # in a small share of a batch
            return {}
        rows = slice(0, count)
        signals: Scalars = {}
        for name, modality in self._modalities.items():
            signals |= modality.compare(fake[name][rows].detach(), real[name][rows])
        return signals

    def _precision(self, *, is_full: bool = False) -> AbstractContextManager[object]:
        name = "fp32" if is_full else self._config.precision
        return in_precision(name, self._state.device)
