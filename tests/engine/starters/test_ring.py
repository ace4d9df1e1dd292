import collections

import numpy as np

from engine.data.manifest import VALIDATION
from engine.starters import ring


def test_that_points_lie_on_eight_places_of_a_circle_and_have_their_colour():
    columns = ring.build(count=4_000, held_out=400, seed=3)
    x, y = (np.array(columns.tables["point"][axis]) for axis in ("x", "y"))
    assert abs(np.hypot(x, y).mean() - 2) < 0.01
    eighths = np.rint(np.arctan2(y, x) / (np.pi / 4)).astype(int) % 8
    words = [ring.COLOURS[eighth] for eighth in eighths]
    assert words == columns.texts["text"]
    assert words == [facts["colour"] for facts in columns.attributes]
    angles = eighths * np.pi / 4
    offsets = np.concatenate([x - 2 * np.cos(angles), y - 2 * np.sin(angles)])
    assert abs(offsets.std() - ring.DEVIATION) < 0.001
    counts = collections.Counter(words)
    assert min(counts.values()) > 0.8 * 500
    assert list(columns.split).count(VALIDATION) == 400


def test_that_points_follow_from_the_seed():
    first, same, other = (ring.build(count=20, held_out=2, seed=seed) for seed in (1, 1, 2))
    assert first.tables == same.tables
    assert first.split == same.split
    assert first.tables != other.tables
