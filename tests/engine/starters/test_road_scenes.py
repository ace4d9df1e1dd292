import numpy as np
import pytest

from engine.data.manifest import VALIDATION
from engine.starters import road_scenes
from engine.starters.road_facts import AHEAD, SIGNS, TIMES, WEATHERS, Scenes, draw_facts
from engine.starters.road_pictures import draw_scenes

COUNT = 400


@pytest.fixture(scope="module")
def columns():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(road_scenes, "TAKES", 1)
        return road_scenes.build(count=COUNT, held_out=40, seed=7)


def scene(count=1, **changes):
    """Scenes on a straight and empty road, on a clear day."""
    facts = {
        "weather": np.zeros(count, int),
        "time_of_day": np.zeros(count, int),
        "steering": np.zeros(count),
        "speed_kmh": np.full(count, 65.0),
        "ahead": np.zeros(count, int),
        "distance_m": np.full(count, np.nan),
        "sign": np.zeros(count, int),
    }
    return Scenes(**{**facts, **{name: np.asarray(value) for name, value in changes.items()}})


def draw(**changes):
    count = len(next(iter(changes.values()), [0]))
    return draw_scenes(scene(count, **changes), np.random.default_rng(1)).astype(int)


def test_that_the_sentence_says_what_the_row_says(columns):
    row = columns.tables["row"]
    bends = {"left bend": -1, "straight road": 0, "right bend": 1}
    adjectives = {"clear": "clear", "rain": "rainy", "fog": "foggy", "snow": "snowy"}
    for item, text in enumerate(columns.texts["text"]):
        bend, rest = text.split(" on a ")
        steering = row["steering"][item]
        assert bends[bend] == (0 if abs(steering) < 0.2 else np.sign(steering))
        assert rest.startswith(f"{adjectives[row['weather'][item]]} {row['time_of_day'][item]}")
        ahead, distance = row["ahead"][item], row["distance_m"][item]
        assert (distance is None) == (ahead == "none") == ("behind a" not in text)
        if distance is not None:
            assert f"behind a {ahead}" in text
            assert ("close behind" in text) == (distance < 18)
            assert ("far behind" in text) == (distance > 38)
        sign = row["sign"][item]
        words = {
            "stop": "a stop sign",
            "limit": "a speed limit sign",
            "crossing": "a crossing sign",
        }
        assert [name for name in words if words[name] in text] == [sign] * (sign != "none")


def test_that_facts_for_judges_agree_with_the_row(columns):
    row = columns.tables["row"]
    for item, facts in enumerate(columns.attributes):
        for name in ("weather", "time_of_day", "ahead", "sign"):
            assert facts[name] == row[name][item]
        expected = "straight" if abs(row["steering"][item]) < 0.2 else facts["bend"]
        assert facts["bend"] == expected
        assert (facts["bend"] == "left") == (row["steering"][item] < -0.2)


def test_that_the_road_bends_with_the_steering():
    steering = np.linspace(-1, 1, 9)
    pictures = draw(steering=steering)
    is_road = np.ptp(pictures[:, 14:16, :, :], axis=3) < 40
    across = np.arange(32) + 0.5
    middle = (is_road * across).sum(axis=(1, 2)) / is_road.sum(axis=(1, 2))
    assert np.corrcoef(middle, steering)[0, 1] > 0.99
    assert (np.sign(np.rint((middle - 16) / 3)) == np.sign(np.rint(steering * 3))).all()


def test_that_a_vehicle_shrinks_with_its_distance():
    distances = np.array([8.0, 15.0, 25.0, 40.0, 60.0])
    for kind in ("car", "truck", "bus"):
        ahead = np.full(5, AHEAD.index(kind))
        there = draw(ahead=ahead, distance_m=distances)
        empty = draw(ahead=np.zeros(5, int))
        changed = (np.abs(there - empty).sum(axis=3) > 30).sum(axis=(1, 2))
        assert (np.diff(changed) < 0).all()
        assert changed[-1] >= 8


