"""Exports a walk as a film: draws its frames, then encodes them in another thread."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Signal, Slot
from PySide6.QtWidgets import QWidget

from engine.control import RunControl
from engine.events import ImageArray, Outcome
from engine.exporting.film import available_formats, write_film
from engine.sample.scene import Scene
from studio.jobs.frame_answers import FilmDrawn, PlayFailed
from studio.jobs.frames import FrameJob
from studio.jobs.task import Task, TaskEnded
from studio.panels.play.walk import FPS, WalkControls
from studio.widgets.folder_dialog import pick_new_file

_SHORTEST_SIDE = 256
"""Small pictures are enlarged by a whole factor to at least this many pixels."""


class FilmExport(QObject):
    """Connects the walk's buttons to what draws and encodes its frames.

    Args:
        walk: the buttons.
        frames: draws the frames.
        encoder: encodes them.
        parent: the panel.
    """

    failed = Signal(object)
    """Carries the error."""

    def __init__(
        self, walk: WalkControls, frames: FrameJob, encoder: Task, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._walk, self._frames, self._encoder, self._panel = walk, frames, encoder, parent
        self._path: Path | None = None
        walk.set_formats([each.value for each in available_formats()])
        walk.export_requested.connect(self._ask_where)
        walk.cancel_requested.connect(self.cancel)
        encoder.ended.connect(self._on_ended)
        frames.answered.connect(self._on_answer)

    @property
    def is_drawing(self) -> bool:
        """Whether frames are drawn or encoded."""
        return self._path is not None

    @Slot()
    def cancel(self) -> None:
        """Stop the export; no file is left."""
        if self._path is not None:
            self._path = None
            self._frames.stop()
            self._encoder.forget()
            self._walk.show_progress(0, 0)
            self._walk.show_note(self.tr("Cancelled; nothing was saved."))

    @Slot(object)
    def _on_answer(self, answer: object) -> None:
        match answer:
            case FilmDrawn():
                self._take(answer)
            case PlayFailed(is_long=True):
                self._end()
            case _:
                pass

    def _take(self, drawn: FilmDrawn) -> None:
        """Encode the frames once all have been drawn."""
        path = self._path
        if path is None:
            return
        # Drawing is about half of the work.
        self._walk.show_progress(drawn.done, 2 * drawn.total)
        if not drawn.frames:
            return
        loops, total = self._walk.loops, drawn.total

        def encode(report: object, control: RunControl) -> Path:
            del report
            write_film(_enlarged(drawn), path, fps=FPS, loops=loops, control=control)
            return path

        self._walk.show_progress(total, 2 * total)
        self._encoder.start(encode)

    def _end(self) -> None:
        self._path = None
        self._walk.show_progress(0, 0)

    @Slot(str)
    def _ask_where(self, suffix: str) -> None:
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        start = Path(folder or Path.home()) / f"walk.{suffix}"
        scenes = list(self._walk.frames)
        pick_new_file(
            self._panel.window(),
            self.tr("Save the walk"),
            start,
            self.tr("Film (*.{0})").format(suffix),
            lambda path: self._begin(path, suffix, scenes),
        )

    def _begin(self, path: Path, suffix: str, scenes: Sequence[Scene]) -> None:
        is_named = path.suffix.lower() == f".{suffix}"
        self._path = path if is_named else path.with_name(f"{path.name}.{suffix}")
        self._walk.show_note("")
        self._walk.show_progress(0, 2 * len(scenes))
        self._frames.draw_film(scenes)

    @Slot(object)
    def _on_ended(self, event: TaskEnded) -> None:
        if self._path is None:
            return
        saved = self._path
        self._end()
        if event.outcome is Outcome.FINISHED:
            self._walk.show_note(self.tr("Saved as {0}").format(str(saved)))
        elif event.error is not None:
            self.failed.emit(event.error)


def _enlarged(drawn: FilmDrawn) -> Iterator[ImageArray]:
    """Yield the frames, small ones enlarged without interpolation."""
    for frame in drawn.frames:
        factor = max(1, -(-_SHORTEST_SIDE // min(frame.shape[:2])))
        yield frame.repeat(factor, axis=0).repeat(factor, axis=1)
