"""How a dataset becomes what the networks see."""

from dataclasses import dataclass

from engine.config.families import ADVERSARIAL_FAMILIES
from engine.config.setting import setting

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
