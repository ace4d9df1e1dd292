"""The fourth page: how images are converted."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout

from engine.events import Outcome
from engine.importing.plan import ImportPlan
from studio.errors.wording import explain
from studio.jobs.importing import ImportJobs, ImportReader
from studio.jobs.task import TaskEnded
from studio.models.import_form import ImportForm
from studio.models.thumbnails import image_of
from studio.theme import SPACING
from studio.widgets.card_grid import Card, CardGrid
from studio.widgets.labels import plain_label, spaced
from studio.wizards.importing.page import PreviewPage, SettingFields, lay_out_columns, stacked

if TYPE_CHECKING:
    from engine.importing.preview import BeforeAfter
    from engine.importing.scan import QuickScan

PICTURES = ("images.size", "images.fit", "images.background", "images.channels")
OTHERS = ("validation_percent", "keep_image_only", "keep_text_only")


class ImagesPage(PreviewPage):
    """Shows images before and after conversion."""

    def __init__(self, form: ImportForm, jobs: ImportJobs, reader: ImportReader) -> None:
        super().__init__(form, jobs, reader, jobs.pictures)
        self.fields = SettingFields(form, PICTURES, self)
        self.others = SettingFields(form, OTHERS, self)
        self.fields.edited.connect(self.update_preview)
        self.others.edited.connect(self.changed)
        self.others.edited.connect(self.edited)
        self._headline = plain_label(role="heading")
        self.board = CardGrid(is_double=True)
        self._lay_out()
        jobs.pictures.ended.connect(self._on_pictures)

    def title(self) -> str:
        """Return the title of the page."""
        return self.tr("Images")

    def explanation(self) -> str:
        """Return the explanation of the page."""
        return self.tr(
            "All images are stored as squares of the same size. Preview the result here."
        )

    def refusal(self) -> str:
        """Return the first invalid field."""
        return self.fields.problem() or self.others.problem()

    def enter(self) -> None:
        """Update the fields and the preview."""
        self.fields.refresh()
        self.others.refresh()
        super().enter()

    @Slot()
    def update_preview(self) -> None:
        """Dim the outdated preview and request a new one."""
        if not self.fields.problem():
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
            shown: tuple[BeforeAfter, ...] = event.result
            self.board.show_cards([self._card(one) for one in shown])
            self.board.set_dimmed(is_dimmed=False)
            self._headline.setText(
                self.tr("Before and after") if shown else self.tr("No image could be read.")
            )
        elif event.outcome is Outcome.FAILED:
            words = explain(event.error or RuntimeError("The scan failed and gave no reason"))
            self._headline.setText(f"{words.happened} {words.why}")
        self.changed.emit()

    def _card(self, one: "BeforeAfter") -> Card:
        side = one.after.shape[0]
        sizes = self.tr("{0} × {1}  →  {2} × {2} px").format(one.width, one.height, side)
        is_enlarged = max(one.width, one.height) < side
        return Card(
            pictures=(image_of(one.before), image_of(one.after)),
            text=sizes,
            problem=self.tr("Smaller than the size to store") if is_enlarged else "",
            tip=one.key,
        )

    def _lay_out(self) -> None:
        ask = stacked(self.fields.rows(), None, self.others.rows())
        show = spaced(QVBoxLayout(), SPACING)
        show.addWidget(self._headline)
        show.addWidget(self.board, stretch=1)
        lay_out_columns(self, ask, show)
