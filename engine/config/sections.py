"""How the networks learn."""

from dataclasses import dataclass

from engine.config.setting import setting

# --------------------------------------------------------------------------
# The model families by name; ``engine.train.families`` builds them.


FAMILIES = ("hybrid", "adversarial", "mvae", "mopoe")
ADVERSARIAL_FAMILIES = ("hybrid", "adversarial")
"""Those in which a discriminator judges."""
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
"""Those that differentiate the discriminator's gradient once more."""


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How the networks learn."""

    adversarial_loss: str = setting(
        "non-saturating",
        label="Adversarial loss",
        help="The loss by which discriminator and generator train against each other.",
        choices=ADVERSARIAL_LOSSES,
        families=ADVERSARIAL_FAMILIES,
    )
    regularizer: str = setting(
        "r1",
        label="Regularizer",
        help="What keeps the discriminator smooth, so that its gradient is useful to the "
        "generator.",
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
    reg_interval: int = setting(
        8,
        label="Regularizer interval",
        help="The penalty is computed every so many steps and scaled up to match.",
        unit="steps",
        low=1,
        high=64,
        families=ADVERSARIAL_FAMILIES,
    )
    d_steps: int = setting(
        1,
        label="Discriminator steps",
        help="Steps of the discriminator for each step of the generator.",
        unit="steps",
        low=1,
        high=16,
        families=ADVERSARIAL_FAMILIES,
    )
    compile_discriminator: bool = setting(
        default=False,
        label="Compile the discriminator",
        help="Let torch.compile fuse the discriminator; it takes a minute and needs a C++ "
        "compiler.",
        choices=(False, True),
        families=ADVERSARIAL_FAMILIES,
    )
    text_nll_weight: float = setting(
        1.0,
        label="Text NLL weight",
        help="Weight of the negative log-likelihood of the real texts in the generator's loss.",
        low=0.0,
        high=100.0,
        families=("hybrid",),
    )
    pseudo_label_threshold: float = setting(
        0.95,
        label="Pseudo-label threshold",
        help="Least confidence at which the generator's text for an image without one is used as a "
        "pseudo-label; 1 never uses any.",
        low=0.0,
        high=1.0,
        families=("hybrid",),
    )
    ema_half_life: float = setting(
        10_000.0,
        label="EMA half-life",
        help="Half-life of the exponential moving average of the weights that samples come from.",
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
    class_balance: float = setting(
        0.0,
        label="Class balance",
        help="How much rarer groups are favoured: 0 not at all, 1 until all come equally often.",
        choices=BALANCES,
    )
    balance_by: str = setting(
        AUTO_GROUPS,
        label="Balance by",
        help="What makes a group: a field of the dataset's records, or 'auto'.",
    )
    paired_fraction: float = setting(
        0.5,
        label="Paired fraction",
        help="Where items lack an image or a text: whole pairs are at least this share of a batch.",
        low=0.0,
        high=1.0,
    )
    augmentation: str = setting(
        "auto",
        label="Augmentation",
        help="Random transforms of the images that the discriminator sees, real and generated; "
        "'auto' uses them on small sets.",
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
    generator_channels: int = setting(
        32,
        label="Generator channels",
        help="Channels of the generator's finest layer; cost grows with its square.",
        unit="channels",
        low=4,
        high=512,
    )
    discriminator_channels: int = setting(
        16,
        label="Discriminator channels",
        help="Channels of the discriminator's finest layer; cost grows with its square.",
        unit="channels",
        low=4,
        high=512,
    )
    embedding_dim: int = setting(
        128,
        label="Embedding size",
        help="Size of the vector that encodes one image or one text inside the networks.",
        low=8,
        high=2048,
    )
    token_dim: int = setting(
        32,
        label="Token embedding size",
        help="Size of the embedding of one token.",
        low=4,
        high=1024,
    )
    discriminator_norm: str = setting(
        "none",
        label="Discriminator norm",
        help="Batch norm in the discriminator's convolutions, as in DCGAN; cannot be combined with "
        "a gradient penalty.",
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
    num_subsets: int = setting(
        0,
        label="Number of subsets",
        help="Random subsets of modalities, beside all and each, whose ELBO a step of MVAE adds.",
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
    keep_last: int = setting(
        3,
        label="Checkpoints to keep",
        help="So many of the newest checkpoints are kept; the best by a figure are kept besides.",
        low=1,
        high=1000,
    )
    milestone_every: int = setting(
        0,
        label="Milestone every",
        help="One checkpoint in so many images is kept for good. 0 keeps none.",
        unit="images",
        low=0,
        high=10**12,
    )
    max_checkpoint_mb: float = setting(
        0.0,
        label="Checkpoint limit",
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
    eval_samples: int = setting(
        1000,
        label="Evaluation samples",
        help="Pairs drawn for a measurement of quality during a run.",
        unit="pairs",
        low=100,
        high=50_000,
    )
