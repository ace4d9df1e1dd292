"""A button for each page of a panel, of which one is pressed."""

from collections.abc import Iterable

from PySide6.QtWidgets import QBoxLayout, QButtonGroup, QToolButton


def add_page_buttons(layout: QBoxLayout, pages: QButtonGroup, texts: Iterable[str]) -> None:
    """Make the buttons, numbered from 0 in their group; the first is pressed."""
    for page, text in enumerate(texts):
        button = QToolButton()
        button.setText(text)
        button.setProperty("role", "view")
        button.setCheckable(True)
        button.setChecked(page == 0)
        pages.addButton(button, page)
        layout.addWidget(button)
