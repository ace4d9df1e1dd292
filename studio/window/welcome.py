"""The welcome page with one card per starter, in groups."""

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from engine.data.starters import GROUPS, STARTERS, Starter
from resources import starters_folder
from studio.i18n import translate_engine
from studio.models.column_text import columns_text
from studio.theme import GAP, MARGIN, SPACING
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.icons import icon
from studio.widgets.labels import fill, plain_label, spaced

_PICTURE_SIDE = 128
_CARD_WIDTH = 264
_MAX_COLUMNS = 4


class WelcomePage(QScrollArea):
    """First page of the studio; its cards take as many columns as fit, and it scrolls."""

    starter_requested = Signal(str)
    """Carries the name of the starter to train on."""
    open_requested = Signal()
    import_requested = Signal()
    """Import the user's own images."""
    studio_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidgetResizable(True)
        self._columns = 0
        self._buttons: dict[str, QPushButton] = {}
        self._groups = {name: self._make_group(name) for name in GROUPS}
        self._cards = QGridLayout()
        self._cards.setHorizontalSpacing(GAP)
        self._cards.setVerticalSpacing(SPACING)
        content = QWidget()
        content.setMaximumWidth(_MAX_COLUMNS * _CARD_WIDTH + (_MAX_COLUMNS + 1) * GAP)
        layout = spaced(QVBoxLayout(content), MARGIN, (GAP, GAP, GAP, GAP))
        fill(
            layout,
            plain_label(self.tr("Welcome to Diptych"), role="title"),
            plain_label(self._introduction()),
            self._make_others(),
            self._cards,
            1,
        )
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(content)
        self.setWidget(middle)
        self._spread()
        self.setFocusProxy(next(iter(self._buttons.values())))

    def starter_button(self, name: str) -> QPushButton:
        """Return the button of a starter."""
        return self._buttons[name]

    def _introduction(self) -> str:
        return self.tr(
            "A generator learns to make items of several parts, such as an image, its text and "
            "its sound; a discriminator learns to tell them from real ones. Each makes the other "
            "better while you watch. Pick something to start with: it trains right here, on this "
            "computer, and nothing is uploaded."
        )

    def _make_group(self, group: str) -> tuple[QLabel, list[QFrame]]:
        heading = plain_label(_group_title(group), role="heading")
        heading.setContentsMargins(0, SPACING, 0, 0)
        cards: list[QFrame] = []
        for starter in STARTERS.values():
            if starter.group == group:
                self._buttons[starter.name] = self._make_button(starter)
                cards.append(_Card(starter, self._buttons[starter.name]))
        return heading, cards

    def _make_button(self, starter: Starter) -> QPushButton:
        title = translate_engine(starter.title)
        button = QPushButton(icon("run", "on_accent"), self.tr("Train on {0}").format(title))
        button.setProperty("role", "primary")
        button.setAutoDefault(True)
        button.clicked.connect(lambda: self.starter_requested.emit(starter.name))
        return button

    def _make_others(self) -> FlowLayout:
        images = QPushButton(icon("import"), self.tr("Import your own images…"))
        images.clicked.connect(self.import_requested)
        own = QPushButton(icon("folder"), self.tr("Set up a run yourself"))
        own.clicked.connect(self.studio_requested)
        open_run = QPushButton(icon("open"), self.tr("Open a run…"))
        open_run.clicked.connect(self.open_requested)
        row = FlowLayout(SPACING)
        for button in (images, own, open_run):
            row.addWidget(button)
        return row

    def _spread(self) -> None:
        """Place the cards anew if another number of them fits side by side."""
        free = self.viewport().width() - GAP
        columns = min(max(free // (_CARD_WIDTH + GAP), 1), _MAX_COLUMNS)
        if columns == self._columns:
            return
        for column in range(max(columns, self._columns)):
            self._cards.setColumnStretch(column, int(column < columns))
        self._columns = columns
        sizes = [len(cards) for _, cards in self._groups.values()]
        places = group_places(sizes, columns)
        for (heading, cards), (row, left) in zip(self._groups.values(), places, strict=True):
            # Each row of cards has a row above it for the headings.
            area = QRect(left, 2 * row, min(len(cards), columns), 1)
            self._cards.addWidget(heading, area.top(), area.left(), 1, area.width())
            for number, card in enumerate(cards):
                below, beside = divmod(number, columns)
                self._cards.addWidget(card, 2 * (row + below) + 1, left + beside)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Adapt the number of columns to the width."""
        super().resizeEvent(event)
        self._spread()


def group_places(sizes: Iterable[int], columns: int) -> list[tuple[int, int]]:
    """Return the row and the column where each group of cards begins.

    A group begins beside the one before if it fits there as a whole, else in a row of its own.
    """
    places: list[tuple[int, int]] = []
    row = left = 0
    for size in sizes:
        if left and left + size > columns:
            row, left = row + 1, 0
        places.append((row, left))
        extra_rows, left = divmod(left + size - 1, columns)
        row, left = row + extra_rows, left + 1
    return places


def _group_title(group: str) -> str:
    translate = QCoreApplication.translate
    return {
        "look": translate("WelcomePage", "Look"),
        "listen": translate("WelcomePage", "Listen"),
        "learn": translate("WelcomePage", "Learn"),
        "drive": translate("WelcomePage", "Drive"),
        "care": translate("WelcomePage", "Care"),
    }[group]


class _Card(QFrame):
    def __init__(self, starter: Starter, button: QPushButton) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setMinimumWidth(_CARD_WIDTH - GAP)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, MARGIN, MARGIN, MARGIN))
        layout.addWidget(_Picture(starter.name), alignment=Qt.AlignmentFlag.AlignHCenter)
        items = self.tr("%Ln items", "", starter.items)
        facts = plain_label(f"{items} · {columns_text(starter.columns.values())}", role="muted")
        licence = plain_label(translate_engine(starter.licence), role="muted")
        fill(
            layout,
            plain_label(translate_engine(starter.title), role="heading"),
            plain_label(translate_engine(starter.summary)),
            facts,
            licence,
            1,
            button,
        )


class _Picture(QLabel):
    """Preview of a starter, enlarged without blur."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setFixedSize(QSize(_PICTURE_SIDE, _PICTURE_SIDE))
        self.setScaledContents(True)
        picture = QPixmap(str(starters_folder() / name / "preview.png"))
        # Twice the logical size, which stays crisp at 200 % scaling.
        self.setPixmap(
            picture.scaled(
                2 * _PICTURE_SIDE,
                2 * _PICTURE_SIDE,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        )
