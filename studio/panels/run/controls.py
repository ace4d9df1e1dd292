"""Run controls: buttons, progress, alerts, and the row to train longer."""

from collections.abc import Hashable

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.events import AlertChanged, RunReady
from studio.models.more_training import Resumable, Unit
from studio.models.run_state import (
    Command,
    RunActivity,
    RunState,
    RunStatus,
    activity_text,
    count_text,
    enabled,
    is_alive,
    progress_text,
)
from studio.models.trouble_text import Advice, advice, evidence_text
from studio.theme import SPACING
from studio.widgets.buttons import SplitButton
from studio.widgets.icons import icon
from studio.widgets.labels import fill, plain_label, set_look, spaced

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
        more = self.tr("More training, on top of what the run has done; empty has no limit")
        unit = self.tr("Count the additional training in minutes or in images")
        for control, name, tip in (
            (self._amount, self.tr("More training"), more),
            (self._unit, self.tr("Unit"), unit),
        ):
            control.setAccessibleName(name)
            control.setAccessibleDescription(tip)
            control.setToolTip(tip)
        self.button.setToolTip(
            self.tr("Resume the open run from its newest checkpoint with its own settings")
        )

    def _lay_out(self) -> None:
        row = spaced(QHBoxLayout(), SPACING)
        row.addWidget(QLabel(self.tr("Train for another")))
        row.addWidget(self._amount, stretch=1)
        fill(row, self._unit, self.button)
        layout = spaced(QVBoxLayout(self), _GAP, (0, 0, 0, 0))
        fill(layout, row, self._problem)

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


class RunControls(QWidget):
    """Start and Resume at rest; Pause, Stop, Save now and Sample now while a run is under way."""

    command_requested = Signal(object)
    """Carries a ``Command``; never one that is not offered."""
    resume_requested = Signal(object)
    """Carries the ``RunConfig`` of a run at rest that shall go on."""

    queue_requested = Signal()
    """The run of the form shall wait its turn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = RunState.IDLE
        self._can_start = False
        self.start = QPushButton(self.tr("Start training"))
        self.queue = QPushButton(icon("queue"), "")
        self.queue.setAccessibleName(self.tr("Add to queue"))
        self.more = MoreTraining()
        self.pause = SplitButton(self.tr("Ways to pause"))
        self.resume = QPushButton(icon("resume", "on_accent"), self.tr("Resume"))
        self.resume.setProperty("role", "primary")
        self.stop = SplitButton(self.tr("Ways to stop"))
        self.save = QPushButton(icon("save"), self.tr("Save now"))
        self.sample = QPushButton(icon("gallery"), self.tr("Sample now"))
        self.menu_actions = self._make_menus()
        self._connect()
        self._explain()
        self._lay_out()
        self._show()

    @property
    def offered(self) -> frozenset[Command]:
        """What may be asked for now."""
        commands = enabled(self._state)
        if not self._can_start:
            commands -= {Command.START}
        if not is_alive(self._state) and self.more.run is None:
            commands -= {Command.RESUME}
        return commands

    def show_state(self, state: RunState) -> None:
        """Show another state."""
        self._state = state
        self._show()

    def show_startable(self, *, can_start: bool, tip: str) -> None:
        """Allow Start, or say why not."""
        self._can_start = can_start
        self.start.setToolTip(tip)
        add = self.tr("Add to queue; start it from the Runs panel")
        self.queue.setToolTip(add if can_start else tip)
        self._show()

    def show_resumable(self, run: Resumable | None) -> None:
        """Offer to go on with a run at rest, or with none."""
        self.more.show_run(run, is_primary=self._is_resume_usual)
        self._show()

    def ask(self, command: Command) -> None:
        """Ask for something, if it is offered."""
        if command not in self.offered:
            return
        if command is Command.RESUME and not is_alive(self._state):
            self.more.resume()
        else:
            self.command_requested.emit(command)

    @property
    def _is_resume_usual(self) -> bool:
        return self._state in (RunState.INTERRUPTED, RunState.FAILED)

    def _make_menus(self) -> dict[Command, QAction]:
        return {
            Command.PAUSE: self.pause.add(self.tr("Pause, keep the memory")),
            Command.PAUSE_RELEASE: self.pause.add(self.tr("Pause and free memory")),
            Command.STOP_SAVE: self.stop.add(self.tr("Stop and save")),
            Command.STOP_DISCARD: self.stop.add(self.tr("Stop and discard…")),
        }

    def _connect(self) -> None:
        self.start.clicked.connect(lambda: self.ask(Command.START))
        self.queue.clicked.connect(self.queue_requested)
        self.resume.clicked.connect(lambda: self.ask(Command.RESUME))
        self.pause.clicked.connect(lambda: self.ask(Command.PAUSE))
        self.stop.clicked.connect(lambda: self.ask(Command.STOP_SAVE))
        self.save.clicked.connect(lambda: self.ask(Command.SAVE_NOW))
        self.sample.clicked.connect(lambda: self.ask(Command.SAMPLE_NOW))
        self.more.resume_requested.connect(self.resume_requested)
        for command, action in self.menu_actions.items():
            action.triggered.connect(lambda _checked, command=command: self.ask(command))

    def _explain(self) -> None:
        self.resume.setToolTip(self.tr("Resume the run"))
        self.pause.main.setToolTip(self.tr("Pause after the current step"))
        self.stop.main.setToolTip(self.tr("End the run; a checkpoint is saved first"))
        self.save.setToolTip(self.tr("Write a checkpoint after the current step"))
        self.sample.setToolTip(self.tr("Draw a preview after the current step"))

    def _lay_out(self) -> None:
        steering, asking = QHBoxLayout(), QHBoxLayout()
        for row, widgets in (
            (steering, (self.pause, self.resume, self.stop)),
            (asking, (self.save, self.sample)),
        ):
            row.setSpacing(SPACING)
            for widget in widgets:
                row.addWidget(widget, stretch=1)
        layout = spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0))
        fill(layout, asking, steering, self.more)
        starting = spaced(QHBoxLayout(), SPACING)
        starting.addWidget(self.start, stretch=1)
        starting.addWidget(self.queue)
        layout.addLayout(starting)

    @Slot()
    def _show(self) -> None:
        state, offered = self._state, self.offered
        is_under_way, is_paused = is_alive(state), state is RunState.PAUSED
        self._show_texts()
        for button in (self.start, self.queue):
            button.setEnabled(Command.START in offered)
            button.setVisible(not is_under_way)
        self.resume.setEnabled(Command.RESUME in offered)
        self.pause.set_enabled(
            main=Command.PAUSE in offered, arrow=Command.PAUSE_RELEASE in offered
        )
        self.stop.set_enabled(
            main=Command.STOP_SAVE in offered, arrow=Command.STOP_DISCARD in offered
        )
        self.save.setEnabled(Command.SAVE_NOW in offered)
        self.sample.setEnabled(Command.SAMPLE_NOW in offered)
        for command, action in self.menu_actions.items():
            action.setEnabled(command in offered)
        self.more.setVisible(not is_under_way and self.more.run is not None)
        self.resume.setVisible(is_paused)
        self.pause.setVisible(is_under_way and not is_paused)
        self.stop.setVisible(is_under_way)
        for button in (self.save, self.sample):
            button.setVisible(is_under_way and not is_paused)
        self.setFocusProxy(self.stop if is_under_way else self.start)

    def _show_texts(self) -> None:
        is_start_usual = not (self._is_resume_usual and self.more.run is not None)
        set_look(self.start, "role", "primary" if is_start_usual else "")
        self.start.setIcon(icon("run", "on_accent" if is_start_usual else ""))
        is_pausing = self._state is RunState.PAUSING
        is_stopping = self._state is RunState.STOPPING
        self.pause.show_text(self.tr("Pausing…") if is_pausing else self.tr("Pause"), icon("pause"))
        self.stop.show_text(self.tr("Stopping…") if is_stopping else self.tr("Stop"), icon("stop"))


_FULL = 1000
_PROGRESS_GAP = 5


class RunProgress(QWidget):
    """Shows a ``RunStatus``; hidden until there is a run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = plain_label(role="heading")
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName(self.tr("Progress of the run"))
        self._figures = plain_label()
        self._device = plain_label(role="muted")
        layout = spaced(QVBoxLayout(self), _PROGRESS_GAP, (0, 0, 0, 0))
        for widget in (self._state, self._bar, self._figures, self._device):
            layout.addWidget(widget)
        self.show_status(RunStatus())

    def show_status(self, status: RunStatus) -> None:
        """Show another status."""
        self.setVisible(status.activity is not RunActivity.IDLE)
        self._state.setText(activity_text(status.activity))
        progress = status.progress
        self._figures.setText(progress_text(progress) if progress else "")
        self._figures.setVisible(progress is not None)
        if status.activity is RunActivity.STARTING:
            self._device.hide()
        self._show_bar(status)

    def show_prepared(self, event: RunReady) -> None:
        """Say what the run works with."""
        text = self.tr("{0}, {1} pairs, {2} px")
        self._device.setText(text.format(event.device, count_text(event.pairs), event.image_size))
        self._device.show()

    def _show_bar(self, status: RunStatus) -> None:
        fraction = status.progress.fraction if status.progress else None
        self._bar.setVisible(status.is_running)
        # Without an end in sight, or before the first figure, the bar only says "busy".
        is_busy = fraction is None and status.state is not RunState.PAUSED
        self._bar.setRange(0, 0 if is_busy else _FULL)
        self._bar.setValue(round((fraction or 0.0) * _FULL))


