"""How a multimodal variational autoencoder learns."""

from dataclasses import dataclass

from engine.config.families import VARIATIONAL_FAMILIES
from engine.config.setting import setting


@dataclass(frozen=True, kw_only=True)
class VariationalConfig:
    """What the terms of the bound weigh."""

    kl_weight: float = setting(
        1.0,
        label="KL weight",
        help="Weight of the divergence between the latent code and its prior, once warmed up.",
        low=0.0,
        high=100.0,
        families=VARIATIONAL_FAMILIES,
    )
    kl_warmup_images: float = setting(
        0.0,
        label="KL warm-up",
        help="Over so many images the KL weight rises from 0; 0 gives it its whole weight at once.",
        unit="images",
        low=0.0,
        high=1e9,
        families=VARIATIONAL_FAMILIES,
    )
    text_weight: float = setting(
        10.0,
        label="Text weight",
        help="Weight of a text's likelihood beside the image's, which has many more numbers.",
        low=0.0,
        high=10_000.0,
        families=VARIATIONAL_FAMILIES,
    )
    random_subsets: int = setting(
        0,
        label="Random subsets",
        help="Random sets of modalities, beside all and each, whose bound a step of MVAE adds.",
        low=0,
        high=16,
        families=("mvae",),
    )
