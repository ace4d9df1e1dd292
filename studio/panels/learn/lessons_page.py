"""Lessons page of the Learn panel: short texts with experiments to set up."""

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QListWidget,
    QSplitter,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from studio.models.lessons import SCHEME, Lesson, load_lessons
from studio.theme import SPACING
from studio.widgets.buttons import push_button
from studio.widgets.labels import spaced

_LIST_WIDTH = 240


class LessonsPage(QWidget):
    """The list of lessons beside the text of the chosen one."""

    setup_requested = Signal(object)
    """The ``Experiment`` whose settings are wanted in the run form."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lessons = load_lessons()
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Lessons"))
        for number, lesson in enumerate(self.lessons, 1):
            self.list.addItem(f"{number}. {lesson.title()}")
        self.text = QTextBrowser()
        self.text.setAccessibleName(self.tr("Text of the lesson"))
        self.text.setOpenLinks(False)
        self.text.anchorClicked.connect(self._on_link)
        self._buttons = QButtonGroup(self)
        self._buttons.idClicked.connect(self._on_button)
        self._bar = spaced(QHBoxLayout(), SPACING)
        self._bar.addStretch(1)
        self._lay_out()
        self.list.currentRowChanged.connect(self._show)
        self.list.setCurrentRow(0)

    @property
    def lesson(self) -> Lesson:
        """The chosen lesson."""
        return self.lessons[self.list.currentRow()]

    def _lay_out(self) -> None:
        right = QWidget()
        column = spaced(QVBoxLayout(right), SPACING, (0, 0, 0, 0))
        column.addWidget(self.text, 1)
        column.addLayout(self._bar)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.list)
        splitter.addWidget(right)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([_LIST_WIDTH, 3 * _LIST_WIDTH])
        layout = spaced(QVBoxLayout(self), 0, (0, 0, 0, 0))
        layout.addWidget(splitter)

    @Slot(int)
    def _show(self, _row: int) -> None:
        self.text.setMarkdown(self.lesson.text())
        for button in self._buttons.buttons():
            self._buttons.removeButton(button)
            button.deleteLater()
        tip = self.tr("Fill the run form with the settings of this experiment")
        for number, (words, _experiment) in enumerate(self.lesson.links()):
            button = push_button(words, tip=tip, role="small")
            self._buttons.addButton(button, number)
            self._bar.insertWidget(number, button)

    @Slot(int)
    def _on_button(self, number: int) -> None:
        _words, experiment = self.lesson.links()[number]
        self.setup_requested.emit(experiment)

    @Slot(QUrl)
    def _on_link(self, url: QUrl) -> None:
        if url.scheme() == SCHEME:
            self.setup_requested.emit(self.lesson.experiments[url.path()])
