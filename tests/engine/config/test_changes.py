"""The list of settings that change during a run, without a run."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cli import train as train_command
from engine.cli.main import _parser
from engine.config.changes import (
    ALL_IMAGES,
    MAX_CHANGES,
    SettingChange,
    changes_from_texts,
    changes_to_texts,
    live_settings,
    parse_change,
    read_text,
    settings_at,
    text_of,
    with_changes,
)
from engine.config.run import RunConfig
from engine.config.setting import value_at
from engine.config.toml import config_from_toml, config_hash, config_to_toml
from engine.errors import ConfigError

RATE, LAST_RATE = "training.learning_rate", "training.final_learning_rate"
PLAIN = RunConfig(dataset=Path("data"), run=Path("run"))


def changed(*steps: tuple[int, dict[str, object]], config: RunConfig = PLAIN) -> RunConfig:
    for images, values in steps:
        config = with_changes(config, images, values)
    return config


def test_settings_follow_from_the_images_seen():
    config = changed((64, {RATE: 5e-3}), (128, {RATE: 2e-3, "data.augmentation": "ada"}))
    found = [settings_at(config, images).training.learning_rate for images in (0, 63, 64, 127, 128)]
    assert found == [1e-3, 1e-3, 5e-3, 5e-3, 2e-3]
    assert settings_at(config, ALL_IMAGES).data.augmentation == "ada"
    assert settings_at(config, 64).changes == ()
    assert settings_at(PLAIN, ALL_IMAGES) == PLAIN


def test_a_change_before_listed_ones_leaves_them():
    config = changed((128, {RATE: 2e-3}), (64, {RATE: 5e-3}))
    assert [change.images for change in config.changes] == [64, 128]
    assert settings_at(config, 128).training.learning_rate == 2e-3


def test_taking_a_change_back_at_its_place_leaves_nothing():
    once = changed((64, {RATE: 5e-3, LAST_RATE: 2e-5}))
    assert with_changes(once, 64, {RATE: 1e-3, LAST_RATE: 1e-4}) == PLAIN
    again = with_changes(once, 64, {RATE: 7e-3})
    assert changes_to_texts(again.changes) == [f"64 {LAST_RATE}=2e-05", f"64 {RATE}=0.007"]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({RATE: 1e-5}, f"{LAST_RATE}: must not exceed the learning rate, after 64 images"),
        ({"training.beta1": 0.5}, "training.beta1: cannot change while a run trains, after 64"),
        ({"variational.kl_weight": 2.0}, "variational.kl_weight: is not used by the family hybrid"),
        ({"reporting.keep_last": 1.5}, "reporting.keep_last: must be a whole number, not 1.5"),
        ({RATE: "fast"}, f"{RATE}: must be a number, not fast"),
        ({RATE: 1.0}, f"{RATE}: must be at most 0.1, not 1, after 64 images"),
        ({"data.augmentation": "flips"}, "data.augmentation: must be one of auto, none"),
        ({"training.column_weights": "x"}, "training.column_weights: must be of the form"),
    ],
)
def test_refused_changes_say_why_and_where(values: dict[str, object], reason: str):
    with pytest.raises(ConfigError) as caught:
        with_changes(PLAIN, 64, values)
    assert str(caught.value).startswith(reason)


def test_two_values_that_are_valid_only_together_may_change_together():
    config = changed((64, {RATE: 1e-5, LAST_RATE: 1e-6}))
    assert settings_at(config, 64).training.learning_rate == 1e-5


def test_changes_out_of_order_and_invalid_first_values_are_refused_once():
    late, early = (SettingChange(images=n, field=RATE, text="0.002") for n in (64, 8))
    with pytest.raises(ConfigError, match="must be in ascending order of images"):
        PLAIN.with_values(changes=(late, early))
    with pytest.raises(ConfigError) as caught:
        PLAIN.with_values(changes=(late,), seed=-1)
    assert [problem.field for problem in caught.value.problems] == ["seed"]


def test_changes_are_stored_and_name_the_run():
    config = changed((64, {RATE: 0.1 + 0.2 - 0.25, "training.column_weights": "a=1, b=2"}))
    assert config_from_toml(config_to_toml(config)) == config
    assert config_hash(config) != config_hash(PLAIN)
    assert "changes" not in config_to_toml(PLAIN)


@pytest.mark.parametrize(
    "lines",
    ["64 a=1", [64], ["64"], ["64 a"], ["64 =1"], ["-1 a=1"], ["1e3 a=1"], ["9" * 40 + " a=1"]],
)
def test_damaged_lists_are_refused(lines: object):
    with pytest.raises(ValueError, match="must be"):
        changes_from_texts(lines)


def test_endless_lists_are_refused():
    with pytest.raises(ValueError, match="at most"):
        changes_from_texts(["64 a=1"] * (MAX_CHANGES + 1))


@given(st.floats(min_value=0.0, max_value=1e9))
def test_a_number_is_read_as_it_was_written(value: float):
    assert read_text(RunConfig, RATE, text_of(value)) == value


def test_every_live_setting_takes_its_own_text():
    for name in live_settings(RunConfig):
        value = value_at(PLAIN, name)
        assert read_text(RunConfig, name, text_of(value)) == value


def given_on_the_command_line(*words: str) -> dict[str, Any]:
    start = ["train", "--dataset", "d", "--run", "r", "--preset", "cpu-tiny"]
    return train_command.chosen(_parser(None).parse_args([*start, *words]))


def test_the_command_line_takes_names_of_options_and_of_settings():
    words = ("--at", "128", "learning-rate=0.002", "--at", "64", "data.augmentation=ada")
    assert given_on_the_command_line(*words)["changes"] == (
        SettingChange(images=64, field="data.augmentation", text="ada"),
        SettingChange(images=128, field=RATE, text="0.002"),
    )
    assert "changes" not in given_on_the_command_line()


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        (("64", "learning-rate"), "must be of the form '6400 learning-rate=0.0005'"),
        (("soon", "learning-rate=1"), "must be of the form '6400 learning-rate=0.0005'"),
        (("64", "beta1=0.5"), "cannot change beta1 while a run trains, only learning-rate,"),
    ],
)
def test_the_command_line_explains_what_it_does_not_take(pair: tuple[str, str], reason: str):
    with pytest.raises(ValueError, match=reason.partition(",")[0]):
        parse_change(RunConfig, *pair)
    with pytest.raises(ConfigError) as caught:
        given_on_the_command_line("--at", *pair)
    assert str(caught.value).startswith(f"--at: {reason}")
