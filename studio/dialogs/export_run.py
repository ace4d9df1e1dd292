"""Dialog that exports a run's model, curves or a film: form, progress and result."""

from enum import Enum, auto
from pathlib import Path
from typing import assert_never

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from engine.events import Outcome
from engine.exporting.request import ExportKind
from studio.errors.wording import explain
from studio.jobs.task import TaskEnded, TaskProgressed
from studio.models.export_form import ExportForm, format_texts, kind_help, kind_texts
from studio.settings.choices import ExportChoices
from studio.theme import GAP, MARGIN, SPACING
from studio.widgets.buttons import push_button
from studio.widgets.fields import ChoiceField, Field, TextField
from studio.widgets.folder_dialog import pick_folder
from studio.widgets.labels import fill, fit_height, plain_label, spaced

_WIDTH = 520


class _State(Enum):
    ASKING = auto()
    WRITING = auto()
    CANCELLING = auto()
    DONE = auto()


class ExportFields(QWidget):
    """Form of an ``ExportForm``, limited to the fields of its kind."""

    changed = Signal()

    def __init__(self, form: ExportForm, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = form
        self._kind, self._format = ChoiceField(), ChoiceField()
        self._fps, self._folder = TextField(), TextField()
        self._is_own_folder = False
        self._kind.set_choices(kind_texts().items())
        self._kind.set_text(form.kind.value)
        self._format.set_choices(format_texts().items())
        self._format.set_text(form.film_format)
        self._fps.set_text(form.fps)
        self._fps.set_hint(form.allowed_range())
        self._folder.set_text(form.folder)
        self._kind.set_help(self.tr("What is exported"), self.tr("What to export"))
        self._format.set_help(self.tr("Format of the film"), self.tr("Format"))
        self._fps.set_help(
            self.tr("How many previews are shown in a second"), self.tr("Frames a second")
        )
        self._folder.set_help(
            self.tr("A new or empty folder; it is made if it does not exist"), self.tr("Folder")
        )
        self._lay_out()
        self._kind.text_edited.connect(self._on_kind)
        self._format.text_edited.connect(self._on_format)
        self._fps.edit.textChanged.connect(self._on_fps)
        # ``textChanged`` includes paths set by the folder dialog.
        self._folder.edit.textChanged.connect(self._on_folder)
        self._show_kind()

    def show_problems(self, problems: dict[str, str]) -> None:
        """Set the validation error of each field."""
        named = {
            "kind": self._kind,
            "film_format": self._format,
            "fps": self._fps,
            "folder": self._folder,
        }
        for name, field in named.items():
            field.set_problem(problems.get(name, ""))

    def _lay_out(self) -> None:
        self._film = QWidget()
        film = QGridLayout(self._film)
        film.setContentsMargins(0, 0, 0, 0)
        film.setHorizontalSpacing(GAP)
        film.addWidget(_label(self.tr("Format"), self._format), 0, 0)
        film.addWidget(self._format, 1, 0, Qt.AlignmentFlag.AlignTop)
        film.addWidget(_label(self.tr("Frames a second"), self._fps), 0, 1)
        film.addWidget(self._fps, 1, 1)
        place = spaced(QHBoxLayout(), SPACING)
        browse = push_button(self.tr("Browse…"), self._browse, auto_default=False)
        place.addWidget(self._folder, 1)
        place.addWidget(browse, 0, Qt.AlignmentFlag.AlignTop)
        fill(
            spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0)),
            _label(self.tr("What to export"), self._kind),
            self._kind,
            self._film,
            _label(self.tr("Folder"), self._folder),
            place,
        )

    def _browse(self) -> None:
        start = Path(self._folder.text() or ".").expanduser()
        caption = self.tr("Folder for the export")
        pick_folder(self.window(), caption, start, lambda path: self._folder.set_text(str(path)))

    @Slot(str)
    def _on_kind(self, kind: str) -> None:
        self._form.kind = ExportKind(kind)
        if not self._is_own_folder:
            self._form.folder = self._form.usual_folder()
            self._folder.edit.blockSignals(True)  # noqa: FBT003 (Qt's)
            self._folder.set_text(self._form.folder)
            self._folder.edit.blockSignals(False)  # noqa: FBT003 (as above)
        self._show_kind()
        self.changed.emit()

    @Slot(str)
    def _on_format(self, film_format: str) -> None:
        self._form.film_format = film_format
        self.changed.emit()

    @Slot(str)
    def _on_fps(self, text: str) -> None:
        self._form.fps = text
        self.changed.emit()

    @Slot(str)
    def _on_folder(self, text: str) -> None:
        self._is_own_folder = True
        self._form.folder = text
        self.changed.emit()

    def _show_kind(self) -> None:
        self._kind.set_hint(kind_help(self._form.kind))
        self._film.setVisible(self._form.kind is ExportKind.FILM)