def test_that_the_gauge_is_as_long_as_the_speed():
    speeds = np.array([0.0, 32.5, 65.0, 130.0])
    lit = (draw(speed_kmh=speeds)[:, 30, :, 0] > 200).sum(axis=1)
    assert lit.tolist() == [0, 7, 14, 28]


def test_that_weather_and_time_of_day_are_seen():
    weather = np.arange(4).repeat(3)
    pictures = draw(weather=weather, time_of_day=np.tile(np.arange(3), 4)).reshape(4, 3, 32, 32, 3)
    brightness = pictures[:, :, :28].mean(axis=(2, 3, 4))
    assert (np.diff(brightness, axis=1) < -15).all()
    land = pictures[:, 0, 20:28, 1:3].mean(axis=(1, 2, 3))
    assert land.argmax() == WEATHERS.index("snow")
    # Fog hides the horizon.
    step = np.abs(pictures[:, :, 10] - pictures[:, :, 14]).mean(axis=(2, 3))
    assert (step.argmin(axis=0) == WEATHERS.index("fog")).all()
    blue_over_red = pictures[:, 0, :10, :, 2].mean((1, 2)) - pictures[:, 0, :10, :, 0].mean((1, 2))
    assert blue_over_red.argmax() == WEATHERS.index("clear")
    assert TIMES == ("day", "dusk", "night")


def test_that_signs_are_told_apart_by_their_colours():
    plate = draw(sign=np.arange(4))[:, 7:15, 23:31].reshape(4, -1, 3)
    red = ((plate[..., 0] > 180) & (plate[..., 1] < 90)).sum(axis=1)
    blue = ((plate[..., 2] > 180) & (plate[..., 0] < 60) & (plate[..., 1] < 110)).sum(axis=1)
    white = (plate.min(axis=2) > 200).sum(axis=1)
    names = {name: number for number, name in enumerate(SIGNS)}
    assert red.argmax() == names["stop"]
    assert blue.argmax() == names["crossing"]
    assert white[names["limit"]] > white[names["stop"]] > 0
    assert red[names["limit"]] > 8 > red[names["crossing"]]
    assert red[names["none"]] == blue[names["none"]] == white[names["none"]] == 0


def test_that_speed_depends_on_weather_and_distance():
    facts = draw_facts(4_000, np.random.default_rng(0))
    is_free = np.isnan(facts.distance_m)
    mean = [facts.speed_kmh[is_free & (facts.weather == number)].mean() for number in range(4)]
    assert np.argsort(mean).tolist() == [3, 2, 1, 0]
    with np.errstate(invalid="ignore"):
        assert not (facts.speed_kmh > 2 * facts.distance_m + 1).any()
    assert not ((np.abs(facts.steering) > 0.13) & (np.abs(facts.steering) < 0.39)).any()


def test_that_the_engine_turns_with_the_speed_and_the_rain_hisses(columns):
    waves, rate = columns.audio["sound"]
    sounds, row = columns.rows["sound"], columns.tables["row"]
    spectrum = np.abs(np.fft.rfft(waves[sounds].astype(float))) ** 2
    hertz = np.fft.rfftfreq(waves.shape[1], 1 / rate)
    low = hertz < 240
    heard = hertz[low][spectrum[:, low].argmax(axis=1)]
    speed = np.rint(np.array(row["speed_kmh"]) / 5) * 5
    assert np.abs(heard - (75 + 145 * speed / 130)).max() <= 2 * hertz[1]
    hiss = spectrum[:, hertz > 3_000].sum(axis=1) / spectrum.sum(axis=1)
    weather = np.array(row["weather"])
    assert hiss[weather == "rain"].min() > hiss[weather == "snow"].max()
    quiet = hiss[(weather == "clear") & (speed < 60)]
    assert hiss[weather == "rain"].mean() > 2 * quiet.mean()


def test_that_scenes_follow_from_the_seed_and_are_split(columns):
    facts = draw_facts(5, np.random.default_rng(3))
    first, same, other = (draw_scenes(facts, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)
    assert list(columns.split).count(VALIDATION) == 40
    assert columns.images["image"].shape == (COUNT, 32, 32, 3)
