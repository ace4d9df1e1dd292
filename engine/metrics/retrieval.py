"""Image-text retrieval, for datasets without attributes.

In the retrieval model two linear maps embed image features and bags of words in one space, close
together for the two parts of a pair. They are trained on one half of the validation pairs, which no
generator sees; the other half measures the model itself. The word match needs no validation pairs:
it asks the classifier of the feature extractor.

Shapes: N pairs, D features, W words, K candidates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.data.tokenizers import Vocabulary
from engine.data.words import split_words
from engine.metrics.distances import Features

CANDIDATES = 100
MIN_PAIRS, MAX_PAIRS = 40, 1_000
SPACE, STEPS, RATE, TEMPERATURE = 32, 400, 5e-3, 0.1


@dataclass(frozen=True)
class RetrievalModel:
    """Scores how well texts match images."""

    of_images: nn.Linear
    of_texts: nn.Linear
    vocabulary: Vocabulary
    others: Tensor
    """[K, SPACE] embedded texts of validation pairs, the false candidates."""
    other_texts: tuple[str, ...]
    upper_bound: float
    """R-precision on real pairs that it was not trained on."""

    @property
    def baseline(self) -> float:
        """R-precision of random guesses."""
        return 1 / (len(self.others) + 1)

    def precision(self, features: Features, texts: Sequence[str]) -> float:
        """Return R-precision: the share of pairs whose own text ranks first among all candidates.

        Source: Xu et al. 2018, arXiv:1711.10485, section 4.1, with one true candidate.

        Args:
            features: [N, D].
            texts: N.
        """
        with torch.no_grad():
            images = functional.normalize(self.of_images(_tensor(features)), dim=1)
            own = functional.normalize(self.of_texts(bags(texts, self.vocabulary)), dim=1)
            own_scores = (images * own).sum(1)
            scores = images @ self.others.T
        # An identical candidate is not a false one.
        same = np.array([[text == other for other in self.other_texts] for text in texts])
        rivals = scores.masked_fill(torch.from_numpy(same.reshape(scores.shape)), -2.0)
        return float((own_scores > rivals.max(1).values).float().mean())


def train_retrieval_model(features: Features, texts: Sequence[str]) -> RetrievalModel | None:
    """Train on the even validation pairs and measure on the odd; None if they are too few.

    Args:
        features: [N, D] of validation images.
        texts: their texts.
    """
    if len(texts) < MIN_PAIRS:
        return None
    features, texts = features[:MAX_PAIRS], texts[:MAX_PAIRS]
    vocabulary = Vocabulary.build(texts)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        of_images = nn.Linear(features.shape[1], SPACE)
        of_texts = nn.Linear(len(vocabulary), SPACE)
    _fit(of_images, of_texts, _tensor(features[::2]), bags(texts[::2], vocabulary))
    candidates = list(dict.fromkeys(texts))[: CANDIDATES - 1]
    with torch.no_grad():
        others = functional.normalize(of_texts(bags(candidates, vocabulary)), dim=1)
    model = RetrievalModel(
        of_images, of_texts, vocabulary, others, tuple(candidates), upper_bound=0.0
    )
    upper_bound = model.precision(features[1::2], texts[1::2])
    return RetrievalModel(of_images, of_texts, vocabulary, others, tuple(candidates), upper_bound)


class WordMatch:
    """Measures how often an image's own caption is the likeliest of 100, given the image.

    The feature extractor's classifier gives each word a probability; words are independent.

    Args:
        texts: N captions.
        vocabulary: of the classifier.
        real_logits: [N, W] words' logits for the real images of the captions.
    """

    def __init__(self, texts: Sequence[str], vocabulary: Vocabulary, real_logits: Tensor) -> None:
        self.texts = texts
        kinds, of_text = bags(texts, vocabulary).unique(dim=0, return_inverse=True)
        self._kinds, self._of_text = kinds, of_text
        random = np.random.default_rng(0)
        rivals = min(CANDIDATES, len(kinds)) - 1
        self.baseline = 1 / (rivals + 1)
        """Share of random guesses; 1 if all captions have the same words."""
        # Captions of equal words are one kind, which is never a rival of itself.
        shifts = np.stack([1 + random.permutation(len(kinds) - 1)[:rivals] for _text in texts])
        self._rivals = (of_text[:, None] + torch.from_numpy(shifts)) % len(kinds)
        self.upper_bound = self.share(real_logits)
        """Share of the real images."""

    def share(self, logits: Tensor) -> float:
        """Return the share of images whose own caption is likelier than all its rivals.

        Args:
            logits: [N, W], row i for an image of caption i.
        """
        # The log-likelihood of a caption is this sum and a term of the image alone.
        scores = logits @ self._kinds.T
        own = scores.gather(1, self._of_text[:, None])
        return float((own > scores.gather(1, self._rivals)).all(1).float().mean())


def bags(texts: Sequence[str], vocabulary: Vocabulary) -> Tensor:
    """Encode texts as bags of words: [N, W] of 0 and 1; unknown words share an index."""
    found = torch.zeros(len(texts), len(vocabulary))
    for row, text in enumerate(texts):
        words = split_words(text)
        if words:
            found[row, torch.from_numpy(vocabulary.encode(text, len(words) + 1)[:-1])] = 1
    return found


def _fit(of_images: nn.Linear, of_texts: nn.Linear, images: Tensor, texts: Tensor) -> None:
    """Minimise the InfoNCE loss over all pairs (van den Oord et al. 2018, arXiv:1807.03748)."""
    parameters = [*of_images.parameters(), *of_texts.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.1)
    # Equal texts are not negatives.
    same = (texts[:, None] == texts[None]).all(2).float()
    goal = same / same.sum(1, keepdim=True)
    for _step in range(STEPS):
        one = functional.normalize(of_images(images), dim=1)
        other = functional.normalize(of_texts(texts), dim=1)
        scores = one @ other.T / TEMPERATURE
        loss = functional.cross_entropy(scores, goal) + functional.cross_entropy(scores.T, goal.T)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def _tensor(features: Features) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(features)).float()
