"""Lens: what the discriminator says of real and generated items, and where it looks."""

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.events import ImageArray, Outcome
from engine.inspection.results import (
    InspectedItem,
    LensView,
    Measure,
    Origin,
    Picture,
    Words,
)
from studio.jobs.inspection import InspectionJobs
from studio.jobs.task import TaskEnded
from studio.models.inspection_text import (
    group_title,
    images_text,
    number_rows,
    number_text,
    number_title,
    origin_title,
    overlay,
    scale_colors,
    word_colors,
)
from studio.models.thumbnails import qimage_of
from studio.panels.learn.item_columns import ItemGrid, side_by_side
from studio.panels.learn.page import LearnPage
from studio.theme import SPACING
from studio.widgets.fields import ChoiceField
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.image_view import ImageView
from studio.widgets.labels import FactGrid, fill, plain_label, scrolling, spaced
from studio.widgets.word_bar import WordBar

_DETAIL_WIDTH, _HEAD_WIDTH, _SCALE_WIDTH = 272, 180, 230
_PICTURE_HEIGHT = 200
_NO_HEAD = "-"
_BLANK: ImageArray = np.full((2, 64, 3), 160, dtype=np.uint8)
"""Tile of an item without a picture or a sound: a rule above its words."""


class LensPage(LearnPage):
    """Items with the numbers of each head, and a heat map of one head's contributions."""

    def __init__(self, jobs: InspectionJobs, parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr(
                "Open or start a run: here you see what its discriminator says of real and of "
                "generated items, and which parts of them it says it for."
            ),
            parent,
        )
        self._jobs = jobs
        self.view: LensView | None = None
        self._chosen = (Origin.REAL, 0)
        self._head = ChoiceField()
        self._head.set_help(
            self.tr(
                "The head of the discriminator whose probabilities stand below the items, and "
                "whose contributions are drawn. Integrated gradients from the median of the real "
                "pictures: the contributions of an item add up to the change of its logit."
            ),
            self.tr("Head of the discriminator"),
        )
        self._head.text_edited.connect(self._on_head)
        self._sentence = plain_label(role="muted")
        self._grids = {origin: ItemGrid("") for origin in Origin}
        for origin, grid in self._grids.items():
            grid.item_chosen.connect(lambda row, origin=origin: self._choose(origin, row))
        self.detail = ItemDetail()
        self._lay_out()
        jobs.views.ended.connect(self._on_ended)

    @property
    def is_busy(self) -> bool:
        """Whether an answer is under way."""
        return self._jobs.views.is_running

    @property
    def head(self) -> str:
        """The chosen head; empty for none."""
        chosen = self._head.text()
        return "" if chosen == _NO_HEAD else chosen

    def refresh(self) -> None:
        """Request the view of the run's newest state."""
        super().refresh()
        if self.run is not None:
            # Beside training, only what is visible is computed.
            is_spared = self.view is not None and self._jobs.is_live(self.run)
            self._jobs.view(self.run, (self.head,) if is_spared else None)

    def choose_head(self, name: str) -> None:
        """Choose a head by its name; an empty one for no heat map."""
        self._head.set_text(name or _NO_HEAD)
        self._on_head()

    @Slot()
    def _on_head(self) -> None:
        """Show the contributions to another head, once they have been computed."""
        self._show_tiles()
        if self.head and self.view is not None and not _has_contributions(self.view, self.head):
            self.refresh()

    def _lay_out(self) -> None:
        label = plain_label(self.tr("Where it looks:"))
        label.setWordWrap(False)
        self._head.setFixedWidth(_HEAD_WIDTH)
        self._scale = WordBar()
        self._scale.setFixedWidth(_SCALE_WIDTH)
        top = FlowLayout(SPACING)
        for widget in (label, self._head, self._scale):
            top.addWidget(widget)
        columns = spaced(QHBoxLayout(), SPACING)
        for grid in self._grids.values():
            columns.addWidget(grid, 5)
        side = scrolling(self.detail)
        side.setMaximumWidth(_DETAIL_WIDTH)
        columns.addWidget(side, 6)
        content = QWidget()
        layout = spaced(QVBoxLayout(content), SPACING, (0, 0, 0, 0))
        fill(layout, top, self._sentence, (columns, 1))
        self.addWidget(content)

    @Slot(object)
    def _on_ended(self, ended: TaskEnded) -> None:
        if ended.error is not None:
            self.show_error(ended.error)
        elif ended.outcome is Outcome.FINISHED and ended.result.run == self.run:
            self._show(ended.result)

    def _show(self, view: LensView) -> None:
        self.view = view
        has_heads = view.measure is not Measure.NATS
        names = [(_NO_HEAD, self.tr("nothing, only the items"))]
        names += [(name, number_title(name)) for name in view.names]
        before = self._head.text()
        self._head.set_choices(names)
        self._head.set_text(before if before in dict(names) else view.names[-1])
        self._head.setEnabled(bool(view.names))
        self._scale.setVisible(has_heads)
        about = images_text(view.images_seen)
        if not has_heads:
            about += " · " + self.tr(
                "This family has no discriminator. The numbers are nats: the negative "
                "log-likelihood of each column, and their sum with the divergence, the negative "
                "ELBO. Lower is better."
            )
        elif view.measure is Measure.LOGIT:
            about += " · " + self.tr("Logits of this loss are no probabilities.")
        self._sentence.setText(about)
        for origin, grid in self._grids.items():
            grid.setVisible(any(item.origin is origin for item in view.items))
        self._show_tiles()
        self.show_content()

    @Slot()
    def _show_tiles(self) -> None:
        view = self.view
        if view is None:
            return
        low, high = scale_colors()
        self._scale.show_words(
            [(self.tr("towards real"), high), (self.tr("towards generated"), low)]
        )
        for origin, grid in self._grids.items():
            items = [item for item in view.items if item.origin is origin]
            if items:
                grid.set_title(group_title(view, origin, self.head))
                tiles = np.stack([item_tile(item, self.head) for item in items])
                grid.show_tiles(tiles, [self._caption(item, view) for item in items])
        self._show_detail()

    def _caption(self, item: InspectedItem, view: LensView) -> str:
        value = item.numbers.get(self.head)
        parts = ["" if value is None else number_text(value, view.measure), item.caption]
        return " · ".join(filter(None, parts))

    def _choose(self, origin: Origin, row: int) -> None:
        self._chosen = (origin, row)
        self._show_detail()

    def _show_detail(self) -> None:
        if self.view is None:
            return
        origin, row = self._chosen
        items = [item for item in self.view.items if item.origin is origin] or [*self.view.items]
        self.detail.show_item(items[min(row, len(items) - 1)], self.head, self.view)


