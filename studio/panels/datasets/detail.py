"""Detail view of an item: image, captions, tags and split."""

from collections.abc import Hashable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QImage, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from engine.data.editing import ItemState
from engine.data.store import TRAIN, VALIDATION
from studio.jobs.preview_player import PreviewPlayer
from studio.models.dataset_items import ItemSound
from studio.panels.datasets.item_columns import ItemColumns
from studio.theme import SPACING
from studio.widgets.fields import ChoiceField
from studio.widgets.image_view import ImageView
from studio.widgets.labels import fill, plain_label, spaced

_PAUSE_MS = 900


class CaptionBox(QPlainTextEdit):
    """Editor of captions, one per line."""

    committed = Signal()
    """Emitted for input of the user, after a pause or when the focus is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "field")
        self.setTabChangesFocus(True)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self.commit)
        self.textChanged.connect(self._wait)

    @property
    def lines(self) -> list[str]:
        """The lines, stripped."""
        # ``splitlines`` would also split at the other line boundaries of Unicode.
        return [line.strip() for line in self.toPlainText().split("\n")]

    def show_text(self, text: str) -> None:
        """Set the text, which does not count as input."""
        if text != self.toPlainText():
            self.setPlainText(text)
        self.document().setModified(False)
        self._pause.stop()

    def commit(self) -> None:
        """Emit ``committed`` if there is pending input."""
        self._pause.stop()
        if self.document().isModified():
            self.document().setModified(False)
            self.committed.emit()

    def _wait(self) -> None:
        if self.document().isModified():
            self._pause.start()

    def event(self, event: QEvent) -> bool:
        """Leave undo and redo to the panel while there is no pending input."""
        if _is_undo(event) and not self.document().isModified():
            event.ignore()
            return False
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Commit pending input."""
        super().focusOutEvent(event)
        self.commit()


class TagLine(QLineEdit):
    """Editor of comma-separated tags."""

    committed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.editingFinished.connect(self.commit)

    def show_text(self, text: str) -> None:
        """Set the text, which does not count as input."""
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)
        self.setModified(False)

    def commit(self) -> None:
        """Emit ``committed`` if there is pending input."""
        if self.isModified():
            self.setModified(False)
            self.committed.emit()

    def event(self, event: QEvent) -> bool:
        """Leave undo and redo to the panel while there is no pending input."""
        if _is_undo(event) and not self.isModified():
            event.ignore()
            return False
        return super().event(event)


def _is_undo(event: QEvent) -> bool:
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    key = QKeySequence.StandardKey
    return event.matches(key.Undo) or event.matches(key.Redo)


_MIN_PICTURE = 64
_CAPTIONS_HEIGHT = 68
_COMMAS = str.maketrans({"，": ",", "、": ",", "\n": ","})


@dataclass(frozen=True, kw_only=True)
class ItemView:
    """Content of the detail view."""

    state: ItemState
    picture: QImage | None
    place: str
    """Number of the item, or of selected items, as text."""
    about: str
    """Key and group."""
    name: Hashable = None
    """Tells the item apart from all others."""
    sounds: tuple[ItemSound, ...] = ()
    cells: tuple[tuple[str, str], ...] = ()
    """Names and values of the fields."""
    may_have_text: bool = True
    """Whether the dataset has a column of texts, or of images that a text can be added to."""
    selected: int = 1
    """Number of selected items; tags, split and exclusion apply to all of them."""


class ItemDetail(QWidget):
    """Shows an item and emits the changes made by the user."""

    captions_edited = Signal(object)
    tags_edited = Signal(object)
    excluded_edited = Signal(bool)
    split_edited = Signal(str)

    def __init__(self, player: PreviewPlayer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._selected = 1
        self._originals: dict[str, str] = {}
        self._picture = ImageView()
        self._picture.setMinimumSize(_MIN_PICTURE, _MIN_PICTURE)
        self.columns = ItemColumns(player)
        self._place = plain_label(role="heading")
        self._about = plain_label(role="muted")
        self._captions = CaptionBox()
        self._captions.setFixedHeight(_CAPTIONS_HEIGHT)
        self._captions.setAccessibleName(self.tr("Captions"))
        self._captions.committed.connect(self._on_captions)
        self._problem = plain_label(role="problem")
        self._tags = TagLine()
        self._tags.committed.connect(
            lambda: self.tags_edited.emit(tuple(self._tags.text().translate(_COMMAS).split(",")))
        )
        self._split = ChoiceField()
        self._split.set_choices(
            [(TRAIN, self.tr("To train on")), (VALIDATION, self.tr("Validation"))]
        )
        self._split.text_edited.connect(self.split_edited)
        self._exclude = QCheckBox(self.tr("Exclude"))
        self._exclude.setToolTip(self.tr("Leave it out of the next version (Delete)"))
        self._exclude.clicked.connect(self.excluded_edited)
        self._lay_out()

    def show_item(self, view: ItemView | None) -> None:
        """Show an item, or hide the view."""
        self.setVisible(view is not None)
        if view is None:
            return
        self._selected = view.selected
        picture = view.picture
        if picture is None and view.sounds:
            picture = view.sounds[0].picture()
        has_picture = picture is not None or not view.cells
        self._picture.setVisible(has_picture)
        self._picture.set_image(picture or QImage())
        self.columns.show_item(view.name, view.sounds, view.cells, has_picture=has_picture)
        self._captions.setVisible(view.may_have_text)
        self._picture.setAccessibleName(view.state.text)
        self._place.setText(view.place)
        self._about.setText(view.about)
        self._about.setVisible(bool(view.about))
        self.show_problem("")
        is_one = view.selected == 1
        self._show_captions(view.state.captions if is_one else ())
        self._captions.setEnabled(is_one)
        self._tags.show_text(", ".join(view.state.tags) if is_one else "")
        self._tags.setPlaceholderText(
            self.tr("red, round") if is_one else self.tr("Tags to add to all selected")
        )
        self._split.set_text(view.state.split)
        self._exclude.setChecked(view.state.is_excluded)

    def show_problem(self, problem: str) -> None:
        """Show an error of the captions; an empty text hides it."""
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))

    def commit(self) -> None:
        """Commit pending input."""
        self._captions.commit()
        self._tags.commit()

    def _show_captions(self, captions: tuple[str, ...]) -> None:
        lines = [
            " ".join(caption.splitlines()).replace("\N{NO-BREAK SPACE}", " ").strip()
            for caption in captions
        ]
        self._originals = dict(zip(lines, captions, strict=True))
        typed = [line for line in self._captions.lines if line]
        # A field with the focus keeps its blank lines.
        if not (self._captions.hasFocus() and typed == lines):
            self._captions.show_text("\n".join(lines))

    def _on_captions(self) -> None:
        # An unchanged caption keeps line breaks and spaces that the field does not show.
        lines = self._captions.lines
        self.captions_edited.emit(tuple(self._originals.get(line, line) for line in lines))

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(SPACING)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._tags.setToolTip(self.tr("Words of your own, with commas between them"))
        self._tags.setAccessibleName(self.tr("Tags"))
        form.addRow(self.tr("Tags"), self._tags)
        self._split.set_help(
            self.tr("Validation items are never trained on, only measured with"), self.tr("Split")
        )
        row = fill(spaced(QHBoxLayout(), SPACING), (self._split, 1), self._exclude)
        form.addRow(self.tr("Split"), row)
        self._captions.setPlaceholderText(self.tr("Captions, one a line"))
        layout = spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0))
        fill(layout, (self._picture, 1), self.columns, self._place, self._about, self._captions)
        fill(layout, self._problem, form)
