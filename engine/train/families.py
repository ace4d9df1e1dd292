"""Builds what each family trains with: networks, optimizers and the training step."""

import copy
from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import nn

from engine.config.run import RunConfig, parse_column_weights
from engine.config.sections import ADVERSARIAL_FAMILIES
from engine.losses.regularizers import apply_spectral_norm
from engine.modalities.kind import ItemAugmenter
from engine.nets.discriminator import PairDiscriminator
from engine.nets.generator import PairGenerator
from engine.nets.protocols import Items, Modality
from engine.nets.registry import build_discriminator, build_model
from engine.nets.vae import MultimodalVae
from engine.train.batch_norm import use_rows_of_all_ranks
from engine.train.gan_step import GanStep
from engine.train.state import (
    DISCRIMINATOR,
    GENERATOR,
    OptimizedNetwork,
    TrainingState,
    build_optimizer,
)
from engine.train.step import Step
from engine.train.vae_step import VaeStep

AUGMENTER = "augmenter."
"""Prefix, in a checkpoint, of the state of a column's augmentation."""


def build_networks(modalities: Sequence[Modality], config: RunConfig) -> dict[str, nn.Module]:
    """Build the networks of a family, by name; PyTorch's global randomness initialises them."""
    networks = {GENERATOR: build_model(config.family, modalities, config.networks)}
    if config.family in ADVERSARIAL_FAMILIES:
        networks[DISCRIMINATOR] = _build_discriminator(modalities, config)
    return networks


def build_state(
    modalities: Sequence[Modality],
    config: RunConfig,
    device: torch.device,
    augmenters: Mapping[str, ItemAugmenter] | None = None,
) -> TrainingState:
    """Build networks and optimizers; the seed determines the initial weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        networks = build_networks(modalities, config)
    for network in networks.values():
        use_rows_of_all_ranks(network)
        network.to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] (stub lacks it)
    ema = copy.deepcopy(networks[GENERATOR]).eval().requires_grad_(requires_grad=False)
    return TrainingState(
        networks={
            name: OptimizedNetwork(
                network=network,
                optimizer=build_optimizer(
                    network,
                    config.training,
                    network.likelihood_parameters() if isinstance(network, PairGenerator) else (),
                ),
            )
            for name, network in networks.items()
        },
        ema=ema,
        device=device,
        buffers=augmenter_buffers(augmenters or {}, device),
    )


def augmenter_buffers(
    augmenters: Mapping[str, ItemAugmenter], device: torch.device
) -> dict[str, nn.Module]:
    """Return the augmentation of columns as parts of a training state."""
    return {
        f"{AUGMENTER}{name}": cast("nn.Module", augmenter).to(device)
        for name, augmenter in augmenters.items()
    }


def build_step(
    state: TrainingState,
    config: RunConfig,
    *,
    modalities: Sequence[Modality] = (),
    strong_augment: Mapping[str, ItemAugmenter] | None = None,
    validation: Items | None = None,
    gan_step: type[GanStep] = GanStep,
) -> Step:
    """Build the training step of a family; ``gan_step`` is the class of the adversarial ones."""
    column_weights = parse_column_weights(config.training.column_weights)
    if config.family in ADVERSARIAL_FAMILIES:
        return gan_step(
            state,
            config.training,
            config.seed,
            modalities=modalities,
            augmenters={
                name.removeprefix(AUGMENTER): cast("ItemAugmenter", module)
                for name, module in state.buffers.items()
                if name.startswith(AUGMENTER)
            },
            strong_augment=strong_augment,
            validation=validation,
            column_weights=column_weights,
        )
    trained = state.networks[GENERATOR]
    return VaeStep(
        cast("MultimodalVae", trained.network),
        trained.optimizer,
        config.variational,
        is_mixture=config.family == "mopoe",
        batch_size=config.training.batch_size,
        seed=config.seed,
        device=state.device,
        precision=config.training.precision,
        column_weights=column_weights,
    )


def _build_discriminator(modalities: Sequence[Modality], config: RunConfig) -> PairDiscriminator:
    discriminator = build_discriminator(modalities, config.networks)
    if config.training.regularizer == "spectral-norm":
        apply_spectral_norm(discriminator)
    if config.training.compile_discriminator:
        for backbone in discriminator.backbones.values():
            # In place: the names of the weights do not change.
            backbone.compile()
    return discriminator
