"""Play panel: type, drag and draw, and see at once what a run makes of it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QHideEvent,
    QImage,
    QKeySequence,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.data.column_info import AUDIO, IMAGE
from engine.data.facts import TextFacts
from engine.sample.scene import Given, GivenPicture, Scene
from studio.dialogs.pair_view import NearestPane
from studio.errors.wording import explain
from studio.jobs.frame_answers import (
    DirectionsFound,
    FilmDrawn,
    Frame,
    GivenTaken,
    PictureProjected,
    PictureSaved,
    PlayEnded,
    PlayerOpened,
    PlayFailed,
    ProjectionEnded,
    ReadingsMade,
    SceneTaken,
    SnapshotTaken,
)
from studio.jobs.frames import FrameJob, PlayedRun
from studio.jobs.nearest import NearestJob
from studio.jobs.preview_player import PreviewPlayer
from studio.jobs.task import Task
from studio.models.column_text import column_label
from studio.models.gallery_columns import kind_of_file
from studio.models.play_notes import PlayNotes
from studio.models.play_view import PlayState, PlayView
from studio.models.thumbnails import qimage_of
from studio.panels.play.board import Board, BoardMarks, DragMoved
from studio.panels.play.directions import DirectionControls, OffsetMoved
from studio.panels.play.feed import BoardFeed, TilesDrawn
from studio.panels.play.film import FilmExport
from studio.panels.play.given import GivenColumns
from studio.panels.play.noise import BoardBar, NoiseControls
from studio.panels.play.notes import NotesKeeper
from studio.panels.play.picture_search import PictureSearch
from studio.panels.play.prompt import PromptBox
from studio.panels.play.reading import ReadingPane
from studio.panels.play.side_pictures import SidePictures
from studio.panels.play.strip import ThumbnailStrip
from studio.panels.play.walk import WalkControls
from studio.theme import MARGIN, SPACING
from studio.widgets.buttons import icon_button, push_button
from studio.widgets.drop_zone import dropped_path
from studio.widgets.folder_dialog import pick_file, pick_new_file
from studio.widgets.labels import EmptyState, Section, fill, plain_label, scrolling, spaced

_SIDE_WIDTH = 292
_DRAG_PIXELS = 320.0
"""Drag on the board that leaves nothing of the noise."""
_NUDGE = 0.05
_FOLLOW_MS = 1_000
_RELEASE_MS = 60_000
"""Time hidden after which the player's memory is released."""
