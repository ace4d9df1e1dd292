"""Settings that are fine each and impossible together, with the reason."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from engine.config.data import DataConfig
from engine.config.families import ADVERSARIAL_FAMILIES
from engine.config.networks import NetworkConfig
from engine.config.training import GRADIENT_PENALTIES, TrainingConfig
from engine.errors import Problem

LARGEST_DENSE_IMAGE = 64


class Combined(Protocol):
    """What a run's configuration must offer to be held against the rules."""

    @property
    def family(self) -> str:
        """Of models."""
        ...

    @property
    def networks(self) -> NetworkConfig:
        """How they are built."""
        ...

    @property
    def training(self) -> TrainingConfig:
        """How they learn."""
        ...

    @property
    def data(self) -> DataConfig:
        """What from."""
        ...


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One impossible combination."""

    field: str
    """Dotted name of the setting to change first."""
    reason: str
    is_broken: Callable[[Combined], bool]


RULES = (
    Rule(
        field="training.final_learning_rate",
        reason="must not exceed the learning rate",
        is_broken=lambda run: run.training.final_learning_rate > run.training.learning_rate,
    ),
    Rule(
        field="training.batch_size",
        reason="must be at least 2, or 0 to measure what fits: a batch of one has no variance",
        is_broken=lambda run: run.training.batch_size == 1,
    ),
    Rule(
        field="training.compile_critic",
        reason="cannot go with a gradient penalty: a compiled network cannot be differentiated "
        "twice. Choose spectral-norm or none as the regularizer, or do not compile",
        is_broken=lambda run: (
            _is_adversarial(run) and run.training.compile_critic and _has_gradient_penalty(run)
        ),
    ),
    Rule(
        field="networks.critic_norm",
        reason="cannot go with a gradient penalty: batch norm ties the items of a batch together, "
        "and the penalty belongs to each item alone",
        is_broken=lambda run: (
            _is_adversarial(run)
            and run.networks.critic_norm == "batch"
            and _has_gradient_penalty(run)
        ),
    ),
    Rule(
        field="training.regularizer",
        reason="cannot be none for the Wasserstein loss: it is a distance only to a critic whose "
        "slope is bounded. Choose gradient-penalty",
        is_broken=lambda run: (
            _is_adversarial(run)
            and run.training.adversarial_loss == "wasserstein"
            and run.training.regularizer == "none"
        ),
    ),
    Rule(
        field="networks.architecture",
        reason=f"can be dense only up to {LARGEST_DENSE_IMAGE} px: every pixel has a weight to "
        "every unit",
        is_broken=lambda run: (
            run.networks.architecture == "dense" and run.networks.image_size > LARGEST_DENSE_IMAGE
        ),
    ),
    Rule(
        field="data.word_vectors",
        reason="need whole words as text units",
        is_broken=lambda run: bool(run.data.word_vectors) and run.data.tokenizer != "word",
    ),
)


def combination_problems(run: Combined) -> list[Problem]:
    """Give all impossible combinations of a configuration."""
    return [Problem(rule.field, rule.reason) for rule in RULES if rule.is_broken(run)]


def _is_adversarial(run: Combined) -> bool:
    return run.family in ADVERSARIAL_FAMILIES


def _has_gradient_penalty(run: Combined) -> bool:
    return run.training.regularizer in GRADIENT_PENALTIES and run.training.penalty_weight > 0
