"""Draws what a trained generator makes of scenes, in one thread for as long as a panel is shown.

Requests wait in a box with one place for each kind: the request under way is finished, then the
newest is taken. Dropped requests are never answered, the last one always is, and an answer is
never older than the one before.
"""

import itertools
import logging
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from engine.control import RequestState, RunControl
from engine.data.facts import ColumnFacts, TextFacts
from engine.errors import EngineError
from engine.events import Outcome
from engine.runs.folder import RunFolder
from engine.sample.completion import suggestions
from engine.sample.play_results import Direction, Projection, Reading
from engine.sample.scene import Given, GivenPicture, Noise, Scene
from engine.sample.scene_file import Provenance
from studio.jobs.frame_answers import (
    DirectionsFound,
    FilmDrawn,
    Frame,
    PictureProjected,
    PictureSaved,
    PlayEnded,
    PlayerOpened,
    PlayFailed,
    ProjectionEnded,
    ReadingsMade,
    SnapshotTaken,
    WordsSuggested,
    frame_of,
    save_frame,
    take_file,
    take_image,
)
from studio.jobs.thread import JobThread

_PATIENCE_MS = 20_000
_FILM_CHUNK = 8
"""Frames of a film that are drawn before other requests are looked for."""
_log = logging.getLogger(__name__)


class PlaySource(Protocol):
    """A run's generator as ``engine.sample.play_source`` opens it; one thread uses it."""

    @property
    def columns(self) -> Mapping[str, ColumnFacts]:
        """Facts by column, in the order of generation."""
        ...

    def render(
        self,
        scenes: Sequence[Scene],
        columns: Collection[str] | None = None,
        *,
        is_draft: bool = False,
    ) -> Any:
        """Return ``Samples`` of the scenes."""
        ...

    def read(self, given: Mapping[str, Given], noise: Noise) -> Mapping[str, Reading]:
        """Return, by column, what the given columns say."""
        ...

    def directions(self, *, measures_texts: bool = True) -> Sequence[Direction]:
        """Return the directions of the noise, the strongest first."""
        ...

    def project(
        self, picture: GivenPicture, texts: Mapping[str, Given], control: RunControl
    ) -> Iterator[Projection]:
        """Search the noise of a picture, step by step."""
        ...

    def refresh(self) -> bool:
        """Take the newest weights of a live run; returns whether they are newer."""
        ...

    @property
    def provenance(self) -> Provenance:
        """Origin of what is rendered."""
        ...


OpenPlayer = Callable[[Path, str, RequestState | None], PlaySource]
"""From folder of the run, checkpoint (``newest`` or the name of a metric or a folder), and how to
ask a run that trains in this process for its weights; None for any other."""


@dataclass(frozen=True, kw_only=True)
class PlayedRun:
    """What is played with."""

    folder: Path
    checkpoint: str = "newest"
    is_live: bool = False


@dataclass(frozen=True, kw_only=True)
class _Draw:
    number: int
    target: str
    scenes: tuple[Scene, ...]
    columns: tuple[str, ...] | None
    is_draft: bool


@dataclass(frozen=True, kw_only=True)
class _Read:
    number: int
    given: Mapping[str, Given]
    noise: Noise


@dataclass(frozen=True, kw_only=True)
class _Take:
    path: Path
    column: str


@dataclass(frozen=True, kw_only=True)
class _TakeImage:
    image: QImage


@dataclass(frozen=True, kw_only=True)
class _Save:
    scene: Scene
    path: Path


@dataclass(frozen=True, kw_only=True)
class _Project:
    picture: GivenPicture
    texts: Mapping[str, Given]


@dataclass(frozen=True, kw_only=True)
class _Film:
    scenes: tuple[Scene, ...]


@dataclass(frozen=True, kw_only=True)
class _Stop:
    """Ends a search or a film."""


@dataclass(frozen=True, kw_only=True)
class _Suggest:
    facts: TextFacts
    text: str


@dataclass(frozen=True, kw_only=True)
class _FindDirections:
    measures_texts: bool


@dataclass(frozen=True, kw_only=True)
class _Refresh:
    pass


_ORDER = (
    "words",
    "board",
    "walk",
    "stop",
    "take",
    "read",
    "save",
    "refresh",
    "plane",
    "strips",
    "keys",
    "favourites",
    # Measuring them takes longer than drawing them.
    "directions",
)
"""Places of the box that come first; others follow in the order of their first request."""


