"""Persistent choices of the user, and the saved state of panels."""

from dataclasses import dataclass, field
from pathlib import Path

from studio.i18n import Language
from studio.theme import Appearance


@dataclass(frozen=True, kw_only=True)
class GeneralChoices:
    """What holds for the whole studio."""

    appearance: Appearance = Appearance.SYSTEM
    language: Language = Language.SYSTEM
    workspace: Path = Path()
    """``Path()`` means the default workspace."""
    last_run: Path = Path()
    """``Path()`` means none yet."""
    resumes_last_run: bool = False
    """Whether the next start goes on with it, because this process cannot."""


@dataclass(frozen=True, kw_only=True)
class AroundChoices:
    """What goes on around a run."""

    keeps_awake: bool = True
    """Whether the computer may not go to sleep while a run trains."""


@dataclass(frozen=True, kw_only=True)
class RunChoices:
    """How the form of the run panel was left."""

    starter: str = "digits"
    """Empty when another dataset folder is chosen."""
    dataset: Path = Path()
    recent: tuple[str, ...] = ()
    """Other dataset folders, latest first."""
    preset: str = ""
    """Row of the preset table; empty lets machine and dataset choose."""
    texts: dict[str, str] = field(default_factory=dict[str, str])
    """What was typed into fields that differ from the preset, by dotted name."""
    is_more_open: bool = False


@dataclass(frozen=True, kw_only=True)
class WindowLayout:
    """Where the window stands and how its docks are arranged; empty means the default."""

    geometry: bytes = b""
    docks: bytes = b""


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
