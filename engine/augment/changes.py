"""What an augmentation may change in an image, and when to augment at all.

Needs nothing but the standard library: a window may ask it too.
"""

from enum import StrEnum

NONE, DIFFAUGMENT, ADA = "none", "diffaugment", "ada"
MODES = (NONE, DIFFAUGMENT, ADA)
AUTO = "auto"
SMALL_SET = 5_000
"""Training images below which ``auto`` augments. DiffAugment gains most on sets of hundreds and
little on tens of thousands (Zhao et al. 2020, arXiv:2006.10738, section 4)."""


class Change(StrEnum):
    """One way in which an augmentation changes images."""

    FLIP = "flip"
    """Left and right change places."""
    ROTATION = "rotation"
    """By quarter turns."""
    HORIZONTAL_MOVE = "horizontal_move"
    VERTICAL_MOVE = "vertical_move"
    SCALING = "scaling"
    """About the centre, both axes alike."""
    BRIGHTNESS = "brightness"
    """Everything becomes lighter or darker."""
    CONTRAST = "contrast"
    """Light and dark move apart or together."""
    SATURATION = "saturation"
    """Colours become stronger or greyer."""
    HUE = "hue"
    """Colours become other colours."""
    CUTOUT = "cutout"
    """A square is blanked."""


def resolve_augmentation(choice: str, train_images: int) -> str:
    """Turn the setting ``auto`` into a mode; the modes stay what they are.

    Args:
        choice: ``auto`` or one of ``MODES``.
        train_images: how many images there are to learn from.
    """
    if choice != AUTO:
        return choice
    return DIFFAUGMENT if train_images < SMALL_SET else NONE
