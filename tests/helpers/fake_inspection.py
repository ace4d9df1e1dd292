"""An inspection that answers at once, without torch."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from engine.control import RunControl
from engine.inspection.results import (
    InspectedItem,
    LensView,
    Measure,
    Origin,
    Part,
    Picture,
    PlaneChoice,
    PlaneView,
    Probe,
    StepView,
    WeightChange,
    Words,
)
from studio.jobs.inspection import RequestState

SIDE = 8


def made_view(run: Path, images: int = 3_000) -> LensView:
    """Make the view of a run with two items of each origin."""
    numbers = {Origin.REAL: 1.0, Origin.GENERATED: -1.0, Origin.MISMATCHED: -2.0}
    return LensView(
        run=run,
        images_seen=images,
        measure=Measure.LOG_ODDS,
        names=("text", "image", "pair"),
        exchanged="text",
        items=tuple(made_item(origin, number) for origin, number in numbers.items() for _ in "ab"),
    )


def made_item(origin: Origin, number: float) -> InspectedItem:
    """Make a grey picture whose first pixel raises the logits, and whose last lowers them."""
    heat = np.zeros((SIDE, SIDE), np.float32)
    heat[0, 0], heat[-1, -1] = 1, -1
    return InspectedItem(
        origin=origin,
        caption="seven",
        numbers={"text": 0.0, "image": number / 2, "pair": number},
        parts={
            "text": Words(words=("seven", "⏎"), contributions={"pair": np.array([1, -1], "f4")}),
            "image": Picture(
                pixels=np.full((SIDE, SIDE, 3), 127, np.uint8),
                contributions={"image": heat, "pair": -heat},
            ),
        },
    )


def made_plane(run: Path, choice: PlaneChoice, images: int = 3_000) -> PlaneView:
    """Make a plane with two real points and two generated ones."""
    resolved = replace(
        choice,
        column="point",
        x=choice.x or "x",
        y=choice.y or "y",
        head=choice.head or "point",
        given=choice.given or "red",
    )
    ends = np.array([[-1, 1], [1, 1]], np.float32)
    return PlaneView(
        run=run,
        images_seen=images,
        choice=resolved,
        columns={"point": ("x", "y")},
        heads=("point", "pair"),
        captions=("red", "blue"),
        measure=Measure.LOG_ODDS,
        low=(-2.0, -2.0),
        high=(2.0, 2.0),
        logits=np.linspace(-1, 1, 16, dtype=np.float32).reshape(4, 4),
        real=np.array([[0, 1], [1, 0]], np.float32),
        real_captions=("red", "blue"),
        generated=-ends,
        generated_captions=("red", "blue"),
        moved=ends,
    )


def made_step(run: Path, part: Part, number: int, **changes: object) -> StepView:
    """Make a step that moved everything by a little."""
    tiles = np.full((2, SIDE, SIDE, 3), 100, np.uint8)
    probe = Probe(
        real_logits={"pair": 0.5},
        generated_logits={"pair": -0.5},
        losses={"discriminator": 1.25, "generator": 0.75},
        tiles=tiles,
        captions=("one", "two"),
    )
    parts = (Part.DISCRIMINATOR, Part.GENERATOR) if part is Part.WHOLE else (part,)
    step = StepView(
        run=run,
        part=part,
        number=number,
        images_seen=64 * number,
        learning_rate=0.002,
        is_exact=True,
        trains_generator=True,
        has_discriminator=True,
        has_pictures=True,
        measure=Measure.LOG_ODDS,
        losses={"discriminator": 1.5},
        changes={
            one.value: WeightChange(norm=0.125, relative=0.01, gradient_norm=2.5) for one in parts
        },
        before=probe,
        after=replace(probe, losses={"discriminator": 1.2, "generator": 0.8}, tiles=tiles + 9),
        tile_change=np.full((2, SIDE, SIDE, 3), 255, np.uint8),
        max_change=0.0353,
    )
    return replace(step, **changes)  # pyright: ignore[reportArgumentType]


@dataclass
class FakeInspection:
    """Remembers what it is asked, and gives what it is told to."""

    failure: Exception | None = None
    has_plane: bool = True
    view_changes: dict[str, object] = field(default_factory=dict)
    step_changes: dict[str, object] = field(default_factory=dict)
    viewed: list[tuple[Path, bool]] = field(default_factory=list)
    heads: list[tuple[str, ...] | None] = field(default_factory=list)
    """Of each view."""
    """Folder, and whether the run was asked for its state."""
    planes: list[PlaneChoice] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    restarts: int = 0

    def view(
        self,
        run: Path,
        live: RequestState | None,
        control: RunControl,
        heads: tuple[str, ...] | None = None,
    ) -> LensView:
        """Give the view at once."""
        self.viewed.append((run, live is not None))
        self.heads.append(heads)
        if self.failure is not None:
            raise self.failure
        return replace(made_view(run), **self.view_changes)  # pyright: ignore[reportArgumentType]

    def plane(
        self, run: Path, choice: PlaneChoice, live: RequestState | None, control: RunControl
    ) -> PlaneView | None:
        """Give the plane at once, if there is one."""
        self.planes.append(choice)
        if self.failure is not None:
            raise self.failure
        return made_plane(run, choice) if self.has_plane else None

    def step(
        self,
        run: Path,
        part: Part,
        choice: PlaneChoice,
        live: RequestState | None,
        control: RunControl,
    ) -> StepView:
        """Give a step at once."""
        self.parts.append(part)
        if self.failure is not None:
            raise self.failure
        return made_step(run, part, len(self.parts), **self.step_changes)

    def restart(self) -> None:
        """Count."""
        self.restarts += 1
