"""The buttons below the form: what may be asked of a run now, and nothing else."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from studio.models.more_training import Resumable
from studio.models.run_life import LifeState, Wish, enabled, is_alive
from studio.panels.run.more import MoreTraining
from studio.theme import SPACING
from studio.widgets.icons import icon
from studio.widgets.look import set_look
from studio.widgets.split_button import SplitButton


class RunControls(QWidget):
    """Start and Resume at rest; Pause, Stop, Save now and Sample now while a run is under way."""

    wish_requested = Signal(object)
    """Carries a ``Wish``; never one that is not offered."""
    resume_requested = Signal(object)
    """Carries the ``RunConfig`` of a run at rest that shall go on."""

    queue_requested = Signal()
    """The run of the form shall wait its turn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._life = LifeState.IDLE
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
    def offered(self) -> frozenset[Wish]:
        """What may be asked for now."""
        wishes = enabled(self._life)
        if not self._can_start:
            wishes -= {Wish.START}
        if not is_alive(self._life) and self.more.run is None:
            wishes -= {Wish.RESUME}
        return wishes

    def show_life(self, life: LifeState) -> None:
        """Show another state."""
        self._life = life
        self._show()

    def show_startable(self, *, can_start: bool, tip: str) -> None:
        """Allow Start, or say why not."""
        self._can_start = can_start
        self.start.setToolTip(tip)
        add = self.tr("Add to queue: the run waits, and is started from the Runs panel")
        self.queue.setToolTip(add if can_start else tip)
        self._show()

    def show_resumable(self, run: Resumable | None) -> None:
        """Offer to go on with a run at rest, or with none."""
        self.more.show_run(run, is_primary=self._is_resume_usual)
        self._show()

    def ask(self, wish: Wish) -> None:
        """Ask for something, if it is offered."""
        if wish not in self.offered:
            return
        if wish is Wish.RESUME and not is_alive(self._life):
            self.more.resume()
        else:
            self.wish_requested.emit(wish)

    @property
    def _is_resume_usual(self) -> bool:
        return self._life in (LifeState.INTERRUPTED, LifeState.FAILED)

    def _make_menus(self) -> dict[Wish, QAction]:
        return {
            Wish.PAUSE: self.pause.add(self.tr("Pause, keep the memory")),
            Wish.PAUSE_RELEASE: self.pause.add(self.tr("Pause and give the memory back")),
            Wish.STOP_SAVE: self.stop.add(self.tr("Stop and save")),
            Wish.STOP_DISCARD: self.stop.add(self.tr("Stop and discard…")),
        }

    def _connect(self) -> None:
        self.start.clicked.connect(lambda: self.ask(Wish.START))
        self.queue.clicked.connect(self.queue_requested)
        self.resume.clicked.connect(lambda: self.ask(Wish.RESUME))
        self.pause.clicked.connect(lambda: self.ask(Wish.PAUSE))
        self.stop.clicked.connect(lambda: self.ask(Wish.STOP_SAVE))
        self.save.clicked.connect(lambda: self.ask(Wish.SAVE_NOW))
        self.sample.clicked.connect(lambda: self.ask(Wish.SAMPLE_NOW))
        self.more.resume_requested.connect(self.resume_requested)
        for wish, action in self.menu_actions.items():
            action.triggered.connect(lambda _checked, wish=wish: self.ask(wish))

    def _explain(self) -> None:
        self.resume.setToolTip(self.tr("Go on where the run stands"))
        self.pause.main.setToolTip(self.tr("Stand still after the current step"))
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
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING)
        layout.addLayout(asking)
        layout.addLayout(steering)
        layout.addWidget(self.more)
        starting = QHBoxLayout()
        starting.setSpacing(SPACING)
        starting.addWidget(self.start, stretch=1)
        starting.addWidget(self.queue)
        layout.addLayout(starting)

    @Slot()
    def _show(self) -> None:
        life, offered = self._life, self.offered
        is_under_way, is_paused = is_alive(life), life is LifeState.PAUSED
        self._show_texts()
        for button in (self.start, self.queue):
            button.setEnabled(Wish.START in offered)
            button.setVisible(not is_under_way)
        self.resume.setEnabled(Wish.RESUME in offered)
        self.pause.set_enabled(main=Wish.PAUSE in offered, arrow=Wish.PAUSE_RELEASE in offered)
        self.stop.set_enabled(main=Wish.STOP_SAVE in offered, arrow=Wish.STOP_DISCARD in offered)
        self.save.setEnabled(Wish.SAVE_NOW in offered)
        self.sample.setEnabled(Wish.SAMPLE_NOW in offered)
        for wish, action in self.menu_actions.items():
            action.setEnabled(wish in offered)
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
        is_pausing = self._life is LifeState.PAUSING
        is_stopping = self._life is LifeState.STOPPING
        self.pause.show_text(self.tr("Pausing…") if is_pausing else self.tr("Pause"), icon("pause"))
        self.stop.show_text(self.tr("Stopping…") if is_stopping else self.tr("Stop"), icon("stop"))