class _Box:
    """One place for each kind of request; a newer request replaces the one that waits there."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._requests: dict[str, object] = {}
        self._is_open = True

    def put(self, place: str, request: object) -> None:
        with self._changed:
            self._requests[place] = request
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._is_open = False
            self._changed.notify_all()

    @property
    def is_open(self) -> bool:
        return self._is_open

    def take(self, *, waits: bool) -> object | None:
        """Return the request that comes first; None if there is none, or the box is closed."""
        with self._changed:
            while waits and self._is_open and not self._requests:
                self._changed.wait()
            if not (self._is_open and self._requests):
                return None
            first = next((place for place in _ORDER if place in self._requests), None)
            return self._requests.pop(first or next(iter(self._requests)))


class FrameJob(QObject):
    """Answers requests of one panel with one player, from ``open`` to ``close``.

    Args:
        open_player: opens a run in the job's thread; imports the engine on first use.
        request_state: asks the run that trains in this process.
        parent: the owner.
    """

    frame_drawn = Signal(object)
    """Carries a ``Frame``; of each target, never an older one after a newer one."""
    answered = Signal(object)
    """Carries any other class of ``studio.jobs.frame_answers``."""

    def __init__(
        self,
        open_player: OpenPlayer,
        request_state: RequestState,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._open_player, self._request_state = open_player, request_state
        self._numbers = itertools.count(1)
        self._shown: dict[str, int] = {}
        """Number of the newest frame of each target."""
        self._run: PlayedRun | None = None
        self._box = _Box()
        self._served: _Box | None = None
        """The box of the thread that runs."""
        self._thread = JobThread(PlayEnded, self, coalesced=(PictureProjected,), pause_ms=0)
        self._thread.event_emitted.connect(self._on_event)

    @property
    def run(self) -> PlayedRun | None:
        """The run that is open or being opened."""
        return self._run

    def open(self, run: PlayedRun) -> None:
        """Open a run; ``PlayerOpened`` or ``PlayFailed`` follows. Another one is closed first."""
        self._box.close()
        self._run, self._box = run, _Box()
        if not self._thread.is_running:
            self._start()

    def close(self) -> None:
        """Release the player and its memory."""
        self._run = None
        self._box.close()

    def shut_down(self) -> None:
        """Close and wait for the thread, when quitting."""
        self.close()
        self._thread.wait(_PATIENCE_MS)

    def draw(
        self,
        target: str,
        scenes: Sequence[Scene],
        columns: Sequence[str] | None = None,
        *,
        is_draft: bool = False,
    ) -> int:
        """Draw scenes; ``frame_drawn`` follows unless a newer request for the target comes first.

        Args:
            target: names what the frame is for; each target has its own place.
            scenes: at least one.
            columns: to decode, by default all.
            is_draft: draw faster, for a frame that another one follows at once.

        Returns:
            The number of the request and of its frame; numbers increase.
        """
        number = next(self._numbers)
        chosen = None if columns is None else tuple(columns)
        request = _Draw(
            number=number, target=target, scenes=tuple(scenes), columns=chosen, is_draft=is_draft
        )
        self._box.put(target, request)
        return number

    def suggest(self, facts: TextFacts, text: str) -> None:
        """Look for words that a run does not know; ``WordsSuggested`` follows for the newest text.

        Large vocabularies take longer to search than a window may stand still.
        """
        self._box.put("words", _Suggest(facts=facts, text=text))

    def read(self, given: Mapping[str, Given], noise: Noise) -> int:
        """Read the given columns; ``ReadingsMade`` follows. Returns the number of the request."""
        number = next(self._numbers)
        self._box.put("read", _Read(number=number, given=dict(given), noise=noise))
        return number

    def find_directions(self, *, measures_texts: bool = False) -> None:
        """Find the directions of the noise; ``DirectionsFound`` follows.

        Args:
            measures_texts: also measure how often texts stay, which takes about a second.
        """
        self._box.put("directions", _FindDirections(measures_texts=measures_texts))

    def take(self, path: Path, column: str = "") -> None:
        """Read a file: ``SceneTaken`` follows if it holds a scene, else ``GivenTaken``.

        Args:
            path: of a picture or a sound.
            column: that is given; the first of the file's kind if it is empty.
        """
        self._box.put("take", _Take(path=path, column=column))

    def take_image(self, image: QImage) -> None:
        """Give a picture, as the clipboard holds it; ``GivenTaken`` follows."""
        self._box.put("take", _TakeImage(image=image))

    def save(self, scene: Scene, path: Path) -> None:
        """Save the picture of a scene with its scene; ``PictureSaved`` follows."""
        self._box.put("save", _Save(scene=scene, path=path))

    def project(self, picture: GivenPicture, texts: Mapping[str, Given]) -> None:
        """Search a picture's noise; ``PictureProjected`` follows repeatedly until it ends."""
        self._box.put("long", _Project(picture=picture, texts=dict(texts)))

    def draw_film(self, scenes: Sequence[Scene]) -> None:
        """Draw the frames of a film; ``FilmDrawn`` follows. Other requests are answered between."""
        self._box.put("long", _Film(scenes=tuple(scenes)))

    def stop(self) -> None:
        """Stop the search or the film that is under way."""
        self._box.put("stop", _Stop())

    def refresh(self) -> None:
        """Take the newest weights of a live run; ``SnapshotTaken`` follows if there are some."""
        self._box.put("refresh", _Refresh())

    def _start(self) -> None:
        run, box = self._run, self._box
        if run is None or not box.is_open:
            return
        self._served, live = box, self._request_state if run.is_live else None
        self._thread.start(
            lambda tell: _serve(
                lambda: self._open_player(run.folder, run.checkpoint, live), run, box, tell
            ),
            ending=lambda error: PlayEnded(outcome=Outcome.FAILED, error=error),
            name="play",
        )

    @Slot(object)
    def _on_event(self, event: object) -> None:
        is_current = self._served is self._box
        if isinstance(event, PlayEnded):
            self._served = None
            if is_current:
                self.answered.emit(event)
            else:
                self._start()
        elif not (is_current and self._box.is_open):
            return
        elif not isinstance(event, Frame):
            self.answered.emit(event)
        elif event.number > self._shown.get(event.target, 0):
            self._shown[event.target] = event.number
            self.frame_drawn.emit(event)


