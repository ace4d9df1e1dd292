"""Makes one term of a training step infinite or not a number, at chosen steps."""

import dataclasses
from collections.abc import Callable
from typing import Any, cast

import pytest

from engine.nets.variational import MultimodalVae
from engine.objectives import table
from engine.train import adversarial_step, variational_step
from engine.train.adversarial_step import AdversarialStep
from engine.train.variational_step import VariationalStep

ADVERSARIAL_TERMS = ("critic", "penalty", "generator", "caption")
VARIATIONAL_TERMS = ("kl", "text", "image")


class Poison:
    """Spoils a term of the steps for which ``is_bad`` holds.

    Args:
        monkeypatch: puts everything back.
        term: name of the loss, as it is reported.
        is_bad: asked with this object and the number of each step.
        value: what the term becomes.
    """

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        term: str,
        is_bad: Callable[["Poison", int], bool],
        value: float = float("nan"),
    ) -> None:
        self._is_bad, self._value, self._patch = is_bad, value, monkeypatch
        self.step = -1
        self.taken: list[int] = []
        """Every step that was taken, as often as it was."""
        self._count(AdversarialStep)
        self._count(VariationalStep)
        {
            "critic": self._spoil_critic,
            "penalty": self._spoil_penalty,
            "generator": self._spoil_generator,
            "caption": lambda: self._spoil(adversarial_step, "supervised_loss"),
            "kl": lambda: self._spoil(variational_step, "gaussian_divergence"),
            "text": lambda: self._spoil_surprise("text"),
            "image": lambda: self._spoil_surprise("image"),
        }[term]()

    def _factor(self) -> float:
        return self._value if self._is_bad(self, self.step) else 1.0

    def _count(self, step_class: type) -> None:
        taken = step_class.__call__

        def count(step: Any, batch: Any, number: int) -> Any:
            self.step = number
            self.taken.append(number)
            return taken(step, batch, number)

        self._patch.setattr(step_class, "__call__", count)

    def _spoil(self, owner: Any, name: str) -> None:
        healthy = getattr(owner, name)
        self._patch.setattr(
            owner, name, lambda *args, **kwargs: healthy(*args, **kwargs) * self._factor()
        )

    def _spoil_critic(self) -> None:
        self._replace("real_loss")

    def _spoil_generator(self) -> None:
        self._replace("generator_loss")

    def _spoil_penalty(self) -> None:
        self._spoil(type(table.PENALTIES["r1"]), "__call__")

    def _spoil_surprise(self, modality: str) -> None:
        healthy = MultimodalVae.surprise

        def surprise(model: Any, name: str, *rest: Any) -> Any:
            cost = healthy(model, name, *rest)
            return cost * self._factor() if name == modality else cost

        self._patch.setattr(MultimodalVae, "surprise", surprise)

    def _replace(self, part: str) -> None:
        losses = cast("dict[str, Any]", table.ADVERSARIAL)
        healthy = losses["non-saturating"]
        spoilt = dataclasses.replace(healthy, **{part: self._times(getattr(healthy, part))})
        self._patch.setitem(losses, "non-saturating", spoilt)

    def _times(self, healthy: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda logits: healthy(logits) * self._factor()
