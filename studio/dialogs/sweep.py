"""Dialog to queue a run for each value of one setting or two, and for each seed."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.config.run import RunConfig
from studio.i18n import translate_engine
from studio.models.run_form import FIELDS, RunForm
from studio.models.run_state import duration_text
from studio.models.setting_text import choice_text, range_text
from studio.models.sweep import (
    Axis,
    Sweep,
    SweptRun,
    build_sweep,
    sweep_examples,
    sweep_time,
    swept_names,
)
from studio.theme import MARGIN, SPACING, current_colors
from studio.widgets.buttons import push_button
from studio.widgets.fields import ChoiceField, Field, TextField
from studio.widgets.labels import fill, plain_label, spaced

_WIDTH, _HEIGHT = 620, 560
_USUAL = "training.learning_rate"
_NONE = "none"


class SweepDialog(QDialog):
    """Takes one setting or two, their values and seeds, and shows the runs with their problems.

    The runs have all other settings of the form; ``open()`` does not block.

    Args:
        parent: the owner.
        form: provides the other settings.
        speed_of: returns images per second of a configuration, 0 if that was not measured.
    """

    queue_requested = Signal(object)
    """Emitted with the ``RunPlan`` of each run."""
    estimate_requested = Signal()
    """The speed of the form's settings is to be measured."""

    def __init__(
        self, parent: QWidget, form: RunForm, speed_of: Callable[[RunConfig], float]
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Sweep settings"))
        self._form, self._speed_of = form, speed_of
        self._sweep = Sweep()
        self.setting, self.values, self.seeds = ChoiceField(), TextField(), TextField()
        self.second, self.second_values = ChoiceField(), TextField()
        names = swept_names(form)
        choices = [(n, translate_engine(FIELDS[n].about.label)) for n in names]
        self.setting.set_choices(choices)
        self.setting.set_text(_USUAL if _USUAL in names else names[0])
        self.second.set_choices([(_NONE, self.tr("None")), *choices])
        self.second.set_text(_NONE)
        self.setting.text_edited.connect(lambda: self._suggest(self.setting, self.values))
        self.second.text_edited.connect(lambda: self._suggest(self.second, self.second_values))
        for field in (self.values, self.second_values, self.seeds):
            field.text_edited.connect(self.check)
        self.seeds.set_text(form.text("seed"))
        self.runs = QTreeWidget()
        self._rows = QFormLayout()
        self._time, self._skipped = plain_label(), plain_label(role="problem")
        self.estimate = push_button(
            self.tr("Estimate"), self._estimate, role="small", auto_default=False
        )
        self._lay_out()
        self._suggest(self.second, self.second_values)
        self._suggest(self.setting, self.values)
        self.values.setFocus()

    @property
    def _axes(self) -> list[Axis]:
        axes = [Axis(name=self.setting.text(), values=self.values.text())]
        if self.second.text() != _NONE:
            axes.append(Axis(name=self.second.text(), values=self.second_values.text()))
        return axes

    def _suggest(self, setting: ChoiceField, values: TextField) -> None:
        """Fill in values near the present one, and say what is allowed."""
        name = setting.text()
        title = self.tr("Setting") if setting is self.setting else self.tr("Second setting")
        if setting is self.second:
            self._rows.setRowVisible(values, name != _NONE)
        if name == _NONE:
            values.set_text("")
            setting.set_help(self.tr("Every value is combined with every value above"), title)
        else:
            about = FIELDS[name].about
            values.set_text(sweep_examples(self._form, name))
            allowed = range_text(about) or ", ".join(choice_text(about, c) for c in about.choices)
            lines = [translate_engine(about.help)]
            lines += [self.tr("Allowed: {0}").format(allowed)] if allowed else []
            setting.set_help("\n".join(lines), title)
        self.check()

    @Slot()
    def check(self) -> None:
        """Show the runs of the lists, what is left out, and the time that they take."""
        axes = self._axes
        sweep = self._sweep = build_sweep(self._form, axes, self.seeds.text())
        self.values.set_problem(sweep.values_problems[0])
        self.second_values.set_problem("".join(sweep.values_problems[1:]))
        self.seeds.set_problem(sweep.seeds_problem)
        labels = [translate_engine(FIELDS[axis.name].about.label) for axis in axes]
        self.runs.clear()
        self.runs.setColumnCount(len(axes) + 2)
        self.runs.setHeaderLabels([*labels, self.tr("Seed"), self.tr("Run")])
        self.runs.addTopLevelItems([self._item(run, axes) for run in sweep.runs])
        for column in range(len(axes) + 1):
            self.runs.resizeColumnToContents(column)
        count, skipped = len(sweep.plans), sweep.skipped
        self.ok.setText(self.tr("Add %Ln run(s) to the queue", "", count))
        self.ok.setEnabled(count > 0)
        left_out = self.tr("%Ln combination(s) are left out, because the settings exclude them. "
            "The first reason:", "", len(skipped))  # fmt: skip
        self._skipped.setText(f"{left_out} {skipped[0].problem}" if skipped else "")
        self._skipped.setVisible(bool(skipped))
        self._show_time()

    def _show_time(self) -> None:
        plans = self._sweep.plans
        time = sweep_time(plans, self._speed_of)
        parts: list[str] = []
        if time.seconds:
            known = len(plans) - time.unmeasured - time.unlimited
            text = self.tr("%Ln run(s) take about {0}, one after the other.", "", known)
            parts.append(text.format(duration_text(time.seconds)))
        if time.unmeasured:
            parts.append(
                self.tr("How long %Ln run(s) take is not known before the speed is measured.", "",
                    time.unmeasured)
            )  # fmt: skip
        if time.unlimited:
            parts.append(
                self.tr("%Ln run(s) have no limit of time or images: the queue waits until you "
                    "stop them.", "", time.unlimited)
            )  # fmt: skip
        self._time.setText(" ".join(parts))
        self.estimate.setVisible(time.unmeasured > 0)

    @Slot()
    def _estimate(self) -> None:
        self.estimate.setEnabled(False)
        self.estimate.setText(self.tr("Measuring the speed…"))
        self.estimate_requested.emit()

    @Slot()
    def show_estimate(self) -> None:
        """Show the time again once a measurement has ended."""
        self.estimate.setEnabled(True)
        self.estimate.setText(self.tr("Estimate"))
        self._show_time()

    def _item(self, run: SweptRun, axes: list[Axis]) -> QTreeWidgetItem:
        abouts = [FIELDS[axis.name].about for axis in axes]
        texts = [
            choice_text(about, value) if about.choices else value
            for about, value in zip(abouts, run.values, strict=True)
        ]
        name = run.plan.config.run.name if run.plan else run.problem
        item = QTreeWidgetItem([*texts, run.seed, name])
        last = len(texts) + 1
        item.setToolTip(last, name)
        if run.problem:
            item.setForeground(last, QColor(current_colors().danger))
        return item

    def _lay_out(self) -> None:
        list_tip = self.tr("Values separated by commas, such as 0.001, 0.002, 0.005")
        seeds_tip = self.tr("Seeds separated by commas; 1-3 means 1, 2 and 3")
        self.values.set_help(list_tip, self.tr("Values"))
        self.values.set_hint(list_tip)
        self.second_values.set_help(list_tip, self.tr("Values of the second setting"))
        self.seeds.set_help(seeds_tip, self.tr("Seeds"))
        self.seeds.set_hint(seeds_tip)
        self._rows.setHorizontalSpacing(MARGIN)
        self._rows.setVerticalSpacing(SPACING)
        fields: tuple[tuple[str, Field], ...] = (
            (self.tr("Setting"), self.setting),
            (self.tr("Values"), self.values),
            (self.tr("Second setting"), self.second),
            (self.tr("Values"), self.second_values),
            (self.tr("Seeds"), self.seeds),
        )
        for text, field in fields:
            self._rows.addRow(text, field)
        self.runs.setProperty("role", "view")
        self.runs.setAccessibleName(self.tr("Runs of the sweep"))
        self.runs.setRootIsDecorated(False)
        self.runs.setUniformRowHeights(True)
        # Names differ at their ends.
        self.runs.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.runs.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok = buttons.addButton("", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        about = plain_label(
            self.tr("A run is queued for each combination of values and seeds; all other settings "
                "are those of the form."),
            role="muted",
        )  # fmt: skip
        time = fill(spaced(QHBoxLayout(), SPACING), (self._time, 1), self.estimate)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, MARGIN, MARGIN, MARGIN))
        fill(layout, about, self._rows, (self.runs, 1), self._skipped, time, buttons)
        self.resize(_WIDTH, _HEIGHT)

    def accept(self) -> None:
        """Emit ``queue_requested`` and close, if there are runs to queue."""
        if self._sweep.plans:
            self.queue_requested.emit(self._sweep.plans)
            super().accept()
