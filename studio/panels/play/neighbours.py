"""The training pictures that are nearest to the chosen item, and how near they are."""

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from engine.events import ImageArray
from engine.metrics.nearest import Neighbours
from studio.errors.wording import explain
from studio.jobs.neighbours import NeighboursJob
from studio.jobs.task import TaskEnded
from studio.models.thumbnails import qimage_of
from studio.theme import SPACING
from studio.widgets.image_view import ImageView
from studio.widgets.labels import fill, plain_label, spaced

_SHOWN = 4
_SIDE = 64
_RARE = 0.99


class NeighboursPane(QWidget):
    """Four training pictures in a row, and a sentence that judges the distance.

    Args:
        job: finds them.
        parent: the owner.
    """

    def __init__(self, job: NeighboursJob, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._job = job
        self._is_asking = False
        self._views = [ImageView() for _number in range(_SHOWN)]
        row = spaced(QHBoxLayout(), SPACING // 2)
        for view in self._views:
            view.setMinimumSize(QSize(_SIDE, _SIDE))
            view.setMaximumSize(QSize(_SIDE, _SIDE))
            view.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            row.addWidget(view)
        row.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self._judgement = plain_label()
        self._facts = plain_label(role="muted")
        layout = spaced(QVBoxLayout(self), SPACING // 2, (0, 0, 0, 0))
        fill(layout, row, self._judgement, self._facts)
        job.ended.connect(self._on_ended)
        self.clear()

    def compare(self, run: Path, image: ImageArray) -> None:
        """Find the training pictures that are nearest to a picture of a run."""
        self._is_asking = True
        if self._views[0].image.isNull():
            self._facts.setText(self.tr("Comparing with the training pictures…"))
        self._job.find(run, image)

    def clear(self) -> None:
        """Stop searching and show nothing."""
        self._is_asking = False
        self._job.forget()
        for view in self._views:
            view.set_image(QImage())
            view.hide()
        self._judgement.clear()
        self._facts.setText(self.tr("Compares the chosen item with the training pictures."))

    @Slot(object)
    def _on_ended(self, event: TaskEnded) -> None:
        if not self._is_asking:
            return
        if isinstance(event.result, Neighbours):
            self._show(event.result)
        elif event.error is not None:
            words = explain(event.error)
            self._judgement.setText(words.happened)
            self._facts.setText(f"{words.why} {words.hint}")

    def _show(self, found: Neighbours) -> None:
        for number, view in enumerate(self._views):
            near = found.pictures[number] if number < len(found.pictures) else None
            view.set_image(qimage_of(near.image) if near else QImage())
            view.setVisible(near is not None)
            text = ""
            if near is not None:
                words = self.tr("{0}, distance {1}")
                text = words.format(near.text, self._number(near.distance))
            view.setAccessibleName(text)
            view.setToolTip(text)
        nearest = found.pictures[0].distance if found.pictures else 0.0
        if found.closer_than >= _RARE:
            judgement = self.tr("Closer to a training picture than 99 of 100 real ones are.")
        else:
            judgement = self.tr("No copy: real pictures are as near to the training pictures.")
        self._judgement.setText(judgement)
        facts = self.tr("Distance {0}; a training picture's is usually {1}.")
        if found.is_validated:
            facts = self.tr("Distance {0}; a held-out picture's is usually {1}.")
        self._facts.setText(facts.format(self._number(nearest), self._number(found.usual)))

    def _number(self, distance: float) -> str:
        return self.locale().toString(distance, "f", 3)
