"""The Frechet distance between two samples, each taken for a normal distribution.

Shapes: N and M items, D features.
"""

import numpy as np

from engine.metrics.kernel_distance import Features

ITEMS_PER_FEATURE = 10
"""With fewer items a covariance is mostly noise, and so is the distance."""


def is_enough(count: int, features: int) -> bool:
    """Whether a sample is large enough for the distance to mean anything."""
    return count >= ITEMS_PER_FEATURE * features


def frechet_distance(one: Features, other: Features) -> float:
    """``|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))``.

    The trace of the root is that of ``(C1^(1/2) C2 C1^(1/2))^(1/2)``, which is symmetric.
    Source: Heusel et al. 2017, arXiv:1706.08500, eq. 6 (Dowson & Landau 1982).

    Args:
        one: [N, D].
        other: [M, D].
    """
    shift = one.mean(0) - other.mean(0)
    first, second = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    root = _root(first)
    overlap = np.linalg.eigvalsh(root @ second @ root).clip(min=0)
    return float(shift @ shift + np.trace(first) + np.trace(second) - 2 * np.sqrt(overlap).sum())


def _root(covariance: Features) -> Features:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
