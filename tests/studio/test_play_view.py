"""The state of Play: what its tiles draw, and a history that merges drags."""

import itertools
import math
from dataclasses import replace

import pytest

from engine.sample.scene import Noise, Scene, SeedNoise
from studio.models.play_view import (
    HISTORY,
    USUAL_COUNT,
    PlayView,
    moved,
    walk_scenes,
)


@pytest.fixture
def view() -> PlayView:
    seeds = itertools.count(1)
    return PlayView(lambda: next(seeds))


def weights(noise: Noise) -> dict[SeedNoise, float]:
    return {source: weight for source, weight in noise.parts if isinstance(source, SeedNoise)}


@pytest.mark.parametrize(("x", "y"), [(0.3, 0.0), (0.0, -0.8), (0.6, 0.8), (1.0, 1.0)])
def test_that_moving_stays_on_the_sphere_and_turns_by_the_distance(x: float, y: float):
    own = Noise.from_seed(7)
    found = weights(moved(own, 3, x, y))
    angle = 0.5 * math.pi * math.hypot(x, y)
    assert sum(weight**2 for weight in found.values()) == pytest.approx(1)
    assert found.get(SeedNoise(seed=7), 0.0) == pytest.approx(math.cos(angle), abs=1e-3)
    for row, part in ((0, x), (1, y)):
        expected = math.sin(angle) * part / math.hypot(x, y)
        assert found.get(SeedNoise(seed=3, row=row, rows=2), 0.0) == pytest.approx(expected)


def test_that_settling_changes_no_noise(view: PlayView):
    state = replace(view.state, pad=(0.4, -0.2))
    settled = state.settled()
    assert settled.pad == (0.0, 0.0)
    assert settled.plane != state.plane
    for tile in range(USUAL_COUNT):
        assert weights(settled.noise(tile)) == pytest.approx(weights(state.noise(tile)))


def test_that_a_locked_tile_keeps_its_noise(view: PlayView):
    view.toggle_lock(2, "lock")
    kept = view.state.noise(2)
    view.roll("roll")
    view.vary(0.3, "vary")
    view.change(replace(view.state, pad=(0.5, 0.5)), "drag")
    assert view.state.noise(2) == kept
    assert view.state.noise(3) != kept


def test_that_variations_are_as_near_as_asked_for(view: PlayView):
    origin = view.state.noise(0)
    [own] = weights(origin)
    view.vary(0.1, "vary")
    assert view.state.noise(0) == origin
    for tile in range(1, USUAL_COUNT):
        assert weights(view.state.noise(tile))[own] == pytest.approx(math.cos(0.05 * math.pi))


def test_that_a_drag_is_undone_as_one_change_and_two_drags_as_two(view: PlayView):
    for drag in range(2):
        view.begin_gesture()
        for step in range(1, 20):
            pad = (drag * 0.5, step / 20)
            view.change(replace(view.state, pad=pad), "drag", merges="pad")
    assert view.history.count() == 2
    view.history.undo()
    assert view.state.pad == (0.0, 0.95)
    view.history.undo()
    assert view.state.pad == (0.0, 0.0)
    view.history.redo()
    assert view.state.pad == (0.0, 0.95)


def test_that_the_history_is_bounded(view: PlayView):
    for number in range(HISTORY + 50):
        view.change(replace(view.state, plane=1_000 + number), "plane")
    assert view.history.count() == HISTORY


def test_that_fewer_tiles_keep_the_chosen_one(view: PlayView):
    view.show(replace(view.state, chosen=6))
    chosen = view.state.noise(6)
    view.set_count(4, "count")
    assert view.state.noise(view.state.chosen) == chosen
    before = view.state.tiles
    view.set_count(16, "count")
    assert view.state.tiles[:4] == before
    assert len({tile.noise for tile in view.state.tiles}) == 16


def test_that_a_scene_comes_back_on_the_chosen_tile(view: PlayView):
    view.show(replace(view.state, chosen=3, pad=(0.2, 0.2)))
    scene = Scene(
        noise=Noise.from_seed(99), given={"text": "dark"}, truncation=0.5, offsets={2: 1.5}
    )
    before = view.state.noise(0)
    view.change(view.state.with_scene(scene), "scene")
    assert view.state.scene(3) == scene
    assert view.state.typed == {"text": "dark"}
    assert weights(view.state.noise(0)) == pytest.approx(weights(before))


def test_that_a_walk_visits_its_key_frames_and_a_loop_returns():
    keys = tuple(Scene(noise=Noise.from_seed(seed)) for seed in (1, 2, 3))
    frames = walk_scenes(keys, is_loop=False, steps=4)
    assert len(frames) == 9
    assert (frames[4].place, frames[4].towards) == (0.0, keys[2])
    assert frames[-1] == keys[2]
    loop = walk_scenes(keys, is_loop=True, steps=4)
    assert len(loop) == 12
    assert (loop[-1].towards, loop[-1].place) == (keys[0], 0.75)
