"""Everything that training changes."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Adam

from engine.config.run import RunConfig
from engine.config.training import TrainingConfig
from engine.nets.critic import Critic
from engine.nets.generator import PairGenerator
from engine.nets.modality import Modality
from engine.sample.sampler import AVERAGE


@dataclass(kw_only=True)
class TrainingState:
    """Networks, their running average, optimisers and counters."""

    generator: PairGenerator
    critic: Critic
    average: PairGenerator
    """Running average of the generator; previews and samples come from it."""
    generator_optimiser: Adam
    critic_optimiser: Adam
    device: torch.device
    step: int = 0
    images_seen: int = 0

    def set_learning_rate(self, rate: float) -> None:
        """Set the rate of both optimisers."""
        for optimiser in (self.generator_optimiser, self.critic_optimiser):
            for group in optimiser.param_groups:
                group["lr"] = rate

    def tensors(self) -> dict[str, Tensor]:
        """Name every tensor that a checkpoint must hold."""
        named: dict[str, Tensor] = {}
        for prefix, network in self._networks():
            named |= {f"{prefix}.{name}": value for name, value in network.state_dict().items()}
        for prefix, optimiser in (
            ("generator_optimiser", self.generator_optimiser),
            ("critic_optimiser", self.critic_optimiser),
        ):
            named |= _optimiser_tensors(prefix, optimiser)
        return named

    def _networks(self) -> Iterator[tuple[str, nn.Module]]:
        yield "generator", self.generator
        yield "critic", self.critic
        yield AVERAGE.rstrip("."), self.average


def build_state(
    modalities: Sequence[Modality], config: RunConfig, device: torch.device
) -> TrainingState:
    """Build networks and optimisers; the seed decides the first weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        generator = PairGenerator(modalities, config.networks.feature_dim)
        critic = Critic(modalities, config.networks.feature_dim)
    generator = generator.to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] (stub lacks it)
    critic = critic.to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] (stub lacks it)
    average = copy.deepcopy(generator).eval().requires_grad_(requires_grad=False)
    return TrainingState(
        generator=generator,
        critic=critic,
        average=average,
        generator_optimiser=_adam(generator, config.training),
        critic_optimiser=_adam(critic, config.training),
        device=device,
    )


def parameter_count(network: nn.Module) -> int:
    """Count the numbers that a network learns."""
    return sum(parameter.numel() for parameter in network.parameters())


def _adam(network: nn.Module, config: TrainingConfig) -> Adam:
    return Adam(
        network.parameters(),
        lr=config.learning_rate,
        betas=(config.beta1, config.beta2),
        fused=True,
    )


def _optimiser_tensors(prefix: str, optimiser: Adam) -> dict[str, Tensor]:
    state: Mapping[int, Mapping[str, Tensor]] = optimiser.state_dict()["state"]
    return {
        f"{prefix}.{index}.{name}": value
        for index, values in state.items()
        for name, value in values.items()
    }