Tell = Callable[[object], None]


def _serve(open_: Callable[[], PlaySource], run: PlayedRun, box: _Box, tell: Tell) -> None:
    """Answer the requests of a box until it is closed; runs in the job's thread."""
    try:
        source = open_()
        size = RunFolder(run.folder).read_config().networks.image_size
    except (EngineError, OSError) as error:
        _log.info("%s cannot be played with: %s", run.folder, error)
        tell(PlayEnded(outcome=Outcome.FAILED, error=error))
        return
    tell(PlayerOpened(run=run, columns=dict(source.columns), image_size=size))
    long: Iterator[object] | None = None
    while box.is_open:
        request = box.take(waits=long is None)
        try:
            if request is None:
                long = _advance(long, tell)
            elif isinstance(request, _Stop):
                long = None
                tell(ProjectionEnded(is_stopped=True))
            elif isinstance(request, _Project | _Film):
                long = _steps(source, request)
            else:
                _answer(source, run, request, tell)
        except (EngineError, OSError) as error:
            _log.info("%s: %s", type(error).__name__, error)
            tell(PlayFailed(error=error, is_long=request is None))
            long = None if request is None else long
    tell(PlayEnded(outcome=Outcome.FINISHED))


def _advance(long: Iterator[object] | None, tell: Tell) -> Iterator[object] | None:
    """Take the next step of a search or a film; returns None if that was the last."""
    step = next(long, None) if long is not None else None
    if step is not None:
        tell(step)
        return long
    if long is not None:
        tell(ProjectionEnded())
    return None


def _answer(source: PlaySource, run: PlayedRun, request: object, tell: Tell) -> None:
    match request:
        case _Draw():
            tell(
                frame_of(
                    lambda: source.render(
                        request.scenes, request.columns, is_draft=request.is_draft
                    ),
                    number=request.number,
                    target=request.target,
                    scenes=request.scenes,
                )
            )
        case _Suggest():
            completion = suggestions(request.facts, request.text)
            tell(WordsSuggested(text=request.text, completion=completion))
        case _Read():
            columns = source.read(request.given, request.noise)
            tell(ReadingsMade(number=request.number, columns=columns))
        case _TakeImage():
            tell(take_image(request.image, source.columns, run.folder))
        case _FindDirections():
            found = tuple(source.directions(measures_texts=request.measures_texts))
            tell(DirectionsFound(directions=found))
        case _Take():
            tell(take_file(request.path, request.column, source.columns, run.folder))
        case _:
            _answer_rarely(source, run, request, tell)


def _answer_rarely(source: PlaySource, run: PlayedRun, request: object, tell: Tell) -> None:
    match request:
        case _Save():
            frame = frame_of(
                lambda: source.render([request.scene]),
                number=0,
                target="file",
                scenes=(request.scene,),
            )
            save_frame(frame, request.path, source.provenance, run.checkpoint)
            tell(PictureSaved(path=request.path))
        case _Refresh():
            if source.refresh():
                tell(SnapshotTaken())
        case _:
            raise TypeError(f"unknown request: {request}")


def _steps(source: PlaySource, request: _Project | _Film) -> Iterator[object]:
    """Work on a long request, with a pause for others at each ``yield``."""
    match request:
        case _Project():
            for step in source.project(request.picture, request.texts, RunControl()):
                yield PictureProjected(projection=step)
        case _Film():
            drawn: list[Any] = []
            for start in range(0, len(request.scenes), _FILM_CHUNK):
                part = request.scenes[start : start + _FILM_CHUNK]
                frame = frame_of(
                    lambda part=part: source.render(part), number=0, target="film", scenes=part
                )
                drawn.extend(frame.pictures)
                yield FilmDrawn(
                    frames=tuple(drawn) if len(drawn) == len(request.scenes) else (),
                    done=len(drawn),
                    total=len(request.scenes),
                )
