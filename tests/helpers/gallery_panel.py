"""The gallery panel with what it needs, and how a user reaches its tiles."""

from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import (
    QMenu,
)
from pytestqt.qtbot import QtBot

from studio.jobs.audio_player import AudioPlayer
from studio.jobs.nearest import NearestJob
from studio.jobs.preview_player import PreviewPlayer
from studio.jobs.tiles import TileJobs
from studio.panels.gallery import GalleryPanel
from studio.widgets.thumbnail_grid import ThumbnailGrid
from tests.helpers.fake_engine import answering
from tests.helpers.windows import child


def gallery_panel(qtbot: QtBot, place: Path) -> GalleryPanel:
    """Show a panel; galleries are saved in ``place``."""
    panel = GalleryPanel(
        NearestJob(answering(None)), PreviewPlayer(AudioPlayer()), TileJobs(lambda: place)
    )
    qtbot.addWidget(panel)
    panel.resize(640, 480)
    panel.show()
    return panel


def grid_of(panel: GalleryPanel) -> ThumbnailGrid:
    """Give the grid of tiles."""
    return child(panel, ThumbnailGrid)


def tile_centre(panel: GalleryPanel, tile: int) -> QPoint:
    """Give the middle of a tile in the viewport."""
    grid = grid_of(panel)
    return grid.visualRect(grid.model().index(tile, 0)).center()


def menu_action(panel: GalleryPanel, tile: int, text: str) -> None:
    """Choose an action of the menu of a tile."""
    grid_of(panel).customContextMenuRequested.emit(tile_centre(panel, tile))
    (menu,) = (menu for menu in panel.findChildren(QMenu) if menu.isVisible())
    next(action for action in menu.actions() if action.text() == text).trigger()
    menu.close()
