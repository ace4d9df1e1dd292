"""Toolbar of the dataset browser: page, search, filter, undo, zoom."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QToolButton, QWidget

from engine.data.search import Filter, ItemFilter
from studio.theme import SPACING
from studio.widgets.buttons import add_page_buttons, icon_button
from studio.widgets.fields import ChoiceField
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.icons import icon

_TYPING_MS = 150
_MAX_CHOICES = 40
_FIELD_WIDTH = 110


def step_action(
    panel: QWidget, icon_name: str, text: str, key: QKeySequence.StandardKey
) -> QAction:
    """Create the undo or redo action, with a shortcut limited to the panel."""
    action = QAction(icon(icon_name), text, panel)
    keys = QKeySequence.keyBindings(key)
    action.setShortcuts(keys)
    # Other widgets of the window have their own undo.
    action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    if keys:
        native = keys[0].toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{text} ({native})")
    panel.addAction(action)
    return action


class BrowserBar(QWidget):
    """Toolbar with search, filter and zoom; emits signals only."""

    filter_changed = Signal()
    page_requested = Signal(int)
    zoom_requested = Signal(int)
    replace_requested = Signal()

    def __init__(self, undo: QAction, redo: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pages = QButtonGroup(self)
        self._search = QLineEdit()
        self._search.setPlaceholderText(self.tr("Search texts"))
        self._search.setAccessibleName(self.tr("Search texts"))
        self._search.setClearButtonEnabled(True)
        self._search.setMinimumWidth(_FIELD_WIDTH)
        self._show = ChoiceField()
        self._show.set_help(self.tr("Which items to show"), self.tr("Filter"))
        self._show.setMinimumWidth(_FIELD_WIDTH)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self.filter_changed)
        self._search.textChanged.connect(lambda _text: self._typing.start())
        self._show.text_edited.connect(self.filter_changed)
        self._for_items: list[QWidget] = [self._search, self._show]
        self._lay_out(undo, redo)
        self.set_choices((), ())

    @property
    def filter(self) -> Filter:
        """The current filter."""
        show, _colon, value = self._show.text().partition(":")
        return Filter(
            show=ItemFilter(show or ItemFilter.ALL), value=value, text=self._search.text()
        )

    def clear(self) -> None:
        """Reset search and filter."""
        self._search.clear()
        self._typing.stop()
        self._show.set_text(ItemFilter.ALL.value)

    def set_choices(
        self,
        tags: Sequence[tuple[str, int]],
        groups: Sequence[tuple[str, int]],
        issues: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Set the choices of the filter; a removed selection is reset to all items.

        Args:
            tags: tags with counts, most frequent first; the list is limited. So for groups.
            groups: groups with counts.
            issues: issues with their descriptions.
        """
        plain = [
            (ItemFilter.ALL, self.tr("All items")),
            (ItemFilter.TRAIN, self.tr("To train on")),
            (ItemFilter.VALIDATION, self.tr("Validation")),
            (ItemFilter.NO_TEXT, self.tr("Without text")),
            (ItemFilter.NO_IMAGE, self.tr("Without image")),
            (ItemFilter.EXCLUDED, self.tr("Excluded")),
            (ItemFilter.EDITED, self.tr("Edited")),
        ]
        chosen = self.filter
        choices = [(show.value, text) for show, text in plain]
        if issues:
            choices.append(("", ""))
        choices += [(f"{ItemFilter.ISSUE}:{issue}", words) for issue, words in issues]
        for show, words, found in (
            (ItemFilter.TAG, self.tr("Tag: {0} ({1})"), tags),
            (ItemFilter.GROUP, self.tr("Group: {0} ({1})"), groups),
        ):
            if found:
                choices.append(("", ""))
            rarer = [pair for pair in found[_MAX_CHOICES:] if pair[0] == chosen.value]
            for name, count in (*found[:_MAX_CHOICES], *rarer):
                number = self.locale().toString(count)
                choices.append((f"{show.value}:{name}", words.format(name, number)))
        self._show.set_choices(choices)
        if not self._show.text():
            self._show.set_text(ItemFilter.ALL.value)
            self.filter_changed.emit()

    def choose(self, show: ItemFilter, value: str = "") -> None:
        """Select a filter and emit ``filter_changed``."""
        self._show.set_text(f"{show}:{value}" if value else show.value)
        self.filter_changed.emit()

    @Slot(int)
    def show_page(self, page: int) -> None:
        """Check the button of a page; search and filter are enabled for the first."""
        self._pages.button(page).setChecked(True)
        for widget in self._for_items:
            widget.setEnabled(page == 0)

    def _lay_out(self, undo: QAction, redo: QAction) -> None:
        layout = FlowLayout(SPACING // 2, self)
        add_page_buttons(layout, self._pages, (self.tr("Items"), self.tr("Statistics")))
        self._pages.idClicked.connect(self.page_requested)
        layout.addWidget(self._search)
        layout.addWidget(self._show)
        replace = icon_button("replace", self.tr("Find and replace…"))
        replace.setAutoRepeat(False)
        replace.clicked.connect(self.replace_requested)
        smaller = icon_button("zoom_out", self.tr("Smaller"))
        smaller.clicked.connect(lambda: self.zoom_requested.emit(-1))
        larger = icon_button("zoom_in", self.tr("Larger"))
        larger.clicked.connect(lambda: self.zoom_requested.emit(1))
        for action in (undo, redo):
            button = QToolButton()
            button.setAutoRaise(True)
            button.setDefaultAction(action)
            layout.addWidget(button)
        for button in (replace, smaller, larger):
            layout.addWidget(button)
            self._for_items.append(button)
