"""How the panels were left: small values that outlive a session."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PlotView:
    """How the loss plot is shown."""

    smoothing: float = 0.6
    """0 (none) to 0.99: weight of the past in the smoothed curve."""
    is_log: bool = False
    hidden: tuple[str, ...] = ()
    """Names of the curves that are switched off."""


@dataclass(frozen=True, kw_only=True)
class GalleryView:
    """How the gallery is shown."""

    zoom: int = 2
    """How many screen pixels an image pixel takes."""


@dataclass(frozen=True, kw_only=True)
class ImportChoices:
    """What the import wizard remembers."""

    recent: tuple[str, ...] = ()
    """Sources chosen lately, latest first."""


@dataclass(frozen=True, kw_only=True)
class SaveGalleryChoices:
    """How the save-gallery dialog was left."""

    count: int = 64
    seed: int = 1
    folder: str = ""
    """Folder that holds the galleries; empty means the workspace's."""
    direction: str = "joint"
    truncation: float = 1.0
    to_seed: int = 2
    texts: str = ""
    """Texts to draw, one a line."""
    images: str = ""
    """Folder of images to name."""
