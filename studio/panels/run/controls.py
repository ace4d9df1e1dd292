"""Run controls: buttons, progress, alerts, and the row to train longer."""

import re
from collections.abc import Hashable

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
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
    enabled_elsewhere,
    is_alive,
    progress_text,
)
from studio.models.trouble_text import Advice, advice, evidence_text
from studio.theme import SPACING
from studio.widgets.buttons import SplitButton, push_button
from studio.widgets.icons import icon
from studio.widgets.labels import fill, plain_label, set_look, spaced

_GAP = 3


class MoreTraining(QWidget):
    """Row to resume a run with additional training; hidden while no run can be resumed."""

    resume_requested = Signal(object)
    """Emitted with the run's ``RunConfig`` with its new total."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.run: Resumable | None = None
        """The run that can be resumed."""
        self._amount = QLineEdit()
        self._amount.setPlaceholderText(self.tr("no limit"))
        self._amount.textEdited.connect(self._check)
        self._amount.returnPressed.connect(self.resume)
        self._unit = QComboBox()
        self._unit.addItem(self.tr("min"), Unit.MINUTES.value)
        self._unit.addItem(self.tr("images"), Unit.IMAGES.value)
        self._unit.activated.connect(self._suggest)
        self.button = push_button(
            self.tr("Resume"),
            self.resume,
            tip=self.tr("Resume the open run from its newest checkpoint with its own settings"),
        )
        self._problem = plain_label(role="problem")
        self._problem.hide()
        row = spaced(QHBoxLayout(), SPACING)
        fill(row, (self._amount, 1), self._unit, self.button)
        # The label has a line of its own: beside the fields it would widen the whole dock.
        label, column = QLabel(self.tr("Train for another")), QVBoxLayout(self)
        fill(spaced(column, _GAP, (0, 0, 0, 0)), label, row, self._problem)
        self._explain()
        self.hide()

    def show_run(self, run: Resumable | None, *, is_primary: bool) -> None:
        """Set the run that can be resumed; ``is_primary`` highlights the button."""
        if run != self.run:
            self.run = run
            if run is not None:
                self._unit.setCurrentIndex(self._unit.findData(run.usual_unit.value))
                self._suggest()
        set_look(self.button, "role", "primary" if is_primary else "")
        self.button.setIcon(icon("resume", "on_accent" if is_primary else ""))
        self.setVisible(run is not None)

    @Slot()
    def resume(self) -> None:
        """Emit ``resume_requested``, if the amount is valid."""
        if self.run is None or self.isHidden() or not self._check():
            return
        config = self.run.longer(Unit(self._unit.currentData()), self._amount.text().strip())
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

    @Slot()
    def _suggest(self) -> None:
        if self.run is not None:
            self._amount.setText(self.run.usual_amount(Unit(self._unit.currentData())))
            self._check()

    @Slot()
    def _check(self) -> bool:
        problem = ""
        try:
            if self.run is not None:
                self.run.longer(Unit(self._unit.currentData()), self._amount.text().strip())
        except ValueError as error:
            problem = str(error)
        set_look(self._amount, "invalid", bool(problem))
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        return not problem


class RunControls(QWidget):
    """Buttons to start, queue, resume, pause and stop a run, and to save and sample."""

    command_requested = Signal(object)
    """Emitted with an available ``Command``."""
    resume_requested = Signal(object)
    """Emitted with the ``RunConfig`` of a run to resume."""
    queue_requested = Signal()
    sweep_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = self._elsewhere = RunState.IDLE
        self._holder = ""
        self._can_start = self._can_queue = False
        ask = self.ask
        self.start = push_button(self.tr("Start training"), lambda: ask(Command.START))
        self.queue = push_button("", self.queue_requested, icon_name="queue")
        self.queue.setAccessibleName(self.tr("Add to queue"))
        self.sweep = push_button("", self.sweep_requested, icon_name="sweep")
        self.sweep.setAccessibleName(self.tr("Sweep settings"))
        self.sweep.setToolTip(
            self.tr("Queue a run for each of several values of one setting or two")
        )
        self.more = MoreTraining()
        self.pause = SplitButton(self.tr("Ways to pause"))
        self.pause.main.setToolTip(self.tr("Pause after the current step"))
        self.pause.clicked.connect(lambda: ask(Command.PAUSE))
        self.resume = push_button(
            self.tr("Resume"),
            lambda: ask(Command.RESUME),
            icon_name="resume",
            tip=self.tr("Resume the run"),
            role="primary",
        )
        self.stop = SplitButton(self.tr("Ways to stop"))
        self.stop.main.setToolTip(self.tr("End the run; a checkpoint is saved first"))
        self.stop.clicked.connect(lambda: ask(Command.STOP_SAVE))
        self.save = push_button(
            self.tr("Save now"),
            lambda: ask(Command.SAVE_NOW),
            icon_name="save",
            tip=self.tr("Write a checkpoint after the current step"),
        )
        self.sample = push_button(
            self.tr("Sample now"),
            lambda: ask(Command.SAMPLE_NOW),
            icon_name="gallery",
            tip=self.tr("Draw a preview after the current step"),
        )
        self.menu_actions = {
            Command.PAUSE: self.pause.add(self.tr("Pause, keep the memory")),
            Command.PAUSE_RELEASE: self.pause.add(self.tr("Pause and free memory")),
            Command.STOP_SAVE: self.stop.add(self.tr("Stop and save")),
            Command.STOP_DISCARD: self.stop.add(self.tr("Stop and discard…")),
        }
        for command, action in self.menu_actions.items():
            action.triggered.connect(lambda _checked, command=command: ask(command))
        self.more.resume_requested.connect(self.resume_requested)
        asking = fill(spaced(QHBoxLayout(), SPACING), (self.save, 1), (self.sample, 1))
        steering = spaced(QHBoxLayout(), SPACING)
        fill(steering, (self.pause, 1), (self.resume, 1), (self.stop, 1))
        starting = fill(spaced(QHBoxLayout(), SPACING), (self.start, 1), self.queue, self.sweep)
        layout = spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0))
        fill(layout, asking, steering, self.more, starting)
        steered = (self.pause.main, self.resume, self.stop.main, self.save, self.sample)
        self._tips = {button: button.toolTip() for button in steered}
        self._show()

    @property
    def available_commands(self) -> frozenset[Command]:
        """The commands that are available now."""
        commands = enabled(self._state)
        if not self._can_start:
            commands -= {Command.START}
        if not is_alive(self._state) and self.more.run is None:
            commands -= {Command.RESUME}
        return commands | enabled_elsewhere(self._elsewhere)

    def show_status(self, status: RunStatus) -> None:
        """Set the state of the run, here and in another program."""
        self._state, self._elsewhere = status.state, status.elsewhere
        self._holder = status.holder
        self._show()

    def show_startable(self, *, can_start: bool, can_queue: bool, tip: str) -> None:
        """Enable or disable Start and the queue; ``tip`` gives the reason."""
        self._can_start, self._can_queue = can_start, can_queue
        self.start.setToolTip(tip)
        add = self.tr("Add to queue; start it from the Runs panel")
        self.queue.setToolTip(add if can_queue else tip)
        self._show()

    def show_resumable(self, run: Resumable | None) -> None:
        """Set the run that can be resumed, if any."""
        self.more.show_run(run, is_primary=self._is_resume_usual)
        self._show()

    def ask(self, command: Command) -> None:
        """Emit the request of a command, if it is available."""
        if command not in self.available_commands:
            return
        if command is Command.RESUME and not is_alive(self._shown_state):
            self.more.resume()
        else:
            self.command_requested.emit(command)

    @property
    def _is_resume_usual(self) -> bool:
        return self._state in (RunState.INTERRUPTED, RunState.FAILED)

    @property
    def _shown_state(self) -> RunState:
        return self._elsewhere if is_alive(self._elsewhere) else self._state

    @Slot()
    def _show(self) -> None:
        state, available = self._shown_state, self.available_commands
        is_under_way, is_paused = is_alive(state), state is RunState.PAUSED
        self._show_texts()
        self._show_tips()
        self.start.setEnabled(Command.START in available)
        # Beside a run of another program, one can be started here.
        self.start.setVisible(not is_alive(self._state))
        self.queue.setEnabled(self._can_queue)
        # Beside Start there is room for the icon alone.
        self.queue.setText(self.tr("Add to queue") if is_alive(self._state) else "")
        self.resume.setEnabled(Command.RESUME in available)
        self.pause.set_enabled(
            main=Command.PAUSE in available, arrow=Command.PAUSE_RELEASE in available
        )
        self.stop.set_enabled(
            main=Command.STOP_SAVE in available, arrow=Command.STOP_DISCARD in available
        )
        self.save.setEnabled(Command.SAVE_NOW in available)
        self.sample.setEnabled(Command.SAMPLE_NOW in available)
        for command, action in self.menu_actions.items():
            action.setEnabled(command in available)
        self.more.setVisible(not is_under_way and self.more.run is not None)
        self.resume.setVisible(is_paused)
        self.pause.setVisible(is_under_way and not is_paused)
        self.stop.setVisible(is_under_way)
        for button in (self.save, self.sample):
            button.setVisible(is_under_way and not is_paused)
        self.setFocusProxy(self.stop if is_alive(self._state) else self.start)

    def _show_tips(self) -> None:
        owner = ""
        if is_alive(self._elsewhere):
            owner = self.tr("The run belongs to another program: {0}.").format(self._holder)
        for button, tip in self._tips.items():
            button.setToolTip(f"{tip}\n{owner}" if owner else tip)

    def _show_texts(self) -> None:
        is_resume_usual = self._is_resume_usual and self.more.run is not None
        is_start_usual = not is_resume_usual and not is_alive(self._elsewhere)
        set_look(self.start, "role", "primary" if is_start_usual else "")
        self.start.setIcon(icon("run", "on_accent" if is_start_usual else ""))
        is_pausing = self._shown_state is RunState.PAUSING
        is_stopping = self._shown_state is RunState.STOPPING
        self.pause.show_text(self.tr("Pausing…") if is_pausing else self.tr("Pause"), icon("pause"))
        self.stop.show_text(self.tr("Stopping…") if is_stopping else self.tr("Stop"), icon("stop"))


_FULL = 1000
_PROGRESS_GAP = 5


class RunProgress(QWidget):
    """Name, progress and device of a run; hidden while there is none."""

    settings_requested = Signal()
    """Emitted to show the settings of the run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = plain_label(role="heading")
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName(self.tr("Progress of the run"))
        self._figures = plain_label()
        self._device = plain_label(role="muted")
        self._settings = push_button(
            self.tr("Settings…"),
            self.settings_requested,
            role="small",
            tip=self.tr("Show the settings of this run, and use them for another"),
        )
        head = fill(spaced(QHBoxLayout(), SPACING), (self._state, 1), self._settings)
        layout = spaced(QVBoxLayout(self), _PROGRESS_GAP, (0, 0, 0, 0))
        fill(layout, head, self._bar, self._figures, self._device)
        self.show_status(RunStatus())

    def show_status(self, status: RunStatus) -> None:
        """Show a status."""
        self.setVisible(status.activity is not RunActivity.IDLE)
        texts = (status.name, activity_text(status.activity))
        self._state.setText("\n".join(text for text in texts if text))
        progress = status.progress
        self._figures.setText(progress_text(progress) if progress else "")
        self._figures.setVisible(progress is not None)
        if status.activity is RunActivity.STARTING:
            self._device.hide()
        fraction = progress.fraction if progress else None
        self._bar.setVisible(is_alive(status.shown_state))
        # The bar is indeterminate without a limit and before the first report.
        is_busy = fraction is None and status.shown_state is not RunState.PAUSED
        self._bar.setRange(0, 0 if is_busy else _FULL)
        self._bar.setValue(round((fraction or 0.0) * _FULL))

    def show_prepared(self, event: RunReady) -> None:
        """Show device, number of pairs and image size."""
        text = self.tr("{0}, {1} pairs, {2} px")
        self._device.setText(
            text.format(
                self._device_text(event.device),
                count_text(event.pairs),
                event.size_text.replace("x", "×"),
            )
        )
        self._device.show()

    def _device_text(self, device: str) -> str:
        """Return the name of a device, as the engine gives it, in the user's language."""
        cpu = re.fullmatch(r"CPU, (\d+) threads?", device)
        return self.tr("CPU, %Ln thread(s)", "", int(cpu[1])) if cpu else device


_MAX_NOTES = 4
"""Maximum number of notes; the oldest one is replaced."""


class HealthNotes(QWidget):
    """List of alerts with advice; hidden while empty."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notes: dict[Hashable, QWidget] = {}
        self._layout = spaced(QVBoxLayout(self), _GAP, (0, 0, 0, 0))
        self.hide()

    def show_health(self, event: AlertChanged) -> None:
        """Show an alert, or remove it when it ends."""
        words = advice(event.alert) if event.is_raised else None
        self.show_note(event.alert, words, tip=evidence_text(event.evidence))

    def show_note(self, key: Hashable, words: Advice | None, *, tip: str = "") -> None:
        """Set the note of a key, or remove it."""
        self._remove(key)
        if words is not None:
            self._add(key, words, tip)
        self.setVisible(bool(self._notes))

    def clear(self) -> None:
        """Remove all notes."""
        for key in tuple(self._notes):
            self._remove(key)
        self.hide()

    def _add(self, key: Hashable, words: Advice, tip: str) -> None:
        if len(self._notes) >= _MAX_NOTES:
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
