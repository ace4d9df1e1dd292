"""The state of training: networks, optimizers, the EMA of the generator, and counters."""

import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm
from torch.optim import Adam
from torch.optim.swa_utils import get_ema_multi_avg_fn

from engine.config.sections import TrainingConfig
from engine.nets.protocols import PairModel
from engine.runs.checkpoint_files import CheckpointMetadata
from engine.sample.load import EMA_PREFIX

GENERATOR, DISCRIMINATOR = "generator", "discriminator"
_MOMENTS = {"step", "exp_avg", "exp_avg_sq"}
"""State of Adam for a weight."""
_LR_RATIO, _IS_TEXT = "lr_ratio", "is_text"
"""Keys of a parameter group: its learning rate relative to the run's, and whether that is the text
learning rate."""


@dataclass(kw_only=True)
class OptimizedNetwork:
    """A network and its optimizer."""

    network: nn.Module
    optimizer: Adam


@dataclass(kw_only=True)
class TrainingState:
    """Everything that training changes."""

    networks: Mapping[str, OptimizedNetwork]
    """By name; samples are drawn from ``GENERATOR``."""
    ema: nn.Module
    """Exponential moving average of the generator; previews and samples come from it."""
    device: torch.device
    buffers: Mapping[str, nn.Module] = field(default_factory=dict)
    """Further modules with state, such as adaptive augmentation."""
    step: int = 0
    images_seen: int = 0

    @property
    def generator(self) -> nn.Module:
        """The network that samples are drawn from."""
        return self.networks[GENERATOR].network

    @property
    def model(self) -> PairModel:
        """The EMA of the generator as a model."""
        return cast("PairModel", self.ema)

    def set_learning_rate(self, rate: float) -> None:
        """Set the learning rate of all optimizers; each parameter group keeps its ratio to it."""
        for trained in self.networks.values():
            for group in trained.optimizer.param_groups:
                group["lr"] = rate * group[_LR_RATIO]

    def set_text_ratio(self, config: TrainingConfig) -> None:
        """Set the ratio of the text learning rate to the learning rate."""
        for trained in self.networks.values():
            for group in trained.optimizer.param_groups:
                group[_LR_RATIO] = _text_ratio(config) if group[_IS_TEXT] else 1.0

    def tensors(self) -> dict[str, Tensor]:
        """Return all tensors of a checkpoint by name."""
        named: dict[str, Tensor] = {}
        for prefix, network in self._modules():
            named |= {f"{prefix}.{name}": value for name, value in network.state_dict().items()}
        for prefix, trained in self.networks.items():
            # Numbered as in the network: a branch may have other parameter groups.
            for index, weight in enumerate(trained.network.parameters()):
                moments = trained.optimizer.state.get(weight, {})
                named |= {f"{prefix}_optimizer.{index}.{n}": v for n, v in moments.items()}
        return named

    def is_finite(self) -> bool:
        """Return whether all floating-point tensors are finite; synchronises with the device."""
        floats = [value for value in self.tensors().values() if value.is_floating_point()]
        return all(torch.stack([value.isfinite().all() for value in floats]).tolist())

    def restore(self, tensors: Mapping[str, Tensor], metadata: CheckpointMetadata) -> None:
        """Load the tensors and counters of a checkpoint.

        Raises:
            ValueError: the tensors do not fit; the state is then undefined.
        """
        for prefix, network in self._modules():
            try:
                network.load_state_dict(_part(tensors, f"{prefix}."))
            except RuntimeError as error:
                raise ValueError(f"the tensors of {prefix} do not fit") from error
        for prefix, trained in self.networks.items():
            _restore_optimizer(trained, _part(tensors, f"{prefix}_optimizer."))
        self.step, self.images_seen = metadata.step, metadata.images_seen

    def finish_step(self, config: TrainingConfig) -> None:
        """Count a step, and update the EMA."""
        self.step += 1
        self.images_seen = self.step * config.batch_size
        update_ema(
            self.ema,
            self.generator,
            images_seen=self.images_seen,
            batch=config.batch_size,
            half_life=config.ema_half_life,
        )

    def _modules(self) -> Iterator[tuple[str, nn.Module]]:
        for name, trained in self.networks.items():
            yield name, trained.network
        yield EMA_PREFIX.rstrip("."), self.ema
        yield from self.buffers.items()


