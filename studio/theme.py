"""Theme of the studio: colours, spacing, palette and style sheet.

The appearance is set through Qt's colour scheme, so that title bars and native dialogs follow. The
palette is set explicitly, because platforms without a desktop theme provide none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from enum import StrEnum

from PySide6.QtCore import QLocale, QObject, Qt
from PySide6.QtGui import QColor, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from resources import theme_folder

SPACING = 8
"""Pixels between adjacent widgets."""
MARGIN = 12
"""Pixels between the content and the edge of a panel."""
GAP = 20
"""Pixels between groups of widgets."""

CHINESE_FAMILIES = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
)
"""Fonts of Linux systems for Simplified Chinese, best first; other systems choose well."""


class Appearance(StrEnum):
    """The appearance chosen by the user."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, kw_only=True)
class Colors:
    """Colours of one scheme; text colours have a contrast of at least 4.5:1 on ``window``."""

    window: str
    surface: str
    """Background of fields, lists and cards."""
    raised: str
    """Background of buttons and headers."""
    border: str
    grid: str
    text: str
    muted: str
    disabled: str
    accent: str
    accent_hover: str
    on_accent: str
    danger: str
    warning: str


LIGHT = Colors(
    window="#f5f5f7",
    surface="#ffffff",
    raised="#fbfbfc",
    border="#d4d5da",
    grid="#ebecef",
    text="#1d1f24",
    muted="#5f636d",
    disabled="#a3a6ae",
    accent="#3355d1",
    accent_hover="#2746b8",
    on_accent="#ffffff",
    danger="#b3261e",
    warning="#8a5300",
)
DARK = Colors(
    window="#1f2023",
    surface="#17181a",
    raised="#2b2d31",
    border="#3c3e44",
    grid="#2a2c30",
    text="#e8e9ec",
    muted="#a0a4ad",
    disabled="#666a73",
    accent="#8ea4ff",
    accent_hover="#a6b8ff",
    on_accent="#10142b",
    danger="#ff8a80",
    warning="#f2b661",
)


class Theme(QObject):
    """Applies palette and style sheet for the chosen appearance and the system's scheme."""

    def __init__(self, app: QApplication, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self.appearance = Appearance.SYSTEM
        if not app.styleSheet():
            # Otherwise an earlier theme has set it; a new style polishes all widgets again.
            app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._apply)
        self._apply()

    def set_appearance(self, appearance: Appearance) -> None:
        """Follow the system's scheme, or use the light or dark one."""
        self.appearance = appearance
        schemes = {
            Appearance.SYSTEM: Qt.ColorScheme.Unknown,
            Appearance.LIGHT: Qt.ColorScheme.Light,
            Appearance.DARK: Qt.ColorScheme.Dark,
        }
        self._app.styleHints().setColorScheme(schemes[appearance])
        self._apply()

    def use_font_of(self, locale: QLocale) -> None:
        """Set the application's font: for Chinese one that has bold Chinese characters.

        Characters that the system's font lacks come from a fallback font, which Qt never draws
        bold.
        """
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        if locale.language() is QLocale.Language.Chinese:
            installed = set(QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese))
            known = [family for family in CHINESE_FAMILIES if family in installed]
            font.setFamilies([*known[:1], font.family()])
        self._app.setFont(font)

    @contextmanager
    def left_out(self) -> Iterator[None]:
        """Leave out the style sheet while a window is built, and apply it at the end.

        Qt styles a widget and all that it contains again whenever it gets another parent: building
        the window takes twice as long with a style sheet. Open windows would be styled again, so
        this is for the first one.
        """
        sheet = self._app.styleSheet()
        self._app.setStyleSheet("")
        try:
            yield
        finally:
            self._app.setStyleSheet(sheet)

    def _apply(self) -> None:
        is_dark = self.appearance is Appearance.DARK
        if self.appearance is Appearance.SYSTEM:
            is_dark = self._app.styleHints().colorScheme() is Qt.ColorScheme.Dark
        colors = DARK if is_dark else LIGHT
        palette = palette_of(colors)
        if self._app.styleSheet() and palette == self._app.palette():
            return
        self._app.setPalette(palette)
        self._app.setStyleSheet(_style_sheet(colors))


def current_colors() -> Colors:
    """Return the colours of the current scheme."""
    is_dark = QGuiApplication.palette().window().color().lightness() < 128
    return DARK if is_dark else LIGHT


