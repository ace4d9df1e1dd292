"""Play panel: type, drag and draw, and see at once what a run makes of it."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QImage, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.data.column_info import AUDIO, IMAGE
from engine.data.facts import TextFacts
from engine.events import ImageArray
from engine.sample.scene import Scene
from studio.errors.wording import explain
from studio.jobs.frame_answers import (
    DirectionsFound,
    Frame,
    GivenTaken,
    PictureSaved,
    PlayerOpened,
    PlayFailed,
    ReadingsMade,
    SceneTaken,
    SnapshotTaken,
    WordsSuggested,
)
from studio.jobs.frames import FrameJob, PlayedRun
from studio.jobs.neighbours import NeighboursJob
from studio.jobs.preview_player import PreviewPlayer
from studio.jobs.task import Task
from studio.models.column_text import column_label
from studio.models.gallery_columns import kind_of_file
from studio.models.play_notes import PlayNotes
from studio.models.play_view import PlayState, PlayView
from studio.models.thumbnails import qimage_of
from studio.panels.play.board import Board, BoardMarks
from studio.panels.play.edits import Edits
from studio.panels.play.feed import BoardFeed, TilesDrawn
from studio.panels.play.film import FilmExport
from studio.panels.play.noise import BoardBar
from studio.panels.play.notes import NotesKeeper
from studio.panels.play.origin import SceneOrigin
from studio.panels.play.picture_search import SearchRun
from studio.panels.play.prompt import PromptBox
from studio.panels.play.session import PlaySession
from studio.panels.play.side import PlaySide
from studio.panels.play.side_pictures import SidePictures
from studio.panels.play.tile_actions import TileActions
from studio.panels.play.tile_sounds import TileSounds
from studio.panels.play.top import PlayTop
from studio.theme import MARGIN, SPACING
from studio.widgets.drop_zone import dropped_path
from studio.widgets.icons import icon
from studio.widgets.labels import EmptyState, fill, spaced


class PlayPanel(QWidget):
    """Plays with one run: the one that trains, or any that is opened.

    Args:
        frames: draws what is shown.
        neighbours: finds training pictures.
        player: plays sounds.
        encoder: encodes films.
        parent: the owner.
    """

    def __init__(
        self,
        frames: FrameJob,
        neighbours: NeighboursJob,
        player: PreviewPlayer,
        encoder: Task,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._frames = frames
        self.view = PlayView(parent=self)
        self._error = ""
        self._state = self.view.state
        """That the controls show."""
        self._facts: TextFacts | None = None
        """Of the column of the prompt box."""
        self._drawn: dict[int, tuple[Frame, int]] = {}
        """By tile, the frame that drew it and its place there."""
        self._sounds = TileSounds(player, self._drawn, self)
        self.session = PlaySession(frames, self)
        self.board, self.bar, self.prompt = Board(), BoardBar(), PromptBox()
        self.side = PlaySide(neighbours)
        self.edits, self.notes = Edits(self.view, self), NotesKeeper(self)
        self.film = FilmExport(self.side.walk, frames, encoder, self)
        self.search = SearchRun(self.side.search, frames, self.view, self.edits, self)
        self.actions_ = TileActions(self, self.view, self.board, self.edits, self.notes, frames)
        self.feed = BoardFeed(
            lambda scenes, is_draft: frames.draw("board", scenes, is_draft=is_draft), self
        )
        self._pictures = SidePictures(
            frames.draw,
            pad=self.side.noise.pad,
            directions=self.side.directions,
            keys=self.side.walk.strip,
            favourites=self.side.favourites,
            parent=self,
        )
        self._stack, self._empty = QStackedWidget(), EmptyState("play", "")
        self.origin = SceneOrigin()
        self.setWindowTitle(self.tr("Play"))
        self.setWindowIcon(icon("play"))
        self._lay_out()
        self._connect_board()
        self._connect_side()
        self.session.run_changed.connect(self.origin.forget)
        self.session.run_changed.connect(self._forget)
        self.session.opened.connect(self._on_opened)
        self.session.failed.connect(self._on_not_opened)
        self.session.left.connect(self.side.walk.stop)
        frames.frame_drawn.connect(self._on_frame)
        frames.answered.connect(self._on_answer)
        frames.answered.connect(self.origin.take)
        self._sounds.changed.connect(self._show_marks)
        self._sounds.refused.connect(self.prompt.say)
        self.side.given.sound_requested.connect(self._sounds.toggle_given)
        self.setAcceptDrops(True)
        self._show_controls(self.view.state)
        self._show_page()

    # What the window asks for.

    @property
    def can_play(self) -> bool:
        """Whether there is a run to play with."""
        return self.session.run is not None

    def show_run(self, folder: Path, *, is_live: bool = False) -> None:
        """Play with the newest weights of a run; it is opened once the panel is seen.

        Args:
            folder: of the run.
            is_live: whether it trains in this process, and its weights are to be followed.
        """
        self.session.show(PlayedRun(folder=folder, is_live=is_live))
        self._show_page()

    def play(self, folder: Path, checkpoint: str = "newest") -> None:
        """Play with a checkpoint of a run: ``newest``, the name of a metric, or of a folder."""
        self.session.show(PlayedRun(folder=folder, checkpoint=checkpoint))
        self._show_page()

    def play_scene(self, scene: Scene) -> None:
        """Show a scene on the chosen tile, once the run has been opened."""
        self.session.when_open(lambda: self._show_scene(scene))

    def take(self, path: Path, column: str = "") -> None:
        """Give a picture or a sound, or bring back the scene of a picture that Play saved."""
        self.session.when_open(lambda: self._frames.take(path, column))

    def set_training(self, *, is_training: bool) -> None:
        """Set whether a run trains in this process: a drag then leaves the processor to it."""
        self.edits.throttle.set_training(is_training=is_training)
        self.feed.set_training(is_training=is_training)

    def shut_down(self) -> None:
        """End all threads, when quitting."""
        self.side.walk.stop()
        self.film.cancel()
        self.session.shut_down()
        self.notes.shut_down()

    # Building.

    def _lay_out(self) -> None:
        top = PlayTop(self.prompt, self.bar, self.view.history, self.actions_)
        main = fill(spaced(QVBoxLayout(), SPACING // 2, (0, 0, 0, 0)), top, (self.board, 1))
        content = QWidget()
        row = spaced(QHBoxLayout(content), MARGIN, (0, 0, 0, 0))
        fill(row, (main, 1), self.side.scrolled())
        self._stack.addWidget(self._empty)
        self._stack.addWidget(content)
        layout = spaced(QVBoxLayout(self), SPACING, (MARGIN, SPACING, SPACING, MARGIN))
        fill(layout, self.origin, (self._stack, 1))
        self.setFocusProxy(self.prompt)

    def _connect_board(self) -> None:
        board, edits, bar = self.board, self.edits, self.bar
        self.view.changed.connect(self._show_state)
        self.feed.tiles_drawn.connect(self._on_tiles)
        self.feed.rested.connect(self._on_rested)
        self.prompt.text_edited.connect(self._on_typed)
        edits.drag_changed.connect(self._on_drag)
        board.tile_chosen.connect(edits.choose)
        board.sound_requested.connect(self._sounds.toggle)
        board.lock_requested.connect(edits.toggle_lock)
        board.drag_began.connect(edits.begin_drag)
        board.drag_moved.connect(edits.drag_board)
        board.drag_ended.connect(edits.end_drag)
        board.nudge_requested.connect(edits.nudge)
        bar.roll_requested.connect(edits.roll)
        bar.count_chosen.connect(edits.set_count)
        self.actions_.file_chosen.connect(lambda pair: self.take(*pair))
        self.actions_.section_needed.connect(self._open_section)

    def _connect_side(self) -> None:
        side, edits, walk = self.side, self.edits, self.side.walk
        side.connect_edits(edits)
        side.given.file_requested.connect(self.actions_.ask_file)
        side.directions.note_changed.connect(self.notes.set_direction)
        self.notes.changed.connect(self._show_notes)
        self.notes.failed.connect(self._show_error)
        side.favourites.opened.connect(
            lambda place: edits.show_scene(self.notes.notes.favourites[place])
        )
        side.favourites.remove_requested.connect(self.notes.remove_favourite)
        walk.add_requested.connect(self.actions_.add_key)
        walk.frame_wanted.connect(lambda scene: self._frames.draw("walk", [scene]))
        walk.stopped.connect(self.board.leave_stage)
        self.film.failed.connect(self._show_error)
        side.search.walk_requested.connect(self.actions_.add_key)
        for section in side.sections.values():
            section.toggled.connect(lambda _is_open: self._on_rested())
        side.sections["directions"].toggled.connect(self._measure_directions)

    # The run.

    @Slot(object)
    def _forget(self, folder: Path | None) -> None:
        """Begin with another run."""
        self.side.walk.stop()
        self.film.cancel()
        self.feed.stop()
        self.board.clear()
        self._pictures.clear()
        self.side.directions.forget()
        self.side.reading.forget()
        self.side.neighbours.clear()
        self._drawn.clear()
        self.edits.prompted, self._facts, self._error = "", None, ""
        self.prompt.say("")
        self.prompt.set_text("")
        self.view.reset()
        if folder is not None:
            self.notes.open(folder)

    @Slot(object)
    def _on_opened(self, opened: PlayerOpened) -> None:
        columns = opened.columns
        texts = [name for name, facts in columns.items() if isinstance(facts, TextFacts)]
        prompted = self.edits.prompted = next(iter(texts), "")
        facts = columns.get(prompted)
        self._facts = facts if isinstance(facts, TextFacts) else None
        self.prompt.set_facts(self._facts)
        self.prompt.setVisible(bool(prompted))
        self.side.given.set_columns(columns, opened.image_size, prompted=prompted)
        kinds = [facts.kind for facts in columns.values()]
        self.side.set_kinds(
            has_pictures=IMAGE in kinds,
            are_comparable=kinds.count(IMAGE) == 1 and AUDIO not in kinds,
        )
        if AUDIO in kinds:
            self._sounds.find_out()
        self._error = ""
        self.prompt.say("")
        self._show_page()
        # What was typed while the run was opened counts.
        typed = self.prompt.text
        self._pictures.forget()
        self._show_controls(self.view.state)
        self._show_state(self.view.state)
        if typed and typed != self.prompt.text:
            self.prompt.set_text(typed)
            self._on_typed(typed)
        if not self.side.directions.shown:
            self._frames.find_directions()
        self._measure_directions()

    @Slot(object)
    def _on_not_opened(self, error: Exception) -> None:
        self._show_error(error)
        self._show_page()

    @Slot(str)
    def _on_typed(self, text: str) -> None:
        if self._facts is not None:
            self._frames.suggest(self._facts, text)

    @Slot()
    def _measure_directions(self) -> None:
        """Measure how often texts stay, once this is to be seen."""
        is_measured = any(one.text_kept is not None for one in self.side.directions.shown)
        if self.session.is_open and self.side.sections["directions"].is_open and not is_measured:
            self._frames.find_directions(measures_texts=True)

    def _show_page(self) -> None:
        """Show the board, or why there is none; one may type while the run is being opened."""
        run, has_pictures = self.session.run, not self.board.picture(0).isNull()
        is_expected = run is not None and not self._error
        self._stack.setCurrentIndex(1 if is_expected or has_pictures else 0)
        text = self.tr("Open or start a run: then type a text, drag or draw here.")
        self._empty.set_text(self._error or text)
        if run is not None and is_expected and not self.session.is_open:
            self.prompt.say(self.tr("Opening {0}…").format(run.folder.name))

    # Answers.

    @Slot(object)
    def _on_frame(self, frame: Frame) -> None:
        if frame.target == "board":
            self.feed.take(frame)
        elif frame.target == "walk":
            if self.side.walk.is_playing or frame.scenes[0].towards is not None:
                self.board.show_stage(qimage_of(frame.tiles[0]), frame.captions[0])
        else:
            self._pictures.take(frame)

    @Slot(object)
    def _on_tiles(self, drawn: TilesDrawn) -> None:
        frame = drawn.frame
        self.board.show_tiles(
            {
                # Qt paints pixels of 32 bits in half of the time.
                tile: (
                    qimage_of(frame.tiles[place]).convertToFormat(QImage.Format.Format_RGB32),
                    frame.captions[place],
                )
                for place, tile in enumerate(drawn.tiles)
            }
        )
        for place, tile in enumerate(drawn.tiles):
            self._drawn[tile] = (frame, place)
        self._show_marks()
        chosen = self.view.state.chosen
        if chosen in drawn.tiles:
            self.side.given.show_cells(frame.cells, drawn.tiles.index(chosen))

    @Slot(object)
    def _on_answer(self, answer: object) -> None:
        match answer:
            case ReadingsMade():
                self._show_readings(answer)
            case GivenTaken():
                self.edits.give(answer.column, answer.value)
                self._open_section("given")
            case SceneTaken():
                self._show_scene(answer.saved.scene)
            case PictureSaved():
                self.prompt.say(self.tr("Saved as {0}").format(str(answer.path)))
            case SnapshotTaken():
                self.feed.show(self.view.state)
            case PlayFailed():
                self._show_error(answer.error)
            case _:
                self._on_long_answer(answer)

    def _on_long_answer(self, answer: object) -> None:
        match answer:
            case WordsSuggested(text=text, completion=found):
                if text == self.prompt.text:
                    self.prompt.show_completion(text, found)
                    self.edits.type_text(text, found)
            case DirectionsFound():
                self.side.directions.show_found(answer.directions, self.notes.notes.directions)
                self.side.directions.show_state(self.view.state)
                self._on_rested()
            case _:
                pass

    def _show_scene(self, scene: Scene) -> None:
        if scene.towards is None:
            self.edits.show_scene(scene)
        else:
            self.edits.set_keys((replace(scene, towards=None, place=0.0), scene.towards))
            self._frames.draw("walk", [scene])

    @Slot(object)
    def _show_error(self, error: Exception) -> None:
        words = explain(error)
        self._error = " ".join(filter(None, (words.happened, words.why, words.hint)))
        self.prompt.say(self._error)

    # The state.

    @Slot(object)
    def _show_state(self, state: PlayState) -> None:
        if replace(self._state, pad=state.pad) != state:
            self._show_controls(state)
        else:
            # A drag: nothing else has changed.
            self._state = state
            self.side.noise.show_state(state)
        if not self.side.walk.is_playing:
            self.board.leave_stage()
        if self.session.is_open:
            self._error = ""
            self.prompt.say("")
            self.feed.show(state, is_coarse=self.edits.is_dragging)
            self._read(state)

    def _show_controls(self, state: PlayState) -> None:
        self._state = state
        self.board.set_count(len(state.tiles))
        self.bar.show_state(state)
        self.side.noise.show_state(state)
        self.side.directions.show_state(state)
        self.side.given.show_given(state.given)
        self.side.walk.show_keys(state.keys)
        if self.session.is_open:
            self.prompt.set_text(state.typed.get(self.edits.prompted, ""))
        own = state.given_picture
        self.side.search.show_picture(QImage.fromData(own.png) if own else QImage())
        self._show_marks()
        if not state.given:
            self.side.reading.show_readings({}, {})

    @Slot()
    def _on_drag(self) -> None:
        self.session.is_busy = self.edits.is_dragging
        if self.edits.is_dragging:
            self.side.walk.stop()
            self.board.leave_stage()
        elif self.session.is_open:
            self.feed.show(self.view.state)
            self._read(self.view.state)

    @Slot(str)
    def _open_section(self, name: str) -> None:
        self.side.sections[name].set_open(is_open=True)

    def _read(self, state: PlayState) -> None:
        if state.given and not self.edits.is_dragging:
            self._frames.read(state.given, state.noise(state.chosen))

    def _show_readings(self, made: ReadingsMade) -> None:
        columns = self.session.player.columns if self.session.player else {}
        labels = {name: column_label(name, facts.kind) for name, facts in columns.items()}
        self.side.reading.show_readings(made.columns if self.view.state.given else {}, labels)

    @Slot()
    def _show_marks(self) -> None:
        state = self.view.state
        self.board.set_marks(
            BoardMarks(
                chosen=state.chosen,
                locked=frozenset(n for n, tile in enumerate(state.tiles) if tile.is_locked),
                has_sounds=self._sounds.has_sounds,
                playing=self._sounds.playing(len(state.tiles)),
                sound_problem=self._sounds.problem,
            )
        )

    @Slot()
    def _on_rested(self) -> None:
        if not self.session.is_open or self.edits.is_dragging:
            return
        state = self.view.state
        self._pictures.update(state, self.notes.notes.favourites)
        self.side.walk.show_usual(tuple(state.scene(tile) for tile in range(len(state.tiles))))
        self._compare()

    def _compare(self) -> None:
        picture = self._tile_pixels(self.view.state.chosen)
        folder = self.session.folder
        if folder is not None and picture is not None and self.side.neighbours.isVisible():
            self.side.neighbours.compare(folder, picture)

    def _tile_pixels(self, tile: int) -> ImageArray | None:
        found = self._drawn.get(tile)
        return None if found is None else found[0].pictures[found[1]]

    @Slot(object)
    def _show_notes(self, notes: PlayNotes) -> None:
        self.side.show_favourites(len(notes.favourites))
        self.side.directions.set_notes(notes.directions)
        self._on_rested()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept a picture or a sound; the window imports everything else."""
        path = dropped_path(event.mimeData())
        is_media = path is not None and path.is_file() and kind_of_file(path) in (IMAGE, AUDIO)
        event.setAccepted(is_media and self.can_play)

    def dropEvent(self, event: QDropEvent) -> None:
        """Give the picture or the sound, or bring back its scene."""
        path = dropped_path(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.take(path)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Open the run: the panel is seen."""
        super().paintEvent(event)
        self.session.see()

    def hideEvent(self, event: QHideEvent) -> None:
        """Pause: nothing is drawn while the panel is hidden."""
        super().hideEvent(event)
        self.session.leave()
