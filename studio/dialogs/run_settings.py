"""Dialog with all settings of a run, beside those of its preset."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QBrush, QColor, QFont, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.config.presets import PRESETS
from engine.config.run import RunConfig
from studio.i18n import translate_engine
from studio.models.run_settings import SettingRow, group_titles, setting_rows
from studio.theme import MARGIN, SPACING, current_colors
from studio.widgets.buttons import push_button
from studio.widgets.labels import fill, plain_label, spaced

_WIDTH, _HEIGHT = 560, 560
_LABEL_WIDTH, _VALUE_WIDTH = 210, 150


class RunSettingsDialog(QDialog):
    """Shows the settings of one run at a time; it stays open beside the window."""

    use_requested = Signal(object)
    """Emitted with the ``RunConfig`` whose settings a new run is to have."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._config: RunConfig | None = None
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
        close = push_button(self.tr("Close"), self.close, auto_default=False)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, MARGIN, MARGIN, MARGIN))
        buttons = fill(spaced(QHBoxLayout(), SPACING), self.use, 1, close)
        fill(layout, self._heading, self._origin, self.only_modified, (self.table, 1))
        fill(layout, self._nothing, buttons)
        self.resize(_WIDTH, _HEIGHT)

    def show_run(self, config: RunConfig) -> None:
        """Show the settings of a run in front of the window."""
        self._config = config
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
        if self._config is None:
            return
        rows = list(setting_rows(self._config))
        if self.only_modified.isChecked():
            rows = [row for row in rows if row.is_modified]
        self.table.show_rows(rows)
        self._nothing.setVisible(not rows)

    @Slot()
    def _use(self) -> None:
        if self._config is not None:
            self.use_requested.emit(self._config)


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
