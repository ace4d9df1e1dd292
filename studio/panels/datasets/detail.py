"""One item, enlarged, with editable caption, tags and split."""

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
from studio.theme import SPACING
from studio.widgets.fields import ChoiceField
from studio.widgets.image_view import ImageView
from studio.widgets.labels import plain_label, spaced

_PAUSE_MS = 900


class CaptionBox(QPlainTextEdit):
    """Captions, one a line. ``committed`` tells only of what the user typed."""

    committed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "field")
        self.setTabChangesFocus(True)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self.commit)
        self.textChanged.connect(self._wait)

    @property
    def lines(self) -> list[str]:
        """The lines as they are typed, without the spaces around them."""
        # Not splitlines: a typed text may hold one of Unicode's other line ends.
        return [line.strip() for line in self.toPlainText().split("\n")]

    def show_text(self, text: str) -> None:
        """Show other content, which nobody has typed."""
        if text != self.toPlainText():
            self.setPlainText(text)
        self.document().setModified(False)
        self._pause.stop()

    def commit(self) -> None:
        """Tell of what was typed since the last time."""
        self._pause.stop()
        if self.document().isModified():
            self.document().setModified(False)
            self.committed.emit()

    def _wait(self) -> None:
        if self.document().isModified():
            self._pause.start()

    def event(self, event: QEvent) -> bool:
        """Leave undo to the panel once nothing typed is pending."""
        if _is_undo(event) and not self.document().isModified():
            event.ignore()
            return False
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving the field makes what was typed count."""
        super().focusOutEvent(event)
        self.commit()


class TagLine(QLineEdit):
    """Tags with commas between them."""

    committed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.editingFinished.connect(self.commit)

    def show_text(self, text: str) -> None:
        """Show other content, which nobody has typed."""
        if text != self.text():
            self.setText(text)
            self.setCursorPosition(0)
        self.setModified(False)

    def commit(self) -> None:
        """Tell of what was typed since the last time."""
        if self.isModified():
            self.setModified(False)
            self.committed.emit()

    def event(self, event: QEvent) -> bool:
        """Leave undo to the panel once nothing typed is pending."""
        if _is_undo(event) and not self.isModified():
            event.ignore()
            return False
        return super().event(event)


def _is_undo(event: QEvent) -> bool:
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    key = QKeySequence.StandardKey
    return event.matches(key.Undo) or event.matches(key.Redo)


_SMALLEST_PICTURE = 64
_CAPTIONS_HEIGHT = 68
_COMMAS = str.maketrans({"，": ",", "、": ",", "\n": ","})


@dataclass(frozen=True, kw_only=True)
class ItemView:
    """What there is to show of an item, or of several that are selected."""

    state: ItemState
    picture: QImage | None
    place: str
    """Which item it is, in words."""
    about: str
    """What else is known of it."""
    selected: int = 1
    """How many are selected; what is not a text applies to all of them."""


class ItemDetail(QWidget):
    """Shows an item and tells what the user makes of it."""

    captions_edited = Signal(object)
    tags_edited = Signal(object)
    excluded_edited = Signal(bool)
    split_edited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._selected = 1
        self._originals: dict[str, str] = {}
        self._picture = ImageView()
        self._picture.setMinimumSize(_SMALLEST_PICTURE, _SMALLEST_PICTURE)
        self._place = plain_label(role="heading")
        self._about = plain_label(role="muted")
        self._captions = CaptionBox()
        self._captions.setFixedHeight(_CAPTIONS_HEIGHT)
        self._captions.setAccessibleName(self.tr("Captions"))
        self._captions.committed.connect(lambda: self.captions_edited.emit(tuple(self._typed())))
        self._problem = plain_label(role="problem")
        self._tags = TagLine()
        self._tags.committed.connect(lambda: self.tags_edited.emit(_parted(self._tags.text())))
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
        """Show an item, or nothing."""
        self.setVisible(view is not None)
        if view is None:
            return
        self._selected = view.selected
        self._picture.set_image(view.picture or QImage())
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
        """Say why the captions cannot be like this."""
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))

    def commit(self) -> None:
        """Tell of what was typed and not told yet."""
        self._captions.commit()
        self._tags.commit()

    def _show_captions(self, captions: tuple[str, ...]) -> None:
        # While somebody types, what they typed stays, with the blank line that they are about to
        # fill.
        lines = [_line(caption) for caption in captions]
        self._originals = dict(zip(lines, captions, strict=True))
        typed = [line for line in self._captions.lines if line]
        if not (self._captions.hasFocus() and typed == lines):
            self._captions.show_text("\n".join(lines))

    def _typed(self) -> list[str]:
        # A caption that nobody touched keeps the breaks and spaces that the field cannot show.
        return [self._originals.get(line, line) for line in self._captions.lines]

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(SPACING)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        tags_help = self.tr("Words of your own, with commas between them")
        self._tags.setToolTip(tags_help)
        self._tags.setAccessibleName(self.tr("Tags"))
        form.addRow(self.tr("Tags"), self._tags)
        self._split.set_help(
            self.tr("Validation items are never trained on, only measured with"), self.tr("Split")
        )
        row = spaced(QHBoxLayout(), SPACING)
        row.addWidget(self._split, stretch=1)
        row.addWidget(self._exclude)
        form.addRow(self.tr("Split"), row)
        layout = spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0))
        layout.addWidget(self._picture, stretch=1)
        self._captions.setPlaceholderText(self.tr("Captions, one a line"))
        for widget in (self._place, self._about, self._captions, self._problem):
            layout.addWidget(widget)
        layout.addLayout(form)


def _line(caption: str) -> str:
    """A caption as the field can show it: one line, whatever breaks it holds."""
    return " ".join(caption.splitlines()).replace("\N{NO-BREAK SPACE}", " ").strip()


def _parted(tags: str) -> tuple[str, ...]:
    return tuple(tags.translate(_COMMAS).split(","))
