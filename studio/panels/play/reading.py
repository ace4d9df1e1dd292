"""What the run reads from a picture, a sound or cells: candidates with their probabilities."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.data.table_cells import Cell
from engine.sample.play_results import Candidate, FieldReading, Reading
from studio.theme import SPACING, current_colors, mixed
from studio.widgets.labels import fill, plain_label, spaced

_ROW, _GAP = 24, 3


class ReadingBars(QWidget):
    """One bar for each candidate, the most probable first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._candidates: Sequence[Candidate] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_candidates(self, candidates: Sequence[Candidate]) -> None:
        """Replace the candidates."""
        self._candidates = candidates
        spoken = "; ".join(
            f"{candidate_text(one.value)}, {self._percent(one)}" for one in candidates
        )
        self.setAccessibleName(spoken)
        self.setToolTip(spoken.replace("; ", "\n"))
        self.updateGeometry()
        self.update()

    def _percent(self, candidate: Candidate) -> str:
        percent = candidate.probability * 100
        return f"{self.locale().toString(percent, 'f', 0 if percent >= 10 else 1)} %"

    def sizeHint(self) -> QSize:
        """Return the height of all rows."""
        return QSize(200, len(self._candidates) * (_ROW + _GAP))

    def minimumSizeHint(self) -> QSize:
        """Return the height of all rows."""
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the bars with their texts above them."""
        colors, painter = current_colors(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent, surface = QColor(colors.accent), QColor(colors.surface)
        for number, candidate in enumerate(self._candidates):
            row = QRectF(0, number * (_ROW + _GAP), self.width(), _ROW)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.grid))
            painter.drawRoundedRect(row, 4, 4)
            bar = QRectF(row)
            bar.setWidth(max(4.0, row.width() * candidate.probability))
            painter.setBrush(mixed(accent, surface, 0.45 if number == 0 else 0.25))
            painter.drawRoundedRect(bar, 4, 4)
            font = QFont(self.font())
            font.setBold(number == 0)
            painter.setFont(font)
            painter.setPen(QColor(colors.text))
            inner, percent = row.adjusted(8, 0, -8, 0), self._percent(candidate)
            metrics = QFontMetrics(font)
            space = round(inner.width()) - metrics.horizontalAdvance(percent) - 8
            # Likely texts often begin alike.
            text = metrics.elidedText(
                candidate_text(candidate.value), Qt.TextElideMode.ElideMiddle, space
            )
            painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, text)
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(inner, side, percent)
        painter.end()


class ReadingPane(QWidget):
    """The readings of all columns, of a table one for each field."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty = plain_label(
            self.tr("Drop, paste or draw something: what the run reads from it appears here."),
            role="muted",
        )
        self._rows: dict[str, tuple[QLabel, ReadingBars]] = {}
        self._layout = fill(spaced(QVBoxLayout(self), SPACING // 2, (0, 0, 0, 0)), self._empty)

    def show_readings(self, columns: Mapping[str, Reading], labels: Mapping[str, str]) -> None:
        """Show what is read, by column.

        Args:
            columns: readings by name; empty if nothing is read.
            labels: names in the user's language.
        """
        shown: dict[str, tuple[str, tuple[Candidate, ...]]] = {}
        for name, reading in columns.items():
            if reading.candidates:
                shown[name] = (labels.get(name, name), reading.candidates)
            for field in reading.fields:
                shown[f"{name}/{field.name}"] = (self._field_text(field), field.candidates)
        for key in shown.keys() - self._rows.keys():
            self._rows[key] = (plain_label(role="muted"), ReadingBars())
        for key in shown:
            fill(self._layout, *self._rows[key])
        for key, (label, bars) in self._rows.items():
            text, candidates = shown.get(key, ("", ()))
            label.setText(text)
            label.setVisible(key in shown and (len(shown) > 1 or not candidates))
            bars.setVisible(bool(candidates))
            bars.show_candidates(candidates)
        self._empty.setVisible(not shown)

    def forget(self) -> None:
        """Remove all rows, because another run has other columns."""
        for widgets in self._rows.values():
            for widget in widgets:
                widget.hide()
                widget.deleteLater()
        self._rows.clear()
        self._empty.show()

    def _field_text(self, field: FieldReading) -> str:
        if field.median is None or field.interval is None:
            return field.name
        numbers = (f"{value:.4g}" for value in (field.median, *field.interval))
        return self.tr("{0}: {1} ({2} to {3})").format(field.name, *numbers)


def candidate_text(value: Cell) -> str:
    """Return the words of a candidate; a missing cell and an empty text are a dash."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value) if value not in (None, "") else "–"
