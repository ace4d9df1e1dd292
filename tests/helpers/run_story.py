"""A tiny run that a test listens to and answers."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from engine.control import RunControl
from engine.events import MetricsReported, RunEnded
from engine.losses import adversarial, regularizers
from engine.nets.vae import MultimodalVae
from engine.runs.folder import RunFolder
from engine.train import gan_losses, vae_step
from engine.train.gan_step import GanStep
from engine.train.run import train
from engine.train.vae_step import VaeStep
from tests.helpers.tiny import tiny_config, tiny_dataset


class RunStory:
    """Trains, keeps what is told, and lets a test answer.

    Args:
        folder: for dataset and run.
        images: to train on, eight a step.
        values: of the configuration.
    """

    def __init__(self, folder: Path, images: int = 160, **values: Any) -> None:
        if not (folder / "data").exists():
            tiny_dataset(folder / "data")
        config = tiny_config(folder / "data", folder / "run", images=images)
        self.config = config.with_values(**{"reporting__evaluate_every_s": 0.0, **values})
        self.control = RunControl()
        self.events: list[Any] = []

    @property
    def folder(self) -> RunFolder:
        """Where the run began."""
        return RunFolder(self.config.run)

    def tell(self, answer: Callable[[Any], None] | None = None, way: Any = train) -> RunEnded:
        """Train to the end, which is given back."""

        def emit(event: Any) -> None:
            self.events.append(event)
            if answer is not None:
                answer(event)

        way(self.config, emit, self.control)
        return self.events[-1]

    def of(self, kind: type) -> list[Any]:
        """Give the events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]


def images_of(event: Any) -> int:
    """Images seen at a report of losses; -1 for any other event."""
    return event.progress.images_seen if isinstance(event, MetricsReported) else -1


def expect_all(problem_log: Any, *texts: str) -> None:
    """Expect warnings with these texts, as often as they came."""
    for text in texts:
        while any(text in line for line in problem_log.unexpected):
            problem_log.expect(text)


# Makes one term of a training step infinite or not a number, at chosen steps.


ADVERSARIAL_TERMS = ("discriminator", "penalty", "generator", "text_nll")
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
        self._count(GanStep)
        self._count(VaeStep)
        {
            "discriminator": self._spoil_discriminator,
            "penalty": self._spoil_penalty,
            "generator": self._spoil_generator,
            "text_nll": lambda: self._spoil(gan_losses, "nll_loss"),
            "kl": lambda: self._spoil(vae_step, "gaussian_divergence"),
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

    def _spoil_discriminator(self) -> None:
        self._replace("real_loss")

    def _spoil_generator(self) -> None:
        self._replace("generator_loss")

    def _spoil_penalty(self) -> None:
        self._spoil(type(regularizers.PENALTIES_BY_NAME["r1"]), "__call__")

    def _spoil_surprise(self, modality: str) -> None:
        healthy = MultimodalVae.nll

        def nll(model: Any, name: str, *rest: Any) -> Any:
            cost = healthy(model, name, *rest)
            return cost * self._factor() if name == modality else cost

        self._patch.setattr(MultimodalVae, "nll", nll)

    def _replace(self, part: str) -> None:
        losses = cast("dict[str, Any]", adversarial.LOSSES_BY_NAME)
        healthy = losses["non-saturating"]
        spoilt = dataclasses.replace(healthy, **{part: self._times(getattr(healthy, part))})
        self._patch.setitem(losses, "non-saturating", spoilt)

    def _times(self, healthy: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda logits: healthy(logits) * self._factor()
