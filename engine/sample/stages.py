"""The steps in which each model generates an item, one column after another.

``PairModel`` maps noise and given items to whole items. Where little changes from one item to the
next, the steps between are needed: what a column depends on, the context of what is given, and the
column's own decoder. Together they compute what the model's ``forward`` does.

Shapes: B batch, F features of a context, Z latent numbers; ``...`` whatever an item looks like.
"""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from engine.nets import joint_generator, vae
from engine.nets.generator import PairGenerator
from engine.nets.image import ContextImageDecoder
from engine.nets.image_mlp import MlpImageDecoder
from engine.nets.joint_dense import JointDenseGenerator
from engine.nets.joint_generator import SequentialBackboneGenerator, SharedBackboneGenerator
from engine.nets.protocols import Items, PairModel
from engine.nets.vae import Gaussian, MultimodalVae

SHIFT = "shift"
"""Name, beside the parts of the noise, of what is added along directions: [B, Z]."""


class Stages(Protocol):
    """Generates one column at a time."""

    directed: str
    """The part of the noise that directions are added to; empty if there is none."""
    is_chained: bool
    """Whether a column depends on the generated columns before it, not on the given ones alone."""

    def parts(self, name: str) -> tuple[str, ...]:
        """Return the parts of the noise that a column depends on directly."""
        ...

    def context(self, items: Items, count: int) -> Tensor:
        """Encode given and generated items, by column [B, ...]: [B, F]."""
        ...

    def decode(self, name: str, noise: Items, items: Items, context: Tensor) -> Tensor:
        """Decode a column: [B, ...].

        Args:
            name: the column.
            noise: its ``parts``, and ``SHIFT`` if ``directed`` is one of them.
            items: that ``context`` encodes.
            context: [B, F].
        """
        ...


def stages_of(model: PairModel) -> Stages:
    """Return the steps of a model."""
    match model:
        case PairGenerator():
            return _HybridStages(model)
        case SharedBackboneGenerator():
            return _BackboneStages(model)
        case JointDenseGenerator():
            return _JointDenseStages(model)
        case MultimodalVae():
            return _VaeStages(model)
        case _:
            raise TypeError(f"no stages of {type(model).__name__}")


def shifted(noise: Items, part: str) -> Tensor:
    """Return a part of the noise with what is added along directions: [B, ...]."""
    return noise[part] + noise[SHIFT] if SHIFT in noise else noise[part]


class _HybridStages:
    is_chained = True

    def __init__(self, model: PairGenerator) -> None:
        self._model = model
        drawn: Sequence[str] = [
            name
            for name in model.modality_order
            if isinstance(model.decoder(name), ContextImageDecoder | MlpImageDecoder)
        ]
        # Pictures come last in the order of generation.
        self.directed = drawn[-1] if drawn else ""

    def parts(self, name: str) -> tuple[str, ...]:
        return (name,)

    def context(self, items: Items, count: int) -> Tensor:
        return self._model.context(items, count)

    def decode(self, name: str, noise: Items, items: Items, context: Tensor) -> Tensor:  # noqa: ARG002 (the protocol's)
        return self._model.decoder(name)(shifted(noise, name), context)


class _BackboneStages:
    directed = joint_generator.LATENT

    def __init__(self, model: SharedBackboneGenerator) -> None:
        self._model = model
        self.is_chained = isinstance(model, SequentialBackboneGenerator)
        self._parts = set(model.draw_noise(1, torch.Generator()))

    def parts(self, name: str) -> tuple[str, ...]:
        return (self.directed, name) if name in self._parts else (self.directed,)

    def context(self, items: Items, count: int) -> Tensor:
        return self._model.context(items, count)

    def decode(self, name: str, noise: Items, items: Items, context: Tensor) -> Tensor:  # noqa: ARG002 (the protocol's)
        moved = {**noise, self.directed: shifted(noise, self.directed)}
        return self._model.decode_item(name, moved, context)


class _VaeStages:
    directed = vae.LATENT
    is_chained = False

    def __init__(self, model: MultimodalVae) -> None:
        self._model = model

    def parts(self, name: str) -> tuple[str, ...]:
        return (self.directed, name)

    def context(self, items: Items, count: int) -> Tensor:
        """Return mean and log variance of the code side by side: [B, 2 Z]."""
        if not items:
            return torch.zeros(count, 2 * self._model.latent_dim)
        return torch.cat(self._model.posterior(items), 1)

    def decode(self, name: str, noise: Items, items: Items, context: Tensor) -> Tensor:  # noqa: ARG002 (the protocol's)
        latent = Gaussian(*context.chunk(2, 1)).reparameterize(noise[self.directed])
        # Directions move the code itself: the noise is scaled by the spread of its posterior.
        latent = latent + noise[SHIFT] if SHIFT in noise else latent
        return self._model.decoder(name)(latent, noise[name])


class _JointDenseStages:
    directed = joint_generator.LATENT
    is_chained = False

    def __init__(self, model: JointDenseGenerator) -> None:
        self._model = model

    def parts(self, name: str) -> tuple[str, ...]:  # noqa: ARG002 (the protocol's)
        return (self.directed,)

    def context(self, items: Items, count: int) -> Tensor:  # noqa: ARG002 (the protocol's)
        return torch.zeros(count, 0)

    def decode(self, name: str, noise: Items, items: Items, context: Tensor) -> Tensor:  # noqa: ARG002 (the protocol's)
        latent = self._model.nearest_noise(noise[self.directed], items)
        latent = latent + noise[SHIFT] if SHIFT in noise else latent
        return self._model.generate(latent)[name]
