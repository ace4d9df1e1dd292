"""Scenes of items that exist already: those of galleries and of previews.

Does not import torch, so that the studio can play with an item that it shows.
"""

from collections.abc import Mapping

from engine.data.seeds import mix_seed
from engine.sample.scene import Given, Noise, Scene

DRAWN_TOGETHER = 64
"""Items of a gallery whose noise is drawn at once."""
PREVIEW_STREAM = 0x5EED
"""Random stream of the previews' noise, independent of the training's for any seed."""


def gallery_scene(
    seed: int, item: int, given: Mapping[str, Given] | None = None, truncation: float = 1.0
) -> Scene:
    """Return the scene of an item of a gallery.

    Args:
        seed: of the gallery.
        item: number of the item, from 0.
        given: by column.
        truncation: of the gallery.
    """
    row = item % DRAWN_TOGETHER
    noise = Noise.from_seed(mix_seed(seed, item - row), row, DRAWN_TOGETHER)
    return Scene(noise=noise, given=given or {}, truncation=truncation)


def preview_scene(seed: int, tile: int, count: int) -> Scene:
    """Return the scene of a tile of a run's previews.

    The noise of a run that was trained on a GPU is another one: its random numbers were drawn
    there.

    Args:
        seed: of the run.
        tile: number of the tile, from 0.
        count: tiles of a preview (``reporting.preview_count``).
    """
    return Scene(noise=Noise.from_seed(mix_seed(seed, PREVIEW_STREAM), tile, count))
