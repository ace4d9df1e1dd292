"""Fidelity and variety by nearest neighbours.

Shapes: N real and M generated items, D features, K neighbours.
"""

import numpy as np
import numpy.typing as npt

from engine.metrics.kernel_distance import Features

NEIGHBOURS = 5
LARGEST = 2_000
"""Items looked at on either side: the work grows with their product."""


def manifold_figures(real: Features, made: Features) -> dict[str, float]:
    """Precision, recall, density and coverage.

    precision: share of generated items inside some real item's K-neighbour ball; recall: the same
    the other way round (Kynkaanniemi et al. 2019, arXiv:1904.06991, section 2). density: mean
    number of real balls that hold a generated item, over K; coverage: share of real balls that
    hold any (Naeem et al. 2020, arXiv:2002.09797, eq. 3 and 4).

    Args:
        real: [N, D], N above K.
        made: [M, D], M above K.
    """
    real, made = _thinned(real), _thinned(made)
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
    """Squared distances of all pairs: [N, D] and [M, D] to [N, M]."""
    squares = (one**2).sum(1)[:, None] + (other**2).sum(1)[None] - 2 * one @ other.T
    return squares.clip(min=0)


def nearest_distances(items: Features, others: Features, block: int = 1_000) -> Features:
    """Distance of each item to the nearest of the others: [N, D] and [M, D] to [N]."""
    parts = [
        squared_distances(items[start : start + block], others).min(1)
        for start in range(0, len(items), block)
    ]
    return np.sqrt(np.concatenate(parts))


def _radii(items: Features) -> npt.NDArray[np.float64]:
    """Squared distance to the K-th neighbour, the item itself not counted."""
    return np.partition(squared_distances(items, items), NEIGHBOURS, axis=1)[:, NEIGHBOURS]


def _thinned(items: Features) -> Features:
    if len(items) <= LARGEST:
        return items
    return items[np.linspace(0, len(items) - 1, LARGEST).astype(int)]
