"""The run panel."""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from engine.config.run import RunConfig
from engine.config.setting import Setting
from engine.events import RunReady
from engine.runs.branching import BranchStart
from studio.dialogs.sweep import SweepDialog
from studio.i18n import translate_engine
from studio.models.lessons import Experiment
from studio.models.more_training import Resumable
from studio.models.run_form import FIELDS, RunForm
from studio.models.run_settings import group_titles
from studio.models.run_state import Command, RunActivity, RunStatus
from studio.panels.run.controls import HealthNotes, RunControls, RunProgress
from studio.panels.run.forecast import ForecastView
from studio.panels.run.initial import InitialRunRow
from studio.panels.run.rows import ForkOriginLabel, RunSetupFields, SettingRows, form_layout
from studio.settings.choices import RunChoices
from studio.theme import MARGIN, SPACING
from studio.widgets.labels import Section, fill, plain_label, scrolling, spaced

MAIN = ("family", "device", "minutes", "training.batch_size", "training.learning_rate", "seed")
"""Settings shown above the collapsible section."""


class RunPanel(QWidget):
    """Form of the next run; controls and progress of the active or open one.

    The form stays usable while a run is active: the next run can be queued. Emits requests only.
    """

    start_requested = Signal(object)
    """Emitted with a valid ``RunPlan``."""
    queue_requested = Signal(object)
    """Emitted with a valid ``RunPlan`` to add to the queue."""
    sweep_requested = Signal(object)
    """Emitted with the ``RunPlan`` of each run of a sweep to add to the queue."""
    resume_requested = Signal(object)
    """Emitted with the ``RunConfig`` of a run to resume."""
    command_requested = Signal(object)
    """Emitted with a ``Command`` for the current run."""
    commands_changed = Signal()
    """Emitted when ``available_commands`` may have changed."""
    settings_requested = Signal()
    """Emitted to show the settings of the active or open run."""

    def __init__(
        self, form: RunForm, *, is_more_open: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._form = form
        self._problems: dict[str, str] = {}
        self._status = RunStatus()
        self._requested: Path | None = None
        """Folder of the run that was requested last."""
        self.notes = HealthNotes(self)
        self._headings: dict[str, QLabel] = {}
        self._subject = RunSetupFields(form, self)
        self.initial = InitialRunRow(form, self)
        self._settings = SettingRows(form, self)
        for rows in (self._subject, self.initial, self._settings):
            rows.edited.connect(self.refresh)
        self.origin = ForkOriginLabel()
        self.origin.cancel_requested.connect(self._end_branch)
        self._title = plain_label(self.tr("Next run"), role="heading")
        self._content = QWidget()
        self._more = Section(self.tr("More settings"), self._make_more())
        self._more.set_open(is_open=is_more_open)
        self.forecast = ForecastView(form)
        self.forecast.edited.connect(self.refresh)
        self._progress = RunProgress()
        self._progress.settings_requested.connect(self.settings_requested)
        self._reason = plain_label(role="problem")
        self._controls = RunControls()
        self._controls.command_requested.connect(self._on_command)
        self._controls.resume_requested.connect(self.resume_requested)
        self._controls.queue_requested.connect(self.queue)
        self._controls.sweep_requested.connect(self.sweep)
        self._lay_out()
        self._title.hide()
        self.refresh()

    @property
    def can_start(self) -> bool:
        """Whether the form is valid and no run is active."""
        return self.can_queue and not self._status.is_running

    @property
    def can_queue(self) -> bool:
        """Whether the form is valid, also while a run is active."""
        return not self._problems

    @property
    def reason(self) -> str:
        """Why the form cannot be started or queued; empty if it is valid."""
        if not self._problems:
            return ""
        name, problem = next(iter(self._problems.items()))
        text = self.tr("Cannot start yet. {0}: {1}.").format(self._label_of(name), problem)
        others = len(self._problems) - 1
        more = self.tr("%n more field(s) need attention.", "", others)
        return f"{text} {more}" if others else text

    def choices(self) -> RunChoices:
        """Return the choices to remember."""
        return self._form.choices(is_more_open=self._more.is_open)

    @property
    def available_commands(self) -> frozenset[Command]:
        """The commands that are available now."""
        return self._controls.available_commands

    def ask(self, command: Command) -> None:
        """Request a command like its button does; ignored if it is not available."""
        if command is Command.START:
            self.start()
        else:
            self._controls.ask(command)

    def show_status(self, status: RunStatus) -> None:
        """Show the status of the run."""
        has_begun_or_ended = status.is_running != self._status.is_running
        before = self._status
        has_moved = (status.state, status.elsewhere) != (before.state, before.elsewhere)
        self._status = status
        self._progress.show_status(status)
        self._title.setVisible(status.activity is not RunActivity.IDLE)
        if has_moved:
            self._controls.show_status(status)
        if has_begun_or_ended:
            self.refresh()
        elif has_moved:
            # The form is not validated again: a run that cannot save moves many times a second.
            self.commands_changed.emit()

    @Slot(object)
    def on_run_started(self, config: RunConfig) -> None:
        """Prepare the form for the run after the one that it has started."""
        if config.run == self._requested:
            self._clear_for_next()
        self._requested = None

    def show_resumable(self, run: Resumable | None) -> None:
        """Set the run that can be resumed, if any."""
        self._controls.show_resumable(run)
        self.commands_changed.emit()

    def show_prepared(self, event: RunReady) -> None:
        """Show device, number of pairs and image size."""
        self._progress.show_prepared(event)

    def start_starter(self, name: str) -> None:
        """Select a starter, reset the preset and start, if the form is valid."""
        self._form.start_from(None)
        self._form.end_branch()
        self._form.choose_starter(name)
        self._form.choose_preset(self._form.preset)
        self.refresh()
        self.start()

    def choose_dataset(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        """Select a dataset and, if given, texts of fields for the next run."""
        self._form.end_branch()
        self._form.choose_dataset(folder)
        for name, text in (settings or {}).items():
            self._form.set_text(name, text)
        self.refresh()

    def show_taken(self, names: frozenset[str]) -> None:
        """Set the names of the active run and of those in the queue."""
        if names != self._form.taken:
            self._form.taken = names
            self.refresh()

    def set_workspace(self, folder: Path) -> None:
        """Set the workspace of the form."""
        self._form.workspace = folder
        self.refresh()

    @Slot()
    def start(self) -> None:
        """Request the run of the form, if it is valid."""
        self.refresh()
        if self.can_start:
            plan = self._form.plan()
            self._requested = plan.config.run
            self.start_requested.emit(plan)

    @Slot()
    def queue(self) -> None:
        """Request to queue the run of the form, if it is valid."""
        self.refresh()
        if self.can_queue:
            self.queue_requested.emit(self._form.plan())
            self._clear_for_next()

    @Slot()
    def sweep(self) -> None:
        """Ask for the values of one or two settings, and request to queue a run for each."""
        dialog = SweepDialog(self, self._form, self.forecast.speed_of)
        dialog.queue_requested.connect(self.sweep_requested)
        dialog.estimate_requested.connect(self.forecast.measure)
        self.forecast.measuring_ended.connect(dialog.show_estimate)
        dialog.open()

    def use_settings(self, config: RunConfig) -> None:
        """Fill the form with the settings of a run."""
        self._form.use_settings(config)
        self.refresh()

    def use_experiment(self, experiment: Experiment) -> None:
        """Fill the form with the settings of a lesson's experiment."""
        self._form.use_settings(experiment.config(self._form.workspace))
        self.refresh()

    def begin_branch(self, start: BranchStart, config: RunConfig) -> None:
        """Fill the form with the settings of a branch."""
        self._form.begin_branch(start, config)
        self.refresh()

    def _clear_for_next(self) -> None:
        """Keep the settings; the next run needs a new name and starts from scratch."""
        self._form.rename("")
        self._form.start_from(None)
        self._end_branch()

    @Slot()
    def _end_branch(self) -> None:
        self._form.end_branch()
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Validate the form and update all widgets."""
        self._problems = self._form.problems()
        self.origin.show_branch(self._form.branch)
        self._subject.refresh(self._problems)
        self.initial.refresh(self._problems, is_running=self._status.is_running)
        self._settings.refresh(self._problems)
        self.forecast.refresh()
        self.forecast.setVisible(self.forecast.has_data and not self._status.is_running)
        for group, heading in self._headings.items():
            heading.setVisible(any(self._form.matters(name) for name in FIELDS if _in(group, name)))
        tip = self.reason or self.tr("Train with the settings above")
        self._controls.show_startable(can_start=self.can_start, can_queue=self.can_queue, tip=tip)
        self._reason.setText(self.reason)
        self._reason.setVisible(bool(self.reason))
        self.commands_changed.emit()

    def _make_more(self) -> QWidget:
        content = QWidget()
        layout = spaced(QVBoxLayout(content), SPACING, (0, 0, 0, 0))
        for group, title in group_titles().items():
            names = [name for name in FIELDS if _in(group, name)]
            if group:
                self._headings[group] = plain_label(title, role="heading")
                layout.addWidget(self._headings[group])
            rows = form_layout()
            self._settings.add_to(rows, names)
            layout.addLayout(rows)
        return content

    def _lay_out(self) -> None:
        rows = form_layout()
        self._subject.add_to(rows)
        self.initial.add_to(rows)
        self._settings.add_to(rows, MAIN)
        form = spaced(QVBoxLayout(self._content), SPACING, (MARGIN, SPACING, MARGIN, SPACING))
        fill(form, self._title, self.origin, rows, self._more, 1)
        scroll = scrolling(self._content)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bottom = spaced(QVBoxLayout(), SPACING, (MARGIN, SPACING, MARGIN, MARGIN))
        fill(bottom, self.notes, self._progress, self.forecast, self._reason, self._controls)
        fill(spaced(QVBoxLayout(self), 0, (0, 0, 0, 0)), (scroll, 1), bottom)
        self.setFocusProxy(self._controls)

    def _label_of(self, name: str) -> str:
        own = {
            "dataset": self.tr("Dataset"),
            "name": self.tr("Name"),
            "workspace": self.tr("Workspace"),
        }
        about: Setting | None = FIELDS[name].about if name in FIELDS else None
        return translate_engine(about.label) if about else own.get(name, name)

    @Slot(object)
    def _on_command(self, command: Command) -> None:
        if command is Command.START:
            self.start()
        else:
            self.command_requested.emit(command)

    def changeEvent(self, event: QEvent) -> None:
        """Validate the form again when the window is activated."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.refresh()


def _in(group: str, name: str) -> bool:
    """Return whether a setting is in a group of the collapsible section."""
    return name.rpartition(".")[0] == group and name not in (*MAIN, "init_from")
