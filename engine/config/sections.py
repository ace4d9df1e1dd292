"""Settings of training, data, variational families and reporting; the families' names."""

from dataclasses import dataclass

from engine.config.setting import setting

# --------------------------------------------------------------------------
# The model families by name; ``engine.train.families`` builds them.


FAMILIES = ("hybrid", "adversarial", "mvae", "mopoe")
ADVERSARIAL_FAMILIES = ("hybrid", "adversarial")
"""Families with a discriminator."""
VARIATIONAL_FAMILIES = ("mvae", "mopoe")
"""Families trained by the ELBO."""


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
PENALTY_SCALES = ("auto", "none", "spread")
TEXT_RELAXATIONS = ("straight-through", "soft")
MISMATCHED_PAIRS = ("bounded", "always", "never")
GRADIENT_PENALTIES = ("r1", "r1-r2", "gradient-penalty")
"""Regularizers that need second derivatives of the discriminator."""


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """Losses, optimizer and training steps."""

    adversarial_loss: str = setting(
        "non-saturating",
        label="Adversarial loss",
        help="Loss function of the discriminator and the generator.",
        choices=ADVERSARIAL_LOSSES,
        families=ADVERSARIAL_FAMILIES,
    )
    regularizer: str = setting(
        "r1",
        label="Regularizer",
        help="Regularization of the discriminator: a gradient penalty or spectral normalization.",
        choices=REGULARIZERS,
        families=ADVERSARIAL_FAMILIES,
    )
    precision: str = setting(
        "auto",
        label="Precision",
        help="Floating-point precision of the networks. 'auto' uses bf16 where it is faster.",
        choices=PRECISIONS,
    )
    batch_size: int = setting(
        64,
        label="Batch size",
        help="Pairs per training step. 0 selects the size automatically by memory and speed.",
        unit="pairs",
        low=0,
        high=4096,
    )
    learning_rate: float = setting(
        1e-3,
        label="Learning rate",
        help="Initial learning rate of Adam.",
        low=1e-6,
        high=0.1,
        live=True,
    )
    text_learning_rate: float = setting(
        0.0,
        label="Text learning rate",
        help="Initial learning rate of the text decoder and of the image encoder that it is "
        "conditioned on. It decays like the learning rate. 0 uses the learning rate itself.",
        low=0.0,
        high=0.1,
        families=("hybrid",),
        live=True,
    )
    final_learning_rate: float = setting(
        1e-4,
        label="Final learning rate",
        help="Learning rate at the end of the budget, reached by cosine decay. Unused without a "
        "budget.",
        low=0.0,
        high=0.1,
        live=True,
    )
    beta1: float = setting(
        0.0,
        label="Adam beta 1",
        help="Decay rate of Adam's moving average of the gradient.",
        low=0.0,
        high=0.999,
    )
    beta2: float = setting(
        0.99,
        label="Adam beta 2",
        help="Decay rate of Adam's moving average of the squared gradient.",
        low=0.0,
        high=0.9999,
    )
    penalty_weight: float = setting(
        2.0,
        label="Penalty weight (gamma)",
        help="Weight of the gradient penalty. High values can prevent small networks from "
        "learning.",
        low=0.0,
        high=1000.0,
        families=ADVERSARIAL_FAMILIES,
        live=True,
    )
    penalty_scale: str = setting(
        "none",
        label="Penalty scale",
        help="Units of the gradient in the penalty: as it is, or relative to the spread of each "
        "modality's items. As it is, the penalty limits above all how much the discriminator "
        "depends on texts, because two texts differ by far fewer numbers than two images. 'auto' "
        "is the spread in the adversarial family, whose texts depend on it.",
        choices=PENALTY_SCALES,
        families=ADVERSARIAL_FAMILIES,
    )
    reg_interval: int = setting(
        8,
        label="Regularizer interval",
        help="Steps between two computations of the penalty, which is scaled by the interval (lazy "
        "regularization).",
        unit="steps",
        low=1,
        high=64,
        families=ADVERSARIAL_FAMILIES,
    )
    d_steps: int = setting(
        1,
        label="Discriminator steps",
        help="Discriminator steps per generator step.",
        unit="steps",
        low=1,
        high=16,
        families=ADVERSARIAL_FAMILIES,
    )
    mismatched_pairs: str = setting(
        "bounded",
        label="Mismatched pairs",
        help="When the discriminator also learns mismatched pairs as fakes: with the losses that "
        "are bounded below, always or never. With the Wasserstein loss, which is not bounded, "
        "always compares each of them with a real pair.",
        choices=MISMATCHED_PAIRS,
        families=ADVERSARIAL_FAMILIES,
    )
    text_relaxation: str = setting(
        "straight-through",
        label="Text relaxation",
        help="What trains the generator on texts for images: the gradient at the chosen tokens "
        "(straight-through), or the probabilities of all tokens (soft).",
        choices=TEXT_RELAXATIONS,
        families=("adversarial",),
    )
    compile_discriminator: bool = setting(
        default=False,
        label="Compile the discriminator",
        help="Compile the discriminator with torch.compile. Takes about a minute and needs a C++ "
        "compiler.",
        choices=(False, True),
        families=ADVERSARIAL_FAMILIES,
    )
    text_nll_weight: float = setting(
        1.0,
        label="Text NLL weight",
        help="Weight of the negative log-likelihood (NLL) of real texts in the generator's loss.",
        low=0.0,
        high=100.0,
        families=("hybrid",),
        live=True,
    )
    redescription_weight: float = setting(
        0.0,
        label="Redescription weight",
        help="Weight of the negative log-likelihood, in the generator's loss, of the texts and rows"
        " that an image, a sound or a row was made from, as the model itself reads them off it. "
        "Used with three or more columns. 0 turns it off.",
        low=0.0,
        high=100.0,
        families=("hybrid",),
        live=True,
    )
    reading_weight: float = setting(
        0.0,
        label="Reading weight",
        help="Weight of the negative log-likelihood, in the generator's loss, of the texts and rows"
        " that belong to a real image, sound or row, as the model reads them off it alone. The"
        " redescription weight needs it where a fine distinction is hard to read, such as a tempo. "
        "Used with three or more columns. 0 turns it off.",
        low=0.0,
        high=100.0,
        families=("hybrid",),
    )
    column_weights: str = setting(
        "",
        label="Column weights",
        help="Weights of columns in the losses, such as 'speech=0.5, facts=2'; others weigh 1. A "
        "GAN weighs the verdicts on the column's items alone and its likelihood, a VAE its "
        "likelihood.",
        live=True,
    )
    pseudo_label_threshold: float = setting(
        0.95,
        label="Pseudo-label threshold",
        help="Minimum confidence for a predicted text to become the pseudo-label of an image "
        "without text. 1 disables pseudo-labels.",
        low=0.0,
        high=1.0,
        families=("hybrid",),
        live=True,
    )
    ema_half_life: float = setting(
        10_000.0,
        label="EMA half-life",
        help="Half-life of the exponential moving average (EMA) of the generator's weights. Samples"
        " are drawn from the averaged weights.",
        unit="images",
        low=0.0,
        high=10_000_000.0,
        live=True,
    )


