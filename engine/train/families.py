"""Builds what each family trains with: networks, optimisers and the training step."""

import copy
from collections.abc import Mapping, Sequence
from typing import cast

import torch

from engine.augment.pipeline import Augmenter
from engine.config.run import RunConfig
from engine.config.sections import ADVERSARIAL_FAMILIES
from engine.losses.regularizers import apply_spectral_norm
from engine.nets.discriminator import Critic
from engine.nets.protocols import Items, Modality
from engine.nets.registry import build_model
from engine.nets.vae import MultimodalVae
from engine.train.gan_step import GanStep
from engine.train.state import CRITIC, GENERATOR, Player, TrainingState, adam
from engine.train.step import Step
from engine.train.vae_step import VaeStep


def build_state(
    modalities: Sequence[Modality],
    config: RunConfig,
    device: torch.device,
    augmenters: Mapping[str, Augmenter] | None = None,
) -> TrainingState:
    """Build networks and optimisers; the seed determines the initial weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        networks = {GENERATOR: build_model(config.family, modalities, config.networks)}
        if config.family in ADVERSARIAL_FAMILIES:
            networks[CRITIC] = _build_critic(modalities, config)
    for network in networks.values():
        network.to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] (stub lacks it)
    average = copy.deepcopy(networks[GENERATOR]).eval().requires_grad_(requires_grad=False)
    return TrainingState(
        players={
            name: Player(network=network, optimiser=adam(network, config.training))
            for name, network in networks.items()
        },
        average=average,
        device=device,
        extras={f"augmenter.{n}": a.to(device) for n, a in (augmenters or {}).items()},
    )


def build_step(
    state: TrainingState,
    config: RunConfig,
    *,
    modalities: Sequence[Modality] = (),
    strong_augment: Mapping[str, Augmenter] | None = None,
    validation: Items | None = None,
) -> Step:
    """Build the training step of a family."""
    if config.family in ADVERSARIAL_FAMILIES:
        return GanStep(
            state,
            config.training,
            config.seed,
            modalities=modalities,
            augmenters=_augmenters_of(state),
            strong_augment=strong_augment,
            validation=validation,
        )
    player, terms = state.players[GENERATOR], config.variational
    return VaeStep(
        cast("MultimodalVae", player.network),
        player.optimiser,
        is_mixture=config.family == "mopoe",
        kl_weight=terms.kl_weight,
        kl_warmup_images=terms.kl_warmup_images,
        text_weight=terms.text_weight,
        random_subsets=terms.random_subsets,
        batch_size=config.training.batch_size,
        seed=config.seed,
        device=state.device,
        precision=config.training.precision,
    )


def _build_critic(modalities: Sequence[Modality], config: RunConfig) -> Critic:
    critic = Critic(modalities, config.networks.feature_dim)
    if config.training.regularizer == "spectral-norm":
        apply_spectral_norm(critic)
    if config.training.compile_critic:
        for trunk in critic.trunks.values():
            # In place: the names of the weights do not change.
            trunk.compile()
    return critic


def _augmenters_of(state: TrainingState) -> dict[str, Augmenter]:
    named = {name.partition(".")[2]: extra for name, extra in state.extras.items()}
    return {name: extra for name, extra in named.items() if isinstance(extra, Augmenter)}
