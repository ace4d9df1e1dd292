"""How the networks are built and how large they are."""

from dataclasses import dataclass

from engine.config.families import ADVERSARIAL_FAMILIES
from engine.config.setting import setting

IMAGE_SIZES = (32, 64, 128)
ARCHITECTURES = ("convolutional", "dense")
NORMS = ("none", "batch")


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """How the networks are built and how large they are."""

    architecture: str = setting(
        "convolutional",
        label="Architecture",
        help="Convolutions know that neighbouring pixels belong together; dense layers, the first "
        "GAN's own, do not.",
        choices=ARCHITECTURES,
    )
    image_size: int = setting(
        32,
        label="Image size",
        help="Side of the generated images; datasets are resized to it.",
        unit="px",
        choices=IMAGE_SIZES,
    )
    latent_dim: int = setting(
        64,
        label="Noise size",
        help="Numbers of noise that become one pair.",
        low=2,
        high=1024,
    )
    generator_width: int = setting(
        32,
        label="Generator width",
        help="Channels of the generator's finest layer; cost grows with its square.",
        unit="channels",
        low=4,
        high=512,
    )
    critic_width: int = setting(
        16,
        label="Critic width",
        help="Channels of the critic's finest layer; cost grows with its square.",
        unit="channels",
        low=4,
        high=512,
    )
    feature_dim: int = setting(
        128,
        label="Feature size",
        help="Numbers that sum up one image or one text inside the networks.",
        low=8,
        high=2048,
    )
    word_dim: int = setting(
        32,
        label="Word size",
        help="Numbers in the embedding of one word.",
        low=4,
        high=1024,
    )
    critic_norm: str = setting(
        "none",
        label="Critic's norm",
        help="Batch norm in the critic's convolutions, as DCGAN had it; no gradient penalty can be "
        "had with it.",
        choices=NORMS,
        families=ADVERSARIAL_FAMILIES,
    )
