"""Actions of the menus with their shortcuts."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from studio.i18n import Language
from studio.models.run_state import Command
from studio.theme import Appearance
from studio.widgets.icons import icon


class RunActions(QObject):
    """Actions of the Run menu."""

    command_chosen = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._actions = {
            Command.START: self._make(self.tr("&Start training"), "Ctrl+R", "run"),
            Command.PAUSE: self._make(self.tr("&Pause"), "Ctrl+P", "pause"),
            Command.PAUSE_RELEASE: self._make(
                self.tr("Pause and &free memory"), "Ctrl+Shift+P", ""
            ),
            Command.RESUME: self._make(self.tr("R&esume"), "Ctrl+Shift+R", "resume"),
            Command.STOP_SAVE: self._make(self.tr("S&top and save"), "Ctrl+.", "stop"),
            Command.STOP_DISCARD: self._make(self.tr("Stop and &discard…"), "Ctrl+Shift+.", ""),
            Command.SAVE_NOW: self._make(self.tr("Save a &checkpoint now"), "Ctrl+Shift+S", "save"),
            Command.SAMPLE_NOW: self._make(self.tr("Draw a sa&mple now"), "Ctrl+D", "gallery"),
        }
        self.settings = QAction(self.tr("Settings of the r&un…"), self)
        self.settings.setEnabled(False)
        for command, action in self._actions.items():
            action.triggered.connect(lambda _checked, c=command: self.command_chosen.emit(c))

    def action(self, command: Command) -> QAction:
        """Return the action of a command."""
        return self._actions[command]

    def menu(self) -> list[QAction | None]:
        """Return the actions in menu order; ``None`` is a separator."""
        groups = (
            (Command.START, Command.RESUME),
            (Command.PAUSE, Command.PAUSE_RELEASE),
            (Command.STOP_SAVE, Command.STOP_DISCARD),
            (Command.SAVE_NOW, Command.SAMPLE_NOW),
        )
        listed: list[QAction | None] = []
        for group in groups:
            listed += [None] if listed else []
            listed += [self._actions[command] for command in group]
        return [*listed, None, self.settings]

    def show_offered(self, commands: frozenset[Command], reason: str) -> None:
        """Enable the given commands; ``reason`` is the tooltip of Start."""
        for command, action in self._actions.items():
            action.setEnabled(command in commands)
        self._actions[Command.START].setToolTip(reason)

    def _make(self, text: str, key: str, icon_name: str) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(key))
        if icon_name:
            action.setIcon(icon(icon_name))
        return action


_DIGITS = 10
"""Panels with a number; that of the tenth is 0, as on the keyboard."""
Choice = TypeVar("Choice", bound=StrEnum)


class Actions(QObject):
    """All actions of the main window, and its menus."""

    panel_chosen = Signal(str)
    """Carries the name of a panel to bring to the front."""
    appearance_chosen = Signal(object)
    language_chosen = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        key = QKeySequence.StandardKey
        self.welcome = self._make(self.tr("&New from a starter…"), key.New, "digits")
        self.open_run = self._make(self.tr("&Open run…"), key.Open, "open")
        self.import_dataset = self._make(self.tr("&Import dataset…"), "Ctrl+I", "import")
        self.save_gallery = self._make(self.tr("&Save gallery…"), key.Save, "save")
        self.export_run = self._make(self.tr("&Export run…"), "Ctrl+Shift+E", "export")
        self.export_run.setEnabled(False)
        self.choose_workspace = self._make(self.tr("Choose &workspace…"))
        self.show_workspace = self._make(self.tr("Show workspace &folder"), None, "folder")
        self.quit = self._make(self.tr("&Quit"), key.Quit)
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)
        self.run = RunActions(self)
        self.start, self.stop = self.run.action(Command.START), self.run.action(Command.STOP_SAVE)
        self.evaluate = self._make(self.tr("E&valuate now"), "Ctrl+E", "doctor")
        self.compare = self._make(self.tr("Com&pare the selected runs"), "Ctrl+K", "compare")
        self.sweep = self._make(self.tr("S&weep settings…"), "Ctrl+Shift+K", "sweep")
        self.reset_layout = self._make(self.tr("&Reset layout"))
        self.full_screen = self._make(self.tr("&Full screen"), "F11")
        self.full_screen.setCheckable(True)
        self.panels: dict[str, QAction] = {}
        """Actions that bring a panel to the front, by its name."""
        self.shortcuts = self._make(self.tr("&Keyboard shortcuts"), key.HelpContents)
        self.show_log_folder = self._make(self.tr("Open &log folder"), None, "log")
        self.save_report = self._make(self.tr("Save &diagnostic report…"), None, "doctor")
        self.keep_awake = self._make(self.tr("Keep the computer a&wake while training"))
        self.keep_awake.setCheckable(True)
        self.about = self._make(self.tr("&About Diptych"), None, "about")
        self.about.setMenuRole(QAction.MenuRole.AboutRole)
        self._appearances = self._make_group(
            {
                Appearance.SYSTEM: self.tr("Same as the system"),
                Appearance.LIGHT: self.tr("Light"),
                Appearance.DARK: self.tr("Dark"),
            },
            self.appearance_chosen.emit,
        )
        # Languages are named in themselves, so that they can be found in any language.
        self._languages = self._make_group(
            {
                Language.SYSTEM: self.tr("Same as the system"),
                Language.ENGLISH: "English",
                Language.CHINESE: "简体中文",
            },
            self.language_chosen.emit,
        )

    def fill(self, bar: QMenuBar, panels: Mapping[str, QAction]) -> None:
        """Create the menus.

        Args:
            bar: of the main window.
            panels: actions that show and hide the panels, by name.
        """
        for place, (name, toggle) in enumerate(panels.items(), start=1):
            action = self._make(toggle.text(), f"Ctrl+{place % 10}" if place <= _DIGITS else None)
            action.setIcon(toggle.icon())
            action.triggered.connect(lambda _checked, name=name: self.panel_chosen.emit(name))
            self.panels[name] = action
        self._add_menu(
            bar,
            self.tr("&File"),
            [
                self.welcome,
                self.import_dataset,
                self.open_run,
                self.save_gallery,
                self.export_run,
                None,
                self.choose_workspace,
                self.show_workspace,
                None,
                self.quit,
            ],
        )
        self._add_menu(
            bar,
            self.tr("&Run"),
            [
                *self.run.menu(),
                self.evaluate,
                None,
                self.compare,
                self.sweep,
                None,
                self.keep_awake,
            ],
        )
        view = self._add_menu(bar, self.tr("&View"), [*self.panels.values(), None])
        shown = QMenu(self.tr("&Shown panels"), view)
        shown.addActions(list(panels.values()))
        view.addMenu(shown)
        appearance, language = QMenu(self.tr("&Appearance"), view), QMenu("&Language / 语言", view)
        appearance.addActions(self._appearances.actions())
        language.addActions(self._languages.actions())
        view.addMenu(appearance)
        view.addMenu(language)
        view.addSeparator()
        view.addActions([self.reset_layout, self.full_screen])
        reports = [self.show_log_folder, self.save_report]
        self._add_menu(bar, self.tr("&Help"), [self.shortcuts, None, *reports, None, self.about])

    def check(self, appearance: Appearance, language: Language) -> None:
        """Check the actions of the active appearance and language."""
        for group, value in ((self._appearances, appearance), (self._languages, language)):
            for action in group.actions():
                action.setChecked(action.data() == value.value)

    def choice(self, value: Appearance | Language) -> QAction:
        """Return the action of an appearance or a language."""
        group = self._appearances if isinstance(value, Appearance) else self._languages
        return next(action for action in group.actions() if action.data() == value.value)

    def _make(
        self, text: str, key: QKeySequence.StandardKey | str | None = None, icon_name: str = ""
    ) -> QAction:
        action = QAction(text, self)
        if icon_name:
            action.setIcon(icon(icon_name))
        if isinstance(key, str):
            action.setShortcut(QKeySequence(key))
        elif key is not None:
            action.setShortcuts(key)
        return action

    def _make_group(
        self, texts: dict[Choice, str], take: Callable[[Choice], object]
    ) -> QActionGroup:
        group = QActionGroup(self)
        for value, text in texts.items():
            action = group.addAction(text)
            action.setCheckable(True)
            action.setData(value.value)
            action.triggered.connect(lambda _checked, value=value: take(value))
        return group

    def _add_menu(self, bar: QMenuBar, title: str, actions: list[QAction | None]) -> QMenu:
        menu = bar.addMenu(title)
        for action in actions:
            if action is None:
                menu.addSeparator()
            else:
                menu.addAction(action)
        return menu
