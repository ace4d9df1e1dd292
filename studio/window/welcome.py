"""The welcome page with one button per starter."""

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from engine.data.starters import STARTERS, Starter
from resources import starters_folder
from studio.i18n import translate_engine
from studio.theme import GAP, MARGIN, SPACING
from studio.widgets.icons import icon
from studio.widgets.labels import fill, plain_label, spaced

_PICTURE_SIDE = 176
_CARD_WIDTH = 264
_WIDEST = 920


class WelcomePage(QScrollArea):
    """First page of the studio; scrolls if the window is small."""

    starter_requested = Signal(str)
    """Carries the name of the starter to train on."""
    open_requested = Signal()
    import_requested = Signal()
    """Import the user's own images."""
    studio_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self._buttons = {name: self._make_button(starter) for name, starter in STARTERS.items()}
        content = QWidget()
        content.setMaximumWidth(_WIDEST)
        layout = spaced(QVBoxLayout(content), MARGIN, (GAP, GAP, GAP, GAP))
        layout.addStretch(1)
        layout.addWidget(plain_label(self.tr("Welcome to Diptych"), role="title"))
        layout.addWidget(plain_label(self._introduction()))
        layout.addSpacing(SPACING)
        cards = spaced(QHBoxLayout(), GAP)
        for starter in STARTERS.values():
            cards.addWidget(_Card(starter, self._buttons[starter.name]), stretch=1)
        layout.addLayout(cards)
        layout.addSpacing(SPACING)
        layout.addLayout(self._make_others())
        layout.addStretch(2)
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(content)
        self.setWidget(middle)
        self.setFocusProxy(next(iter(self._buttons.values())))

    def starter_button(self, name: str) -> QPushButton:
        """Return the button of a starter."""
        return self._buttons[name]

    def _introduction(self) -> str:
        return self.tr(
            "A generator learns to draw images and to name them; a discriminator learns to "
            "tell its pairs from real ones. Each makes the other better while you watch. Pick"
            " something to start with: it trains right here, on this computer, and nothing is"
            " uploaded."
        )

    def _make_button(self, starter: Starter) -> QPushButton:
        title = translate_engine(starter.title)
        button = QPushButton(icon("run", "on_accent"), self.tr("Train on {0}").format(title))
        button.setProperty("role", "primary")
        button.setAutoDefault(True)
        button.clicked.connect(lambda: self.starter_requested.emit(starter.name))
        return button

    def _make_others(self) -> QHBoxLayout:
        images = QPushButton(icon("import"), self.tr("Import your own images…"))
        images.clicked.connect(self.import_requested)
        own = QPushButton(icon("folder"), self.tr("Set up a run yourself"))
        own.clicked.connect(self.studio_requested)
        open_run = QPushButton(icon("open"), self.tr("Open a run…"))
        open_run.clicked.connect(self.open_requested)
        row = spaced(QHBoxLayout(), SPACING)
        row.addStretch(1)
        fill(row, images, own, open_run)
        row.addStretch(1)
        return row


class _Card(QFrame):
    def __init__(self, starter: Starter, button: QPushButton) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setMinimumWidth(_CARD_WIDTH - GAP)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, MARGIN, MARGIN, MARGIN))
        layout.addWidget(_Picture(starter.name), alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(plain_label(translate_engine(starter.title), role="heading"))
        layout.addWidget(plain_label(translate_engine(starter.summary)))
        text = QCoreApplication.translate("WelcomePage", "{0} px · {1}")
        licence = translate_engine(starter.licence)
        facts = plain_label(text.format(starter.image_size, licence), role="muted")
        facts.setToolTip(starter.licence)
        layout.addWidget(facts)
        layout.addStretch(1)
        layout.addWidget(button)


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