def mixed(over: QColor, under: QColor, share: float) -> QColor:
    """Return an opaque mixture, which Qt paints faster than a translucent ``over``."""
    one, other = ((c.red(), c.green(), c.blue()) for c in (over, under))
    return QColor(*(round(share * a + (1 - share) * b) for a, b in zip(one, other, strict=True)))


def palette_of(colors: Colors) -> QPalette:
    """Return the ``QPalette`` of a scheme."""
    role = QPalette.ColorRole
    pairs = {
        role.Window: colors.window,
        role.WindowText: colors.text,
        role.Base: colors.surface,
        role.AlternateBase: colors.raised,
        role.Text: colors.text,
        role.Button: colors.raised,
        role.ButtonText: colors.text,
        role.BrightText: colors.danger,
        role.ToolTipBase: colors.surface,
        role.ToolTipText: colors.text,
        role.PlaceholderText: colors.muted,
        role.Highlight: colors.accent,
        role.HighlightedText: colors.on_accent,
        role.Accent: colors.accent,
        role.Link: colors.accent,
        role.LinkVisited: colors.accent,
        role.Mid: colors.border,
    }
    palette = QPalette()
    for which, color in pairs.items():
        palette.setColor(which, QColor(color))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(colors.disabled))
    return palette


def _style_sheet(colors: Colors) -> str:
    values = {field.name: getattr(colors, field.name) for field in fields(colors)}
    scheme = "dark" if colors is DARK else "light"
    for name in ("down", "check"):
        values[name] = (theme_folder() / f"{name}-{scheme}.svg").as_posix()
    return _RULES.format_map(values)


