"""The prompt box: a text that is drawn at each key, with suggestions for words."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from engine.data.facts import TextFacts
from engine.sample.completion import Completion
from studio.theme import SPACING, current_colors
from studio.widgets.buttons import push_button
from studio.widgets.labels import fill, plain_label, spaced

_ROW = 24
_MOST = 6
"""Suggestions shown at once."""
_EXAMPLES, _SHORT = 2, 3
"""Words that the empty line names, and the letters that they have more than, if possible."""
_LEAST = 200
"""Pixels of a sentence before the widget has its width."""
_MAX_CHARACTERS = 2_000


class PromptBox(QWidget):
    """A line for a text, and below it words to complete or to replace what is unknown."""

    text_edited = Signal(str)
    """Carries what was typed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._edit = _Line()
        self._edit.setAccessibleName(self.tr("Text"))
        self._underline = _Underline(self._edit)
        self._edit.textChanged.connect(self._on_changed)
        self._edit.accept_requested.connect(self._accept_first)
        self._note = plain_label(role="muted")
        self._said = self._note_text = ""
        self._chips = [
            push_button("", lambda _checked, n=number: self._accept(n), role="small")
            for number in range(_MOST)
        ]
        self._words: list[tuple[int, int, str]] = []
        """For each suggestion, the characters that it replaces, and the word."""
        self._row = QWidget()
        row = fill(spaced(QHBoxLayout(self._row), SPACING // 2, (0, 0, 0, 0)), self._note)
        fill(row, *self._chips, 1)
        # The row is always there, so that the board keeps its size.
        self._row.setFixedHeight(_ROW)
        fill(spaced(QVBoxLayout(self), SPACING // 2, (0, 0, 0, 0)), self._edit, self._row)
        self._note.setWordWrap(False)
        self.setFocusProxy(self._edit)
        self._forget_suggestions()

    def set_facts(self, facts: TextFacts | None) -> None:
        """Set the column's vocabulary."""
        example = self.tr("Type a text to draw it")
        if facts is not None:
            units = getattr(facts.tokenizer, "units", ())
            words = [unit for unit in units if len(unit) > 1 and unit.isalpha()]
            # Short ones are mostly articles and conjunctions.
            words = ([word for word in words if len(word) > _SHORT] or words)[:_EXAMPLES]
            if words:
                listed = self.locale().createSeparatedList(words)
                example = self.tr("Type a text, such as {0}").format(listed)
        self._edit.setPlaceholderText(example)
        self._forget_suggestions()

    @property
    def text(self) -> str:
        """What is typed."""
        return self._edit.toPlainText()

    def set_text(self, text: str) -> None:
        """Replace the text without ``text_edited``; unchanged text keeps the cursor."""
        if text != self.text:
            with QSignalBlocker(self._edit):
                self._edit.setPlainText(text)
                self._edit.moveCursor(QTextCursor.MoveOperation.End)
            self._forget_suggestions()

    def type_text(self, text: str) -> None:
        """Insert a text at the cursor, as if it were typed, and take the focus."""
        self._edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._edit.insertPlainText(text)

    @Slot()
    def _on_changed(self) -> None:
        text = self.text
        if "\n" in text or len(text) > _MAX_CHARACTERS:
            self.set_text(" ".join(text.split())[:_MAX_CHARACTERS])
        self.text_edited.emit(self.text)

    def show_completion(self, text: str, found: Completion) -> None:
        """Show what is known of the words of a text, unless another one has been typed since."""
        if text != self.text:
            return
        unknown = list(found.unknown)
        self._words = [(found.start, len(text), word) for word in found.words]
        if self._words and unknown[-1:] and unknown[-1].end == len(text):
            # It is still being typed.
            unknown.pop()
        self._note_text = ""
        if unknown:
            first = unknown[0]
            self._note_text = self.tr("The run does not know “{0}”.").format(first.word)
            self._words = [(first.start, first.end, near) for near in first.nearest]
        self._underline.mark([(word.start, word.end) for word in unknown])
        self._show_row()

    def say(self, text: str) -> None:
        """Show a sentence below the line while there are no suggestions, or none."""
        if text != self._said:
            self._said = text
            self._show_row()

    def _forget_suggestions(self) -> None:
        self._words, self._note_text = [], ""
        self._underline.mark([])
        self._show_row()

    def _show_row(self) -> None:
        self._words = self._words[:_MOST]
        note = self._note_text or ("" if self._words else self._said)
        space = max(self._row.width() - 2 * SPACING, _LEAST)
        self._note.setText(self.fontMetrics().elidedText(note, Qt.TextElideMode.ElideRight, space))
        self._note.setToolTip(note)
        self._note.setVisible(bool(note))
        for number, chip in enumerate(self._chips):
            chip.setVisible(number < len(self._words))
            if number < len(self._words):
                word = self._words[number][2]
                chip.setText(word.replace("&", "&&"))
                chip.setToolTip(self.tr("Use “{0}” (Enter takes the first)").format(word))

    @Slot()
    def _accept_first(self) -> None:
        if self._words:
            self._accept(0)

    def _accept(self, number: int) -> None:
        start, end, word = self._words[number]
        text = self.text
        self._edit.setPlainText(text[:start] + word + text[end:])
        self._edit.moveCursor(QTextCursor.MoveOperation.End)
        self._edit.setFocus(Qt.FocusReason.OtherFocusReason)


class _Line(QPlainTextEdit):
    """A plain-text edit of one line: only this widget can underline single words."""

    accept_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "field")
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setWordWrapMode(QTextOption.WrapMode.NoWrap)
        for bar in (self.setHorizontalScrollBarPolicy, self.setVerticalScrollBarPolicy):
            bar(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(3)
        self.setUndoRedoEnabled(False)
        # Drops belong to the panel.
        self.setAcceptDrops(False)
        self.setFixedHeight(self.fontMetrics().lineSpacing() + 14)

    def sizeHint(self) -> QSize:
        return QSize(320, self.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.accept_requested.emit()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()
        else:
            super().keyPressEvent(event)


class _Underline(QSyntaxHighlighter):
    """Underlines words that the run does not know."""

    def __init__(self, edit: QPlainTextEdit) -> None:
        super().__init__(edit.document())
        self._edit = edit
        self._places: list[tuple[int, int]] = []

    def mark(self, places: Sequence[tuple[int, int]]) -> None:
        if list(places) != self._places:
            self._places = list(places)
            with QSignalBlocker(self._edit):
                self.rehighlight()

    def highlightBlock(self, _text: str) -> None:
        wrong = QTextCharFormat()
        wrong.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SpellCheckUnderline)
        wrong.setUnderlineColor(QColor(current_colors().danger))
        for start, end in self._places:
            self.setFormat(start, end - start, wrong)