TOKENIZERS = ("auto", "word", "bpe", "characters")
MAX_TEXT_TOKENS = 77
"""Longest text that is chosen automatically, as in CLIP (Radford et al. 2021, arXiv:2103.00020)."""
TEXT_COVERAGE = 0.99
"""Share of the texts that the length chosen automatically holds whole, up to that limit."""
BALANCES = (0.0, 0.5, 1.0)
AUGMENTATIONS = ("auto", "none", "diffaugment", "ada")
AUTO_GROUPS = "auto"
STORAGES = ("auto", "resident", "streamed")


@dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Tokenization, sampling and augmentation of the data."""

    tokenizer: str = setting(
        "word",
        label="Tokenizer",
        help="How texts are split into tokens: words, subwords (BPE) or characters. 'auto' uses "
        "words unless many words of a new text would be unknown.",
        choices=TOKENIZERS,
    )
    text_length: int = setting(
        0,
        label="Text length",
        help="Length of texts in tokens, with an end token; longer texts are truncated. 0: the "
        "length that covers 95 % of the texts or, with the tokenizer 'auto', 99 % but at most 77.",
        unit="tokens",
        low=0,
        high=1024,
    )
    vocabulary_size: int = setting(
        8192,
        label="Vocabulary size",
        help="Maximum number of tokens in the vocabulary. Rarer ones are replaced by the unknown "
        "token.",
        unit="tokens",
        low=16,
        high=200_000,
    )
    word_vectors: str = setting(
        "",
        label="Word vectors",
        help="Text file of word2vec or GloVe vectors that initialize the token embeddings. Empty: "
        "random initialization.",
    )
    class_balance: float = setting(
        0.0,
        label="Class balance",
        help="Exponent of class-balanced sampling: 0 samples all pairs equally often, 1 all "
        "classes.",
        choices=BALANCES,
    )
    balance_by: str = setting(
        AUTO_GROUPS,
        label="Balance by",
        help="Field of the dataset's records that defines the classes, or 'auto'.",
    )
    paired_fraction: float = setting(
        0.5,
        label="Paired fraction",
        help="Minimum fraction of complete pairs in a batch, where some items lack an image or a "
        "text.",
        low=0.0,
        high=1.0,
    )
    max_items: int = setting(
        0,
        label="Training items",
        help="Number of training items to use, drawn at random and the same for every seed, to see "
        "what few data do. 0 uses all.",
        unit="items",
        low=0,
        high=1_000_000_000,
    )
    complete_fraction: float = setting(
        1.0,
        label="Complete items",
        help="Fraction of the training items that keep all their columns. Each of the others lacks "
        "one, to see what incomplete data do. 1 hides nothing.",
        low=0.0,
        high=1.0,
    )
    imbalance_factor: float = setting(
        1.0,
        label="Imbalance",
        help="How many times as many training items the first class keeps as the last, in "
        "alphabetical order, to see what imbalanced data do. 1 leaves the classes as they are. "
        "The classes are those of 'Balance by'.",
        low=1.0,
        high=10_000.0,
    )
    storage: str = setting(
        "auto",
        label="Storage",
        help="Where the data are during a run: resident in the memory of the device, or streamed "
        "from the disk in blocks of neighbouring items, which are shuffled. 'auto' streams what "
        "does not fit beside the networks.",
        choices=STORAGES,
    )
    augmentation: str = setting(
        "auto",
        label="Augmentation",
        help="Augmentation of the discriminator's input images, real and generated. 'auto' enables "
        "it for small datasets.",
        choices=AUGMENTATIONS,
        families=ADVERSARIAL_FAMILIES,
        live=True,
    )


@dataclass(frozen=True, kw_only=True)
class VariationalConfig:
    """Weights of the terms of the ELBO."""

    kl_weight: float = setting(
        1.0,
        label="KL weight",
        help="Weight of the KL divergence from the prior, after the warm-up.",
        low=0.0,
        high=100.0,
        families=VARIATIONAL_FAMILIES,
        live=True,
    )
    kl_warmup_images: float = setting(
        0.0,
        label="KL warm-up",
        help="Images over which the KL weight rises linearly from 0. 0 disables the warm-up.",
        unit="images",
        low=0.0,
        high=1e9,
        families=VARIATIONAL_FAMILIES,
    )
    text_weight: float = setting(
        10.0,
        label="Text weight",
        help="Weight of the text likelihood relative to the image likelihood, whose weight is 1.",
        low=0.0,
        high=10_000.0,
        families=VARIATIONAL_FAMILIES,
        live=True,
    )
    num_subsets: int = setting(
        0,
        label="Number of subsets",
        help="Random subsets of modalities whose ELBO is added in each step, besides the full set "
        "and the single modalities.",
        low=0,
        high=16,
        families=("mvae",),
    )


@dataclass(frozen=True, kw_only=True)
class ReportingConfig:
    """Previews, checkpoints and evaluations during a run."""

    preview_count: int = setting(
        64,
        label="Pairs in a preview",
        help="Pairs per preview, always generated from the same noise.",
        unit="pairs",
        low=4,
        high=256,
    )
    preview_every_s: float = setting(
        15.0,
        label="Preview every",
        help="Maximum interval between previews. It is shorter at the start of a run.",
        unit="s",
        low=1.0,
        high=3600.0,
        live=True,
    )
    checkpoint_every_s: float = setting(
        60.0,
        label="Checkpoint every",
        help="Interval between checkpoints.",
        unit="s",
        low=5.0,
        high=86_400.0,
        live=True,
    )
    keep_last: int = setting(
        3,
        label="Checkpoints to keep",
        help="Number of latest checkpoints to keep, in addition to milestones and the best by each "
        "metric.",
        low=1,
        high=1000,
        live=True,
    )
    milestone_every: int = setting(
        0,
        label="Milestone every",
        help="Interval between checkpoints that are never deleted. 0 disables milestones.",
        unit="images",
        low=0,
        high=10**12,
        live=True,
    )
    max_checkpoint_mb: float = setting(
        0.0,
        label="Checkpoint limit",
        help="Maximum disk space of the run's checkpoints. The oldest are deleted first, the latest"
        " never. 0 means no limit.",
        unit="MB",
        low=0.0,
        high=1e9,
        live=True,
    )
    evaluate_every_s: float = setting(
        60.0,
        label="Evaluate every",
        help="Interval between evaluations; the last weights are evaluated too. 0 disables both.",
        unit="s",
        low=0.0,
        high=86_400.0,
        live=True,
    )
    eval_samples: int = setting(
        1000,
        label="Evaluation samples",
        help="Pairs generated for each evaluation during training.",
        unit="pairs",
        low=100,
        high=50_000,
    )
    tensorboard: bool = setting(
        default=False,
        label="TensorBoard files",
        help="Also write the curves as event files for TensorBoard, in the run's folder "
        "tensorboard, while it trains.",
        choices=(False, True),
    )
