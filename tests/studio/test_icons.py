"""Icons are there, follow light and dark, stay crisp, and survive what Qt does with them."""

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QImage, QPixmap
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from studio.theme import DARK, LIGHT, Colors, palette_of
from studio.widgets.icons import icon

NAMES = [
    "app",
    "run",
    "stop",
    "losses",
    "gallery",
    "log",
    "save",
    "folder",
    "digits",
    "emoji",
    "shapes",
    "warning",
    "error",
    "info",
    "zoom_in",
    "zoom_out",
    "previous",
    "next",
    "open",
    "about",
    "live",
    "import",
    "undo",
    "redo",
]


@pytest.fixture(autouse=True)
def palette_is_restored(qapp: QApplication):
    before = qapp.palette()
    yield
    qapp.setPalette(before)


def colors_in(image: QImage) -> set[str]:
    """Give the colours of the fully opaque pixels."""
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


def drawn(name: str, side: int = 24, mode: QIcon.Mode = QIcon.Mode.Normal) -> QImage:
    return icon(name).pixmap(QSize(side, side), 1.0, mode).toImage()


@pytest.mark.parametrize("name", NAMES)
def test_that_every_icon_draws_something(qapp: QApplication, name: str) -> None:
    assert colors_in(drawn(name, 96))


def test_that_an_unknown_icon_is_an_error(qapp: QApplication) -> None:
    with pytest.raises(FileNotFoundError):
        icon("no-such-icon")


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_that_an_icon_takes_the_colour_of_text(qapp: QApplication, colors: Colors) -> None:
    qapp.setPalette(palette_of(colors))
    assert colors_in(drawn("stop")) == {colors.text}


def test_that_an_icon_in_a_widget_follows_a_change_of_palette(
    qapp: QApplication, qtbot: QtBot
) -> None:
    qapp.setPalette(palette_of(LIGHT))
    button = QToolButton()
    button.setIcon(icon("stop"))
    button.setIconSize(QSize(48, 48))
    button.setAutoRaise(True)
    qtbot.addWidget(button)
    button.show()
    assert LIGHT.text in colors_in(button.grab().toImage())
    qapp.setPalette(palette_of(DARK))
    after = colors_in(button.grab().toImage())
    assert DARK.text in after
    assert LIGHT.text not in after


def test_that_a_disabled_icon_is_pale(qapp: QApplication) -> None:
    qapp.setPalette(palette_of(LIGHT))
    assert colors_in(drawn("stop", mode=QIcon.Mode.Disabled)) == {LIGHT.disabled}


def test_that_a_warning_keeps_its_colour_and_the_tint_can_be_chosen(qapp: QApplication) -> None:
    qapp.setPalette(palette_of(DARK))
    assert DARK.warning in colors_in(drawn("warning"))
    tinted = icon("stop", "on_accent").pixmap(24, 24).toImage()
    assert colors_in(tinted) == {DARK.on_accent}


def test_that_an_icon_is_drawn_anew_at_200_percent(qapp: QApplication) -> None:
    pixmap = icon("stop").pixmap(QSize(24, 24), 2.0)
    assert pixmap.size() == QSize(48, 48)
    # An enlarged 24-pixel drawing would have a blurred edge two device pixels wide.
    row = [pixmap.toImage().pixelColor(x, 24).alpha() for x in range(48)]
    halves = [alpha for alpha in row if 0 < alpha < 255]
    assert len(halves) <= 4


def test_that_icons_survive_being_copied_and_detached(qapp: QApplication) -> None:
    copies = []
    for _ in range(50):
        copy = QIcon(icon("run"))
        copy.addPixmap(QPixmap(2, 2))
        copies.append(copy)
    del copies[::2]
    assert all(colors_in(copy.pixmap(24, 24).toImage()) for copy in copies)


def test_that_the_app_icon_keeps_its_own_colours(qapp: QApplication) -> None:
    before = drawn("app", 64)
    QGuiApplication.setPalette(palette_of(DARK))
    assert drawn("app", 64) == before
    assert before.pixelColor(0, 0) == QColor(Qt.GlobalColor.transparent)