def _label(name: str, field: Field) -> QLabel:
    label = QLabel(name)
    label.setBuddy(field)
    return label


class ExportRunDialog(QDialog):
    """Dialog that stays open until the export has ended; ``open()`` does not block."""

    start_requested = Signal(object)
    """Emitted with an ``ExportRequest``."""
    cancel_requested = Signal()

    def __init__(
        self, parent: QWidget | None, *, run: Path, folder: Path, choices: ExportChoices
    ) -> None:
        """Create the dialog.

        Args:
            parent: parent window.
            run: folder of the run.
            folder: beginning of the default output folder.
            choices: last choices of the user.
        """
        super().__init__(parent)
        self._form = ExportForm(run=run, folder=folder, choices=choices)
        self._state = _State.ASKING
        self._folder = folder
        self.setWindowTitle(self.tr("Export {0}").format(run.name))
        self.setMinimumWidth(_WIDTH)
        self.fields = ExportFields(self._form)
        self._progress = QProgressBar(textVisible=False)
        self._headline = plain_label(role="heading")
        self._details = plain_label()
        self._save = push_button(self.tr("Export"), self._start, icon_name="export", role="primary")
        self._save.setDefault(True)
        self._open = push_button(
            self.tr("Open folder"),
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder))),
            icon_name="open",
            auto_default=False,
        )
        self._leave = push_button("", self.reject, auto_default=False)
        buttons = spaced(QHBoxLayout(), SPACING)
        fill(buttons, self._open, 1, self._leave, self._save)
        layout = spaced(QVBoxLayout(self), MARGIN, (GAP, GAP, GAP, MARGIN))
        fill(layout, self.fields, self._progress, self._headline, self._details, 1, buttons)
        self.fields.changed.connect(self._check)
        self._enter(_State.ASKING)

    def choices(self) -> ExportChoices:
        """Return the choices to remember."""
        return self._form.choices()

    @Slot(object)
    def show_progress(self, event: TaskProgressed) -> None:
        """Show the share that is done."""
        self._progress.setRange(0, event.total)
        self._progress.setValue(event.done)
        if self._state is _State.WRITING:
            done, total = map(self.locale().toString, (event.done, event.total))
            self._headline.setText(self.tr("Step {0} of {1}").format(done, total))

    @Slot(object)
    def show_ended(self, event: TaskEnded) -> None:
        """Show the result; after a failure the form is enabled again."""
        match event.outcome:
            case Outcome.FINISHED:
                self._folder = Path(event.result)
                self._enter(_State.DONE)
                self._headline.setText(self.tr("Exported"))
            case Outcome.STOPPED:
                self._enter(_State.ASKING)
                self._headline.setText(self.tr("Cancelled; nothing was exported"))
            case Outcome.FAILED:
                self._enter(_State.ASKING)
                self._show_failure(event.error)
            case _:
                assert_never(event.outcome)
        fit_height(self, _WIDTH)

    @Slot()
    def _check(self) -> None:
        problems = self._form.problems()
        self.fields.show_problems(problems)
        self._save.setEnabled(not problems)
        self._save.setToolTip(self.tr("Correct the red fields first") if problems else "")
        fit_height(self, _WIDTH)

    @Slot()
    def _start(self) -> None:
        request = self._form.request()
        self._folder = request.folder
        self._enter(_State.WRITING)
        self.start_requested.emit(request)

    def _enter(self, state: _State) -> None:
        self._state = state
        is_asking, is_done = state is _State.ASKING, state is _State.DONE
        self.fields.setEnabled(is_asking)
        self.fields.setVisible(not is_done)
        self._save.setVisible(not is_done)
        self._save.setEnabled(is_asking)
        self._leave.setText(self.tr("Close") if is_done else self.tr("Cancel"))
        self._leave.setEnabled(state is not _State.CANCELLING)
        self._open.setVisible(is_done)
        self._progress.setVisible(state in (_State.WRITING, _State.CANCELLING))
        if state is _State.WRITING:
            self._progress.setRange(0, 0)
        words = {_State.WRITING: self.tr("Preparing…"), _State.CANCELLING: self.tr("Cancelling…")}
        self._headline.setText(words.get(state, ""))
        self._details.setText(str(self._folder) if is_done else "")
        if is_asking:
            self._check()
        fit_height(self, _WIDTH)

    def _show_failure(self, error: Exception | None) -> None:
        words = explain(error or RuntimeError("The export failed and gave no reason"))
        self._headline.setText(words.happened)
        self._details.setText(f"{words.why}\n{words.hint}")

    def reject(self) -> None:
        """Cancel an export being written, otherwise close."""
        if self._state is _State.WRITING:
            self._enter(_State.CANCELLING)
            self.cancel_requested.emit()
        elif self._state is not _State.CANCELLING:
            super().reject()
