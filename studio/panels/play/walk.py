"""A walk between key frames: played on the board and exported as a film."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from engine.sample.scene import Scene
from studio.models.play_view import walk_scenes
from studio.panels.play.strip import ThumbnailStrip
from studio.theme import SPACING
from studio.widgets.buttons import icon_button, push_button
from studio.widgets.icons import icon
from studio.widgets.labels import fill, plain_label, spaced

FPS = 30
LEGS_S = (0.5, 1.0, 2.0, 4.0, 8.0)
_USUAL_LEG = 2


class WalkControls(QWidget):
    """Key frames on a strip, and buttons to play and to export the walk."""

    keys_changed = Signal(object)
    """Carries the key frames as a tuple of ``Scene``."""
    add_requested = Signal()
    key_opened = Signal(object)
    """Carries the ``Scene`` of a key frame to show on the board."""
    frame_wanted = Signal(object)
    """Carries the ``Scene`` of the next frame of the walk."""
    stopped = Signal()
    """The walk no longer plays."""
    export_requested = Signal(str)
    """Carries the suffix of a film's format."""
    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys: tuple[Scene, ...] = ()
        self._usual: tuple[Scene, ...] = ()
        """Scenes of the board, which the walk visits while it has fewer than two key frames."""
        self._frames: list[Scene] = []
        self._hint = plain_label(
            self.tr(
                "The walk visits the items of the board. Add two or more key frames to choose."
            ),
            role="muted",
        )
        self.strip = ThumbnailStrip(
            self.tr("Drag it to another place, or press Enter to show it on the board"),
            is_sortable=True,
        )
        self.strip.setAccessibleName(self.tr("Key frames of the walk"))
        self.strip.remove_requested.connect(self._remove)
        self.strip.move_requested.connect(self._move)
        self.strip.opened.connect(lambda row: self.key_opened.emit(self._keys[row]))
        self._add = push_button(
            self.tr("Add chosen item"), self.add_requested, icon_name="add", role="small"
        )
        self._earlier = icon_button("previous", self.tr("Move this key frame forward (Alt+Left)"))
        self._earlier.clicked.connect(lambda: self._shift(-1))
        self._later = icon_button("next", self.tr("Move this key frame back (Alt+Right)"))
        self._later.clicked.connect(lambda: self._shift(1))
        self._remove_button = icon_button("close", self.tr("Remove this key frame (Del)"))
        self._remove_button.clicked.connect(self._remove)
        edit = spaced(QHBoxLayout(), 2)
        fill(edit, self._add, 1, self._earlier, self._later, self._remove_button)
        self._loop = QCheckBox(self.tr("Loop"))
        self._loop.setChecked(True)
        self._loop.setToolTip(self.tr("Return from the last key frame to the first"))
        self._loop.toggled.connect(self._rebuild)
        self._leg = QComboBox()
        for seconds in LEGS_S:
            self._leg.addItem(self.tr("{0} s").format(self.locale().toString(seconds)), seconds)
        self._leg.setCurrentIndex(_USUAL_LEG)
        self._leg.setAccessibleName(self.tr("Time between two key frames"))
        self._leg.setToolTip(self._leg.accessibleName())
        self._leg.currentIndexChanged.connect(self._rebuild)
        self.play = push_button(self.tr("Play walk"), self.toggle, icon_name="run", role="small")
        self._place = QSlider(Qt.Orientation.Horizontal)
        self._place.setAccessibleName(self.tr("Place on the walk"))
        self._place.valueChanged.connect(self._on_place)
        self._formats = QComboBox()
        self._formats.setAccessibleName(self.tr("Format of the film"))
        self.export = push_button(
            self.tr("Export…"), self._export, icon_name="export", role="small"
        )
        self._bar = QProgressBar(textVisible=False)
        self._bar.hide()
        self._note = plain_label(role="muted")
        self._note.hide()
        options = spaced(QHBoxLayout(), SPACING)
        fill(options, self.play, self._loop, 1, QLabel(self.tr("each")), self._leg)
        output = fill(spaced(QHBoxLayout(), SPACING), (self._formats, 1), self.export)
        layout = spaced(QVBoxLayout(self), SPACING // 2, (0, 0, 0, 0))
        fill(layout, self._hint, self.strip, edit, self._place, options, output)
        fill(layout, self._bar, self._note)
        self._timer = QTimer(self, interval=round(1000 / FPS))
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._advance)
        self._show_buttons()

    def set_formats(self, suffixes: Sequence[str]) -> None:
        """Set the formats that this machine can write, best first, by their suffixes."""
        names = {"webp": "WebP", "png": "APNG", "gif": "GIF", "avif": "AVIF", "mp4": "MP4"}
        self._formats.clear()
        for suffix in suffixes:
            self._formats.addItem(names.get(suffix, suffix), suffix)

    @property
    def is_playing(self) -> bool:
        """Whether the walk plays."""
        return self._timer.isActive()

    @property
    def frames(self) -> Sequence[Scene]:
        """The frames of the walk; none with fewer than two key frames."""
        return self._frames

    @property
    def loops(self) -> bool:
        """Whether the walk returns to its beginning."""
        return self._loop.isChecked()

    def show_keys(self, keys: tuple[Scene, ...]) -> None:
        """Show other key frames."""
        if keys != self._keys:
            before, self._keys = self._keys, keys
            row = self.strip.currentRow()
            self.strip.arrange([before.index(key) if key in before else -1 for key in keys])
            self.strip.setCurrentRow(min(max(row, 0), len(keys) - 1))
            self._rebuild()

    def show_usual(self, scenes: tuple[Scene, ...]) -> None:
        """Set the scenes that the walk visits while it has fewer than two key frames."""
        self._usual = scenes
        if len(self._keys) < 2 and not self.is_playing:
            self._rebuild()

    def show_pictures(self, pictures: Sequence[QImage]) -> None:
        """Show the pictures of the key frames."""
        self.strip.show_pictures(pictures)

    def show_progress(self, done: int, total: int) -> None:
        """Show the progress of an export; a total of 0 hides it."""
        self._bar.setVisible(total > 0)
        self._bar.setRange(0, max(total, 1))
        self._bar.setValue(done)
        self.export.setText(self.tr("Cancel") if total else self.tr("Export…"))
        self._show_buttons()

    def show_note(self, text: str) -> None:
        """Show a sentence below the buttons, or none."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    @Slot()
    def toggle(self) -> None:
        """Play the walk, or stop it."""
        if self.is_playing:
            self.stop()
        elif self._frames:
            if self._place.value() >= len(self._frames) - 1:
                self._place.setValue(0)
            self._timer.start()
            self._on_place(self._place.value())
            self._show_buttons()

    @Slot()
    def stop(self) -> None:
        """Stop playing."""
        if self.is_playing:
            self._timer.stop()
            self.stopped.emit()
            self._show_buttons()

    @Slot()
    def _rebuild(self) -> None:
        steps = round(float(self._leg.currentData() or LEGS_S[_USUAL_LEG]) * FPS)
        keys = self._keys if len(self._keys) > 1 else self._usual
        is_enough = len(keys) > 1
        self._frames = walk_scenes(keys, is_loop=self.loops, steps=steps) if is_enough else []
        with QSignalBlocker(self._place):
            self._place.setRange(0, max(0, len(self._frames) - 1))
        if not self._frames:
            self.stop()
        self._show_buttons()

    @Slot()
    def _advance(self) -> None:
        place = self._place.value() + 1
        if place < len(self._frames):
            self._place.setValue(place)
        elif self.loops and self._frames:
            self._place.setValue(0)
        else:
            self.stop()

    @Slot(int)
    def _on_place(self, place: int) -> None:
        if place < len(self._frames):
            self.frame_wanted.emit(self._frames[place])

    @Slot()
    def _remove(self) -> None:
        row = self.strip.currentRow()
        if 0 <= row < len(self._keys):
            self.keys_changed.emit((*self._keys[:row], *self._keys[row + 1 :]))

    def _shift(self, places: int) -> None:
        row = self.strip.currentRow()
        if 0 <= row < len(self._keys) and 0 <= row + places < len(self._keys):
            self._move(row, row + places)

    @Slot(int, int)
    def _move(self, row: int, to: int) -> None:
        """Move a key frame to another place among the others."""
        keys = list(self._keys)
        keys.insert(to, keys.pop(row))
        self.keys_changed.emit(tuple(keys))
        self.strip.setCurrentRow(to)

    @Slot()
    def _export(self) -> None:
        if self._bar.isVisible():
            self.cancel_requested.emit()
        else:
            self.export_requested.emit(str(self._formats.currentData()))

    def _show_buttons(self) -> None:
        has_keys, has_frames = bool(self._keys), bool(self._frames)
        self._hint.setVisible(len(self._keys) < 2)
        self.strip.setVisible(has_keys)
        for button in (self._earlier, self._later, self._remove_button):
            button.setVisible(has_keys)
        for widget in (self._place, self.play, self._loop, self._leg, self._formats, self.export):
            widget.setEnabled(has_frames)
        self.play.setText(self.tr("Stop") if self.is_playing else self.tr("Play walk"))
        self.play.setIcon(icon("stop" if self.is_playing else "run"))
