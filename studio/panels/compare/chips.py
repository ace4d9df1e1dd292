"""Head of the Compare panel: the runs as buttons in their colours, and a field to add one."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QStringListModel, Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QLineEdit, QSizePolicy, QToolButton, QWidget

from studio.models.comparison import short_names
from studio.models.run_selection import MAX_RUNS
from studio.theme import SPACING
from studio.widgets.buttons import icon_button
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.labels import fill, spaced
from studio.widgets.overlay_plot import run_color
from studio.widgets.plot_with_legend import swatch

_NAME_LENGTH = 36
_FIELD_WIDTH = 150


class RunChip(QWidget):
    """One compared run: its colour and name, and a button that removes it."""

    pointed = Signal(object)
    """Emitted with the folder when the pointer or the focus comes, with None when it leaves."""
    removed = Signal(object)
    """Emitted with the folder."""
    switched = Signal(object, bool)
    """Emitted with the folder and whether the run is shown."""

    def __init__(self, folder: Path, place: int, *, is_on: bool) -> None:
        super().__init__()
        self._folder, self._place = folder, place
        self.button = QToolButton()
        self.button.setCheckable(True)
        self.button.setChecked(is_on)
        self.button.setAutoRaise(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setAccessibleName(folder.name)
        self.button.setToolTip(
            self.tr("{0}\nClick to hide or show it; Delete removes it").format(folder)
        )
        self.button.toggled.connect(self._on_toggled)
        self.remove = icon_button("close", self.tr("Remove {0}").format(folder.name))
        self.remove.setAutoRepeat(False)
        self.remove.clicked.connect(lambda: self.removed.emit(folder))
        for widget in (self, self.button, self.remove):
            widget.installEventFilter(self)
        fill(spaced(QHBoxLayout(self), 0, (0, 0, 0, 0)), self.button, self.remove)
        self.show_color()

    def show_name(self, name: str) -> None:
        """Set the name, with room for it in bold."""
        self.button.setText(_short(name).replace("&", "&&"))
        font = self.button.font()
        font.setBold(True)
        plain, bold = self.button.fontMetrics(), QFontMetrics(font)
        text = self.button.text()
        more = bold.horizontalAdvance(text) - plain.horizontalAdvance(text)
        if not self.button.font().bold():
            self.button.setMinimumWidth(0)
            self.button.setMinimumWidth(self.button.sizeHint().width() + more)

    def show_color(self) -> None:
        """Draw the colour of the current scheme; the dot of a hidden run is hollow."""
        self.button.setIcon(swatch(run_color(self._place), is_on=self.button.isChecked()))

    def emphasise(self, *, is_bold: bool) -> None:
        """Show the name in bold, or not."""
        font = self.button.font()
        if font.bold() != is_bold:
            font.setBold(is_bold)
            self.button.setFont(font)

    @Slot(bool)
    def _on_toggled(self, is_on: bool) -> None:  # noqa: FBT001 - a Qt slot
        self.show_color()
        self.switched.emit(self._folder, is_on)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Point at the run, and remove it with Delete."""
        if event.type() in (QEvent.Type.Enter, QEvent.Type.FocusIn):
            self.pointed.emit(self._folder)
        elif event.type() == QEvent.Type.FocusOut or (
            event.type() == QEvent.Type.Leave and watched is self
        ):
            self.pointed.emit(None)
        elif _is_removing(event):
            self.removed.emit(self._folder)
            return True
        return super().eventFilter(watched, event)


class RunChips(QWidget):
    """The compared runs in as many rows as they need, and a field to add one."""

    pointed = Signal(object)
    removed = Signal(object)
    switched = Signal(object, bool)
    add_requested = Signal(object)
    """Emitted with the folder of a run to compare as well."""
    clear_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips: dict[Path, RunChip] = {}
        self._layout = FlowLayout(SPACING // 2, self)
        policy = self.sizePolicy()
        policy.setHorizontalPolicy(QSizePolicy.Policy.Expanding)
        self.setSizePolicy(policy)
        self.field = AddRunField()
        self.field.chosen.connect(self.add_requested)
        self.clear = QToolButton()
        self.clear.setText(self.tr("Remove all"))
        self.clear.setAutoRaise(True)
        self.clear.clicked.connect(self.clear_requested)
        self._layout.addWidget(self.field)
        self._layout.addWidget(self.clear)
        self.show_runs({}, hidden=())

    @property
    def folders(self) -> tuple[Path, ...]:
        """The runs that have a chip."""
        return tuple(self._chips)

    def chip(self, folder: Path) -> RunChip:
        """Return the chip of a run."""
        return self._chips[folder]

    def show_runs(self, places: Mapping[Path, int], hidden: Sequence[Path]) -> None:
        """Show the compared runs with the numbers of their colours."""
        for folder in [folder for folder in self._chips if folder not in places]:
            chip = self._chips.pop(folder)
            self._layout.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        for folder, place in places.items():
            if folder in self._chips:
                continue
            chip = self._chips[folder] = RunChip(folder, place, is_on=folder not in hidden)
            chip.pointed.connect(self.pointed)
            chip.removed.connect(self.removed)
            chip.switched.connect(self.switched)
            # The field stays behind the chips.
            self._layout.removeWidget(self.field)
            self._layout.removeWidget(self.clear)
            for widget in (chip, self.field, self.clear):
                self._layout.addWidget(widget)
            chip.show()
        for folder, name in short_names(list(self._chips)).items():
            self._chips[folder].show_name(name)
        self.clear.setVisible(bool(places))
        self.field.set_full(is_full=len(places) >= MAX_RUNS)

    def emphasise(self, folder: Path | None) -> None:
        """Show the name of one run in bold."""
        for own, chip in self._chips.items():
            chip.emphasise(is_bold=own == folder)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the light and dark scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for chip in self._chips.values():
                chip.show_color()


class AddRunField(QLineEdit):
    """A field for the name of a run, completed from those of the workspace."""

    chosen = Signal(object)
    """Emitted with the folder of a run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folders: dict[str, Path] = {}
        self._names = QStringListModel(self)
        completer = QCompleter(self._names, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        # Queued: the completer writes the name into the field after this signal.
        completer.activated.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self.setCompleter(completer)
        self.setFixedWidth(_FIELD_WIDTH)
        self.setPlaceholderText(self.tr("Add a run"))
        self.setAccessibleName(self.tr("Add a run"))
        self.returnPressed.connect(self._take)
        self.set_full(is_full=False)

    def offer(self, folders: Sequence[Path]) -> None:
        """Set the runs that can be added."""
        names = {folder.name: folder for folder in folders}
        if names != self._folders:
            self._folders = names
            self._names.setStringList(list(names))

    def set_full(self, *, is_full: bool) -> None:
        """Disable the field when no further run can be compared."""
        self.setEnabled(not is_full)
        full = self.tr("%Ln run(s) are compared at most; remove one first", "", MAX_RUNS)
        add = self.tr("Type a part of its name, choose it and press Enter")
        self.setToolTip(full if is_full else add)

    @Slot()
    def _take(self) -> None:
        folder = self._folders.get(self.text().strip())
        if folder is not None:
            self.clear()
            self.chosen.emit(folder)


def _is_removing(event: QEvent) -> bool:
    if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
        return False
    return event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


def _short(name: str) -> str:
    """Shorten a long name in its middle: names differ at their ends."""
    half = _NAME_LENGTH // 2
    return name if len(name) <= _NAME_LENGTH else f"{name[:half]}…{name[-half:]}"
