"""What the run reads from a picture, a sound or cells: candidates with their probabilities."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from studio.jobs.frame_answers import ReadCandidate
from studio.theme import SPACING, current_colors, mixed
from studio.widgets.labels import fill, plain_label, spaced

_ROW, _GAP = 24, 3


class ReadingBars(QWidget):
    """One bar for each candidate, the most probable first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._candidates: Sequence[ReadCandidate] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_candidates(self, candidates: Sequence[ReadCandidate]) -> None:
        """Replace the candidates."""
        self._candidates = candidates
        spoken = "; ".join(f"{one.text}, {self._percent(one)}" for one in candidates)
        self.setAccessibleName(spoken)
        self.setToolTip(spoken.replace("; ", "\n"))
        self.updateGeometry()
        self.update()

    def _percent(self, candidate: ReadCandidate) -> str:
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
            text = metrics.elidedText(candidate.text, Qt.TextElideMode.ElideRight, space)
            painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, text)
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(inner, side, percent)
        painter.end()


class ReadingPane(QWidget):
    """The readings of all columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty = plain_label(
            self.tr("Drop, paste or draw something: what the run reads from it appears here."),
            role="muted",
        )
        self._rows: dict[str, tuple[QWidget, ReadingBars]] = {}
        self._layout = fill(spaced(QVBoxLayout(self), SPACING // 2, (0, 0, 0, 0)), self._empty)

    def show_readings(
        self, columns: Mapping[str, tuple[ReadCandidate, ...]], labels: Mapping[str, str]
    ) -> None:
        """Show candidates by column.

        Args:
            columns: candidates by name; empty if nothing is read.
            labels: names in the user's language; shown if several columns are read.
        """
        for name in columns:
            if name not in self._rows:
                label = plain_label(labels.get(name, name), role="muted")
                self._rows[name] = (label, ReadingBars())
                fill(self._layout, *self._rows[name])
        for name, (label, bars) in self._rows.items():
            label.setVisible(name in columns and len(columns) > 1)
            bars.setVisible(name in columns)
            bars.show_candidates(columns.get(name, ()))
        self._empty.setVisible(not columns)

    def forget(self) -> None:
        """Remove all rows, because another run has other columns."""
        for widgets in self._rows.values():
            for widget in widgets:
                widget.hide()
                widget.deleteLater()
        self._rows.clear()
        self._empty.show()
