"""The model of each family, by name."""

from collections.abc import Sequence

from torch import nn

from engine.nets.generator import PairGenerator
from engine.nets.joint_generator import TrunkGenerator
from engine.nets.protocols import Modality
from engine.nets.vae import MultimodalVae


def build_model(
    family: str, modalities: Sequence[Modality], *, feature_dim: int, latent_dim: int
) -> nn.Module:
    """Build the ``PairModel`` that a family trains and samples from.

    Args:
        family: a name of ``engine.config.sections.FAMILIES``.
        modalities: in the order in which a pair is imagined.
        feature_dim: F, numbers that sum up one item.
        latent_dim: Z, numbers of noise behind a pair where the family shares them.
    """
    if family == "hybrid":
        return PairGenerator(modalities, feature_dim)
    kind = TrunkGenerator if family == "adversarial" else MultimodalVae
    return kind(modalities, feature_dim=feature_dim, latent_dim=latent_dim)