# Dynamic properties of widgets: role="primary|heading|title|muted|problem|card|field|
# view|small|line", invalid="true", modified="true".
_RULES = """
QToolTip {{ color: {text}; background: {surface}; border: 1px solid {border}; padding: 4px 6px; }}
QLineEdit, QComboBox, QPlainTextEdit[role="field"] {{
  background: {surface}; border: 1px solid {border}; border-radius: 5px;
  padding: 3px 7px; min-height: 20px; selection-background-color: {accent};
}}
QLineEdit:focus, QComboBox:focus, QPlainTextEdit[role="field"]:focus {{ border-color: {accent}; }}
QLineEdit:disabled, QComboBox:disabled, QPlainTextEdit[role="field"]:disabled {{
    color: {disabled}; background: {window}; }}
QLineEdit[invalid="true"], QPlainTextEdit[invalid="true"] {{
    border: 1px solid {danger}; color: {danger}; }}
QToolButton[role="view"] {{
  background: {surface}; border: 1px solid {border}; border-radius: 5px; padding: 3px 9px;
}}
QToolButton[role="view"]:hover, QToolButton[role="view"]:focus {{ border-color: {accent}; }}
QToolButton[role="view"]:checked {{ border-color: {accent}; color: {accent}; font-weight: 700; }}
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox::down-arrow {{ image: url("{down}"); width: 10px; height: 10px; }}
QCheckBox::indicator {{
  width: 14px; height: 14px; border: 1px solid {muted}; border-radius: 3px; background: {surface};
}}
QCheckBox::indicator:hover, QCheckBox::indicator:focus {{ border-color: {accent}; }}
QCheckBox::indicator:checked {{
  background: {accent}; border-color: {accent}; image: url("{check}");
}}
QPushButton {{
  background: {raised}; border: 1px solid {border}; border-radius: 5px;
  padding: 4px 14px; min-height: 20px;
}}
QPushButton:hover {{ border-color: {muted}; }}
QPushButton:pressed {{ background: {window}; }}
QPushButton:focus {{ border-color: {accent}; }}
QPushButton:disabled {{ color: {disabled}; }}
QPushButton[role="small"], QPushButton[role="line"] {{ padding: 1px 9px; min-height: 18px; }}
QPushButton[role="line"] {{ background: transparent; border-color: transparent; text-align: left; }}
QPushButton[role="line"]:hover, QPushButton[role="line"]:focus {{ border-color: {border}; }}
QPushButton[role="line"]:checked {{ border-color: {accent}; color: {accent}; }}
QPushButton[role="primary"] {{
  background: {accent}; border-color: {accent}; color: {on_accent}; font-weight: 700;
}}
QPushButton[role="primary"]:hover {{ background: {accent_hover}; border-color: {accent_hover}; }}
QPushButton[role="primary"]:disabled {{
  background: {raised}; border-color: {border}; color: {disabled};
}}
QPushButton[split="left"] {{ border-top-right-radius: 0; border-bottom-right-radius: 0; }}
QToolButton[split="right"] {{
  background: {raised}; border: 1px solid {border}; border-left: none; border-radius: 5px;
  border-top-left-radius: 0; border-bottom-left-radius: 0; min-height: 20px; padding: 4px 9px;
}}
QToolButton[split="right"]:hover, QToolButton[split="right"]:focus {{ border-color: {muted}; }}
QToolButton[split="right"]::menu-indicator {{
  image: url("{down}"); subcontrol-origin: border; subcontrol-position: center;
  width: 10px; height: 10px;
}}
QToolButton[split="right"]::menu-indicator:disabled {{ image: none; }}
QPushButton[role="choice"] {{
  background: {surface}; border: 1px solid {border}; border-radius: 5px;
  padding: 3px 22px 3px 8px; min-height: 20px; text-align: left;
}}
QPushButton[role="choice"]:hover, QPushButton[role="choice"]:focus {{ border-color: {accent}; }}
QPushButton[role="choice"]::menu-indicator {{
  image: url("{down}"); subcontrol-origin: padding; subcontrol-position: center right;
  width: 10px; height: 10px; right: 6px;
}}
QLabel[role="heading"] {{ font-weight: 700; }}
QLabel[role="title"] {{ font-size: 20pt; font-weight: 700; }}
QLabel[role="page-title"] {{ font-size: 15pt; font-weight: 700; }}
QLabel[role="muted"] {{ color: {muted}; }}
QLabel[role="problem"] {{ color: {danger}; }}
QLabel[modified="true"] {{ font-weight: 700; color: {accent}; }}
QLabel[role="readout"] {{ background: {surface}; border: 1px solid {border}; border-radius: 6px; }}
QFrame[role="card"] {{ background: {surface}; border: 1px solid {border}; border-radius: 9px; }}
QFrame[role="panel"] {{ background: {surface}; border: 1px solid {border}; border-radius: 9px; }}
QFrame[role="drop"] {{ background: {surface}; border: 2px dashed {border}; border-radius: 9px; }}
QFrame[role="drop"][lit="true"] {{ border-color: {accent}; }}
QFrame[role="line"] {{ border: none; background: {border}; max-height: 1px; }}
QFrame[role="card"]:hover {{ border-color: {accent}; }}
QFrame[role="card"]:focus {{ border: 2px solid {accent}; }}
QProgressBar {{
  background: {border}; border: none; border-radius: 3px; max-height: 6px; min-height: 6px;
}}
QProgressBar::chunk {{ background: {accent}; border-radius: 3px; }}
QDockWidget::title {{ background: {window}; padding: 6px 12px; border: none; }}
QMainWindow::separator {{ background: {border}; width: 1px; height: 1px; }}
QMainWindow::separator:hover {{ background: {accent}; }}
QToolBar {{ background: {window}; border: none; spacing: 4px; padding: 4px 8px; }}
QToolBar QToolButton {{ border: 1px solid transparent; border-radius: 5px; padding: 3px 8px; }}
QToolBar QToolButton:hover {{ background: {raised}; border-color: {border}; }}
QStatusBar {{ background: {window}; border-top: 1px solid {border}; }}
QStatusBar::item {{ border: none; }}
QListWidget[role="view"], QTableView[role="view"], QTreeView[role="view"] {{
  background: {surface}; alternate-background-color: {raised};
  border: 1px solid {border}; border-radius: 6px; outline: none;
}}
QListWidget[role="view"]::item {{ padding: 7px 8px; }}
QListWidget[role="view"]::item:selected {{ background: {accent}; color: {on_accent}; }}
QTableView[role="view"] QHeaderView::section, QTreeView[role="view"] QHeaderView::section {{
  background: {raised}; color: {muted}; border: none; border-bottom: 1px solid {border};
  padding: 4px 4px;
}}
QRadioButton {{ spacing: 8px; }}
QRadioButton::indicator {{
  width: 14px; height: 14px; border: 1px solid {muted}; border-radius: 8px; background: {surface};
}}
QRadioButton::indicator:hover, QRadioButton::indicator:focus {{ border-color: {accent}; }}
QRadioButton::indicator:checked {{ border: 5px solid {accent}; width: 6px; height: 6px; }}
QPlainTextEdit, QScrollArea {{ border: none; }}
"""
