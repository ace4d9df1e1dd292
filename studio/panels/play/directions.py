"""Directions of the noise: a slider, five pictures, a name, a sign and a pin for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.sample.play_results import Direction
from studio.models.play_notes import DirectionNote
from studio.models.play_view import PlayState
from studio.theme import SPACING, current_colors
from studio.widgets.buttons import push_button
from studio.widgets.icons import icon
from studio.widgets.labels import fill, plain_label, spaced

SHOWN = 8
"""Directions with a slider."""
STRIP = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""Offsets of the pictures of a strip, in parts of a slider's half."""
_REACH = 4.0
"""Offset at the end of a slider, in standard deviations of the noise."""
_TICKS = 100


@dataclass(frozen=True, kw_only=True)
class OffsetMoved:
    """A slider was moved."""

    number: int
    """Of the direction."""
    offset: float


class DirectionControls(QWidget):
    """Sliders of the strongest directions, pinned ones first."""

    drag_began = Signal()
    drag_ended = Signal()
    offset_moved = Signal(object)
    """Carries an ``OffsetMoved``."""
    reset_requested = Signal()
    note_changed = Signal(object)
    """Carries a ``DirectionNote``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[int, _DirectionRow] = {}
        self._notes: dict[int, DirectionNote] = {}
        self._found: Sequence[Direction] = ()
        self._empty = plain_label(self.tr("Finding the directions…"), role="muted")
        self._reset = push_button(
            self.tr("Reset all"),
            self.reset_requested,
            role="small",
            tip=self.tr("Move all sliders to the middle"),
        )
        self._layout = spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0))
        fill(self._layout, self._empty, self._reset)
        self._layout.setAlignment(self._reset, Qt.AlignmentFlag.AlignLeft)
        self.forget()

    @property
    def shown(self) -> tuple[Direction, ...]:
        """The directions that have a slider, from top to bottom."""
        pinned = [one for one in self._found if self._note(one.number).is_pinned]
        others = [one for one in self._found if one not in pinned]
        return tuple([*pinned, *others][: max(SHOWN, len(pinned))])

    def forget(self) -> None:
        """Remove all sliders, because another run has other directions."""
        for row in self._rows.values():
            row.hide()
            row.deleteLater()
        self._rows.clear()
        self._found, self._notes = (), {}
        self._empty.show()
        self._reset.hide()

    def show_found(self, found: Sequence[Direction], notes: Mapping[int, DirectionNote]) -> None:
        """Show the directions of a run, with their names."""
        self.forget()
        self._found, self._notes = found, dict(notes)
        self._empty.setText("" if found else self.tr("This run has no directions."))
        self._empty.setVisible(not found)
        self._reset.setVisible(bool(found))
        self._fill()

    def set_notes(self, notes: Mapping[int, DirectionNote]) -> None:
        """Show other names, signs and pins."""
        if dict(notes) != self._notes:
            self._notes = dict(notes)
            self._fill()

    def offset_at(self, direction: Direction, part: float) -> float:
        """Return the offset at a part of a slider's half, from -1 to 1."""
        sign = -1.0 if self._note(direction.number).is_reversed else 1.0
        return sign * part * _REACH

    def show_strips(self, pictures: Mapping[int, Sequence[QImage]]) -> None:
        """Show the pictures of ``STRIP`` by number of a direction."""
        for number, strip in pictures.items():
            if number in self._rows:
                self._rows[number].strip.show_pictures(strip)

    def show_state(self, state: PlayState) -> None:
        """Move the sliders without signals."""
        for direction in self.shown:
            end = self.offset_at(direction, 1.0)
            self._rows[direction.number].show_part(state.offsets.get(direction.number, 0.0) / end)
        self._reset.setEnabled(bool(state.offsets))

    def _note(self, number: int) -> DirectionNote:
        return self._notes.get(number, DirectionNote(number=number))

    def _fill(self) -> None:
        for place, direction in enumerate(self.shown):
            row = self._rows.get(direction.number)
            if row is None:
                row = self._rows[direction.number] = _DirectionRow(direction, place + 1)
                row.slider.sliderPressed.connect(self.drag_began)
                row.slider.sliderReleased.connect(self.drag_ended)
                row.moved.connect(lambda part, d=direction: self._on_moved(d, part))
                row.note_edited.connect(self._on_note)
            row.show_note(self._note(direction.number))
            self._layout.insertWidget(place, row)
        numbers = {one.number for one in self.shown}
        for number, row in self._rows.items():
            row.setVisible(number in numbers)

    def _on_moved(self, direction: Direction, part: float) -> None:
        offset = self.offset_at(direction, part)
        self.offset_moved.emit(OffsetMoved(number=direction.number, offset=offset))

    @Slot(object)
    def _on_note(self, note: DirectionNote) -> None:
        self._notes[note.number] = note
        self._fill()
        self.note_changed.emit(note)


