"""A few images as they are and as they would be stored: for the wizard."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from engine.control import RunControl
from engine.errors import EntryError
from engine.importing.accounts import Accounts
from engine.importing.candidate import ImageRef, Pixels
from engine.importing.first_look import FirstLook
from engine.importing.formats.format import Format
from engine.importing.formats.table import FORMATS
from engine.importing.limits import LIMITS
from engine.importing.picture import read_picture
from engine.importing.picture_fit import fit
from engine.importing.plan import ImportPlan
from engine.importing.tree import Tree

COUNT = 6
LOOKED_AT = 2_000
"""Items from which the few are chosen."""
BEFORE_SIDE = 256
"""Longest side of an image as it is, shrunk for showing."""


@dataclass(frozen=True, kw_only=True)
class BeforeAfter:
    """One image twice."""

    key: str
    before: Pixels
    """[H, W, 4] with its transparency, at most ``BEFORE_SIDE`` long."""
    after: Pixels
    """[S, S, C] as stored."""
    width: int
    """Of the original, in pixels."""
    height: int


def before_and_after(
    plan: ImportPlan, tree: Tree, look: FirstLook, control: RunControl
) -> tuple[BeforeAfter, ...]:
    """Fit a few images, spread over the beginning of a source; unreadable ones are passed over.

    Raises:
        StoppedError: the control asked for it.
        ConfigError: the reading names what is not there.
        SourceUnreadableError: the source or its table cannot be read.
    """
    shown: list[BeforeAfter] = []
    form = FORMATS[plan.reading.format]
    candidates = islice(form.scan(tree, look.overview, plan.reading, Accounts()), LOOKED_AT)
    images = [(item.key, item.image) for item in candidates if item.image is not None]
    for key, image in _spread(images):
        control.stop_if_asked()
        both = _both(plan, tree, form, key, image)
        if both is not None:
            shown.append(both)
        if len(shown) == COUNT:
            break
    return tuple(shown)


def _both(
    plan: ImportPlan, tree: Tree, form: Format, key: str, image: ImageRef
) -> BeforeAfter | None:
    try:
        picture = read_picture(form.load(tree, image), LIMITS)
        channels = 1 if plan.pictures.channels == "grey" else 3
        after = fit(picture, plan.pictures, channels)
    except EntryError:
        return None
    width, height = picture.size
    small = picture.convert("RGBA")
    small.thumbnail((BEFORE_SIDE, BEFORE_SIDE))
    return BeforeAfter(key=key, before=np.asarray(small), after=after, width=width, height=height)


def _spread(images: Sequence[tuple[str, ImageRef]]) -> list[tuple[str, ImageRef]]:
    """Put images in an order whose first few come from everywhere."""
    step = max(1, len(images) // COUNT)
    return [image for start in range(step) for image in images[start::step]]
