"""What every page of the import wizard has in common."""

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from studio.jobs.importing import ImportJobs
from studio.models.import_form import ImportForm
from studio.theme import SPACING
from studio.widgets.field import Field

FORM_WIDTH = 290
"""Logical pixels of the column that asks; the rest of a page shows."""


class Page(QWidget):
    """One page. It shows the form, changes it, and says whether the next page may come."""

    changed = Signal()
    """Whether the next page may come has changed, or why it may not."""
    edited = Signal()
    """The form has changed."""

    def __init__(self, form: ImportForm, jobs: ImportJobs) -> None:
        super().__init__()
        self.form, self.jobs = form, jobs

    def title(self) -> str:
        """Name the page, in a word or two."""
        raise NotImplementedError

    def explanation(self) -> str:
        """Say in a sentence what the page is for."""
        raise NotImplementedError

    def refusal(self) -> str:
        """Say why the next page may not come; empty when it may."""
        return ""

    def enter(self) -> None:
        """Come into view; what earlier pages changed is looked at again."""

    def leave(self) -> None:
        """Go out of view; work that only this page needs is ended."""


def ask_rows(rows: Iterable[tuple[str, Field]]) -> QFormLayout:
    """Make a form whose labels stand above their fields."""
    layout = QFormLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setVerticalSpacing(SPACING)
    layout.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
    layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    for text, field in rows:
        if not text:
            layout.addRow(field)
            continue
        label = QLabel(text)
        label.setBuddy(field)
        layout.addRow(label, field)
    return layout


def asking_column(content: QWidget) -> QScrollArea:
    """Put what a page asks into a column that scrolls where the window is low."""
    scroll = QScrollArea()
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidgetResizable(True)
    scroll.setWidget(content)
    scroll.setFixedWidth(FORM_WIDTH)
    return scroll


def stacked(*parts: QWidget | QFormLayout | None, is_tight: bool = False) -> QWidget:
    """Put parts below each other, with the room that is left at their end; ``None`` is a gap."""
    widget = QWidget()
    layout = QVBoxLayout(widget)
    # Room for the focus frames, and for the scroll bar beside the fields.
    layout.setContentsMargins(0, 0, SPACING, 0)
    layout.setSpacing(SPACING // 2 if is_tight else SPACING)
    for part in parts:
        if part is None:
            layout.addSpacing(SPACING)
        elif isinstance(part, QFormLayout):
            layout.addLayout(part)
        else:
            layout.addWidget(part)
    layout.addStretch(1)
    return widget
