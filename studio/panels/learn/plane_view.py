"""A plane of two numeric fields with its choices and its legend."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from engine.inspection.results import Measure, PlaneChoice, PlaneView
from studio.models.inspection_text import (
    lowering_color,
    number_text,
    number_title,
    raising_color,
    scale_colors,
)
from studio.theme import SPACING
from studio.widgets.fields import ChoiceField
from studio.widgets.labels import fill, plain_label, scrolling, spaced
from studio.widgets.plane_plot import EMPTY, PlanePlot
from studio.widgets.word_bar import WordBar

_SIDE_WIDTH = 216


class PlaneWidget(QWidget):
    """Points, field and arrows, and the fields that choose what is shown."""

    choice_edited = Signal(object)
    """Carries the ``PlaneChoice`` after the user has changed it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: PlaneView | None = None
        self.plot = PlanePlot()
        names = {
            "column": self.tr("Table"),
            "x": self.tr("Across"),
            "y": self.tr("Up"),
            "head": self.tr("Head of the discriminator"),
            "given": self.tr("Given"),
        }
        self.fields = {name: ChoiceField() for name in names}
        self._labels: dict[str, QWidget] = {}
        side = QWidget()
        choices = spaced(QVBoxLayout(side), SPACING, (0, 0, SPACING, 0))
        for name, title in names.items():
            field = self.fields[name]
            field.set_help(title, title)
            field.text_edited.connect(self._on_edited)
            group = QWidget()
            fill(spaced(QVBoxLayout(group), 2, (0, 0, 0, 0)), plain_label(title), field)
            self._labels[name] = group
            choices.addWidget(group)
        self.in_scores = QCheckBox(self.tr("Normal scores"))
        self.in_scores.setToolTip(
            self.tr("Show the numbers as the networks see them: by rank, like a normal variable")
        )
        self.in_scores.clicked.connect(self._on_edited)
        self.with_arrows = QCheckBox(self.tr("Gradients"))
        self.with_arrows.setChecked(True)
        self.with_arrows.setToolTip(
            self.tr(
                "Arrows along the negative gradient of the generator's adversarial loss with "
                "respect to its points"
            )
        )
        self.with_arrows.toggled.connect(self._draw)
        self.legend = plain_label(role="muted")
        self.scale = WordBar()
        fill(choices, self.in_scores, self.with_arrows, self.scale, self.legend, 1)
        area = scrolling(side)
        area.setMaximumWidth(_SIDE_WIDTH)
        fill(spaced(QHBoxLayout(self), SPACING, (0, 0, 0, 0)), (self.plot, 2), (area, 1))

    def choice(self) -> PlaneChoice:
        """Return what is chosen."""
        texts = {name: field.text() for name, field in self.fields.items()}
        return PlaneChoice(**texts, is_in_scores=self.in_scores.isChecked())

    def show_plane(self, view: PlaneView) -> None:
        """Show a plane."""
        self.view = view
        numeric = view.columns[view.choice.column]
        choices = {
            "column": [(name, name) for name in view.columns],
            "x": [(name, name) for name in numeric],
            "y": [(name, name) for name in numeric],
            "head": [(name, number_title(name)) for name in view.heads],
            "given": [(name, name) for name in view.captions],
        }
        for name, field in self.fields.items():
            field.set_choices(choices[name])
            field.set_text(getattr(view.choice, name))
            # What is given only counts where it is judged.
            is_used = name != "given" or view.choice.head != view.choice.column
            self._labels[name].setVisible(len(choices[name]) > 1 and is_used)
        self.with_arrows.setVisible(bool(view.heads))
        self.in_scores.setChecked(view.choice.is_in_scores)
        self._draw()

    @Slot()
    def _draw(self) -> None:
        view = self.view
        if view is None:
            return
        self.plot.set_colors(lowering_color(), raising_color())
        title = self.tr("Points of {0} and {1}").format(view.choice.x, view.choice.y)
        self.plot.set_names(view.choice.x, view.choice.y, title)
        self.plot.show_field(view.logits, view.low, view.high)
        shows_arrows = self.with_arrows.isChecked() and view.logits.size > 0
        self.plot.show_points(view.real, view.generated, view.moved if shows_arrows else EMPTY)
        self.scale.setVisible(view.logits.size > 0)
        if view.logits.size:
            ends = float(view.logits.min()), float(view.logits.max())
            texts = [self._end_text(view, logit) for logit in ends]
            self.scale.show_words(list(zip(texts, scale_colors(), strict=True)))
        self.legend.setText(self._legend(view, shows_arrows=shows_arrows))

    def _end_text(self, view: PlaneView, logit: float) -> str:
        text = self.tr("logit {0}").format(f"{logit:+.2f}")
        if view.measure is Measure.LOG_ODDS:
            text = self.tr("real with {0}").format(number_text(logit, view.measure))
        return text

    def _legend(self, view: PlaneView, *, shows_arrows: bool) -> str:
        parts = [self.tr("Rings are real points, dots are generated.")]
        if not view.heads:
            parts.append(self.tr("This family has no discriminator, so nothing lies behind them."))
        elif view.choice.head == view.choice.column:
            text = self.tr("The colour is what the head of {0} says of a point.")
            parts.append(text.format(view.choice.column))
        else:
            text = self.tr("The colour is what the pair head says of a point beside “{0}”.")
            parts.append(text.format(view.choice.given))
        if shows_arrows:
            parts.append(
                self.tr("Arrows show where the generator's adversarial loss pushes its points.")
            )
        return " ".join(parts)

    @Slot()
    def _on_edited(self) -> None:
        self.choice_edited.emit(self.choice())
