"""Dataclasses of persistent choices and saved panel state."""

from dataclasses import dataclass, field
from pathlib import Path

from studio.i18n import Language
from studio.theme import Appearance


@dataclass(frozen=True, kw_only=True)
class GeneralChoices:
    """Choices that apply to the whole studio."""

    appearance: Appearance = Appearance.SYSTEM
    language: Language = Language.SYSTEM
    workspace: Path = Path()
    """``Path()`` is the default workspace."""
    last_run: Path = Path()
    """``Path()`` if there is none."""
    resumes_last_run: bool = False
    """Whether the next start resumes the last run."""


@dataclass(frozen=True, kw_only=True)
class AroundChoices:
    """Desktop integration during a run. Stored under this class name."""

    keeps_awake: bool = True
    """Whether to inhibit system sleep while a run trains."""


@dataclass(frozen=True, kw_only=True)
class RunChoices:
    """State of the form in the Run panel."""

    starter: str = "digits"
    """Empty when another dataset folder is chosen."""
    dataset: Path = Path()
    recent: tuple[str, ...] = ()
    """Other dataset folders, latest first."""
    preset: str = ""
    """Row of the preset table; empty selects by machine and dataset."""
    texts: dict[str, str] = field(default_factory=dict[str, str])
    """Texts of the fields that differ from the preset, by dotted name."""
    is_more_open: bool = False


@dataclass(frozen=True, kw_only=True)
class WindowLayout:
    """Geometry of the window and layout of its docks; empty for the default."""

    geometry: bytes = b""
    docks: bytes = b""
    run_width: int = 340
    """Width of the Run dock, which stays when the window is resized."""
    curves_height: int = 250
    """Height of the docks below the gallery, which stays as well."""


@dataclass(frozen=True, kw_only=True)
class PlotView:
    """State of the loss plot."""

    smoothing: float = 0.6
    """Weight of the past in the smoothed curve: 0 (none) to 0.99."""
    is_log: bool = False
    hidden: tuple[str, ...] = ()
    """Names of hidden curves."""
    hidden_marks: tuple[str, ...] = ()
    """Kinds of marks that are not shown."""


@dataclass(frozen=True, kw_only=True)
class GalleryView:
    """State of the gallery."""

    zoom: int = 2
    """Screen pixels per image pixel."""


@dataclass(frozen=True, kw_only=True)
class CompareView:
    """State of the Compare panel."""

    page: int = 0
    axis: str = "images"
    """Horizontal axis of the curves: images, time or steps."""
    smoothing: float = 0.6
    """Weight of the past in the curves of losses: 0 (none) to 0.99."""
    is_log: bool = False
    joins_seeds: bool = False
    metrics: tuple[str, ...] = ()
    """Metric of each plot that the user has chosen."""
    axes: tuple[str, ...] = ()
    """Axes of the parallel coordinates that the user has chosen."""
    runs: tuple[str, ...] = ()
    """Folders of the compared runs."""


@dataclass(frozen=True, kw_only=True)
class ImportChoices:
    """State of the import wizard."""

    recent: tuple[str, ...] = ()
    """Recent sources, latest first."""


@dataclass(frozen=True, kw_only=True)
class SaveGalleryChoices:
    """State of the save-gallery dialog."""

    count: int = 64
    seed: int = 1
    folder: str = ""
    """Parent folder of the galleries; empty for the workspace's."""
    direction: str = "joint"
    truncation: float = 1.0
    to_seed: int = 2
    texts: str = ""
    """Texts to draw, one per line."""
    images: str = ""
    """Folder of images to caption."""


@dataclass(frozen=True, kw_only=True)
class ExportChoices:
    """State of the export dialog of a run."""

    kind: str = "model"
    film_format: str = "webp"
    fps: float = 8.0
    folder: str = ""
    """Parent folder of the exports; empty for the workspace's."""
