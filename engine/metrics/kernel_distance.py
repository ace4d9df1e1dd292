"""The kernel inception distance, on whatever features are given.

Shapes: N and M items, D features.
"""

import numpy as np
import numpy.typing as npt

Features = npt.NDArray[np.float64]

SUBSET, SUBSETS = 1_000, 50


def squared_discrepancy(one: Features, other: Features) -> float:
    """Unbiased squared maximum mean discrepancy of two samples; about 0 for equal distributions.

    With the kernel ``k(a, b) = (a . b / D + 1)^3``.
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


def kernel_distance(one: Features, other: Features, seed: int) -> tuple[float, float]:
    """Mean and standard deviation of the squared discrepancy over random subsets.

    Args:
        one: [N, D].
        other: [M, D].
        seed: draws the subsets.
    """
    random = np.random.default_rng(seed)
    size = min(SUBSET, len(one), len(other))
    found = [
        squared_discrepancy(
            one[random.choice(len(one), size, replace=False)],
            other[random.choice(len(other), size, replace=False)],
        )
        for _subset in range(SUBSETS)
    ]
    return float(np.mean(found)), float(np.std(found))


def _kernel(one: Features, other: Features) -> Features:
    return (one @ other.T / one.shape[1] + 1) ** 3
