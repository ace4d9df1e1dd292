"""The page about images: how they are converted."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout

from engine.data.image_shape import COARSEST
from engine.data.pixel_values import choose_range, parse_range
from engine.events import Outcome
from engine.importing.plan import ImportPlan
from studio.errors.wording import explain
from studio.jobs.importing import ImportJobs, ImportReader
from studio.jobs.task import TaskEnded
from studio.models.import_form import ImportForm
from studio.models.thumbnails import image_of
from studio.theme import SPACING
from studio.widgets.bar_plot import RangeHistogram
from studio.widgets.card_grid import Card, CardGrid
from studio.widgets.labels import plain_label, spaced
from studio.wizards.importing.page import PreviewPage, SettingFields, lay_out_columns, stacked

if TYPE_CHECKING:
    from engine.data.pixel_values import ValueSummary
    from engine.importing.preview import BeforeAfter, PlannedImages
    from engine.importing.scan import QuickScan

PICTURES = ("images.size", "images.shape", "images.fit", "images.background", "images.channels")
PIXELS = ("images.band", "images.frame_step", "images.value_range")
OTHERS = ("keep_image_only", "keep_text_only")


class ImagesPage(PreviewPage):
    """Shows images before and after conversion."""

    def __init__(self, form: ImportForm, jobs: ImportJobs, reader: ImportReader) -> None:
        super().__init__(form, jobs, reader, jobs.pictures)
        self.fields = SettingFields(form, PICTURES, self)
        self.pixels = SettingFields(form, PIXELS, self)
        self.others = SettingFields(form, OTHERS, self)
        for fields in (self.fields, self.pixels):
            fields.edited.connect(self.update_preview)
        self.others.edited.connect(self.changed)
        self.others.edited.connect(self.edited)
        self._headline = plain_label(role="heading")
        self.shape_note = plain_label(role="muted")
        """Tells the shape that images are stored in."""
        self.histogram = RangeHistogram(
            self.tr("Values of images with more than 8 bits"), self.tr("value")
        )
        self.histogram.setVisible(False)
        self.histogram.range_chosen.connect(self._on_range)
        self.range_note = plain_label(role="muted")
        """Tells the values that become black and white."""
        self._is_whole = False
        self.board = CardGrid(is_double=True)
        self._lay_out()
        jobs.pictures.ended.connect(self._on_pictures)

    def title(self) -> str:
        """Return the title of the page."""
        return self.tr("Images")

    def explanation(self) -> str:
        """Return the explanation of the page."""
        return self.tr("All images are stored in one size and shape. Preview the result here.")

    def is_needed(self) -> bool:
        """Return whether the source holds images."""
        return self.form.has_images

    def refusal(self) -> str:
        """Return the first invalid field."""
        return next(filter(None, (fields.problem() for fields in self._all())), "")

    def enter(self) -> None:
        """Update the fields and the preview."""
        for fields in self._all():
            fields.refresh()
        super().enter()

    def _all(self) -> tuple[SettingFields, ...]:
        return self.fields, self.pixels, self.others

    @Slot()
    def update_preview(self) -> None:
        """Dim the outdated preview and request a new one."""
        if not self.fields.problem() and not self.pixels.problem():
            self.board.set_dimmed(is_dimmed=True)
        super().update_preview()

    def request(self, plan: ImportPlan, scan: "QuickScan") -> None:
        """Request images before and after conversion."""
        reader = self._reader
        self.jobs.pictures.request(lambda _tell, control: reader.fit(plan, scan, control))

    @Slot(object)
    def _on_pictures(self, event: TaskEnded) -> None:
        if not self._is_shown:
            return
        if event.outcome is Outcome.FINISHED:
            planned: PlannedImages
            shown: tuple[BeforeAfter, ...]
            planned, shown = event.result
            self._show_values(planned.values)
            self.board.show_cards([self._card(one) for one in shown])
            # These images may be of older settings, with newer ones requested.
            self.board.set_dimmed(is_dimmed=self.jobs.pictures.is_running)
            self._headline.setText(
                self.tr("Before and after") if shown else self.tr("No image could be read.")
            )
            self.shape_note.setText(self._shape_words(shown[0]) if shown else "")
        elif event.outcome is Outcome.FAILED:
            words = explain(event.error or RuntimeError("The scan failed and gave no reason"))
            self._headline.setText(f"{words.happened} {words.why}")
        self.changed.emit()

    def _show_values(self, values: "ValueSummary | None") -> None:
        """Show the values of deep images, and which of them become black and white."""
        self.histogram.setVisible(values is not None)
        self.range_note.setVisible(values is not None)
        if values is None:
            return
        self._is_whole = values.is_whole
        try:
            given = parse_range(self.form.text("images.value_range"))
        except ValueError:
            # The field shows the problem.
            return
        low, high = given or choose_range(values)
        self.histogram.show_histogram(values.least, values.most, values.counts)
        self.histogram.show_range(low, high)
        self.range_note.setText(
            self.tr(
                "{0} becomes black and {1} white in all images. Drag the edges to change the range."
            ).format(f"{low:,.6g}", f"{high:,.6g}")
        )

    @Slot(float, float)
    def _on_range(self, low: float, high: float) -> None:
        if self._is_whole:
            low, high = round(low), round(high)
        if low < high:
            self.form.set_text("images.value_range", f"{low:.6g}:{high:.6g}")
            self.pixels.refresh()
            self.update_preview()

    def _shape_words(self, one: "BeforeAfter") -> str:
        """Tell the shape that was decided, and what happens to images of another shape."""
        height, width = one.after.shape[:2]
        is_limited = max(height, width) == COARSEST * min(height, width)
        if self.form.text("images.shape") != "auto":
            shape = self.tr("Stored as {0} × {1} px.")
        elif width == height:
            shape = self.tr("Most images are square, or shapes differ: stored as {0} × {1} px.")
        elif is_limited:
            shape = self.tr("Most images are long; the longest shape is 4:1: {0} × {1} px.")
        else:
            shape = self.tr("Most images have this shape, which is kept: stored as {0} × {1} px.")
        others = {
            "pad": self.tr("Images of another shape get margins in the background colour."),
            "crop": self.tr("Of images of another shape, the edges are cut off."),
            "stretch": self.tr("Images of another shape are distorted."),
        }[self.form.text("images.fit")]
        return f"{shape.format(width, height)} {others}"

    def _card(self, one: "BeforeAfter") -> Card:
        height, width = one.after.shape[:2]
        sizes = self.tr("{0} × {1}  →  {2} × {3} px").format(one.width, one.height, width, height)
        is_enlarged = one.width < width and one.height < height
        return Card(
            pictures=(image_of(one.before), image_of(one.after)),
            text=sizes,
            problem=self.tr("Smaller than the size to store") if is_enlarged else "",
            tip=one.key,
        )

    def _lay_out(self) -> None:
        ask = stacked(self.fields.rows(), None, self.pixels.rows(), None, self.others.rows())
        show = spaced(QVBoxLayout(), SPACING)
        show.addWidget(self._headline)
        show.addWidget(self.shape_note)
        show.addWidget(self.histogram)
        show.addWidget(self.range_note)
        show.addWidget(self.board, stretch=1)
        lay_out_columns(self, ask, show)
