"""Whether a model draws anew or from memory.

Shapes: N training, M held-out and K generated images, D features.
"""

import numpy as np

from engine.metrics.kernel_distance import Features
from engine.metrics.manifold import nearest_distances

NEAR = 0.01
"""So many of the held-out images have a training image nearer than the limit."""
COPY = 0.05
"""An image this much of the usual distance from a training image is a copy of it."""


class Memory:
    """Knows how near to the training images unseen real images usually come.

    Args:
        training: [N, D].
        held_out: [M, D].
    """

    def __init__(self, training: Features, held_out: Features) -> None:
        self._training = training
        usual = nearest_distances(held_out, training)
        self._limit, self._usual = np.quantile(usual, NEAR), np.median(usual)

    def figures(self, made: Features) -> dict[str, float]:
        """Measure generated images: [K, D].

        Returns:
            ``memorisation``: share that is nearer to a training image than all but one in a hundred
            held-out images are; about .01 for a model that has learned and not memorised.
            ``novelty``: share that is no copy.
        """
        nearest = nearest_distances(made, self._training)
        return {
            "memorisation": float((nearest < self._limit).mean()),
            "memorisation_chance": NEAR,
            "novelty": float((nearest > COPY * self._usual).mean()),
        }
