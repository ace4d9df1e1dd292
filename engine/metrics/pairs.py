"""Metrics of pairs of an image and a text, relative to a dataset.

Everything that depends on the dataset only is prepared once; each evaluation then generates pairs
in all three directions.

Shapes: N items, H height, W width, D features.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.control import RunControl
from engine.data.image_files import to_channels
from engine.data.image_shape import ImageShape
from engine.data.store import TRAIN, VALIDATION, StoredDataset
from engine.events import ImageArray
from engine.metrics.attributes import normal_form
from engine.metrics.coherence import Coherence
from engine.metrics.distances import (
    ITEMS_PER_FEATURE,
    NEIGHBOURS,
    Features,
    MemorisationMetrics,
    frechet_distance,
    is_enough,
    kernel_distance,
    manifold_metrics,
    subsample,
)
from engine.metrics.extractor import FeatureExtractor
from engine.metrics.report import EvaluationReport
from engine.metrics.retrieval import CANDIDATES, WordMatch
from engine.metrics.text import KnownWords, text_metrics
from engine.metrics.texture import IMAGES, MIN_IMAGES, TextureMetrics
from engine.sample.sampler import Sampler, Samples

REFERENCE, MIN_VALIDATION = 5_000, 500
"""Real images that samples are compared with, and the smallest useful validation split."""
MATCHED = 300
"""Captions that images are generated for to measure ``match``."""
TRAINING_SEEN = 10_000
"""Training images searched for copies, spread evenly over the split."""

Encode = Callable[[Sequence[str]], Tensor]
"""From texts to token ids."""
Rows = npt.NDArray[np.int64]


class PairEvaluator:
    """Measures the first images and the first texts of samplers against those of a dataset.

    Args:
        dataset: that the models were trained on, or are compared on.
        shape: height and width of the generated images.
        encode: encodes the texts that a model is conditioned on.
        is_in_vocabulary: whether a text is in the model's vocabulary.
        cache: folder of the trained classifiers.
        control: checked while a classifier is trained, and between batches.
        text: name of the column of texts.
        image: name of the column of images.
        trained_on: what of the dataset the model was trained on; by default all training items.

    Raises:
        StoppedError: a stop was requested.
    """

    def __init__(
        self,
        dataset: StoredDataset,
        shape: ImageShape,
        *,
        encode: Encode,
        is_in_vocabulary: Callable[[str], bool],
        cache: Path,
        control: RunControl | None = None,
        text: str = "text",
        image: str = "image",
        trained_on: StoredDataset | None = None,
    ) -> None:
        self._dataset, self._encode = dataset, encode
        self._text, self._image = text, image
        self._names = (text, image)
        self._control = control or RunControl()
        self.extractor = FeatureExtractor(dataset, shape, cache, control)
        """Of the images."""
        validation, training = dataset.complete_rows(VALIDATION), dataset.complete_rows(TRAIN)
        self._validates = len(validation) >= MIN_VALIDATION
        self._asked = validation if len(validation) else training
        reference = subsample(validation if self._validates else training, REFERENCE)
        self._real = self.extractor.features_of(reference)
        self._texture = TextureMetrics(self.extractor.images_of(subsample(reference, 2 * IMAGES)))
        self._memory = build_memorisation_metrics(trained_on or dataset, self.extractor)
        self._coherence = Coherence(dataset, self.extractor, validation)
        self._match = self._build_match(
            subsample(validation if len(validation) >= CANDIDATES else training, MATCHED)
        )
        self._training_texts = frozenset(
            normal_form(text)
            for row in (trained_on or dataset).complete_rows(TRAIN)
            for text in dataset.captions[row]
        )
        self._known_words = KnownWords(self._training_texts)
        self._validation_texts = [dataset.texts[row] for row in validation]
        self._is_in_vocabulary = is_in_vocabulary

    def measure(
        self, sampler: Sampler, *, count: int, seed: int, control: RunControl | None = None
    ) -> EvaluationReport:
        """Generate pairs in all directions and measure them.

        Args:
            sampler: of the model.
            count: joint pairs, and at most so many in each of the other directions.
            seed: of the noise.
            control: checked from now on; by default the constructor's.

        Raises:
            StoppedError: a stop was requested.
        """
        if control is not None:
            self._control = self.extractor.control = control
        images, texts = collect(sampler.from_noise(count, seed, columns=self._names), self._control)
        features, said = self.extractor.extract(images)
        report = EvaluationReport(metrics={}, absent={}, about=self._about(count))
        metrics, absent = dict(report.metrics), dict(report.absent)
        self._measure_images(features, metrics, absent, seed)
        self._measure_texture(images, metrics, absent)
        self._coherence.measure_joint(features, said, texts, metrics, absent)
        self._measure_directions(sampler, count, seed, metrics)
        self._measure_match(sampler, seed, metrics)
        is_valid = self._coherence.is_valid or self._is_in_vocabulary
        metrics |= text_metrics(
            [normal_form(text) for text in texts],
            self._validation_texts,
            self._training_texts,
            is_valid,
            self._known_words,
            self._control.stop_if_asked,
        )
        metrics |= self._memory.metrics(features)
        return EvaluationReport(metrics=metrics, absent=absent, about=report.about)

    def _measure_images(
        self, features: Features, metrics: dict[str, float], absent: dict[str, str], seed: int
    ) -> None:
        one, other = self._real[::2], self._real[1::2]
        check = self._control.stop_if_asked
        metrics["kid"], metrics["kid_std"] = kernel_distance(features, self._real, seed, check)
        metrics["kid_baseline"], _std = kernel_distance(one, other, seed, check)
        metrics["kid_n"] = len(features)
        smallest = min(len(features), len(one))
        if is_enough(smallest, features.shape[1]):
            metrics["fid"] = frechet_distance(features, self._real)
            metrics["fid_baseline"] = frechet_distance(one, other)
            metrics["fid_n"] = len(features)
        else:
            needed = ITEMS_PER_FEATURE * features.shape[1]
            absent["fid"] = f"needs {needed} items on either side, there are {smallest}"
        if min(len(features), len(self._real)) > NEIGHBOURS:
            metrics |= manifold_metrics(self._real, features)

    def _measure_texture(
        self, images: ImageArray, metrics: dict[str, float], absent: dict[str, str]
    ) -> None:
        self._control.stop_if_asked()
        metrics |= self._texture.metrics(to_channels(images, self._dataset.manifest.channels))
        if "texture" not in metrics:
            absent["texture"] = f"needs {2 * MIN_IMAGES} real images that differ"

    def _measure_directions(
        self, sampler: Sampler, count: int, seed: int, metrics: dict[str, float]
    ) -> None:
        rows = subsample(self._asked, count)
        asked = [self._dataset.texts[row] for row in rows]
        images, texts = collect(
            sampler.complete_items({self._text: self._encode(asked)}, seed, columns=self._names),
            self._control,
        )
        features, said = self.extractor.extract(images)
        self._coherence.measure_drawings(features, said, asked, metrics)
        real = self.extractor.images_of(rows)
        given = torch.from_numpy(real).permute(0, 3, 1, 2).contiguous()
        _images, texts = collect(
            sampler.complete_items({self._image: given}, seed, columns=self._names), self._control
        )
        self._coherence.measure_captions(rows, self.extractor.features_of(rows), texts, metrics)

    def _build_match(self, rows: Rows) -> WordMatch | None:
        """Prepare ``match``; None where the captions state attributes or are all the same."""
        vocabulary = self.extractor.vocabulary
        texts = [self._dataset.texts[row] for row in rows]
        if vocabulary is None or not texts:
            return None
        logits = self.extractor.word_logits(self.extractor.features_of(rows))
        match = WordMatch(texts, vocabulary, logits)
        return match if match.baseline < 1 else None

    def _measure_match(self, sampler: Sampler, seed: int, metrics: dict[str, float]) -> None:
        if self._match is None:
            return
        given = {self._text: self._encode(self._match.texts)}
        drawings = sampler.complete_items(given, seed, columns=self._names)
        images, _texts = collect(drawings, self._control)
        features, _said = self.extractor.extract(images)
        metrics["match"] = self._match.share(self.extractor.word_logits(features))
        metrics["match_baseline"] = self._match.baseline
        metrics["match_upper_bound"] = self._match.upper_bound

    def _about(self, count: int) -> dict[str, object]:
        split = "validation" if self._validates else "training"
        return {
            "features": f"local features of evaluator {self.extractor.name}",
            "held against": f"{len(self._real)} {split} images",
            "texture relative to": f"{self._texture.count(count)} other {split} images",
        }


def build_memorisation_metrics(
    dataset: StoredDataset, extractor: FeatureExtractor
) -> MemorisationMetrics:
    """Compare with up to ``TRAINING_SEEN`` training images, calibrated on validation images."""
    validation = subsample(dataset.complete_rows(VALIDATION), REFERENCE)
    return MemorisationMetrics(
        extractor.features_of(subsample(dataset.complete_rows(TRAIN), TRAINING_SEEN)),
        extractor.features_of(validation) if len(validation) else None,
    )


def collect(
    batches: Iterable[Samples], control: RunControl
) -> tuple[npt.NDArray[np.uint8], list[str]]:
    """Concatenate batches of pairs: [N, H, W, 3] and N texts.

    Raises:
        StoppedError: a stop was requested.
    """
    images: list[npt.NDArray[np.uint8]] = []
    texts: list[str] = []
    for pairs in batches:
        control.stop_if_asked()
        images.append(pairs.images)
        texts += pairs.texts
    return np.concatenate(images), texts
