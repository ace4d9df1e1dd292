"""Statistics of a dataset: four plots and a line of facts."""

from functools import cached_property

from PySide6.QtCore import QSize, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from engine.data.statistics import BRIGHTNESS_BINS, Statistics
from studio.errors.wording import explain
from studio.jobs.task import Task, TaskEnded
from studio.theme import SPACING
from studio.widgets.bar_plot import BarPlot
from studio.widgets.labels import fill, plain_label, spaced

_MAX_BARS = 60
_MAX_NAMES = 12
_SWATCH = 16
_SEVERAL = 1.05
"""Minimum number of captions per image for their number to be shown."""


class StatisticsPage(QWidget):
    """Page that shows ``Statistics``, or that they are being computed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._facts = plain_label(role="muted")
        self._colour = _Swatch()
        top = fill(spaced(QHBoxLayout(), SPACING), self._colour, (self._facts, 1))
        place = QWidget()
        fill(spaced(QVBoxLayout(self), SPACING, (0, 0, 0, 0)), top, (place, 1))
        self._place = spaced(QVBoxLayout(place), margins=(0, 0, 0, 0))
        self.show_waiting()

    @cached_property
    def plots(self) -> "Plots":
        """The plots, created on first use because that is slow."""
        plots = Plots()
        self._place.addWidget(plots)
        return plots

    @property
    def facts(self) -> str:
        """The text above the plots."""
        return self._facts.text()

    def follow(self, task: Task) -> None:
        """Show the result of a task."""
        task.ended.connect(self._on_ended)

    def show_waiting(self) -> None:
        """Show that the statistics are being computed."""
        self._facts.setText(self.tr("Counting…"))
        self._colour.hide()

    def show_problem(self, problem: str) -> None:
        """Show an error in place of the statistics."""
        self._facts.setText(problem)

    def show_statistics(self, found: Statistics) -> None:
        """Show the statistics."""
        self._facts.setText(self._words(found))
        red, green, blue = (round(part) for part in found.mean_colour)
        self._colour.show_colour(QColor(red, green, blue))
        self._colour.setToolTip(
            self.tr("Mean colour of %Ln image(s): {0}", "", found.sampled).format(
                f"#{red:02x}{green:02x}{blue:02x}"
            )
        )
        self._colour.setVisible(found.sampled > 0)
        self.plots.show_statistics(found)

    @Slot(object)
    def _on_ended(self, event: TaskEnded) -> None:
        if isinstance(event.result, Statistics):
            self.show_statistics(event.result)
        elif event.error is not None:
            self.show_problem(explain(event.error).why)

    def _words(self, found: Statistics) -> str:
        locale = self.locale()
        parts = [self.tr("%Ln pair(s)", "", found.pairs)]
        if found.image_only:
            parts.append(self.tr("%Ln image(s) without text", "", found.image_only))
        if found.text_only:
            parts.append(self.tr("%Ln text(s) without image", "", found.text_only))
        parts.append(
            self.tr("{0} to train on, {1} for validation").format(
                locale.toString(found.train_items), locale.toString(found.validation_items)
            )
        )
        images = sum(found.captions_per_image.values())
        captions = sum(number * count for number, count in found.captions_per_image.items())
        if captions > _SEVERAL * images:
            parts.append(self.tr("{0} captions an image").format(f"{captions / images:.1f}"))
        parts.append(locale.formattedDataSize(found.image_bytes, 1))
        if found.excluded:
            parts.append(self.tr("%Ln item(s) excluded", "", found.excluded))
        return "  ·  ".join(parts)


class Plots(QWidget):
    """Plots of text lengths, words, brightness and groups."""

    def __init__(self) -> None:
        super().__init__()
        self.lengths = BarPlot(self.tr("Length of texts"), self.tr("words"))
        self.brightness = BarPlot(
            self.tr("Brightness of images"), self.tr("mean, from 0 (black) to 255 (white)")
        )
        self.words = BarPlot(self.tr("Most frequent words"))
        self.groups = BarPlot(self.tr("Largest groups"))
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(SPACING)
        for place, plot in enumerate((self.lengths, self.words, self.brightness, self.groups)):
            grid.addWidget(plot, place // 2, place % 2)

    def show_statistics(self, found: Statistics) -> None:
        """Show the statistics."""
        self._show_lengths(found)
        width = 256 // BRIGHTNESS_BINS
        places = [width * (number + 0.5) for number in range(BRIGHTNESS_BINS)]
        self.brightness.show_numbers(places, found.brightness, width)
        for plot, ranked in ((self.words, found.words), (self.groups, found.groups)):
            best = ranked[:_MAX_NAMES]
            plot.show_names([name for name, _count in best], [count for _name, count in best])
        self.groups.setVisible(bool(found.groups))

    def _show_lengths(self, found: Statistics) -> None:
        longest = max(found.text_lengths, default=0)
        step = 1 + longest // _MAX_BARS
        counts = [0] * (longest // step + 1)
        for words, count in found.text_lengths.items():
            counts[words // step] += count
        places = [number * step + (step - 1) / 2 for number in range(len(counts))]
        self.lengths.show_numbers(places, counts, step)


class _Swatch(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._colour = QColor()
        self.setFixedSize(QSize(_SWATCH, _SWATCH))

    def show_colour(self, colour: QColor) -> None:
        self._colour = colour
        self.setAccessibleName(colour.name())
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the colour and a border."""
        painter = QPainter(self)
        painter.setBrush(self._colour)
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
