"""Coherence: whether images and texts belong together.

Where a dataset records attributes of its pairs, a classifier predicts them from the image and the
text states them; otherwise a retrieval model finds the text of an image among many.

Shapes: N pairs, D features, A attributes.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.data.store import TRAIN, StoredDataset
from engine.metrics.attributes import UNKNOWN, AttributeTable, Labels, normal_form
from engine.metrics.distances import Features
from engine.metrics.extractor import FeatureExtractor
from engine.metrics.retrieval import MIN_PAIRS, train_retrieval_model

MAX_MODES = 2_000
"""Largest number of different captions that count as modes."""

Rows = npt.NDArray[np.int64]
Metrics = dict[str, float]


class Coherence:
    """Measures coherence relative to a dataset.

    Args:
        dataset: has the reference pairs.
        extractor: extracts features and attributes of images.
        validation: items with image and text that no model is trained on.
    """

    def __init__(
        self, dataset: StoredDataset, extractor: FeatureExtractor, validation: Rows
    ) -> None:
        self._dataset, self._table = dataset, extractor.attributes
        self._upper_bound = self._retrieval = None
        self._why_absent = f"needs {MIN_PAIRS} validation pairs"
        if self._table is not None:
            self._upper_bound = self._find_upper_bound(extractor, self._table, validation)
        elif len(validation) >= MIN_PAIRS:
            texts = [normal_form(dataset.texts[row]) for row in validation]
            model = train_retrieval_model(extractor.features_of(validation), texts)
            # A model that finds real pairs no better than by chance says nothing of others.
            if model is not None and model.upper_bound > model.baseline:
                self._retrieval = model
            else:
                self._why_absent = f"{len(validation)} validation pairs are too few to learn from"
        self._modes = self._find_modes()

    @property
    def is_valid(self) -> Callable[[str], bool] | None:
        """Return whether a text states valid attributes; None where the dataset has none."""
        if self._table is None:
            return None
        known = self._table.of_text
        return lambda text: normal_form(text) in known

    def measure_joint(
        self,
        features: Features,
        seen: Labels | None,
        texts: Sequence[str],
        metrics: Metrics,
        absent: dict[str, str],
    ) -> None:
        """Measure pairs from noise: coherence, its random baseline and upper bound, and modes."""
        if self._table is not None and seen is not None:
            said = self._table.labels_of_texts(texts)
            metrics["joint_coherence"] = agreement(said, seen)
            # The baseline pairs these texts with these images at random, never with their own.
            metrics["joint_coherence_baseline"] = agreement(np.roll(said, len(said) // 2, 0), seen)
            if self._upper_bound is not None:
                metrics["joint_coherence_upper_bound"] = self._upper_bound
            metrics |= mode_metrics([tuple(row) for row in seen.tolist()], self._modes)
            return
        if self._retrieval is None:
            for name in ("joint_coherence", "text_to_image", "image_to_text"):
                absent[name] = self._why_absent
        else:
            plain = [normal_form(text) for text in texts]
            metrics["joint_coherence"] = self._retrieval.precision(features, plain)
            metrics["joint_coherence_baseline"] = self._retrieval.baseline
            metrics["joint_coherence_upper_bound"] = self._retrieval.upper_bound
        if self._modes:
            metrics |= mode_metrics([normal_form(text) for text in texts], self._modes)

    def measure_drawings(
        self, features: Features, seen: Labels | None, texts: Sequence[str], metrics: Metrics
    ) -> None:
        """Measure images generated for texts."""
        if self._table is not None and seen is not None:
            metrics["text_to_image"] = agreement(self._table.labels_of_texts(texts), seen)
        elif self._retrieval is not None:
            plain = [normal_form(text) for text in texts]
            metrics["text_to_image"] = self._retrieval.precision(features, plain)

    def measure_captions(
        self, rows: Rows, features: Features, texts: Sequence[str], metrics: Metrics
    ) -> None:
        """Measure texts generated for real images."""
        if self._table is not None:
            records = [self._dataset.records[row] for row in rows]
            truth = self._table.labels_of_records(records)
            metrics["image_to_text"] = agreement(self._table.labels_of_texts(texts), truth)
        elif self._retrieval is not None:
            plain = [normal_form(text) for text in texts]
            metrics["image_to_text"] = self._retrieval.precision(features, plain)

    def _find_upper_bound(
        self, extractor: FeatureExtractor, table: AttributeTable, rows: Rows
    ) -> float | None:
        """Return the classifier's accuracy on unseen images; None where there are none."""
        if not len(rows):
            return None
        _features, seen = extractor.extract(extractor.images_of(rows))
        truth = table.labels_of_records([self._dataset.records[row] for row in rows])
        return None if seen is None else agreement(truth, seen)

    def _find_modes(self) -> "Counter[Any]":
        """Count each mode in the training items; empty if there are too many."""
        rows = self._dataset.rows(TRAIN)
        texts = [normal_form(self._dataset.texts[r]) for r in rows if self._dataset.has_text[r]]
        modes: Counter[Any] = Counter(
            self._table.of_text[text] if self._table else text for text in texts
        )
        return modes if len(modes) <= MAX_MODES else Counter()


def agreement(one: Labels, other: Labels) -> float:
    """Return the share of rows in which all attributes are known and equal: [N, A] each."""
    return float(((one == other) & (one != UNKNOWN)).all(1).mean())


def mode_metrics(made: Sequence[Any], modes: "Counter[Any]") -> Metrics:
    """Measure which modes were generated, and how evenly.

    Returns:
        ``covered_modes``: share of the modes that occur, and the expected share in as many real
            pairs (``_upper_bound``); ``smallest_share``: of the rarest mode;
        ``mode_kl``: KL divergence of the generated shares from the data's, in nats (everything
            outside the modes counts as one more, rare one).
    """
    found = Counter(made)
    counts = np.array([found[mode] for mode in modes], dtype=np.float64)
    data = np.array(list(modes.values()), dtype=np.float64)
    strange = len(made) - counts.sum()
    shares = np.append(counts, strange) / len(made)
    expected = np.append(data, 0.5) / (data.sum() + 0.5)
    is_made = shares > 0
    return {
        "covered_modes": float((counts > 0).mean()),
        "covered_modes_upper_bound": float((1 - (1 - data / data.sum()) ** len(made)).mean()),
        "smallest_share": float(counts.min() / len(made)),
        "mode_kl": float((shares[is_made] * np.log(shares[is_made] / expected[is_made])).sum()),
    }
