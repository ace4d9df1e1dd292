"""A tiny run that a test listens to and answers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.control import RunControl
from engine.events import LossesReported, RunEnded
from engine.runs.folder import RunFolder
from engine.train.loop import train
from tests.helpers.tiny import tiny_config, tiny_dataset


class RunStory:
    """Trains, keeps what is told, and lets a test answer.

    Args:
        folder: for dataset and run.
        images: to train on, eight a step.
        values: of the configuration.
    """

    def __init__(self, folder: Path, images: int = 160, **values: Any) -> None:
        if not (folder / "data").exists():
            tiny_dataset(folder / "data")
        config = tiny_config(folder / "data", folder / "run", images=images)
        self.config = config.with_values(**{"reporting__evaluate_every_s": 0.0, **values})
        self.control = RunControl()
        self.events: list[Any] = []

    @property
    def folder(self) -> RunFolder:
        """Where the run began."""
        return RunFolder(self.config.run)

    def tell(self, answer: Callable[[Any], None] | None = None, way: Any = train) -> RunEnded:
        """Train to the end, which is given back."""

        def emit(event: Any) -> None:
            self.events.append(event)
            if answer is not None:
                answer(event)

        way(self.config, emit, self.control)
        return self.events[-1]

    def of(self, kind: type) -> list[Any]:
        """Give the events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]


def images_of(event: Any) -> int:
    """Images seen at a report of losses; -1 for any other event."""
    return event.progress.images_seen if isinstance(event, LossesReported) else -1


def expect_all(problem_log: Any, *texts: str) -> None:
    """Expect warnings with these texts, as often as they came."""
    for text in texts:
        while any(text in line for line in problem_log.unexpected):
            problem_log.expect(text)
