"""Dialog that says where a generated pair comes from."""

import json

from PySide6.QtCore import QLocale, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from engine.sample.preview_origin import PreviewOrigin
from engine.sample.scene_codec import scene_to_table
from studio.models.preview_timeline import clock_text
from studio.models.tile_files import ChosenTiles
from studio.theme import GAP, MARGIN, SPACING
from studio.widgets.buttons import push_button
from studio.widgets.labels import FactGrid, fill, plain_label, spaced

_WIDTH = 460


class TileOriginDialog(QDialog):
    """Lists run, step, images seen, seed and scene of the first of the chosen tiles."""

    def __init__(self, parent: QWidget, chosen: ChosenTiles) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Origin"))
        self._chosen, self._tile = chosen, chosen.tiles[0]
        self._origin = chosen.origin()
        self.facts = FactGrid("muted")
        self.rows = self._rows()
        """Names and values, as they are shown and copied."""
        self.facts.show_rows(self.rows)
        heading = plain_label(chosen.texts[0] or self.tr("Pair"), role="heading")
        self._note = plain_label(self._note_text(), role="muted")
        copy = push_button(self.tr("Copy"), self.copy, auto_default=False)
        copy.setToolTip(self.tr("Copy these lines as text"))
        self.copy_scene = push_button(
            self.tr("Copy scene"), self._copy_scene, auto_default=False, tip=self._scene_tip()
        )
        self.copy_scene.setEnabled(self._origin is not None)
        close = push_button(self.tr("Close"), self.close)
        close.setDefault(True)
        layout = spaced(QVBoxLayout(self), GAP, (MARGIN, MARGIN, MARGIN, MARGIN))
        buttons = fill(spaced(QHBoxLayout(), SPACING), copy, self.copy_scene, 1, close)
        fill(layout, heading, self.facts, self._note, 1, buttons)
        self.setMinimumWidth(_WIDTH)

    @Slot()
    def copy(self) -> None:
        """Copy the rows as lines of text."""
        lines = (f"{name}: {value}" for name, value in self.rows)
        QGuiApplication.clipboard().setText("\n".join(lines))

    @Slot()
    def _copy_scene(self) -> None:
        if self._origin is not None:
            table = scene_to_table(self._origin.scene(self._tile))
            QGuiApplication.clipboard().setText(json.dumps(table, ensure_ascii=False))

    def _rows(self) -> list[tuple[str, str]]:
        sheet, locale = self._chosen.sheet, QLocale()
        rows = [
            (self.tr("Run"), self._chosen.run.name),
            (self.tr("Images seen"), locale.toString(sheet.images_seen)),
            (self.tr("Training time"), clock_text(sheet.elapsed_s)),
            (self.tr("Tile"), f"{self._tile + 1} / {len(sheet.texts)}"),
            (self.tr("File"), str(self._chosen.path)),
        ]
        if self._origin is None:
            return rows
        return [rows[0], *self._run_rows(self._origin), *rows[1:]]

    def _run_rows(self, origin: PreviewOrigin) -> list[tuple[str, str]]:
        rows = [
            (self.tr("Dataset"), origin.model.dataset),
            (self.tr("Seed"), str(origin.config.seed)),
        ]
        if origin.step:
            rows.append((self.tr("Step"), QLocale().toString(origin.step)))
        return rows

    def _note_text(self) -> str:
        if self._origin is None:
            return self.tr("The settings of the run cannot be read, so its seed is not known.")
        return self.tr(
            "The scene names the noise of this tile; a checkpoint of this run draws a pair from "
            "it. If the run was trained on a GPU, its previews were drawn from other noise."
        )

    def _scene_tip(self) -> str:
        return self.tr("Copy the scene as JSON")