class StepUndo:
    """Remembers what a step changes before its last exchange between ranks, to put it back.

    A step that fails there has moved batch statistics, and the discriminator perhaps. The generator
    is updated last, the EMA after the step.

    Args:
        state: of a run.
    """

    def __init__(self, state: TrainingState) -> None:
        self._state = state
        self._optimizers = [
            trained.optimizer for name, trained in state.networks.items() if name != GENERATOR
        ]
        self._weights = [
            weight
            for o in self._optimizers
            for group in o.param_groups
            for weight in group["params"]
        ]
        networks = [trained.network for trained in state.networks.values()]
        self._statistics = [buffer for network in networks for buffer in network.buffers()]
        self._had_moments: list[set[Tensor]] = []
        self._live: list[Tensor] = []
        self._copies: list[Tensor] = []

    @torch.no_grad()
    def remember(self) -> None:
        """Remember the state before a step."""
        live = [*self._statistics, *self._weights]
        for module in self._state.buffers.values():
            live += module.buffers()
        for optimizer in self._optimizers:
            live += [value for moments in optimizer.state.values() for value in moments.values()]
        self._had_moments = [set(optimizer.state) for optimizer in self._optimizers]
        self._live = live
        if [value.shape for value in live] == [copied.shape for copied in self._copies]:
            torch._foreach_copy_(self._copies, live)  # pyright: ignore[reportPrivateImportUsage] (as optimizers do)
        else:
            self._copies = [value.detach().clone() for value in live]

    @torch.no_grad()
    def restore(self) -> None:
        """Put everything back."""
        for value, copied in zip(self._live, self._copies, strict=True):
            value.copy_(copied)
        for optimizer, before in zip(self._optimizers, self._had_moments, strict=True):
            for weight in optimizer.state.keys() - before:
                del optimizer.state[weight]


def build_optimizer(
    network: nn.Module, config: TrainingConfig, text_parameters: Collection[nn.Parameter] = ()
) -> Adam:
    """Build the optimizer of a network.

    Args:
        network: all its parameters are optimized.
        config: learning rates and betas.
        text_parameters: those that learn at the text learning rate, if there is one.
    """
    text, rate = set(text_parameters), config.learning_rate
    others = [weight for weight in network.parameters() if weight not in text]
    groups: list[dict[str, Any]] = [{"params": others, _LR_RATIO: 1.0, _IS_TEXT: False}]
    if text:
        # A group of its own even without a text learning rate, which a run may get later.
        own = [weight for weight in network.parameters() if weight in text]
        ratio = _text_ratio(config)
        groups.append({"params": own, "lr": rate * ratio, _LR_RATIO: ratio, _IS_TEXT: True})
    return Adam(groups, lr=rate, betas=(config.beta1, config.beta2), fused=True)


def _text_ratio(config: TrainingConfig) -> float:
    return config.text_learning_rate / config.learning_rate if config.text_learning_rate else 1.0


def step_if_finite(optimizer: Adam) -> Tensor:
    """Take an optimizer step unless a gradient is not finite.

    In that case neither weights nor moments change. It does not synchronise: the fused kernel reads
    the flag on the device.

    Returns:
        A scalar: 1 if the step was skipped, else 0.
    """
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    length = get_total_norm([weight.grad for weight in weights if weight.grad is not None])
    skipped = 1.0 - length.isfinite().float()
    # As ``torch.amp.GradScaler`` does.
    optimizer.found_inf = skipped  # pyright: ignore[reportAttributeAccessIssue] (not in the stub)
    optimizer.step()
    return skipped


def parameter_count(network: nn.Module) -> int:
    """Count the trainable parameters."""
    return sum(parameter.numel() for parameter in network.parameters())


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): v for n, v in tensors.items() if n.startswith(prefix)}


def _restore_optimizer(trained: OptimizedNetwork, tensors: Mapping[str, Tensor]) -> None:
    optimizer, weights = trained.optimizer, list(trained.network.parameters())
    groups = optimizer.state_dict()["param_groups"]
    grouped = itertools.chain.from_iterable(group["params"] for group in optimizer.param_groups)
    numbers = {weight: number for number, weight in enumerate(grouped)}
    moments: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, _, name = key.partition(".")
        if not 0 <= int(index) < len(weights):
            raise ValueError("an optimizer has moments of unknown weights")
        weight = weights[int(index)]
        moments.setdefault(numbers[weight], {})[name] = _laid_out_like(weight, name, value)
    if any(named.keys() != _MOMENTS for named in moments.values()):
        raise ValueError("an optimizer lacks moments, or has unknown ones")
    optimizer.load_state_dict({"state": moments, "param_groups": groups})


def _laid_out_like(weight: Tensor, name: str, value: Tensor) -> Tensor:
    """Copy a moment into its weight's memory format, which the fused kernel relies on."""
    if value.shape != (() if name == "step" else weight.shape):
        raise ValueError("an optimizer's moments do not fit its weights")
    if name == "step":
        return value.float()
    return torch.empty_like(weight, requires_grad=False).copy_(value)


RAMP = 0.1
"""Maximum half-life as a fraction of the images seen, so that early previews are up to date."""


@torch.no_grad()
def update_ema(
    ema: nn.Module, network: nn.Module, *, images_seen: int, batch: int, half_life: float
) -> None:
    """Update the EMA after one batch.

    ``beta = 0.5 ** (batch / half_life)``, with the ramp-up of Karras et al. 2020 (arXiv:2006.06676,
    appendix D). Buffers (batch-norm statistics) are copied.

    Args:
        ema: changed in place.
        network: same architecture.
        images_seen: before or after this batch.
        batch: images in it.
        half_life: in images; 0 copies the network.
    """
    reach = min(half_life, RAMP * images_seen)
    beta = 0.5 ** (batch / reach) if reach > 0 else 0.0
    blend = get_ema_multi_avg_fn(beta)
    blend(list(ema.parameters()), list(network.parameters()), 0)
    for kept, current in zip(ema.buffers(), network.buffers(), strict=True):
        kept.copy_(current)