class ItemDetail(QWidget):
    """One item enlarged, its words with their contributions, and all of its numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = ImageView()
        self._title = plain_label(role="heading")
        self.words: dict[str, WordBar] = {}
        self._word_area = spaced(QVBoxLayout(), SPACING // 2)
        self.numbers = FactGrid("muted")
        self._note = plain_label(
            self.tr("Tinted are the parts that raise or lower the logit of the chosen head."),
            role="muted",
        )
        layout = spaced(QVBoxLayout(self), SPACING, (0, 0, SPACING, 0))
        fill(layout, self._title, self._word_area, self.numbers, self.picture, self._note, 1)
        self.picture.setFixedHeight(_PICTURE_HEIGHT)

    def show_item(self, item: InspectedItem, head: str, view: LensView) -> None:
        """Show an item with the contributions to a head."""
        self._title.setText(f"{origin_title(item.origin, view.exchanged)}: {item.caption}")
        has_picture = any(isinstance(part, Picture) for part in item.parts.values())
        self.picture.setVisible(has_picture)
        if has_picture:
            self.picture.set_image(qimage_of(item_tile(item, head)))
            self.picture.setAccessibleName(item.caption)
        self._show_words(item, head)
        self.numbers.show_rows(number_rows(item, view.measure))
        self._note.setVisible(bool(head) and view.measure is not Measure.NATS)

    def _show_words(self, item: InspectedItem, head: str) -> None:
        columns = {name: part for name, part in item.parts.items() if isinstance(part, Words)}
        if list(columns) != list(self.words):
            while (entry := self._word_area.takeAt(0)) is not None:
                widget = entry.widget()
                if widget is not None:
                    widget.hide()
                    widget.deleteLater()
            self.words = {name: WordBar() for name in columns}
            for name, bar in self.words.items():
                bar.setAccessibleName(name)
                self._word_area.addWidget(bar)
        for name, part in columns.items():
            colors: list[QColor] = word_colors(part, head)
            self.words[name].show_words(list(zip(part.words, colors, strict=True)))


def _has_contributions(view: LensView, head: str) -> bool:
    if view.measure is Measure.NATS:
        return True
    parts = (part for item in view.items for part in item.parts.values())
    return any(head in part.contributions for part in parts)


def item_tile(item: InspectedItem, head: str) -> ImageArray:
    """Draw the pictures of an item side by side, tinted by their contributions to a head."""
    pictures = [
        overlay(part.pixels, part.contributions[head])
        if head in part.contributions
        else part.pixels
        for part in item.parts.values()
        if isinstance(part, Picture)
    ]
    return side_by_side(pictures) if pictures else _BLANK
