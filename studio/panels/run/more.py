"""The row that asks how much longer a run at rest shall go on."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.models.more_training import Resumable, Unit
from studio.theme import SPACING
from studio.widgets.icons import icon
from studio.widgets.labels import plain_label
from studio.widgets.look import set_look

_GAP = 3


class MoreTraining(QWidget):
    """Says "so many more minutes" and Resume; hidden while no run can go on."""

    resume_requested = Signal(object)
    """Carries the run's ``RunConfig`` with its new total."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: Resumable | None = None
        self._amount = QLineEdit()
        self._amount.setPlaceholderText(self.tr("no limit"))
        self._amount.textEdited.connect(self._check)
        self._amount.returnPressed.connect(self.resume)
        self._unit = QComboBox()
        self._unit.addItem(self.tr("min"), Unit.MINUTES.value)
        self._unit.addItem(self.tr("images"), Unit.IMAGES.value)
        self._unit.activated.connect(self._suggest)
        self.button = QPushButton(self.tr("Resume"))
        self.button.clicked.connect(self.resume)
        self._problem = plain_label(role="problem")
        self._problem.hide()
        self._lay_out()
        self._explain()
        self.hide()

    @property
    def run(self) -> Resumable | None:
        """The run that can go on, if one can."""
        return self._run

    def show_run(self, run: Resumable | None, *, is_primary: bool) -> None:
        """Offer to go on with a run, or with none.

        Args:
            run: the run at rest.
            is_primary: it is what the user most likely wants.
        """
        if run != self._run:
            self._run = run
            if run is not None:
                self._unit.setCurrentIndex(self._unit.findData(run.usual_unit.value))
                self._suggest()
        set_look(self.button, "role", "primary" if is_primary else "")
        self.button.setIcon(icon("resume", "on_accent" if is_primary else ""))
        self.setVisible(run is not None)

    @Slot()
    def resume(self) -> None:
        """Go on, unless what was typed is no amount."""
        if self._run is None or self.isHidden() or not self._check():
            return
        config = self._run.longer(Unit(self._unit.currentData()), self._amount.text().strip())
        self.resume_requested.emit(config)

    def _explain(self) -> None:
        more = self.tr("More training, on top of what the run has behind it; empty has no limit")
        unit = self.tr("Count the additional training in minutes or in images")
        for control, name, tip in (
            (self._amount, self.tr("More training"), more),
            (self._unit, self.tr("Unit"), unit),
        ):
            control.setAccessibleName(name)
            control.setAccessibleDescription(tip)
            control.setToolTip(tip)
        self.button.setToolTip(
            self.tr("Go on with the open run from its newest checkpoint, with its own settings")
        )

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(SPACING)
        row.addWidget(QLabel(self.tr("Train on for")))
        row.addWidget(self._amount, stretch=1)
        row.addWidget(self._unit)
        row.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_GAP)
        layout.addLayout(row)
        layout.addWidget(self._problem)

    @Slot()
    def _suggest(self) -> None:
        if self._run is not None:
            self._amount.setText(self._run.usual_amount(Unit(self._unit.currentData())))
            self._check()

    @Slot()
    def _check(self) -> bool:
        problem = ""
        try:
            if self._run is not None:
                self._run.longer(Unit(self._unit.currentData()), self._amount.text().strip())
        except ValueError as error:
            problem = str(error)
        set_look(self._amount, "invalid", bool(problem))
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        return not problem
