"""Dialog to queue a run for each value of a setting, and for each seed."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.i18n import translate_engine
from studio.models.run_form import FIELDS, RunForm
from studio.models.setting_text import choice_text, range_text
from studio.models.sweep import Sweep, SweptRun, build_sweep, sweep_examples, swept_names
from studio.theme import MARGIN, SPACING, current_colors
from studio.widgets.fields import ChoiceField, Field, TextField
from studio.widgets.labels import fill, plain_label, spaced

_WIDTH, _HEIGHT = 560, 460
_USUAL = "training.learning_rate"


class SweepDialog(QDialog):
    """Takes a setting, its values and seeds, and shows the runs with their problems.

    The runs have all other settings of the form; ``open()`` does not block.
    """

    queue_requested = Signal(object)
    """Emitted with the ``RunPlan`` of each run."""

    def __init__(self, parent: QWidget, form: RunForm) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Sweep a setting"))
        self._form = form
        self._sweep = Sweep()
        self.setting, self.values, self.seeds = ChoiceField(), TextField(), TextField()
        names = swept_names(form)
        self.setting.set_choices((n, translate_engine(FIELDS[n].about.label)) for n in names)
        self.setting.set_text(_USUAL if _USUAL in names else names[0])
        self.setting.text_edited.connect(self._suggest)
        self.values.text_edited.connect(self._check)
        self.seeds.text_edited.connect(self._check)
        self.seeds.set_text(form.text("seed"))
        self.runs = QTreeWidget()
        self._lay_out()
        self._suggest()
        self.values.setFocus()

    @Slot()
    def _suggest(self) -> None:
        """Fill in values near the present one, and say what is allowed."""
        name = self.setting.text()
        about = FIELDS[name].about
        self.values.set_text(sweep_examples(self._form, name))
        allowed = range_text(about) or ", ".join(choice_text(about, c) for c in about.choices)
        lines = [translate_engine(about.help)]
        lines += [self.tr("Allowed: {0}").format(allowed)] if allowed else []
        self.setting.set_help("\n".join(lines), self.tr("Setting"))
        self._check()

    @Slot()
    def _check(self) -> None:
        sweep = build_sweep(self._form, self.setting.text(), self.values.text(), self.seeds.text())
        self._sweep = sweep
        self.values.set_problem(sweep.values_problem)
        self.seeds.set_problem(sweep.seeds_problem)
        self.runs.clear()
        self.runs.addTopLevelItems([self._item(run) for run in sweep.runs])
        count = len(sweep.plans)
        self.ok.setText(self.tr("Add %Ln run(s) to the queue", "", count))
        self.ok.setEnabled(count > 0)

    def _item(self, run: SweptRun) -> QTreeWidgetItem:
        about = FIELDS[self.setting.text()].about
        value = choice_text(about, run.value) if about.choices else run.value
        name = run.plan.config.run.name if run.plan else run.problem
        item = QTreeWidgetItem([value, run.seed, name])
        item.setToolTip(2, name)
        if run.problem:
            item.setForeground(2, QColor(current_colors().danger))
        return item

    def _lay_out(self) -> None:
        list_tip = self.tr("Values separated by commas, such as 0.001, 0.002, 0.005")
        seeds_tip = self.tr("Seeds separated by commas; 1-3 means 1, 2 and 3")
        self.values.set_help(list_tip, self.tr("Values"))
        self.values.set_hint(list_tip)
        self.seeds.set_help(seeds_tip, self.tr("Seeds"))
        self.seeds.set_hint(seeds_tip)
        rows = QFormLayout()
        rows.setHorizontalSpacing(MARGIN)
        rows.setVerticalSpacing(SPACING)
        fields: tuple[tuple[str, Field], ...] = (
            (self.tr("Setting"), self.setting),
            (self.tr("Values"), self.values),
            (self.tr("Seeds"), self.seeds),
        )
        for text, field in fields:
            rows.addRow(text, field)
        self.runs.setProperty("role", "view")
        self.runs.setAccessibleName(self.tr("Runs of the sweep"))
        self.runs.setHeaderLabels([self.tr("Value"), self.tr("Seed"), self.tr("Run")])
        self.runs.setRootIsDecorated(False)
        self.runs.setUniformRowHeights(True)
        self.runs.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.runs.setColumnWidth(0, 130)
        self.runs.setColumnWidth(1, 60)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok = buttons.addButton("", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        about = plain_label(
            self.tr("A run is queued for each value and each seed; all other settings are those "
                "of the form."),
            role="muted",
        )  # fmt: skip
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, MARGIN, MARGIN, MARGIN))
        fill(layout, about, rows, (self.runs, 1), buttons)
        self.resize(_WIDTH, _HEIGHT)

    def accept(self) -> None:
        """Emit ``queue_requested`` and close, if all runs can be queued."""
        if self._sweep.plans:
            self.queue_requested.emit(self._sweep.plans)
            super().accept()
