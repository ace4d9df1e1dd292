"""How the networks learn."""

from dataclasses import dataclass

from engine.config.setting import setting

# --------------------------------------------------------------------------
# The model families by name; ``engine.train.families`` builds them.


FAMILIES = ("hybrid", "adversarial", "mvae", "mopoe")
ADVERSARIAL_FAMILIES = ("hybrid", "adversarial")
"""Those in which a critic judges."""
VARIATIONAL_FAMILIES = ("mvae", "mopoe")
"""Those that learn by a bound on the likelihood."""


ADVERSARIAL_LOSSES = (
    "non-saturating",
    "saturating",
    "hinge",
    "least-squares",
    "wasserstein",
    "relativistic",
)
PRECISIONS = ("auto", "fp32", "bf16")
REGULARIZERS = ("r1", "r1-r2", "gradient-penalty", "spectral-norm", "none")
GRADIENT_PENALTIES = ("r1", "r1-r2", "gradient-penalty")
"""Those that differentiate the critic's gradient once more."""


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How the networks learn."""

    adversarial_loss: str = setting(
        "non-saturating",
        label="Adversarial loss",
        help="What critic and generator pay when the other is right.",
        choices=ADVERSARIAL_LOSSES,
        families=ADVERSARIAL_FAMILIES,
    )
    regularizer: str = setting(
        "r1",
        label="Regularizer",
        help="What keeps the critic smooth, so that the generator has a slope to follow.",
        choices=REGULARIZERS,
        families=ADVERSARIAL_FAMILIES,
    )
    precision: str = setting(
        "auto",
        label="Precision",
        help="Bits of the networks' arithmetic; 'auto' takes bf16 where it is faster.",
        choices=PRECISIONS,
    )
    batch_size: int = setting(
        64,
        label="Batch size",
        help="Pairs in one step. Larger is steadier, and slower to react. 0 measures what fits.",
        unit="pairs",
        low=0,
        high=4096,
    )
    learning_rate: float = setting(
        1e-3,
        label="Learning rate",
        help="Size of Adam's steps at the start, for all networks alike.",
        low=1e-6,
        high=0.1,
    )
    final_learning_rate: float = setting(
        1e-4,
        label="Final learning rate",
        help="Rate at the end of a run that has one, reached along a cosine.",
        low=0.0,
        high=0.1,
    )
    beta1: float = setting(
        0.0,
        label="Adam beta 1",
        help="Memory of the gradient's mean.",
        low=0.0,
        high=0.999,
    )
    beta2: float = setting(
        0.99,
        label="Adam beta 2",
        help="Memory of the gradient's square.",
        low=0.0,
        high=0.9999,
    )
    penalty_weight: float = setting(
        2.0,
        label="Penalty (gamma)",
        help="Weight of the regularizer's penalty; too much starves small nets.",
        low=0.0,
        high=1000.0,
        families=ADVERSARIAL_FAMILIES,
    )
    penalty_interval: int = setting(
        8,
        label="Penalty interval",
        help="The penalty is computed every so many steps and scaled up to match.",
        unit="steps",
        low=1,
        high=64,
        families=ADVERSARIAL_FAMILIES,
    )
    critic_steps: int = setting(
        1,
        label="Critic steps",
        help="Steps of the critic for each step of the generator.",
        unit="steps",
        low=1,
        high=16,
        families=ADVERSARIAL_FAMILIES,
    )
    compile_critic: bool = setting(
        default=False,
        label="Compile the critic",
        help="Let torch.compile fuse the critic; it takes a minute and needs a C++ compiler.",
        choices=(False, True),
        families=ADVERSARIAL_FAMILIES,
    )
    caption_weight: float = setting(
        1.0,
        label="Caption weight",
        help="Weight of the cross-entropy by which the captioner also learns from real pairs.",
        low=0.0,
        high=100.0,
        families=("hybrid",),
    )
    self_label_sureness: float = setting(
        0.95,
        label="Sureness of self-labels",
        help="An image without a text takes the one that the generator reads off it, once it is "
        "this sure of it; 1 never.",
        low=0.0,
        high=1.0,
        families=("hybrid",),
    )
    ema_images: float = setting(
        10_000.0,
        label="Averaging half-life",
        help="Samples come from a running average of the generator with this half-life.",
        unit="images",
        low=0.0,
        high=10_000_000.0,
    )


# --------------------------------------------------------------------------
# How a dataset becomes what the networks see.


TOKENIZERS = ("word", "bpe", "characters")
BALANCES = (0.0, 0.5, 1.0)
AUGMENTATIONS = ("auto", "none", "diffaugment", "ada")
AUTO_GROUPS = "auto"


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """What the items are cut into, drawn by and varied by."""

    tokenizer: str = setting(
        "word",
        label="Text units",
        help="What a text is cut into: whole words, learned pieces of words, or characters.",
        choices=TOKENIZERS,
    )
    vocabulary_size: int = setting(
        8192,
        label="Vocabulary",
        help="Most units to know; the rarest others become unknown words.",
        unit="units",
        low=16,
        high=200_000,
    )
    word_vectors: str = setting(
        "",
        label="Word vectors",
        help="Text file of word2vec or GloVe vectors to start the words from; empty learns them.",
    )
    balance: float = setting(
        0.0,
        label="Balance",
        help="How much rarer groups are favoured: 0 not at all, 1 until all come equally often.",
        choices=BALANCES,
    )
    balance_by: str = setting(
        AUTO_GROUPS,
        label="Balance by",
        help="What makes a group: a field of the dataset's records, or 'auto'.",
    )
    paired_share: float = setting(
        0.5,
        label="Share of pairs",
        help="Where items lack an image or a text: whole pairs are at least this share of a batch.",
        low=0.0,
        high=1.0,
    )
    augmentation: str = setting(
        "auto",
        label="Augmentation",
        help="Random changes that critic and generator see alike; 'auto' uses them on small sets.",
        choices=AUGMENTATIONS,
        families=ADVERSARIAL_FAMILIES,
    )


# --------------------------------------------------------------------------
# How the networks are built and how large they are.


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


# --------------------------------------------------------------------------
# How a multimodal variational autoencoder learns.


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


# --------------------------------------------------------------------------
# What a run shows and keeps while it goes on.


@dataclass(frozen=True, kw_only=True)
class ReportingConfig:
    """What a run shows and keeps while it goes on."""

    preview_count: int = setting(
        64,
        label="Pairs in a preview",
        help="Pairs drawn from the same noise at every preview.",
        unit="pairs",
        low=4,
        high=256,
    )
    preview_every_s: float = setting(
        15.0,
        label="Preview every",
        help="Longest time between two previews; they come faster at the start.",
        unit="s",
        low=1.0,
        high=3600.0,
    )
    checkpoint_every_s: float = setting(
        60.0,
        label="Checkpoint every",
        help="Time between two checkpoints.",
        unit="s",
        low=5.0,
        high=86_400.0,
    )
    checkpoints_kept: int = setting(
        3,
        label="Checkpoints kept",
        help="So many of the newest checkpoints are kept; the best by a figure are kept besides.",
        low=1,
        high=1000,
    )
    keep_every_images: int = setting(
        0,
        label="Keep one every",
        help="One checkpoint in so many images is kept for good. 0 keeps none.",
        unit="images",
        low=0,
        high=10**12,
    )
    checkpoint_budget_mb: float = setting(
        0.0,
        label="Checkpoint budget",
        help="Room that the run's checkpoints may take; the oldest go first, the newest stays. "
        "0 means no limit.",
        unit="MB",
        low=0.0,
        high=1e9,
    )
    evaluate_every_s: float = setting(
        60.0,
        label="Evaluate every",
        help="Time between two measurements of quality; 0 never measures.",
        unit="s",
        low=0.0,
        high=86_400.0,
    )
    evaluate_count: int = setting(
        1000,
        label="Pairs evaluated",
        help="Pairs drawn for a measurement of quality during a run.",
        unit="pairs",
        low=100,
        high=50_000,
    )
