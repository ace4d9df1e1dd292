"""One step: the critic learns to tell, then the generator learns to please.

``min_G max_D E[log D(x)] + E[log(1 - D(G(z)))]`` (Goodfellow et al. 2014, arXiv:1406.2661) by
alternating updates, over however many modalities there are. A modality is a name here, nothing
more.

Shapes: B batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.config.training import TrainingConfig
from engine.data.loader import mix_seed
from engine.nets.critic import PAIR, Critic
from engine.nets.generator import Items, PairGenerator
from engine.objectives.nonsaturating import fake_loss, generator_loss, real_loss
from engine.objectives.r1 import r1_penalty
from engine.train.state import TrainingState

Scalars = dict[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """What a step measured: detached scalars, still on the device."""

    losses: Scalars
    signals: Scalars


class AdversarialStep:
    """Updates critic and generator once.

    All randomness of a step follows from the seed and the step's number.
    """

    def __init__(self, state: TrainingState, config: TrainingConfig, seed: int) -> None:
        self._state = state
        self._config = config
        self._seed = seed
        self._randomness = torch.Generator(state.device)

    def __call__(self, real: Items, step: int) -> StepReport:
        """Learn from one batch of real pairs, in the networks' form."""
        self._randomness.manual_seed(mix_seed(self._seed, step))
        kept = self._draw_kept(real)
        critic = self._update_critic(real, kept, step)
        generator = self._update_generator(real, kept)
        return StepReport(
            losses={**generator.losses, **critic.losses},
            signals={**critic.signals, **generator.signals},
        )

    def _draw_kept(self, real: Items) -> Tensor:
        """How many modalities each fake pair keeps of its real one: [B]; 0 makes a joint pair."""
        count = len(next(iter(real.values())))
        return torch.randint(
            len(real), (count,), generator=self._randomness, device=self._state.device
        )

    def _update_critic(self, real: Items, kept: Tensor, step: int) -> StepReport:
        state, config = self._state, self._config
        is_penalised = config.penalty_weight > 0 and step % config.penalty_interval == 0
        with torch.no_grad():
            noise = state.generator.draw_noise(len(kept), self._randomness)
            fake = state.generator.rehearse(noise, real, kept)
        real = {name: item.detach().requires_grad_(is_penalised) for name, item in real.items()}
        seen = state.critic.features(real)
        real_logits = state.critic.judge(seen)
        fake_logits = state.critic(fake)
        loss = _critic_loss(real_logits, fake_logits, was_made(state.generator, kept))
        loss = loss + _mismatch_loss(state.critic, real, seen, step)
        losses = {"critic": loss.detach()}
        if is_penalised:
            scores = torch.stack(list(real_logits.values())).sum(0)
            penalty = config.penalty_weight / 2 * r1_penalty(real, scores).mean()
            losses["penalty"] = penalty.detach()
            loss = loss + config.penalty_interval * penalty
        state.critic_optimiser.zero_grad()
        loss.backward()
        state.critic_optimiser.step()
        return StepReport(
            losses=losses,
            signals={
                "real_score": real_logits[PAIR].detach().sigmoid().mean(),
                "fake_score": fake_logits[PAIR].detach().sigmoid().mean(),
            },
        )

    def _update_generator(self, real: Items, kept: Tensor) -> StepReport:
        state, config = self._state, self._config
        noise = state.generator.draw_noise(len(kept), self._randomness)
        state.critic.requires_grad_(requires_grad=False)
        fake = state.generator.rehearse(noise, real, kept)
        logits = state.critic(fake)
        made = was_made(state.generator, kept)
        adversarial = torch.stack(
            [_mean_of(generator_loss(logits[name]), made[name]) for name in logits]
        ).sum()
        caption = state.generator.supervised_loss(real, self._draw_known(kept)).mean()
        state.generator_optimiser.zero_grad()
        (adversarial + config.caption_weight * caption).backward()
        state.generator_optimiser.step()
        state.critic.requires_grad_(requires_grad=True)
        return StepReport(
            losses={"generator": adversarial.detach(), "caption": caption.detach()}, signals={}
        )

    def _draw_known(self, kept: Tensor) -> Tensor:
        """In which pairs the decoders that learn by likelihood see the partner: [B] booleans."""
        return torch.rand(len(kept), generator=self._randomness, device=kept.device) < 0.5


def was_made(generator: PairGenerator, kept: Tensor) -> dict[str, Tensor]:
    """Which items of the fake pairs are fake: by modality and for ``PAIR``, [B] booleans."""
    made = {name: kept <= place for place, name in enumerate(generator.order)}
    made[PAIR] = torch.ones_like(kept, dtype=torch.bool)
    return made


def _critic_loss(
    real_logits: Mapping[str, Tensor], fake_logits: Mapping[str, Tensor], made: Mapping[str, Tensor]
) -> Tensor:
    losses = [
        real_loss(real_logits[name]).mean() + _mean_of(fake_loss(fake_logits[name]), made[name])
        for name in real_logits
    ]
    return torch.stack(losses).sum()


def _mismatch_loss(critic: Critic, real: Items, seen: Items, step: int) -> Tensor:
    """What the critic pays for real items of two different pairs, which it must call a fake pair.

    Each step exchanges another modality with the neighbour's. Where the neighbour's items are the
    same (ten words for 60,000 digits), the exchange makes no mismatch and does not count.
    Source: the matching-aware critic of Reed et al. 2016, arXiv:1605.05396, algorithm 1.
    """
    names = list(real)
    exchanged = names[step % len(names)]
    differs = torch.stack([(item != item.roll(1, 0)).flatten(1).any(1) for item in real.values()])
    logits = critic.judge_match({**seen, exchanged: seen[exchanged].roll(1, 0)})
    return _mean_of(fake_loss(logits), differs.all(0))


def _mean_of(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of [B] values where the mask is true; 0 where it nowhere is."""
    weights = mask.to(values)
    return (values * weights).sum() / weights.sum().clamp(min=1)
