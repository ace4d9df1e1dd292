"""The run panel."""

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from engine.config.run import RunConfig
from engine.config.setting import Setting
from engine.events import RunReady
from engine.runs.branching import BranchStart
from studio.i18n import translate_engine
from studio.models.more_training import Resumable
from studio.models.run_form import FIELDS, RunForm
from studio.models.run_state import Command, RunStatus
from studio.panels.run.controls import HealthNotes, RunControls, RunProgress
from studio.panels.run.rows import ForkOriginLabel, RunSetupFields, SettingRows, form_layout
from studio.settings.choices import RunChoices
from studio.theme import MARGIN, SPACING
from studio.widgets.labels import Section, plain_label, spaced

MAIN = ("family", "device", "minutes", "training.batch_size", "training.learning_rate", "seed")
"""The few settings that matter most."""


class RunPanel(QWidget):
    """Asks for a run and shows how it goes; whoever listens starts and stops it."""

    start_requested = Signal(object)
    """Carries a ``RunPlan`` without problems."""
    queue_requested = Signal(object)
    """Carries a ``RunPlan`` without problems, to be started when its turn comes."""
    resume_requested = Signal(object)
    """Carries the ``RunConfig`` of a run at rest that shall go on."""
    command_requested = Signal(object)
    """Carries a ``Command`` to the run under way."""
    commands_changed = Signal()
    """Other wishes may be uttered than before."""

    def __init__(
        self, form: RunForm, *, is_more_open: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._form = form
        self._problems: dict[str, str] = {}
        self._status = RunStatus()
        self.notes = HealthNotes(self)
        self._headings: dict[str, QLabel] = {}
        self._subject = RunSetupFields(form, self)
        self._settings = SettingRows(form, self)
        for rows in (self._subject, self._settings):
            rows.edited.connect(self.refresh)
        self.origin = ForkOriginLabel()
        self.origin.cancel_requested.connect(self._end_branch)
        self._content = QWidget()
        self._more = Section(self.tr("More settings"), self._make_more())
        self._more.set_open(is_open=is_more_open)
        self._progress = RunProgress()
        self._reason = plain_label(role="problem")
        self._controls = RunControls()
        self._controls.command_requested.connect(self._on_command)
        self._controls.resume_requested.connect(self.resume_requested)
        self._controls.queue_requested.connect(self.queue)
        self._lay_out()
        self.refresh()

    @property
    def can_start(self) -> bool:
        """Whether a click on Start would start a run."""
        return not self._problems and not self._status.is_running

    @property
    def reason(self) -> str:
        """Why Start is disabled; empty when it is not."""
        return "" if self._status.is_running else self._reason_text()

    def choices(self) -> RunChoices:
        """Give what to remember."""
        return self._form.choices(is_more_open=self._more.is_open)

    @property
    def offered(self) -> frozenset[Command]:
        """What may be asked of the run now."""
        return self._controls.offered

    def ask(self, command: Command) -> None:
        """Ask for something as its button does; does nothing while it is not offered."""
        if command is Command.START:
            self.start()
        else:
            self._controls.ask(command)

    def show_status(self, status: RunStatus) -> None:
        """Show how the run goes."""
        has_begun_or_ended = status.is_running != self._status.is_running
        has_moved = status.state is not self._status.state
        self._status = status
        self._progress.show_status(status)
        if has_moved:
            self._controls.show_state(status.state)
        if has_begun_or_ended:
            # The next run needs another name, and begins at its beginning.
            self._form.rename("")
            self._form.end_branch()
            self.refresh()
        elif has_moved:
            self.commands_changed.emit()

    def show_resumable(self, run: Resumable | None) -> None:
        """Offer to go on with a run at rest, or with none."""
        self._controls.show_resumable(run)
        self.commands_changed.emit()

    def show_prepared(self, event: RunReady) -> None:
        """Say what the run works with."""
        self._progress.show_prepared(event)

    def start_starter(self, name: str) -> None:
        """Choose a starter with the preset's values and start at once, if nothing is wrong."""
        self._form.end_branch()
        self._form.choose_starter(name)
        self._form.choose_preset(self._form.preset)
        self.refresh()
        self.start()

    def choose_dataset(self, folder: Path, *, tokenizer: str = "") -> None:
        """Make a dataset the subject of the next run, cut into some units if any are named."""
        self._form.end_branch()
        self._form.choose_dataset(folder)
        if tokenizer:
            self._form.set_text("data.tokenizer", tokenizer)
        self.refresh()

    def set_workspace(self, folder: Path) -> None:
        """Keep runs and datasets in another folder."""
        self._form.workspace = folder
        self.refresh()

    @Slot()
    def start(self) -> None:
        """Start the run that the form describes; does nothing while something is wrong."""
        self.refresh()
        if self.can_start:
            self.start_requested.emit(self._form.plan())

    @Slot()
    def queue(self) -> None:
        """Have the run that the form describes wait its turn; nothing while something is wrong."""
        self.refresh()
        if self.can_start:
            self.queue_requested.emit(self._form.plan())
            self._form.rename("")
            self._end_branch()

    def begin_branch(self, start: BranchStart, config: RunConfig) -> None:
        """Fill the form with another run's settings; Start then begins at its checkpoint."""
        self._form.begin_branch(start, config)
        self.refresh()

    @Slot()
    def _end_branch(self) -> None:
        self._form.end_branch()
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Look again at the form, the disk and the status."""
        if not self._status.is_running:
            # The folder of the run under way is not empty, and that is as it should be.
            self._problems = self._form.problems()
        self.origin.show_branch(self._form.branch)
        self._subject.refresh(self._problems)
        self._settings.refresh(self._problems)
        for group, heading in self._headings.items():
            heading.setVisible(any(self._form.matters(name) for name in FIELDS if _in(group, name)))
        self._content.setEnabled(not self._status.is_running)
        self._show_start()
        self.commands_changed.emit()

    def _make_more(self) -> QWidget:
        content = QWidget()
        layout = spaced(QVBoxLayout(content), SPACING, (0, 0, 0, 0))
        titles = {
            "": "",
            "training": self.tr("Training"),
            "variational": self.tr("Likelihood"),
            "data": self.tr("Data"),
            "networks": self.tr("Networks"),
            "reporting": self.tr("Previews and checkpoints"),
        }
        for group, title in titles.items():
            names = [name for name in FIELDS if _in(group, name)]
            if title:
                self._headings[group] = plain_label(title, role="heading")
                layout.addWidget(self._headings[group])
            rows = form_layout()
            self._settings.add_to(rows, names)
            layout.addLayout(rows)
        return content

    def _make_form(self) -> QFormLayout:
        rows = form_layout()
        self._subject.add_to(rows)
        self._settings.add_to(rows, MAIN)
        return rows

    def _lay_out(self) -> None:
        form = QVBoxLayout(self._content)
        form.setContentsMargins(MARGIN, SPACING, MARGIN, SPACING)
        form.setSpacing(SPACING)
        form.addWidget(self.origin)
        form.addLayout(self._make_form())
        form.addWidget(self._more)
        form.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(self._content)
        bottom = spaced(QVBoxLayout(), SPACING, (MARGIN, SPACING, MARGIN, MARGIN))
        for widget in (self.notes, self._progress, self._reason, self._controls):
            bottom.addWidget(widget)
        layout = spaced(QVBoxLayout(self), 0, (0, 0, 0, 0))
        layout.addWidget(scroll, stretch=1)
        layout.addLayout(bottom)
        self.setFocusProxy(self._controls)

    def _show_start(self) -> None:
        tip = self.reason or self.tr("Train with the settings above")
        self._controls.show_startable(can_start=self.can_start, tip=tip)
        self._reason.setText(self.reason)
        self._reason.setVisible(bool(self.reason))

    def _reason_text(self) -> str:
        if not self._problems:
            return ""
        name, problem = next(iter(self._problems.items()))
        text = self.tr("Cannot start yet. {0}: {1}.").format(self._label_of(name), problem)
        others = len(self._problems) - 1
        more = self.tr("%n more field(s) need attention.", "", others)
        return f"{text} {more}" if others else text

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
        """Look again at the disk when the user comes back from another program."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.refresh()


def _in(group: str, name: str) -> bool:
    """Whether a setting stands in a group of the folded part."""
    return name.rpartition(".")[0] == group and name not in MAIN