class _DirectionRow(QWidget):
    moved = Signal(float)
    """Carries a part of the slider's half, from -1 to 1."""
    note_edited = Signal(object)

    def __init__(self, direction: Direction, place: int) -> None:
        super().__init__()
        self._note = DirectionNote(number=direction.number)
        usual = self.tr("Direction {0}").format(place)
        self.name = QLineEdit()
        self.name.setFrame(False)
        self.name.setPlaceholderText(usual)
        self.name.setAccessibleName(self.tr("Name of direction {0}").format(place))
        self.name.setToolTip(self.tr("Type a name for what this direction changes"))
        self.name.editingFinished.connect(self._on_name)
        self._kept = plain_label(role="muted")
        if direction.text_kept is not None:
            percent = round(direction.text_kept * 100)
            self._kept.setText(self.tr("text stays in {0} %").format(percent))
        self._kept.setWordWrap(False)
        self._kept.setToolTip(
            self.tr("How often the picture still reads as its text, half way along the slider")
        )
        self._reverse = self._tool("swap", self.tr("Reverse the slider"))
        self._reverse.clicked.connect(
            lambda: self._edit(replace(self._note, is_reversed=not self._note.is_reversed))
        )
        self._pin = self._tool("pin", self.tr("Pin it to the top"))
        self._pin.setCheckable(True)
        self._pin.clicked.connect(
            lambda checked: self._edit(replace(self._note, is_pinned=checked))
        )
        self.strip = PictureStrip(len(STRIP))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(-_TICKS, _TICKS)
        self.slider.setPageStep(_TICKS // 4)
        self.slider.setAccessibleName(usual)
        self.slider.valueChanged.connect(lambda value: self.moved.emit(value / _TICKS))
        head = spaced(QHBoxLayout(), 2)
        fill(head, (self.name, 1), self._kept, self._reverse, self._pin)
        layout = spaced(QVBoxLayout(self), 2, (0, 0, 0, 0))
        fill(layout, head, self.strip, self.slider)

    def show_note(self, note: DirectionNote) -> None:
        self._note = note
        self.name.setText(note.name)
        self._pin.setChecked(note.is_pinned)
        self._pin.setIcon(icon("pin", "accent" if note.is_pinned else ""))

    def show_part(self, part: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(part * _TICKS))

    @Slot()
    def _on_name(self) -> None:
        if self.name.text().strip() != self._note.name:
            self._edit(replace(self._note, name=self.name.text().strip()))

    def _edit(self, note: DirectionNote) -> None:
        self._note = note
        self.note_edited.emit(note)

    @staticmethod
    def _tool(name: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setAutoRaise(True)
        button.setIcon(icon(name))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        return button


class PictureStrip(QWidget):
    """A row of small pictures."""

    def __init__(self, count: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = count
        self._pictures: Sequence[QImage] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_pictures(self, pictures: Sequence[QImage]) -> None:
        """Replace the pictures."""
        self._pictures = pictures
        self.update()

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(200, 44)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the pictures in cells of equal width."""
        painter, width = QPainter(self), self.width() / self._count
        side = min(width, self.height()) - 2
        for number in range(self._count):
            place = QRectF(0, 0, side, side)
            place.moveCenter(QRectF(number * width, 0, width, self.height()).center())
            if number < len(self._pictures):
                picture = self._pictures[number]
                factor = side / max(picture.width(), picture.height())
                place.setSize(place.size().scaled(
                    picture.width() * factor, picture.height() * factor,
                    Qt.AspectRatioMode.IgnoreAspectRatio))  # fmt: skip
                place.moveCenter(QRectF(number * width, 0, width, self.height()).center())
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawImage(place, picture)
            else:
                painter.fillRect(place, QColor(current_colors().grid))
            painter.setPen(QPen(QColor(current_colors().border), 1))
            painter.drawRect(place.adjusted(-1, -1, 0, 0))
        painter.end()
