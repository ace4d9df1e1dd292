"""The error dialog and the About dialog."""

import platform
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QStyle,
    QWidget,
)

from engine.version import installed_version
from studio.errors.reporter import ErrorReport
from studio.theme import GAP, MARGIN, SPACING
from studio.widgets.labels import plain_label

_WIDTH = 520
_DETAILS_HEIGHT = 180


def warning_layout(dialog: QDialog, labels: Sequence[QLabel], width: int) -> QGridLayout:
    """Lay out a warning icon and rows of text, and fix the size of the dialog to its content."""
    layout = QGridLayout(dialog)
    layout.setContentsMargins(GAP, GAP, GAP, MARGIN)
    layout.setHorizontalSpacing(GAP)
    layout.setVerticalSpacing(SPACING)
    layout.setColumnStretch(1, 1)
    layout.setSizeConstraint(QGridLayout.SizeConstraint.SetFixedSize)
    sign = QLabel()
    warning = QStyle.StandardPixmap.SP_MessageBoxWarning
    sign.setPixmap(dialog.style().standardIcon(warning).pixmap(32, 32))
    layout.addWidget(sign, 0, 0, len(labels), 1, Qt.AlignmentFlag.AlignTop)
    for row, label in enumerate(labels):
        label.setMinimumWidth(width)
        layout.addWidget(label, row, 1)
    return layout


class ErrorDialog(QDialog):
    """Shows one error; ``open()`` does not block."""

    restart_requested = Signal()
    """Emitted to restart the application and resume the run."""

    def __init__(self, parent: QWidget | None, report: ErrorReport) -> None:
        super().__init__(parent)
        self._report = report
        self.setWindowTitle(self.tr("Diptych"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH)
        self._details = QPlainTextEdit(report.details)
        self._details.setReadOnly(True)
        self._details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._details.setFixedHeight(_DETAILS_HEIGHT)
        self._details.setAccessibleName(self.tr("Details"))
        self._details.hide()
        self._buttons, self._toggle = self._make_buttons()
        words = report.explanation
        texts = (
            plain_label(words.happened, role="heading"),
            plain_label(words.why, role="muted"),
            plain_label(words.hint),
        )
        layout = warning_layout(self, texts, _WIDTH - 110)
        layout.addWidget(self._details, 3, 0, 1, 2)
        layout.setRowMinimumHeight(4, SPACING)
        layout.addWidget(self._buttons, 5, 0, 1, 2)

    def _make_buttons(self) -> tuple[QDialogButtonBox, QPushButton]:
        buttons = QDialogButtonBox()
        role = QDialogButtonBox.ButtonRole
        toggle = buttons.addButton(self.tr("Show details"), role.HelpRole)
        toggle.setCheckable(True)
        toggle.toggled.connect(self._show_details)
        copy = buttons.addButton(self.tr("Copy"), role.ActionRole)
        copy.setToolTip(self.tr("Copy the message and its details"))
        copy.clicked.connect(self._copy)
        close = buttons.addButton(QDialogButtonBox.StandardButton.Close)
        close.setDefault(not self._report.needs_restart)
        if self._report.needs_restart:
            restart = buttons.addButton(self.tr("Restart and resume"), role.AcceptRole)
            restart.setDefault(True)
            restart.setFocus()
            restart.clicked.connect(self._restart)
        buttons.rejected.connect(self.reject)
        return buttons, toggle

    @Slot(bool)
    def _show_details(self, is_shown: bool) -> None:  # noqa: FBT001 - a Qt slot
        self._details.setVisible(is_shown)
        self._toggle.setText(self.tr("Hide details") if is_shown else self.tr("Show details"))

    @Slot()
    def _restart(self) -> None:
        self.accept()
        self.restart_requested.emit()

    @Slot()
    def _copy(self) -> None:
        words = self._report.explanation
        text = f"{words.happened}\n{words.why}\n{words.hint}\n\n{self._report.details}"
        QGuiApplication.clipboard().setText(text)


class AboutDialog(QMessageBox):
    """Name, version and licence, and the versions of the dependencies."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("About Diptych"))
        self.setIconPixmap(parent.windowIcon().pixmap(64, 64))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(self.tr("Diptych {0}").format(installed_version()))
        about = self.tr(
            "Trains generators of image-text pairs by clicking.\n"
            "Free software under the Apache License 2.0."
        )
        names = {"PyTorch": "torch", "PySide6": "PySide6-Essentials", "NumPy": "numpy"}
        parts = [f"{name} {installed_version(package)}" for name, package in names.items()]
        versions = ", ".join([f"Python {platform.python_version()}", *parts])
        self.setInformativeText(f"{about}\n\n{versions}")
        self.setStandardButtons(QMessageBox.StandardButton.Close)