_MOST = 4
"""Notes shown at once; an older one makes way, for they take their room from the form."""


class HealthNotes(QWidget):
    """Lists what is wrong and what to try, or what was done; hidden while nothing is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notes: dict[Hashable, QWidget] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(_GAP)
        self.hide()

    def show_health(self, event: AlertChanged) -> None:
        """Take an alert that begins or ends."""
        words = advice(event.alert) if event.is_raised else None
        self.show_note(event.alert, words, tip=evidence_text(event.evidence))

    def show_note(self, key: Hashable, words: Advice | None, *, tip: str = "") -> None:
        """Show a note in place of the one of the same key, or only take that back."""
        self._remove(key)
        if words is not None:
            self._add(key, words, tip)
        self.setVisible(bool(self._notes))

    def clear(self) -> None:
        """Forget all notes."""
        for key in tuple(self._notes):
            self._remove(key)
        self.hide()

    def _add(self, key: Hashable, words: Advice, tip: str) -> None:
        if len(self._notes) >= _MOST:
            self._remove(next(iter(self._notes)))
        note = QWidget()
        lines = spaced(QVBoxLayout(note), 0, (0, 0, 0, 0))
        for text, role in ((words.trouble, "problem"), (words.remedy, "muted")):
            label = plain_label(text, role=role)
            label.setToolTip(tip)
            lines.addWidget(label)
        self._notes[key] = note
        self._layout.addWidget(note)
        note.show()

    def _remove(self, key: Hashable) -> None:
        note = self._notes.pop(key, None)
        if note is not None:
            self._layout.removeWidget(note)
            note.hide()
            note.deleteLater()
