"""Builds the model and the discriminator of a family."""

from collections.abc import Mapping, Sequence
from typing import cast

from torch import nn

from engine.config.networks import JOINT_DENSE, NetworkConfig
from engine.nets.discriminator import Discriminator, PairDiscriminator
from engine.nets.generator import PairGenerator
from engine.nets.joint_dense import JointDenseDiscriminator, JointDenseGenerator
from engine.nets.joint_generator import SequentialBackboneGenerator, SharedBackboneGenerator
from engine.nets.protocols import DenseModality, Modality
from engine.nets.vae import MultimodalVae

GENERATORS: Mapping[str, type[SharedBackboneGenerator]] = {
    "simultaneous": SharedBackboneGenerator,
    "text-first": SequentialBackboneGenerator,
}
"""Of the adversarial family, by ``engine.config.sections.GENERATION_ORDERS``."""


def build_model(family: str, modalities: Sequence[Modality], networks: NetworkConfig) -> nn.Module:
    """Build the ``PairModel`` that a family trains and samples from.

    Args:
        family: a name of ``engine.config.sections.FAMILIES``.
        modalities: in the order in which a pair is generated.
        networks: sizes.
    """
    if family == "hybrid":
        return PairGenerator(modalities, networks.embedding_dim)
    sizes = {"embedding_dim": networks.embedding_dim, "latent_dim": networks.latent_dim}
    if networks.architecture == JOINT_DENSE:
        return JointDenseGenerator(cast("Sequence[DenseModality]", modalities), **sizes)
    if family == "adversarial":
        return GENERATORS[networks.generation_order](modalities, **sizes)
    return MultimodalVae(modalities, **sizes)


def build_discriminator(
    modalities: Sequence[Modality], networks: NetworkConfig
) -> PairDiscriminator:
    """Build the discriminator of the adversarial families."""
    if networks.architecture == JOINT_DENSE:
        dense = cast("Sequence[DenseModality]", modalities)
        return JointDenseDiscriminator(dense, networks.embedding_dim)
    return Discriminator(modalities, networks.embedding_dim)
