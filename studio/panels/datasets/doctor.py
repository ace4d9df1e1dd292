"""What the doctor found, a line each: shown by a click, repaired by another."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from engine.importing.item_finding import ItemFinding
from engine.importing.plan import Finding, Repair
from studio.models.found_text import found_words, repair_words
from studio.panels.datasets.task_bar import TaskBar
from studio.theme import SPACING
from studio.widgets.labels import plain_label
from studio.widgets.scrolling import scrolling

_MOST_HEIGHT = 104


@dataclass(frozen=True, kw_only=True)
class RepairWish:
    """What the user wants done."""

    found: ItemFinding
    repair: Repair


class DoctorPane(QFrame):
    """Shows findings; knows nothing of the items."""

    chosen = Signal(object)
    """A ``Finding`` whose items are to be shown, or None for all items."""
    repair_requested = Signal(object)
    examination_requested = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Doctor"))
        self.tasks = TaskBar()
        self._headline = plain_label(role="heading")
        self._note = plain_label(role="muted")
        self._again = QPushButton(self.tr("Examine again"))
        self._again.setProperty("role", "small")
        self._again.clicked.connect(self.examination_requested)
        self._rows: dict[Finding, _Row] = {}
        self._body = QWidget()
        self._grid = QGridLayout(self._body)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2)
        self._grid.setColumnStretch(0, 1)
        self._area = scrolling(self._body)
        self._lay_out()
        self.hide()

    @property
    def headline(self) -> str:
        """What is said above the findings."""
        return " ".join(filter(None, (self._headline.text(), self._note.text())))

    def show_busy(self, text: str) -> None:
        """Say that an examination is under way."""
        self.show_findings((), "")
        self._area.hide()
        self._again.setEnabled(False)
        self.tasks.begin(text)

    def show_ended(self, problem: str = "") -> None:
        """Show that an examination has ended; what it found is shown apart."""
        self.tasks.end("")
        self._again.setEnabled(True)
        self._headline.setText(problem)
        self._headline.setVisible(bool(problem))

    def show_findings(self, findings: Sequence[ItemFinding], headline: str) -> None:
        """Show other findings."""
        self._headline.setText(headline)
        self._headline.setVisible(bool(headline))
        self.say("")
        for row in self._rows.values():
            row.discard()
        self._rows = {found.finding: self._add(found, n) for n, found in enumerate(findings)}
        self._area.setVisible(bool(findings))
        # Without findings there is nothing to scroll, and no room to be taken.
        self._area.setFixedHeight(min(self._body.sizeHint().height(), _MOST_HEIGHT))

    def say(self, note: str) -> None:
        """Say below the headline what has happened since; nothing with an empty text."""
        self._note.setText(note)
        self._note.setVisible(bool(note))

    def set_usable(self, *, is_usable: bool) -> None:
        """Whether the findings are of the items that are open."""
        self._body.setEnabled(is_usable)

    def mark(self, finding: Finding | None) -> None:
        """Mark the finding whose items are shown, without telling anybody."""
        for own, row in self._rows.items():
            row.show_chosen(is_chosen=own == finding)

    def mark_repaired(self, findings: Collection[Finding]) -> None:
        """Offer no repair of what is repaired."""
        for finding, row in self._rows.items():
            row.show_repaired(is_repaired=finding in findings)

    def _add(self, found: ItemFinding, place: int) -> "_Row":
        row = _Row(found)
        row.show_button.clicked.connect(
            lambda is_on: self.chosen.emit(found.finding if is_on else None)
        )
        self._grid.addWidget(row.show_button, place, 0)
        for column, (repair, button) in enumerate(row.repairs.items()):
            wish = RepairWish(found=found, repair=repair)
            button.clicked.connect(lambda _on=False, wish=wish: self.repair_requested.emit(wish))
            self._grid.addWidget(button, place, 1 + column)
        return row

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(SPACING)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._headline)
        words.addWidget(self._note)
        words.addWidget(self.tasks)
        top.addLayout(words, stretch=1)
        close = QPushButton(self.tr("Close"))
        close.setProperty("role", "small")
        close.clicked.connect(self._close)
        for button in (self._again, close):
            top.addWidget(button, alignment=Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING, SPACING // 2, SPACING // 2, SPACING // 2)
        layout.setSpacing(SPACING // 2)
        layout.addLayout(top)
        layout.addWidget(self._area)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    @Slot()
    def _close(self) -> None:
        self.hide()
        self.closed.emit()


class _Row:
    """The widgets of one finding."""

    def __init__(self, found: ItemFinding) -> None:
        self._words = words = found_words(found.finding, len(found.found))
        self.show_button = QPushButton(words)
        self.show_button.setProperty("role", "line")
        self.show_button.setCheckable(True)
        policy = QSizePolicy.Policy
        self.show_button.setSizePolicy(policy.Ignored, policy.Fixed)
        self.show_button.setToolTip(words)
        self.repairs: dict[Repair, QPushButton] = {}
        for repair in found.repairs:
            text, explained = repair_words(found.finding, repair)
            button = QPushButton(text)
            button.setProperty("role", "small")
            button.setToolTip(explained)
            button.setAccessibleName(f"{words}: {text}")
            self.repairs[repair] = button

    def show_chosen(self, *, is_chosen: bool) -> None:
        self.show_button.setChecked(is_chosen)

    def show_repaired(self, *, is_repaired: bool) -> None:
        done = QCoreApplication.translate("DoctorPane", "{0} (repaired)").format(self._words)
        # A narrow row has no room for the word.
        self.show_button.setText(f"✓ {self._words}" if is_repaired else self._words)
        self.show_button.setToolTip(done if is_repaired else self._words)
        self.show_button.setAccessibleName(done if is_repaired else self._words)
        for button in self.repairs.values():
            button.setEnabled(not is_repaired)

    def discard(self) -> None:
        for widget in (self.show_button, *self.repairs.values()):
            widget.hide()
            widget.deleteLater()
