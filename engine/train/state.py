"""Everything that training changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm
from torch.optim import Adam
from torch.optim.swa_utils import get_ema_multi_avg_fn

from engine.config.sections import TrainingConfig
from engine.nets.protocols import PairModel
from engine.runs.checkpoint_files import CheckpointFacts
from engine.sample.sampler import AVERAGE

GENERATOR, CRITIC = "generator", "critic"


@dataclass(kw_only=True)
class Player:
    """A network and the optimiser that moves it."""

    network: nn.Module
    optimiser: Adam


@dataclass(kw_only=True)
class TrainingState:
    """Networks, their optimisers, the running average and counters."""

    players: Mapping[str, Player]
    """By name; ``GENERATOR`` is the one that samples are drawn from."""
    average: nn.Module
    """Running average of the generator; previews and samples come from it."""
    device: torch.device
    extras: Mapping[str, nn.Module] = field(default_factory=dict)
    """What else has numbers to remember, such as an augmentation that adapts."""
    step: int = 0
    images_seen: int = 0

    @property
    def generator(self) -> nn.Module:
        """The network that samples are drawn from."""
        return self.players[GENERATOR].network

    @property
    def model(self) -> PairModel:
        """The running average as what it is good for."""
        return cast("PairModel", self.average)

    def set_learning_rate(self, rate: float) -> None:
        """Set the rate of all optimisers."""
        for player in self.players.values():
            for group in player.optimiser.param_groups:
                group["lr"] = rate

    def tensors(self) -> dict[str, Tensor]:
        """Name every tensor that a checkpoint must hold."""
        named: dict[str, Tensor] = {}
        for prefix, network in self._networks():
            named |= {f"{prefix}.{name}": value for name, value in network.state_dict().items()}
        for prefix, player in self.players.items():
            named |= _optimiser_tensors(f"{prefix}_optimiser", player.optimiser)
        return named

    def is_finite(self) -> bool:
        """Whether all that would be saved is worth it; waits for the device."""
        floats = [value for value in self.tensors().values() if value.is_floating_point()]
        return all(torch.stack([value.isfinite().all() for value in floats]).tolist())

    def restore(self, tensors: Mapping[str, Tensor], facts: CheckpointFacts) -> None:
        """Take up where a checkpoint was left.

        Raises:
            ValueError: the tensors do not fit; nothing can be said of the state afterwards.
        """
        for prefix, network in self._networks():
            try:
                network.load_state_dict(_part(tensors, f"{prefix}."))
            except RuntimeError as error:
                raise ValueError(f"the tensors of {prefix} do not fit") from error
        for prefix, player in self.players.items():
            _restore_optimiser(player.optimiser, _part(tensors, f"{prefix}_optimiser."))
        self.step, self.images_seen = facts.step, facts.images_seen

    def _networks(self) -> Iterator[tuple[str, nn.Module]]:
        for name, player in self.players.items():
            yield name, player.network
        yield AVERAGE.rstrip("."), self.average
        yield from self.extras.items()


def adam(network: nn.Module, config: TrainingConfig) -> Adam:
    """Make the optimiser of a network."""
    return Adam(
        network.parameters(),
        lr=config.learning_rate,
        betas=(config.beta1, config.beta2),
        fused=True,
    )


def advance(optimiser: Adam) -> Tensor:
    """Move weights along their gradients, unless one of those is not finite.

    Then neither weights nor moments change. The device is not waited for: the optimiser's fused
    kernel looks at the flag itself.

    Returns:
        A scalar: 1 if nothing was changed, else 0.
    """
    weights = [weight for group in optimiser.param_groups for weight in group["params"]]
    length = get_total_norm([weight.grad for weight in weights if weight.grad is not None])
    skipped = 1.0 - length.isfinite().float()
    # What the scaler of mixed precision sets as well.
    optimiser.found_inf = skipped  # pyright: ignore[reportAttributeAccessIssue] (not in the stub)
    optimiser.step()
    return skipped


def parameter_count(network: nn.Module) -> int:
    """Count the numbers that a network learns."""
    return sum(parameter.numel() for parameter in network.parameters())


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def _optimiser_tensors(prefix: str, optimiser: Adam) -> dict[str, Tensor]:
    state: Mapping[int, Mapping[str, Tensor]] = optimiser.state_dict()["state"]
    return {
        f"{prefix}.{index}.{name}": value
        for index, values in state.items()
        for name, value in values.items()
    }


def _restore_optimiser(optimiser: Adam, tensors: Mapping[str, Tensor]) -> None:
    groups = optimiser.state_dict()["param_groups"]
    weights = [weight for group in optimiser.param_groups for weight in group["params"]]
    moments: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, _, name = key.partition(".")
        if not 0 <= int(index) < len(weights):
            raise ValueError("an optimiser has moments of weights that are not there")
        moments.setdefault(int(index), {})[name] = _laid_out_like(weights[int(index)], value)
    optimiser.load_state_dict({"state": moments, "param_groups": groups})


def _laid_out_like(weight: Tensor, value: Tensor) -> Tensor:
    """Give a moment its weight's order in memory: the fused kernel walks through both alike."""
    if value.dim() == 0:
        return value
    if value.shape != weight.shape:
        raise ValueError("an optimiser's moments do not fit its weights")
    return torch.empty_like(weight, requires_grad=False).copy_(value)


# --------------------------------------------------------------------------
# The running average of the generator, counted in images.


RAMP = 0.1
"""The half-life never exceeds this share of the images seen, so early previews are not stale."""


@torch.no_grad()
def update_average(
    average: nn.Module, network: nn.Module, *, images_seen: int, batch: int, half_life: float
) -> None:
    """Move the average towards the network by one batch.

    ``beta = 0.5 ** (batch / half_life)``, with the ramp of Karras et al. 2020
    (arXiv:2006.06676, appendix D). Buffers (batch-norm statistics) are copied as they are.

    Args:
        average: changed in place.
        network: same architecture.
        images_seen: before or after this batch.
        batch: images in it.
        half_life: in images; 0 copies the network.
    """
    reach = min(half_life, RAMP * images_seen)
    beta = 0.5 ** (batch / reach) if reach > 0 else 0.0
    blend = get_ema_multi_avg_fn(beta)
    blend(list(average.parameters()), list(network.parameters()), 0)
    for kept, current in zip(average.buffers(), network.buffers(), strict=True):
        kept.copy_(current)
