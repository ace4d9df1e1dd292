"""Eight clusters of points on a circle, each with a colour word.

The toy distribution on which mode collapse is shown: radius 2 and standard deviation 0.02 are those
of Metz et al. 2017, arXiv:1611.02163, section 3.1 and appendix A.
"""

import numpy as np

from engine.data.starters import STARTERS
from engine.starters.columns import StarterColumns, random_split

RADIUS, DEVIATION = 2.0, 0.02
COLOURS = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink")
"""Word of each cluster, anticlockwise from the positive x axis."""


def build(
    count: int = STARTERS["ring"].items, held_out: int = STARTERS["ring"].held_out, seed: int = 0
) -> StarterColumns:
    """Draw points with uniform clusters.

    Args:
        count: number of points.
        held_out: how many of them are held out.
        seed: seed of clusters, noise and split.

    Returns:
        Columns ``point`` (table of x and y) and ``text``.
    """
    rng = np.random.default_rng(seed)
    clusters = rng.integers(len(COLOURS), size=count)
    angles = clusters * (2 * np.pi / len(COLOURS))
    centres = RADIUS * np.stack([np.cos(angles), np.sin(angles)])
    x, y = centres + rng.normal(scale=DEVIATION, size=(2, count))
    words = [COLOURS[cluster] for cluster in clusters]
    return StarterColumns(
        texts={"text": words},
        tables={"point": {"x": x.tolist(), "y": y.tolist()}},
        split=random_split(count, held_out, rng),
        attributes=[{"colour": word} for word in words],
    )
