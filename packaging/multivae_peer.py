"""Wrap the PyPI package ``multivae`` around our networks for the comparison.

It imports packages that a training never calls (torchvision among them, which does not load beside
a CPU build of torch); those that are missing get an empty stand-in.
"""

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import logging
import sys
import tempfile
import time
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from engine.data.tokenizers import PADDING
from engine.nets.image import LatentImageDecoder, PixelLikelihood
from engine.nets.text import NonAutoregressiveTextDecoder
from engine.nets.vae import EncoderHead, MultimodalVae

UNUSED = (
    "torchvision",
    "torchmetrics",
    "nltk",
    "matplotlib",
    "imageio",
    "sklearn",
    "scipy",
    "pandas",
)
"""What multivae imports and nothing here calls."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What both programs are told."""

    is_mixture: bool
    likelihood: PixelLikelihood
    text_weight: float
    latent_dim: int
    learning_rate: float
    batch_size: int
    epochs: int
    half_life: float
    """Of our running average, in images."""
    seed: int


class Peer:
    """A multivae model that begins with the weights of one of ours.

    Args:
        ours: is wrapped; hand a copy in.
        recipe: likelihoods, weights and rates.
    """

    def __init__(self, ours: MultimodalVae, recipe: Recipe) -> None:
        self.ours, self._recipe = ours, recipe
        self._library = _import_multivae()
        architectures = importlib.import_module("pythae.models.nn.base_architectures")
        output = importlib.import_module("pythae.models.base.base_utils").ModelOutput
        wrap = _Wrapping(architectures.BaseEncoder, architectures.BaseDecoder, output)
        kind = "MoPoE" if recipe.is_mixture else "MVAE"
        self.model: nn.Module = getattr(self._library, kind)(
            getattr(self._library, f"{kind}Config")(**_settings(recipe)),
            encoders={
                n: wrap.encoder(cast("EncoderHead", ours.encoder_heads[n]))
                for n in ours.modality_order
            },
            decoders={n: wrap.decoder(ours.decoders[n]) for n in ours.modality_order},
        )

    def train(self, items: Mapping[str, Tensor]) -> float:
        """Train with the package's own trainer, and give the seconds that it took."""
        recipe, trainers = self._recipe, importlib.import_module("multivae.trainers")
        base = importlib.import_module("multivae.data.datasets.base")
        with tempfile.TemporaryDirectory() as folder:
            config = trainers.BaseTrainerConfig(
                output_dir=folder,
                num_epochs=recipe.epochs,
                per_device_train_batch_size=recipe.batch_size,
                learning_rate=recipe.learning_rate,
                seed=recipe.seed,
                no_cuda=True,
            )
            data = base.MultimodalBaseDataset(peer_items(items))
            trainer = trainers.BaseTrainer(self.model, data, training_config=config)
            started_s = time.monotonic()
            with contextlib.redirect_stderr(io.StringIO()):  # its progress bar
                trainer.train()
            return time.monotonic() - started_s

    def loss(self, items: Mapping[str, Tensor]) -> Tensor:
        """What the package would make small for a batch: a scalar."""
        return self.model(self._batch(items)).loss

    def log_likelihood(self, items: Mapping[str, Tensor], samples: int) -> float:
        """Let the package estimate the mean joint log-likelihood, in nats.

        Its importance samples come from the product of all experts, as the papers' own code has
        it; that is what ``importance_bound`` is given too.
        """
        model = cast("Any", self.model)
        name = "compute_joint_nll_paper" if self._recipe.is_mixture else "compute_joint_nll"
        total = getattr(model, name)(self._batch(items), K=samples, batch_size_K=samples)
        return -float(total) / len(next(iter(items.values())))

    @staticmethod
    def _batch(items: Mapping[str, Tensor]) -> Any:
        outputs = importlib.import_module("pythae.data.datasets").DatasetOutput
        return outputs(data=peer_items(items))


def peer_items(items: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Blank the padding of texts: the package counts every row, and rows of zeros cost nothing."""
    text = items["text"].clone()
    text[text[:, :, PADDING] > 0] = 0
    return {**items, "text": text}


class _Wrapping:
    """Makes the package's encoders and decoders, whose classes exist only once it is imported."""

    def __init__(self, encoder: Any, decoder: Any, output: Any) -> None:
        self._encoder, self._decoder, self._output = encoder, decoder, output

    def encoder(self, expert: EncoderHead) -> nn.Module:
        def forward(_self: nn.Module, items: Tensor) -> Any:
            mean, log_variance = expert(items)
            return self._output(embedding=mean, log_covariance=log_variance)

        return self._made(self._encoder, expert, forward)

    def decoder(self, decoder: nn.Module) -> nn.Module:
        def forward(_self: nn.Module, latent: Tensor) -> Any:
            return self._output(reconstruction=_reconstruction(decoder, latent))

        return self._made(self._decoder, decoder, forward)

    @staticmethod
    def _made(parent: Any, inner: nn.Module, forward: Any) -> nn.Module:
        made = type(f"Wrapped{type(inner).__name__}", (parent,), {"forward": forward})()
        made.inner = inner
        return made


def _reconstruction(decoder: nn.Module, latent: Tensor) -> Tensor:
    """What the package's likelihoods expect: the middle of a density, or logits of words."""
    if isinstance(decoder, NonAutoregressiveTextDecoder):
        return decoder.logits(latent)
    return torch.tanh(cast("LatentImageDecoder", decoder).decoder.draw(latent))


def _settings(recipe: Recipe) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "n_modalities": 2,
        "latent_dim": recipe.latent_dim,
        "uses_likelihood_rescaling": True,
        "rescale_factors": {"image": 1.0, "text": recipe.text_weight},
        "decoders_dist": {"image": recipe.likelihood.family, "text": "categorical"},
        "decoder_dist_params": {"image": {"scale": recipe.likelihood.scale}},
        "beta": 1.0,
    }
    # Its MoPoE knows no annealing, so neither of ours gets any.
    return settings if recipe.is_mixture else {**settings, "warmup": 0, "k": 0}


def _import_multivae() -> types.ModuleType:
    """Import the package, quietly.

    Raises:
        ModuleNotFoundError: this interpreter has no multivae.
    """
    missing = [name for name in UNUSED if importlib.util.find_spec(name) is None]
    sys.meta_path.append(_StandIns(missing))
    library = importlib.import_module("multivae.models")
    logging.disable(logging.INFO)
    return library


class _StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds an empty package under each of some names and under whatever they should hold."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)

    def find_spec(
        self, fullname: str, _path: object = None, _target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in self._names:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Leave it empty."""


class _StandIn(types.ModuleType):
    """Has every name, each an empty class."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})
