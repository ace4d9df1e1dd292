"""Dialog that saves a gallery: form, progress and result."""

from enum import Enum, auto
from pathlib import Path
from typing import assert_never

from PySide6.QtCore import QPoint, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from engine.data.column_info import IMAGE
from engine.errors import EngineError
from engine.events import GalleryEnded, GalleryProgressed, Outcome
from engine.sample.request import Direction
from studio.dialogs.gallery_items import GalleryItems
from studio.dialogs.given_columns import GivenColumnRows
from studio.errors.wording import explain
from studio.models.gallery_columns import kind_of_file
from studio.models.gallery_form import GalleryForm, direction_texts
from studio.settings.choices import SaveGalleryChoices
from studio.theme import GAP, MARGIN, SPACING
from studio.widgets.buttons import push_button
from studio.widgets.drop_zone import dropped_path, refusal_text
from studio.widgets.fields import ChoiceField, Field, TextBox, TextField
from studio.widgets.folder_dialog import pick_folder
from studio.widgets.labels import fill, fit_height, plain_label, spaced

_Text = TextField | TextBox


class GalleryFields(QWidget):
    """Form of a ``GalleryForm``, limited to the fields of its direction."""

    changed = Signal()

    def __init__(self, form: GalleryForm, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = form
        self._columns = GivenColumnRows(form.columns)
        self._columns.changed.connect(self._on_columns)
        self._direction = ChoiceField()
        self._direction.set_choices(direction_texts().items())
        self._direction.set_text(form.direction.value)
        self._direction.text_edited.connect(self._on_direction)
        self._fields: dict[str, _Text] = {
            "texts": TextBox(),
            "images": TextField(),
            "count": TextField(),
            "seed": TextField(),
            "to_seed": TextField(),
            "truncation": TextField(),
            "folder": TextField(),
        }
        self._rows: dict[str, list[QWidget]] = {}
        self._explain()
        self._lay_out()
        for name, field in self._fields.items():
            field.set_text(getattr(form, name))
            self._listen(name, field)
            if isinstance(field, TextField):
                field.edit.setAcceptDrops(False)  # Drops are for the whole dialog.
        self._show_rows()

    def show_problems(self, problems: dict[str, str]) -> None:
        """Set the validation error of each field."""
        for name, field in self._fields.items():
            field.set_problem(problems.get(name, ""))
        self._columns.show_problems()

    def take(self, path: Path, place: QPoint) -> bool:
        """Make the other columns of a file or folder; returns False if no column takes it.

        Args:
            path: of the file or folder.
            place: of the pointer in this widget; a column below it is preferred.
        """
        if not self._form.columns.are_pairs:
            return self._columns.take(path, self._columns.mapFrom(self, place))
        if kind_of_file(path) != IMAGE:
            return False
        self._form.give_image(path)
        self._direction.set_text(self._form.direction.value)
        self._fields["images"].set_text(self._form.images)
        self._on_direction(self._form.direction.value)
        return True

    def show_text_notes(self, notes: str) -> None:
        """Set what is said about single texts without preventing the gallery."""
        self._fields["texts"].set_hint(notes)

    def _listen(self, name: str, field: _Text) -> None:
        def store(text: str) -> None:
            setattr(self._form, name, text)
            self.changed.emit()

        # ``textChanged`` includes paths set by the folder dialog.
        edited = field.edit.textChanged if isinstance(field, TextField) else field.text_edited
        edited.connect(store)

    def _explain(self) -> None:
        form = self._form
        for name, label, help_text, hint in (
            ("texts", self.tr("Texts"), self.tr("What to draw, one text a line"), ""),
            ("images", self.tr("Images"), self.tr("The image to name, or a folder of images"), ""),
            (
                "count",
                self.tr("Pairs") if form.columns.are_pairs else self.tr("Items"),
                self.tr("How many pairs to draw from the newest checkpoint"),
                form.allowed_range("count"),
            ),
            (
                "seed",
                self.tr("Seed"),
                self.tr("Start of the noise: the same seed and checkpoint give the same pairs"),
                form.allowed_range("seed"),
            ),
            (
                "to_seed",
                self.tr("To seed"),
                self.tr("Where the walk ends: at the first pair of this seed"),
                form.allowed_range("seed"),
            ),
            (
                "truncation",
                self.tr("Truncation"),
                self.tr("Share of the noise: less gives more typical pairs that vary less"),
                form.allowed_range("truncation"),
            ),
            (
                "folder",
                self.tr("Folder"),
                self.tr("A new or empty folder; it is made if it does not exist"),
                "",
            ),
        ):
            field = self._fields[name]
            field.set_help(help_text, label)
            field.set_hint(hint)
            self._rows[name] = [_name_label(label, field), field]
        self._direction_label = _name_label(self.tr("What to make"), self._direction)
        self._direction.set_help(self.tr("What is given and what is made"), self.tr("What to make"))

    def _lay_out(self) -> None:
        numbers = QGridLayout()
        numbers.setHorizontalSpacing(GAP)
        for column, name in enumerate(("count", "seed", "to_seed", "truncation")):
            for row, widget in enumerate(self._rows[name]):
                numbers.addWidget(widget, row, column)
        fill(
            spaced(QVBoxLayout(self), MARGIN, (0, 0, 0, 0)),
            self._columns,
            self._direction_label,
            self._direction,
            fill(spaced(QVBoxLayout(), SPACING // 2), *self._rows["texts"]),
            self._with_browse("images", self.tr("Folder of images")),
            numbers,
            self._with_browse("folder", self.tr("Folder for the gallery")),
        )

    def _with_browse(self, name: str, caption: str) -> QGridLayout:
        label, field = self._rows[name][0], self._fields[name]

        def browse() -> None:
            start = Path(field.text() or self._form.folder).expanduser()
            pick_folder(self.window(), caption, start, lambda folder: field.set_text(str(folder)))

        button = push_button(self.tr("Browse…"), browse, auto_default=False)
        self._rows[name].append(button)
        row = QGridLayout()
        row.setHorizontalSpacing(SPACING)
        row.addWidget(label, 0, 0)
        row.addWidget(field, 1, 0)
        row.addWidget(button, 1, 1, Qt.AlignmentFlag.AlignTop)
        return row

    @Slot(str)
    def _on_direction(self, direction: str) -> None:
        self._form.direction = Direction(direction)
        self._show_rows()
        self.changed.emit()

    @Slot()
    def _on_columns(self) -> None:
        self._show_rows()
        self.changed.emit()

    def _show_rows(self) -> None:
        are_pairs = self._form.columns.are_pairs
        self._columns.setVisible(not are_pairs)
        for widget in (self._direction_label, self._direction):
            widget.setVisible(are_pairs)
        for name, widgets in self._rows.items():
            for widget in widgets:
                widget.setVisible(self._form.asks_for(name))


def _name_label(name: str, field: Field) -> QLabel:
    label = QLabel(name)
    label.setBuddy(field)
    return label


_WIDTH = 540


class _State(Enum):
    ASKING = auto()
    WRITING = auto()
    CANCELLING = auto()
    DONE = auto()


class SaveGalleryDialog(QDialog):
    """Dialog that stays open until the gallery has ended; ``open()`` does not block."""

    start_requested = Signal(object)
    """Emitted with a ``GalleryRequest``."""
    cancel_requested = Signal()

    def __init__(
        self, parent: QWidget | None, *, run: Path, folder: Path, choices: SaveGalleryChoices
    ) -> None:
        """Create the dialog.

        Args:
            parent: parent window.
            run: folder of the run that generates the pairs.
            folder: default output folder; a number is appended if it contains files.
            choices: last choices of the user.
        """
        super().__init__(parent)
        self._form = GalleryForm(run=run, folder=folder, choices=choices)
        self._state = _State.ASKING
        self._folder = folder
        self.setWindowTitle(self.tr("Save gallery"))
        self.setMinimumWidth(_WIDTH)
        self._fields = GalleryFields(self._form)
        self._summary = plain_label(role="muted")
        self._progress = QProgressBar(textVisible=False)
        self._headline = plain_label(role="heading")
        self._details = plain_label()
        self._items = GalleryItems()
        self._items.hide()
        self._save = push_button(self.tr("Save"), self._start, icon_name="save", role="primary")
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
        fill(layout, self._fields, self._summary, self._progress, self._headline)
        fill(layout, self._items, self._details)
        fill(layout, 1, buttons)
        self._fields.changed.connect(self._check)
        self.setAcceptDrops(True)
        self._enter(_State.ASKING)

    def take(self, path: Path, place: QPoint | None = None) -> None:
        """Make the other columns of a file or folder that was dropped.

        Args:
            path: of the file or folder.
            place: of the pointer in this dialog.
        """
        if self._state is not _State.ASKING:
            return
        inside = self._fields.mapFrom(self, place) if place else QPoint(-1, -1)
        taken = self._fields.take(path, inside)
        refused = self.tr("The run has no column that “{0}” could be given for.")
        self._headline.setText("" if taken else refused.format(path.name))
        self._details.setText("")
        fit_height(self, _WIDTH)

    def choices(self) -> SaveGalleryChoices:
        """Return the choices to remember."""
        return self._form.choices()

    @Slot(object)
    def show_progress(self, event: GalleryProgressed) -> None:
        """Show the number of pairs written."""
        self._progress.setRange(0, event.total)
        self._progress.setValue(event.done)
        if self._state is _State.WRITING:
            done, total = map(self.locale().toString, (event.done, event.total))
            self._headline.setText(self.tr("{0} of {1} pairs written").format(done, total))

    @Slot(object)
    def show_ended(self, event: GalleryEnded) -> None:
        """Show the result; after a failure the form is enabled again."""
        self._folder = event.folder
        match event.outcome:
            case Outcome.FINISHED:
                self._enter(_State.DONE)
                self._headline.setText(self.tr("%Ln pairs saved", "", event.count))
            case Outcome.STOPPED:
                self._enter(_State.DONE)
                self._headline.setText(
                    self.tr("Cancelled; %Ln pairs were saved before", "", event.count)
                )
            case Outcome.FAILED:
                self._enter(_State.ASKING)
                self._show_failure(event.error)
            case _:
                assert_never(event.outcome)
        self._open.setVisible(event.count > 0)
        self._items.show_items(event.first_items if self._state is _State.DONE else ())
        self._fields.setVisible(self._state is not _State.DONE)
        fit_height(self, _WIDTH)

    @Slot()
    def _check(self) -> None:
        problems = self._form.problems()
        self._fields.show_problems(problems)
        self._fields.show_text_notes("" if "texts" in problems else self._form.text_notes())
        is_valid = self._form.is_valid
        self._save.setEnabled(is_valid)
        self._save.setToolTip("" if is_valid else self.tr("Correct the red fields first"))
        self._summary.setText(self._summary_text() if is_valid else "")
        fit_height(self, _WIDTH)

    def _summary_text(self) -> str:
        if not self._form.columns.are_pairs:
            return f"{self._columns_text()}\n{self._form.gallery_folder()}"
        what = self.tr(
            "Writes %Ln PNG images, their texts (metadata.jsonl), a contact sheet and a page to "
            "look through them (index.html) to:",
            "",
            self._form.pair_count(),
        )
        return f"{what}\n{self._form.gallery_folder()}"

    def _columns_text(self) -> str:
        if self._form.columns.has_given:
            return self.tr(
                "Writes an item for each that is given: images and sounds as files, texts and "
                "table rows in metadata.jsonl, a contact sheet and a page to look through them "
                "(index.html) to:"
            )
        return self.tr(
            "Writes %Ln items: images and sounds as files, texts and table rows in "
            "metadata.jsonl, a contact sheet and a page to look through them (index.html) to:",
            "",
            self._form.pair_count(),
        )

    @Slot()
    def _start(self) -> None:
        try:
            request = self._form.request()
        except (OSError, EngineError) as error:
            self._show_failure(error)
            return
        self._enter(_State.WRITING)
        self.start_requested.emit(request)

    def _enter(self, state: _State) -> None:
        self._state = state
        is_asking, is_writing = state is _State.ASKING, state is _State.WRITING
        self._fields.setEnabled(is_asking)
        self._save.setVisible(state is not _State.DONE)
        self._save.setEnabled(is_asking)
        self._leave.setText(self.tr("Close") if state is _State.DONE else self.tr("Cancel"))
        self._leave.setEnabled(state is not _State.CANCELLING)
        self._open.setVisible(False)
        self._progress.setVisible(state in (_State.WRITING, _State.CANCELLING))
        if is_writing:
            self._progress.setRange(0, 0)
        words = {_State.WRITING: self.tr("Preparing…"), _State.CANCELLING: self.tr("Cancelling…")}
        self._headline.setText(words.get(state, ""))
        self._summary.setVisible(state is not _State.DONE)
        self._details.setText(str(self._folder) if state is _State.DONE else "")
        if is_asking:
            self._check()
        fit_height(self, _WIDTH)

    def _show_failure(self, error: Exception | None) -> None:
        words = explain(error or RuntimeError("The gallery failed and gave no reason"))
        self._headline.setText(words.happened)
        self._details.setText(f"{words.why}\n{words.hint}")

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files and folders while the form is shown."""
        if event.mimeData().hasUrls() and self._state is _State.ASKING:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Give the column that a dropped file or folder is for."""
        path = dropped_path(event.mimeData())
        if path is None:
            self._headline.setText(refusal_text(event.mimeData()))
            return
        event.acceptProposedAction()
        self.take(path, event.position().toPoint())

    def reject(self) -> None:
        """Cancel a gallery being written, otherwise close."""
        if self._state is _State.WRITING:
            self._enter(_State.CANCELLING)
            self.cancel_requested.emit()
        elif self._state is not _State.CANCELLING:
            super().reject()
