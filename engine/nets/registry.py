"""Builds the modalities of a run and the model of its family."""

import functools
from collections.abc import Mapping, Sequence
from typing import cast

from torch import nn

from engine.config.sections import JOINT_DENSE, NetworkConfig
from engine.data.image_shape import SQUARE, ImageShape
from engine.data.tokenizers import Tokenizer
from engine.data.word_vectors import WordVectors
from engine.nets.discriminator import Discriminator, PairDiscriminator
from engine.nets.generator import PairGenerator
from engine.nets.image import ImageModality
from engine.nets.image_mlp import MlpImageModality
from engine.nets.image_modulated import ModulatedImageModality
from engine.nets.joint_dense import JointDenseDiscriminator, JointDenseGenerator
from engine.nets.joint_generator import SequentialBackboneGenerator, SharedBackboneGenerator
from engine.nets.protocols import DenseModality, Modality
from engine.nets.text import TextModality
from engine.nets.token_text import TokenTextModality
from engine.nets.vae import MultimodalVae

IMAGE_MODALITIES: Mapping[str, type[ImageModality]] = {
    "convolutional": ImageModality,
    "dense": MlpImageModality,
    "modulated": ModulatedImageModality,
    # The networks of these pairs ask an image for no network of its own.
    JOINT_DENSE: MlpImageModality,
}
"""By architecture, as ``engine.config.sections.ARCHITECTURES`` names them."""

GENERATORS: Mapping[str, type[SharedBackboneGenerator]] = {
    "simultaneous": SharedBackboneGenerator,
    "text-first": SequentialBackboneGenerator,
}
"""Of the adversarial family, by ``engine.config.sections.GENERATION_ORDERS``."""


def build_modalities(
    networks: NetworkConfig,
    *,
    channels: int,
    tokenizer: Tokenizer,
    text_length: int,
    aspect: ImageShape = SQUARE,
    vectors: WordVectors | None = None,
) -> tuple[Modality, ...]:
    """Build the modalities of a run in the order in which a pair is generated.

    A new modality is one more entry here.

    Args:
        networks: sizes and architecture; a text encoding of ``auto`` is resolved before.
        channels: of the images, 1 or 3.
        tokenizer: of the texts.
        text_length: in tokens.
        aspect: shape of the dataset's images, whose aspect ratio the networks' images have.
        vectors: initialise the token embedding; by default it is random.
    """
    build_text = TextModality
    if networks.text_encoding == "token-ids":
        build_text = functools.partial(TokenTextModality, encoder=networks.text_encoder)
    text = build_text(
        tokenizer=tokenizer,
        vectors=vectors,
        length=text_length,
        token_dim=networks.token_dim,
        embedding_dim=networks.embedding_dim,
        context_norm=networks.context_norm,
    )
    image = IMAGE_MODALITIES[networks.architecture](
        size=networks.image_size,
        aspect=aspect,
        channels=channels,
        latent_dim=networks.latent_dim,
        generator_channels=networks.generator_channels,
        discriminator_channels=networks.discriminator_channels,
        embedding_dim=networks.embedding_dim,
        discriminator_norm=networks.discriminator_norm,
        output_filter=networks.output_filter,
    )
    return (text, image)


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
