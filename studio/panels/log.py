"""Log panel."""

import logging
from collections.abc import Iterable
from html import escape

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from studio.log import KEPT_LINES, LogLine
from studio.theme import MARGIN, SPACING, current_colors
from studio.widgets.buttons import push_button
from studio.widgets.labels import fill, spaced


class LogPanel(QWidget):
    """Shows the latest log lines, with warnings and errors in colour."""

    folder_requested = Signal()

    def __init__(self, lines: Iterable[LogLine] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = list(lines)
        self._view = self._make_view()
        self._only_problems = QCheckBox(self.tr("Only warnings and errors"))
        self._only_problems.toggled.connect(self._fill)
        self._open = push_button(
            self.tr("Open log folder"),
            self.folder_requested,
            icon_name="open",
            tip=self.tr("The same lines, and older ones, as files"),
        )
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, SPACING, MARGIN, MARGIN))
        top = fill(QHBoxLayout(), self._only_problems, 1, self._open)
        fill(layout, top, (self._view, 1))
        self._fill()

    def text(self) -> str:
        """Return the text that is shown."""
        return self._view.toPlainText()

    @Slot(object)
    def add_line(self, line: LogLine) -> None:
        """Append a line; the view scrolls if it was at the end."""
        self._lines.append(line)
        del self._lines[:-KEPT_LINES]
        if self._is_shown(line):
            self._view.appendHtml(_markup(line))

    def _make_view(self) -> QPlainTextEdit:
        view = QPlainTextEdit()
        view.setReadOnly(True)
        view.setMaximumBlockCount(KEPT_LINES)
        view.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        view.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        view.setAccessibleName(self.tr("Log"))
        return view

    def _is_shown(self, line: LogLine) -> bool:
        return line.level >= logging.WARNING or not self._only_problems.isChecked()

    @Slot()
    def _fill(self) -> None:
        self._view.clear()
        for line in filter(self._is_shown, self._lines):
            self._view.appendHtml(_markup(line))

    def changeEvent(self, event: QEvent) -> None:
        """Apply the colours of the new scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_view"):
            self._fill()


def _markup(line: LogLine) -> str:
    colors = current_colors()
    color = colors.text
    if line.level >= logging.ERROR:
        color = colors.danger
    elif line.level >= logging.WARNING:
        color = colors.warning
    text = escape(line.text).replace("\n", "<br>")
    when = f"{line.time:%H:%M:%S}"
    return (
        f'<span style="white-space: pre-wrap; color: {colors.muted}">{when}</span> '
        f'<span style="white-space: pre-wrap; color: {color}">{text}</span>'
    )
