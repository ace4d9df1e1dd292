"""The same tile of two runs, or of two steps of one, under a movable divider."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from engine.sample.preview_sheet import Sheet
from studio.models.comparison import ShownRun
from studio.models.run_state import count_text
from studio.models.sample_wall import sheet_at
from studio.models.thumbnails import qimage_of
from studio.theme import SPACING
from studio.widgets.buttons import icon_button
from studio.widgets.fields import ChoiceField
from studio.widgets.labels import fill, plain_label, spaced
from studio.widgets.wipe import WipeView


class WipePane(QWidget):
    """Chooses two runs and a tile, and shows both pictures in one place.

    Previews of a seed share their noise and their texts, so a tile is the same sample in each.
    """

    sheets_needed = Signal()
    """Other sheets are needed than before."""
    step_requested = Signal(int)
    """Carries by how many steps the slider is to move."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: tuple[ShownRun, ...] = ()
        self._read: Mapping[Path, Sheet | None] = {}
        self._seen = 0
        self._tile = 0
        self._held: int | None = None
        """Images seen of the left side's step, if it does not follow the slider."""
        self.left, self.right = ChoiceField(), ChoiceField()
        self.left.set_help(self.tr("Run left of the divider"), self.tr("Left"))
        self.right.set_help(self.tr("Run right of the divider"), self.tr("Right"))
        for field in (self.left, self.right):
            field.text_edited.connect(self._on_chosen)
        self.hold = QCheckBox(self.tr("Keep this step"))
        self.hold.setToolTip(
            self.tr("The left side stays at its step while the slider moves the right one: choose "
                "the same run twice to compare two of its steps")
        )  # fmt: skip
        self.hold.toggled.connect(self._on_hold)
        self._swap = icon_button("swap", self.tr("Exchange left and right"))
        self._swap.setAutoRepeat(False)
        self._swap.clicked.connect(self._exchange)
        self.view = WipeView()
        self.view.setAccessibleName(self.tr("Place of the divider in percent"))
        self.view.setToolTip(
            self.tr("Drag the divider, or move it with Shift and Left or Right. Left and Right "
                "show other pairs, Up and Down other steps.")
        )  # fmt: skip
        self.view.step_requested.connect(self._on_step)
        self._texts = (plain_label(), plain_label())
        self._place = plain_label(role="muted")
        self._place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()
        self.setFocusProxy(self.view)

    def show_runs(self, runs: Sequence[ShownRun], images_seen: int) -> None:
        """Set the runs to choose from and the step of the slider."""
        self._runs, self._seen = tuple(runs), images_seen
        choices = [(str(run.folder), run.name) for run in runs]
        known = [key for key, _name in choices]
        for place, field in enumerate((self.left, self.right)):
            chosen = field.text()
            field.set_choices(choices)
            if known and chosen not in known:
                others = [key for key in known if key != self.left.text()] if place else known
                field.set_text((others or known)[0])
        self._show()

    def wanted(self) -> tuple[Path, ...]:
        """Return the sheets of both sides."""
        found = [self._sheet_path(side) for side in (0, 1)]
        return tuple(path for path in found if path is not None)

    def show_sheets(self, read: Mapping[Path, Sheet | None]) -> None:
        """Show sheets that were read."""
        self._read = read
        self._show()

    def show_tile(self, tile: int, folder: Path | None = None) -> None:
        """Show a tile, and a run on the right unless it is on the left already."""
        self._tile = tile
        key = str(folder)
        if folder is not None and key != self.left.text():
            self.right.set_text(key)
        self._on_chosen()

    def _run(self, side: int) -> ShownRun | None:
        key = (self.left, self.right)[side].text()
        return next((run for run in self._runs if str(run.folder) == key), None)

    def _sheet_path(self, side: int) -> Path | None:
        run = self._run(side)
        seen = self._held if side == 0 and self._held is not None else self._seen
        preview = sheet_at(run, seen) if run is not None else None
        return preview[1] if preview else None

    def _sheet(self, side: int) -> Sheet | None:
        path = self._sheet_path(side)
        return self._read.get(path) if path is not None else None

    def _show(self) -> None:
        if any(path not in self._read for path in self.wanted()):
            return  # What is shown stays until they have been read.
        sheets = [self._sheet(side) for side in (0, 1)]
        count = max((len(sheet.texts) for sheet in sheets if sheet is not None), default=0)
        self._tile = max(0, min(self._tile, count - 1))
        images, spoken = [QImage(), QImage()], [""] * 2
        for side, sheet in enumerate(sheets):
            run, text = self._run(side), self.tr("no preview yet")
            if sheet is not None and self._tile < len(sheet.texts):
                images[side] = qimage_of(sheet.images[self._tile])
                seen = self.tr("{0} images").format(count_text(sheet.images_seen))
                text = " · ".join(filter(None, (seen, sheet.texts[self._tile])))
            self._texts[side].setText(text)
            spoken[side] = f"{run.name if run else ''}: {text}"
        self.view.show_images(*images)
        self.view.setAccessibleDescription("; ".join(spoken))
        place = self.tr("Pair {0} of {1}").format(self._tile + 1, count)
        self._place.setText(place if count else "")

    @Slot()
    def _on_chosen(self) -> None:
        self._show()
        self.sheets_needed.emit()

    @Slot(bool)
    def _on_hold(self, is_held: bool) -> None:  # noqa: FBT001 - a Qt slot
        sheet = self._sheet(0)
        self._held = (sheet.images_seen if sheet else self._seen) if is_held else None
        self._on_chosen()

    @Slot()
    def _exchange(self) -> None:
        first, second = self.left.text(), self.right.text()
        self.left.set_text(second)
        self.right.set_text(first)
        self._on_chosen()

    @Slot(int, int)
    def _on_step(self, right: int, up: int) -> None:
        if up:
            self.step_requested.emit(up)
        else:
            self._tile += right
            self._show()

    def _lay_out(self) -> None:
        head, foot = spaced(QHBoxLayout(), SPACING), spaced(QHBoxLayout(), SPACING)
        fill(head, (self.left, 1), self.hold, self._swap, (self.right, 1))
        self._texts[1].setAlignment(Qt.AlignmentFlag.AlignRight)
        fill(foot, (self._texts[0], 1), self._place, (self._texts[1], 1))
        layout = spaced(QVBoxLayout(self), SPACING // 2, (0, 0, 0, 0))
        fill(layout, head, (self.view, 1), foot)
