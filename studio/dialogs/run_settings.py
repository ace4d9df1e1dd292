"""Dialog with all settings of a run, beside those of its preset."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QBrush, QColor, QFont, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.config.changes import ALL_IMAGES, settings_at
from engine.config.presets import PRESETS
from engine.config.run import RunConfig
from studio.dialogs.live_settings import LiveSettingsPage
from studio.i18n import translate_engine
from studio.models.run_settings import SettingRow, group_titles, setting_rows
from studio.theme import MARGIN, SPACING, current_colors
from studio.widgets.buttons import add_page_buttons, push_button
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.labels import fill, plain_label, spaced

_WIDTH, _HEIGHT = 560, 560
_LABEL_WIDTH, _VALUE_WIDTH = 210, 150


class RunSettingsDialog(QDialog):
    """Shows the settings of one run at a time; it stays open beside the window."""

    use_requested = Signal(object)
    """Emitted with the ``RunConfig`` whose settings a new run is to have from its beginning."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.folder = Path()
        """Of the run that is shown."""
        self.config: RunConfig | None = None
        """Of that run."""
        self._heading = plain_label(role="heading")
        self._origin = plain_label(role="muted")
        self.only_modified = QCheckBox(self.tr("Only what differs from the preset"))
        self.only_modified.toggled.connect(self._fill)
        self.table = _SettingsTable()
        self._nothing = plain_label(self.tr("Nothing differs from the preset."), role="muted")
        self.use = push_button(
            self.tr("Use for a new run"),
            self._use,
            icon_name="run",
            tip=self.tr("Fill the form of the next run with these settings"),
            auto_default=False,
        )
        self.live = LiveSettingsPage()
        close = push_button(self.tr("Close"), self.close, auto_default=False)
        page = QWidget()
        buttons = fill(spaced(QHBoxLayout(), SPACING), self.use, 1, close)
        listed = spaced(QVBoxLayout(page), SPACING, (0, 0, 0, 0))
        fill(listed, self.only_modified, (self.table, 1), self._nothing, buttons)
        self._pages = QStackedWidget()
        self._pages.addWidget(page)
        self._pages.addWidget(self.live)
        self._choice = QWidget()
        self._page_buttons = QButtonGroup(self)
        texts = (self.tr("All settings"), self.tr("Change now"))
        choice = FlowLayout(SPACING // 2, self._choice)
        add_page_buttons(choice, self._page_buttons, texts)
        self._page_buttons.idClicked.connect(self._pages.setCurrentIndex)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, MARGIN, MARGIN, MARGIN))
        fill(layout, self._heading, self._origin, self._choice, (self._pages, 1))
        self.set_live(is_live=False)
        self.resize(_WIDTH, _HEIGHT)

    def set_live(self, *, is_live: bool) -> None:
        """Offer the page that changes settings, and show it first; or remove it."""
        self._choice.setVisible(is_live)
        self._page_buttons.button(int(is_live)).setChecked(True)
        self._pages.setCurrentIndex(int(is_live))

    def update_run(self, config: RunConfig) -> None:
        """Show settings that have changed meanwhile."""
        self.config = config
        self._fill()

    def show_run(self, config: RunConfig) -> None:
        """Show the settings of a run in front of the window, as its last change left them."""
        self.config, self.folder = config, config.run
        self.set_live(is_live=False)
        self.setWindowTitle(self.tr("Settings of {0}").format(config.run.name))
        self._heading.setText(config.run.name)
        preset = PRESETS.get(config.preset)
        title = translate_engine(preset.title) if preset else config.preset
        text = self.tr("Dataset {0}, preset {1}")
        self._origin.setText(text.format(config.dataset.name, title))
        self._fill()
        self.show()
        self.raise_()
        self.activateWindow()

    @Slot()
    def _fill(self) -> None:
        if self.config is None:
            return
        rows = list(setting_rows(self.config))
        if self.only_modified.isChecked():
            rows = [row for row in rows if row.is_modified]
        self.table.show_rows(rows)
        self._nothing.setVisible(not rows)

    @Slot()
    def _use(self) -> None:
        if self.config is not None:
            self.use_requested.emit(settings_at(self.config, ALL_IMAGES))


class _SettingsTable(QTreeWidget):
    """Settings in groups; those that differ from the preset are highlighted."""

    def __init__(self) -> None:
        super().__init__()
        self._items: list[QTreeWidgetItem] = []
        self.setProperty("role", "view")
        self.setAccessibleName(self.tr("Settings"))
        self.setColumnCount(3)
        self.setHeaderLabels([self.tr("Setting"), self.tr("Value"), self.tr("Preset")])
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setUniformRowHeights(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.setColumnWidth(0, _LABEL_WIDTH)
        self.setColumnWidth(1, _VALUE_WIDTH)
        self.copy = QAction(self.tr("Copy"), self)
        self.copy.setShortcuts(QKeySequence.StandardKey.Copy)
        self.copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.copy.triggered.connect(self._copy)
        self.addAction(self.copy)

    def show_rows(self, rows: list[SettingRow]) -> None:
        """Replace the rows."""
        self.clear()
        self._items.clear()
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.Bold)
        accent = QBrush(QColor(current_colors().accent))
        for group, title in group_titles().items():
            members = [row for row in rows if row.group == group]
            if not members:
                continue
            heading = QTreeWidgetItem(self, [title])
            heading.setFont(0, bold)
            heading.setFirstColumnSpanned(True)
            heading.setExpanded(True)
            for row in members:
                item = QTreeWidgetItem(heading, [row.label, row.value, row.preset])
                self._items.append(item)
                for column in range(3):
                    item.setToolTip(column, row.help)
                if row.is_modified:
                    item.setFont(1, bold)
                    item.setForeground(1, accent)

    @Slot()
    def _copy(self) -> None:
        """Copy the selected rows, separated by tabs; all of them if none is selected."""
        items = self.selectedItems() or self._items
        lines = ("\t".join(item.text(column) for column in range(3)) for item in items)
        QGuiApplication.clipboard().setText("\n".join(line.rstrip() for line in lines))
