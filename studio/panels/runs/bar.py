"""Toolbar of the runs table, banner, and notes editor of the selected run."""

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QButtonGroup,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.runs.listing import ListedRun
from engine.runs.metadata import MAX_NOTE
from engine.runs.status import Status
from studio.theme import SPACING
from studio.widgets.buttons import add_page_buttons, push_button
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.icons import icon
from studio.widgets.labels import fill, plain_label, spaced

_TYPING_MS = 150
_SEARCH_WIDTH = 110
RESUMABLE = (Status.INTERRUPTED, Status.STOPPED, Status.FAILED, Status.NEW)
"""States of runs with training left; a finished run is opened or branched."""


class RunsBar(QWidget):
    """Toolbar with the actions on a run; emits signals only."""

    page_requested = Signal(int)
    search_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tip = self.tr("Show the run's curves and images")
        self.open = push_button(self.tr("Open"), icon_name="open", tip=tip)
        self.resume = push_button(self.tr("Resume"), icon_name="resume")
        tip = self.tr("Begin a new run at a checkpoint of this one, with other settings")
        self.branch = push_button(self.tr("Branch…"), icon_name="branch", tip=tip)
        tip = self.tr("Compare the selected runs; a single one is added to those compared")
        self.compare = push_button(self.tr("Compare"), icon_name="compare", tip=tip)
        self.star = QAction(icon("star"), self.tr("Star"), self)
        self.rename = QAction(self.tr("Rename…"), self)
        self.rename.setShortcut(Qt.Key.Key_F2)
        self.queue_again = QAction(icon("queue"), self.tr("Queue again"), self)
        self.queue_again.setToolTip(self.tr("Add a run with the same settings to the queue"))
        self.settings = QAction(self.tr("Settings…"), self)
        self.settings.setToolTip(self.tr("Show the settings of this run, and use them for another"))
        self.export = QAction(icon("export"), self.tr("Export…"), self)
        self.export.setToolTip(self.tr("Export the model, the curves or a film of the previews"))
        self.show_folder = QAction(icon("folder"), self.tr("Show folder"), self)
        self.copy_command = QAction(self.tr("Copy command"), self)
        self.copy_command.setToolTip(self.tr("Copy the command line that does this run again"))
        self.delete = QAction(self.tr("Delete"), self)
        self.delete.setShortcut(Qt.Key.Key_Delete)
        self.empty_trash = QAction(self.tr("Empty trash…"), self)
        for action in (self.rename, self.delete):
            # The table handles these keys.
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.menu = QMenu(self)
        self._pages = QButtonGroup(self)
        self._search = QLineEdit()
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(lambda: self.search_changed.emit(self._search.text()))
        first = (self.settings, self.star, self.rename, self.queue_again)
        second = (self.export, self.show_folder, self.copy_command)
        for group in (first, second, (self.delete,)):
            self.menu.addActions(list(group))
            self.menu.addSeparator()
        self.menu.addAction(self.empty_trash)
        self.menu.setToolTipsVisible(True)
        self._lay_out()
        self.show_run(None, is_busy=False)
        self.show_counts(waiting=0, trashed=0, trash_size="")

    def show_run(self, run: ListedRun | None, *, is_busy: bool) -> None:
        """Enable the actions available for the selected run; ``is_busy`` if a run is active."""
        is_sound = run is not None and not run.problem
        is_free = run is not None and not run.is_held
        self.open.setEnabled(is_sound and not is_busy)
        self.resume.setEnabled(not is_busy and is_sound and is_resumable(run))
        self.resume.setToolTip(self._resume_tip(run, is_busy=is_busy))
        # A branch is set up in the form, and can be queued while another run is active.
        self.branch.setEnabled(is_sound and bool(run and run.checkpoints))
        for action in (self.star, self.show_folder):
            action.setEnabled(run is not None)
        for action in (self.rename, self.delete):
            action.setEnabled(is_free)
        is_trained = is_sound and run is not None and run.status is not Status.EXPORTED
        for action in (self.queue_again, self.copy_command):
            action.setEnabled(is_trained)
        for action in (self.settings, self.export):
            action.setEnabled(is_sound)
        is_starred = run is not None and run.is_starred
        self.star.setText(self.tr("Remove star") if is_starred else self.tr("Star"))

    def show_counts(self, *, waiting: int, trashed: int, trash_size: str) -> None:
        """Show the number of queued runs and the size of the trash."""
        number = self.locale().toString(waiting)
        text = self.tr("Queue ({0})").format(number) if waiting else self.tr("Queue")
        self._pages.button(1).setText(text)
        self.empty_trash.setEnabled(trashed > 0)
        full = self.tr("Empty trash ({0})…").format(trash_size)
        self.empty_trash.setText(full if trashed else self.tr("Empty trash…"))

    @Slot(int)
    def show_page(self, page: int) -> None:
        """Check the button of a page; the actions on a run are visible on the first."""
        self._pages.button(page).setChecked(True)
        for widget in (self._search, self.open, self.resume, self.branch, self.compare, self._more):
            widget.setVisible(page == 0)

    def _resume_tip(self, run: ListedRun | None, *, is_busy: bool) -> str:
        if is_busy:
            return self.tr("A run is under way already")
        if run is not None and run.is_held:
            return self.tr("Another program trains this run now")
        if run is not None and run.status is Status.FINISHED:
            return self.tr("This run is complete: open it to train further")
        return self.tr("Resume from the newest intact checkpoint")

    def _lay_out(self) -> None:
        layout = FlowLayout(SPACING // 2, self)
        add_page_buttons(layout, self._pages, (self.tr("History"), self.tr("Queue")))
        self._pages.idClicked.connect(self.page_requested)
        self._search.setPlaceholderText(self.tr("Search runs"))
        self._search.setAccessibleName(self.tr("Search runs"))
        self._search.setToolTip(
            self.tr("Words of names, notes and settings, such as hinge, 0.001 or batch-size=64")
        )
        self._search.setClearButtonEnabled(True)
        self._search.setMinimumWidth(_SEARCH_WIDTH)
        self._search.textChanged.connect(lambda _text: self._typing.start())
        self._more = QToolButton()
        self._more.setIcon(icon("more"))
        self._more.setToolTip(self.tr("More actions"))
        self._more.setAccessibleName(self.tr("More actions"))
        self._more.setAutoRaise(True)
        self._more.setMenu(self.menu)
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        for widget in (self._search, self.open, self.resume, self.branch, self.compare, self._more):
            layout.addWidget(widget)


def is_resumable(run: ListedRun | None) -> bool:
    """Return whether a run has training left and can be resumed."""
    return run is not None and not run.problem and run.status in RESUMABLE


_SAVE_NOTES_MS = 800
_GAP = 3
_HEIGHT = 44


class NotesEditor(QWidget):
    """Editor of a run's notes; pending input is emitted before another run is shown."""

    text_edited = Signal(object, str)
    """Emitted with the run's folder and its notes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder: Path | None = None
        self._known = ""
        self._title = plain_label(role="muted")
        self.field = QPlainTextEdit()
        self.field.setProperty("role", "field")
        self.field.setTabChangesFocus(True)
        self.field.setMinimumHeight(_HEIGHT)
        self.field.setPlaceholderText(self.tr("Notes about this run"))
        self.field.setAccessibleName(self.tr("Notes"))
        self.field.installEventFilter(self)
        self._typing = QTimer(self, singleShot=True, interval=_SAVE_NOTES_MS)
        self._typing.timeout.connect(self.commit)
        self.field.textChanged.connect(self._typing.start)
        fill(spaced(QVBoxLayout(self), _GAP, (0, 0, 0, 0)), self._title, (self.field, 1))
        self.show_run(None)

    def show_run(self, run: ListedRun | None) -> None:
        """Show the notes of a run; pending input on the same run is kept."""
        folder = run.folder if run else None
        if folder == self._folder and self._is_edited:
            return
        self.commit()
        self._folder, self._known = folder, run.notes if run else ""
        if self.field.toPlainText() != self._known:
            self.field.setPlainText(self._known)
        self._typing.stop()
        self.field.setEnabled(run is not None)
        self._title.setText(self._title_text(run))

    @Slot()
    def commit(self) -> None:
        """Emit pending input."""
        self._typing.stop()
        if self._folder is not None and self._is_edited:
            self._known = self.field.toPlainText()[:MAX_NOTE]
            self.text_edited.emit(self._folder, self._known)

    @property
    def _is_edited(self) -> bool:
        return self.field.toPlainText() != self._known

    def _title_text(self, run: ListedRun | None) -> str:
        if run is None:
            return self.tr("Mark a run to read or write notes about it.")
        if run.problem:
            return self.tr("{0} is damaged: {1}").format(run.name, run.problem)
        if run.error:
            return self.tr("{0} failed: {1}").format(run.name, run.error)
        if run.origin and not run.is_branch:
            return self.tr("{0}, started from {1}").format(run.name, run.origin)
        if run.origin:
            return self.tr("{0}, a branch of {1}").format(run.name, run.origin)
        return run.name

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Emit pending input when the focus is lost."""
        if watched is self.field and event.type() == QEvent.Type.FocusOut:
            self.commit()
        return super().eventFilter(watched, event)
