"""Distances between feature distributions: KID, FID, manifold metrics and memorisation.

Shapes: N and M items, D features, K neighbours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from engine.events import ImageArray

Features = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

SUBSET, SUBSETS = 1_000, 50


def squared_discrepancy(one: Features, other: Features) -> float:
    """Return the unbiased squared maximum mean discrepancy of two samples.

    With the kernel ``k(a, b) = (a . b / D + 1)^3``; about 0 for equal distributions.
    Source: Binkowski et al. 2018, arXiv:1801.01401, eq. 4 and section 4.

    Args:
        one: [N, D], N at least 2.
        other: [M, D], M at least 2.
    """
    n, m = len(one), len(other)
    among_one, among_other = _kernel(one, one), _kernel(other, other)
    return float(
        (among_one.sum() - among_one.trace()) / (n * (n - 1))
        + (among_other.sum() - among_other.trace()) / (m * (m - 1))
        - 2 * _kernel(one, other).mean()
    )


def kernel_distance(
    one: Features, other: Features, seed: int, check: Callable[[], None] = lambda: None
) -> tuple[float, float]:
    """Return KID: mean and standard deviation of the squared MMD over random subsets.

    Args:
        one: [N, D].
        other: [M, D].
        seed: draws the subsets.
        check: called between the subsets; may raise.
    """
    random = np.random.default_rng(seed)
    size = min(SUBSET, len(one), len(other))
    found: list[float] = []
    for _subset in range(SUBSETS):
        check()
        some = one[random.choice(len(one), size, replace=False)]
        others = other[random.choice(len(other), size, replace=False)]
        found.append(squared_discrepancy(some, others))
    return float(np.mean(found)), float(np.std(found))


def _kernel(one: Features, other: Features) -> Features:
    return (one @ other.T / one.shape[1] + 1) ** 3


ITEMS_PER_FEATURE = 10
"""With fewer items the covariance, and with it the distance, is mostly noise."""


def is_enough(count: int, features: int) -> bool:
    """Return whether a sample is large enough for a meaningful Frechet distance."""
    return count >= ITEMS_PER_FEATURE * features


def frechet_distance(one: Features, other: Features) -> float:
    """Return the Frechet distance ``|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))``.

    The trace of the root equals that of ``(C1^(1/2) C2 C1^(1/2))^(1/2)``, which is symmetric.
    Source: Heusel et al. 2017, arXiv:1706.08500, eq. 6 (Dowson & Landau 1982).

    Args:
        one: [N, D].
        other: [M, D].
    """
    shift = one.mean(0) - other.mean(0)
    first, second = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    overlap = np.linalg.eigvalsh(root @ second @ root).clip(min=0)
    return float(shift @ shift + np.trace(first) + np.trace(second) - 2 * np.sqrt(overlap).sum())


NEIGHBOURS = 5
MAX_ITEMS = 2_000
"""Largest number of items on either side: the cost grows with their product."""


def manifold_metrics(real: Features, made: Features) -> dict[str, float]:
    """Return precision, recall, density and coverage.

    precision: share of generated items inside some real item's K-neighbour ball; recall: the same
    with the roles exchanged (Kynkaanniemi et al. 2019, arXiv:1904.06991, section 2). density: mean
    number of real balls that contain a generated item, over K; coverage: share of real balls that
    contain any (Naeem et al. 2020, arXiv:2002.09797, eq. 3 and 4).

    Args:
        real: [N, D], N above K.
        made: [M, D], M above K.
    """
    real, made = _subsample(real), _subsample(made)
    real_radii, made_radii = _radii(real), _radii(made)
    distances = squared_distances(real, made)
    in_real = distances < real_radii[:, None]
    return {
        "precision": float(in_real.any(0).mean()),
        "recall": float((distances < made_radii[None]).any(1).mean()),
        "density": float(in_real.sum(0).mean() / NEIGHBOURS),
        "coverage": float((distances.min(1) < real_radii).mean()),
    }


def squared_distances(one: Features, other: Features) -> Features:
    """Return the squared distances of all pairs: [N, D] and [M, D] to [N, M]."""
    squares = (one**2).sum(1)[:, None] + (other**2).sum(1)[None] - 2 * one @ other.T
    return squares.clip(min=0)


def nearest_items(
    items: Features, others: Features, block: int = 1_000, *, skips_itself: bool = False
) -> tuple[npt.NDArray[np.int64], Features]:
    """Find the nearest other of each item.

    Args:
        items: [N, D].
        others: [M, D].
        block: items compared at a time.
        skips_itself: the others are the items; none is its own neighbour.

    Returns:
        Index [N] of the nearest other, and the distance [N] to it.
    """
    indices, squares = np.empty(len(items), dtype=np.int64), np.empty(len(items))
    for start in range(0, len(items), block):
        distances = squared_distances(items[start : start + block], others)
        rows = np.arange(len(distances))
        if skips_itself:
            distances[rows, start + rows] = np.inf
        indices[start : start + block] = distances.argmin(1)
        squares[start : start + block] = distances.min(1)
    return indices, np.sqrt(squares)


def _radii(items: Features) -> npt.NDArray[np.float64]:
    """Return the squared distance to the K-th neighbour, not counting the item itself."""
    return np.partition(squared_distances(items, items), NEIGHBOURS, axis=1)[:, NEIGHBOURS]


def _subsample(items: Features) -> Features:
    if len(items) <= MAX_ITEMS:
        return items
    return items[np.linspace(0, len(items) - 1, MAX_ITEMS).astype(int)]


NEAR = 0.01
"""Share of the validation images that lie closer to a training image than the limit."""
COPY = 0.05
"""Fraction of the usual distance to a training image below which an image is a copy."""


class Likeness(StrEnum):
    """How like a generated image and its nearest training image are."""

    COPY = "copy"
    """``novelty`` does not count it."""
    NEAR = "near"
    """``memorisation`` counts it."""
    NEW = "new"


@dataclass(frozen=True, kw_only=True)
class NearestImage:
    """The training image that is nearest to a generated one."""

    image: ImageArray
    """[S, S, 3], at the size of the generated image."""
    text: str
    """Its caption."""
    distance: float
    """Euclidean distance of the features."""
    closer_than: float
    """Share of the reference images that are farther from their nearest training image."""
    likeness: Likeness
    is_validated: bool
    """Whether validation images are the reference; otherwise training images are."""


class MemorisationMetrics:
    """Memorisation metrics, calibrated on the distances of real images to training images.

    Args:
        training: [N, D].
        validation: [M, D] features of the images to calibrate on; without any, each training image
            is compared with the others.
    """

    def __init__(self, training: Features, validation: Features | None) -> None:
        self._training = training
        _indices, self._usual = nearest_items(
            training if validation is None else validation,
            training,
            skips_itself=validation is None,
        )
        self._limit = np.quantile(self._usual, NEAR)
        self._copy_limit = COPY * np.median(self._usual)

    def nearest(self, made: Features) -> tuple[npt.NDArray[np.int64], Features]:
        """Return index and distance of the nearest training image of each: [K, D] to [K], [K]."""
        return nearest_items(made, self._training)

    def closer_than(self, distance: float) -> float:
        """Return the share of the real images that are farther from their nearest."""
        return float((self._usual > distance).mean())

    def likeness(self, distance: float) -> Likeness:
        """Classify the distance of a generated image to its nearest training image."""
        if distance <= self._copy_limit:
            return Likeness.COPY
        return Likeness.NEAR if distance < self._limit else Likeness.NEW

    def metrics(self, made: Features) -> dict[str, float]:
        """Measure generated images: [K, D].

        Returns:
            ``memorisation``: share closer to a training image than 99 of 100 validation images are;
                about .01 without memorisation. ``novelty``: share that is no copy.
        """
        _indices, nearest = self.nearest(made)
        return {
            "memorisation": float((nearest < self._limit).mean()),
            "memorisation_baseline": NEAR,
            "novelty": float((nearest > self._copy_limit).mean()),
        }


def subsample(rows: Rows, most: int) -> Rows:
    """Subsample rows evenly."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
