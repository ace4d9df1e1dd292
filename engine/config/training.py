"""How the networks learn."""

from dataclasses import dataclass

from engine.config.families import ADVERSARIAL_FAMILIES
from engine.config.setting import setting

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
