"""A player without networks: a picture is as light as its scene's truncation says."""

import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engine.control import RequestState, RunControl
from engine.data.facts import ColumnFacts
from engine.errors import EngineError, UnknownWordsError
from engine.sample.play_results import Candidate, Direction, Projection, Reading
from engine.sample.sampler import Samples
from engine.sample.scene import Given, GivenPicture, Noise, Scene
from engine.sample.scene_file import Provenance
from tests.helpers.tiny import WORDS, tiny_facts

SIDE = 8


def shade(scene: Scene) -> int:
    """Give the lightness of a scene's picture."""
    return round(255 * scene.truncation)


@dataclass
class FakePlayer:
    """Takes as long as it is told for each frame."""

    seconds: float = 0.0
    columns: Mapping[str, ColumnFacts] = field(default_factory=lambda: tiny_facts().columns)
    steps: int = 3
    """Steps of a search."""
    may_go_on: threading.Event = field(default_factory=threading.Event)
    """Cleared, a frame is under way until it is set."""
    rendered: list[tuple[Scene, ...]] = field(default_factory=list)
    opened: list[tuple[Path, str, bool]] = field(default_factory=list)
    failure: EngineError | None = None
    """Raised when a run is opened."""
    refreshed: int = 0
    drafts: int = 0
    """Frames that were drawn as drafts."""

    def __post_init__(self) -> None:
        self.may_go_on.set()

    def open(self, folder: Path, checkpoint: str, live: RequestState | None) -> "FakePlayer":
        """Be opened, as ``EngineApi.open_player`` is called."""
        self.opened.append((folder, checkpoint, live is not None))
        if self.failure is not None:
            raise self.failure
        return self

    def render(
        self,
        scenes: Sequence[Scene],
        columns: Collection[str] | None = None,
        *,
        is_draft: bool = False,
    ) -> Samples:
        """Draw flat pictures; the text is what is given, or the first word."""
        if is_draft:
            self.drafts += 1
        time.sleep(self.seconds)
        assert self.may_go_on.wait(30.0)
        self.rendered.append(tuple(scenes))
        texts = tuple(str(scene.given.get("text", WORDS[0])) for scene in scenes)
        unknown = [text for text in texts if text not in WORDS]
        if unknown:
            raise UnknownWordsError(unknown)
        shades = np.array([shade(scene) for scene in scenes], np.uint8)
        pictures = np.broadcast_to(shades[:, None, None, None], (len(scenes), SIDE, SIDE, 3))
        return Samples(columns={"text": texts, "image": np.ascontiguousarray(pictures)})

    def read(self, given: Mapping[str, Given], noise: Noise) -> Mapping[str, Reading]:
        """Read the same in everything."""
        if "text" in given:
            return {}
        candidates = (Candidate(value="dark", probability=0.75),)
        return {"text": Reading(candidates=candidates)}

    def directions(self, *, measures_texts: bool = True) -> Sequence[Direction]:
        """Find two directions."""
        return [
            Direction(number=n, scale=1.0 - n / 2, text_kept=0.5 if measures_texts else None)
            for n in range(2)
        ]

    def project(
        self, picture: GivenPicture, texts: Mapping[str, Given], control: RunControl
    ) -> Iterator[Projection]:
        """Take a few steps."""
        for step in range(1, self.steps + 1):
            time.sleep(self.seconds)
            yield Projection(
                step=step,
                steps=self.steps,
                error=1.0 / step,
                scene=Scene(noise=Noise.from_seed(1_000 + step)),
                picture=np.full((SIDE, SIDE, 3), step, np.uint8),
            )

    def refresh(self) -> bool:
        """Have newer weights each time."""
        self.refreshed += 1
        return True

    @property
    def provenance(self) -> Provenance:
        """Be of a run called one."""
        return Provenance(
            run="one",
            dataset="tiny",
            images_seen=6_400,
            step=800,
            seed=0,
            direction="play",
            config_hash="0" * 16,
            version="0",
        )
