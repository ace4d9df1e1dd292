"""Settings of the networks: architecture and size."""

from dataclasses import dataclass

from engine.config.sections import ADVERSARIAL_FAMILIES
from engine.config.setting import setting

IMAGE_SIZES = (32, 64, 128, 256)
TEXT_ENCODINGS = ("auto", "one-hot", "token-ids")
TEXT_ENCODERS = ("linear", "bag-of-words", "transformer")
JOINT_DENSE = "joint-dense"
"""Architecture of the textbook: one multilayer perceptron for pairs in each network."""
ARCHITECTURES = ("convolutional", "dense", "modulated", JOINT_DENSE)
NORMS = ("none", "batch")
CONTEXT_NORMS = ("none", "rms")
INITIAL_STATE, EVERY_TOKEN = "initial-state", "every-token"
TEXT_CONDITIONINGS = ("auto", INITIAL_STATE, EVERY_TOKEN)
OUTPUT_FILTERS = ("none", "low-pass")
CONVOLUTIONAL, RHYTHM = "convolutional", "rhythm"
SOUND_ENCODERS = ("auto", CONVOLUTIONAL, RHYTHM)
GENERATION_ORDERS = ("simultaneous", "text-first")


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """Architecture and size of the networks."""

    architecture: str = setting(
        "convolutional",
        label="Architecture",
        help="Layers of the image networks: convolutional, fully connected (dense) as in the first "
        "GAN, or convolutional with a generator whose batch norms are modulated by noise and text, "
        "for colour images. With joint-dense, generator and discriminator each have a single "
        "hidden layer for image and text together, and pairs are judged only as a whole.",
        choices=ARCHITECTURES,
    )
    image_size: int = setting(
        32,
        label="Image size",
        help="Longer side of generated images. The dataset's images are resized to it and keep "
        "their aspect ratio.",
        unit="px",
        choices=IMAGE_SIZES,
    )
    latent_dim: int = setting(
        64,
        label="Latent dimension",
        help="Dimension of the latent vector that a pair is generated from.",
        low=2,
        high=1024,
    )
    generator_channels: int = setting(
        32,
        label="Generator channels",
        help="Channels of the generator's highest-resolution layer. Cost grows with the square.",
        unit="channels",
        low=4,
        high=512,
    )
    discriminator_channels: int = setting(
        16,
        label="Discriminator channels",
        help="Channels of the discriminator's highest-resolution layer. Cost grows with the "
        "square.",
        unit="channels",
        low=4,
        high=512,
    )
    embedding_dim: int = setting(
        128,
        label="Embedding dimension",
        help="Dimension of the embedding vector of an image or a text; with the architecture "
        "joint-dense, units of the hidden layers.",
        low=8,
        high=2048,
    )
    token_dim: int = setting(
        32,
        label="Token embedding dimension",
        help="Dimension of the embedding vector of a token.",
        low=4,
        high=1024,
    )
    text_encoding: str = setting(
        "one-hot",
        label="Text encoding",
        help="Input of the text networks: one-hot vectors, whose cost grows with the vocabulary, or"
        " token IDs, whose cost hardly does. 'auto' uses token IDs for large vocabularies.",
        choices=TEXT_ENCODINGS,
    )
    text_encoder: str = setting(
        "linear",
        label="Text encoder",
        help="Layers that encode a text: linear ones over all positions, or one of two that treat "
        "all positions alike and need token IDs, a bag of words or a transformer layer.",
        choices=TEXT_ENCODERS,
        families=("hybrid",),
    )
    discriminator_norm: str = setting(
        "none",
        label="Discriminator norm",
        help="Normalization in the discriminator's convolutional layers. Batch norm, as in DCGAN, "
        "cannot be combined with a gradient penalty.",
        choices=NORMS,
        families=ADVERSARIAL_FAMILIES,
    )
    context_norm: str = setting(
        "none",
        label="Context norm",
        help="Normalization of the context that a text is generated from. Without RMS norm, the "
        "encoding of an image can saturate the recurrent decoder, which then ignores the image.",
        choices=CONTEXT_NORMS,
        families=("hybrid",),
    )
    text_conditioning: str = setting(
        INITIAL_STATE,
        label="Text conditioning",
        help="Where the recurrent text decoder receives its context: in its initial state only, or "
        "also at every token, with which the later words of a sentence follow the context sooner. "
        "'auto' uses every token for texts of more than a few.",
        choices=TEXT_CONDITIONINGS,
        families=("hybrid",),
    )
    sound_encoder: str = setting(
        CONVOLUTIONAL,
        label="Sound encoder",
        help="Layers that encode a sound: those of an image, or also the autocorrelation of its "
        "onsets, which tells a tempo. 'auto' adds it for sounds in which a rhythm can repeat.",
        choices=SOUND_ENCODERS,
    )
    output_filter: str = setting(
        "none",
        label="Output filter",
        help="Filter of the modulated generator's output at full resolution. A low-pass filter "
        "weakens grids and hard edges.",
        choices=OUTPUT_FILTERS,
    )
    generation_order: str = setting(
        "simultaneous",
        label="Generation order",
        help="How a pair is generated from noise: both items at once, or first the text and then "
        "an image for it.",
        choices=GENERATION_ORDERS,
        families=("adversarial",),
    )
