import shlex
from pathlib import Path
from typing import Any

import pytest

from engine.cli import branch, train
from engine.cli.main import _parser
from engine.config.changes import SettingChange
from engine.config.presets import PRESETS, config_from_preset
from engine.config.run import RunConfig
from engine.config.setting import settings_in, value_at
from engine.runs.command import branch_arguments, quoted, repeating_arguments, train_arguments
from engine.runs.metadata import Origin, RunNotes, write_notes
from tests.helpers.run_folders import made_run, run_config


def trained(arguments):
    """Return the configuration that ``diptych train`` makes of arguments."""
    parsed = _parser(None).parse_args(arguments)
    assert parsed.command is train.run
    config = config_from_preset(parsed.preset, dataset=parsed.dataset, run=parsed.run)
    return config.with_values(**train.chosen(parsed))


CHANGES = {
    "nothing": {},
    "minutes": {"minutes": 0.1 + 0.2},
    "images alone": {"minutes": 0.0, "images": 10**9},
    "both limits": {"minutes": 7.0, "images": 64_000},
    "both limits, minutes as usual": {"images": 64_000},
    "no limit": {"minutes": 0.0},
    "another seed and device": {"seed": 2**31 - 1, "device": "cpu"},
    "a family": {"family": "mopoe", "variational__kl_weight": 0.25},
    "a flag": {"training__compile_discriminator": True, "training__regularizer": "spectral-norm"},
    "small numbers": {"training__final_learning_rate": 1e-6, "training__beta1": 0.0},
    "word vectors": {"data__word_vectors": "/a b/it's $HOME.txt"},
    "units": {"data__tokenizer": "characters"},
    "a text like an option": {"data__balance_by": "--minutes"},
    "a text in Chinese": {"data__balance_by": "颜色 *"},
    "changes during the run": {
        "changes": (
            SettingChange(images=640, field="training.learning_rate", text="0.030000000000000002"),
            SettingChange(images=640, field="reporting.keep_last", text="2"),
            SettingChange(images=1280, field="training.ema_half_life", text="1e-07"),
        )
    },
    "reporting": {"reporting__keep_last": 9, "reporting__max_checkpoint_mb": 12.5},
}


@pytest.mark.parametrize("values", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("preset", PRESETS)
def test_that_the_command_makes_an_equal_configuration(tmp_path, preset, values):
    dataset = tmp_path / "my data" / "-d"
    plain = config_from_preset(preset, dataset=dataset, run=tmp_path / "ru'n")
    if "family" in values and plain.networks.architecture == "joint-dense":
        values = values | {"networks__architecture": "dense"}
    config = plain.with_values(**values)
    line = quoted(train_arguments(config))
    assert trained(shlex.split(line)[1:]) == config


def test_that_every_setting_has_its_place_in_the_command(tmp_path):
    for name, field, about in settings_in(RunConfig):
        plain = run_config(tmp_path, "r")
        if name == "preset":
            continue
        before = value_at(plain, name)
        for value in (*about.choices, about.low, about.high, not before, "x"):
            try:
                config = plain.with_values(**{name.replace(".", "__"): field.type(value)})  # pyright: ignore[reportCallIssue] - a class here
            except Exception:  # noqa: BLE001, S112 - a value that this setting does not take
                continue
            assert trained(train_arguments(config)) == config, (name, value)


def test_that_only_what_differs_from_the_preset_is_named(tmp_path):
    config = run_config(tmp_path, "r", seed=7)
    words = train_arguments(config)
    assert [word for word in words if word.startswith("--")] == [
        "--dataset",
        "--run",
        "--preset",
        "--seed",
    ]


def test_that_a_run_is_repeated_beside_itself(tmp_path):
    folder = made_run(tmp_path / "runs", "cats", seed=3)
    made_run(tmp_path / "runs", "cats-2")
    config = trained(repeating_arguments(folder))
    assert config == run_config(tmp_path / "runs", "cats-3", seed=3)


def test_that_a_run_that_started_from_another_does_so_again(tmp_path):
    made_run(tmp_path, "cats")
    start: dict[str, Any] = {
        "init_from": str(tmp_path / "cats"),
        "init_checkpoint": "checkpoint-000000006400",
    }
    folder = made_run(tmp_path, "dogs", **start)
    origin = Origin(run="cats", checkpoint=start["init_checkpoint"], is_branch=False)
    write_notes(folder, RunNotes(origin=origin))
    assert trained(repeating_arguments(folder)) == run_config(tmp_path, "dogs-2", **start)


def test_that_a_branch_is_repeated_as_a_branch(tmp_path):
    made_run(tmp_path, "cats", minutes=0.0, images=100)
    folder = made_run(tmp_path, "dogs", minutes=0.0, images=900, seed=5)
    write_notes(folder, RunNotes(origin=Origin(run="cats", checkpoint="best-kid")))
    parsed = _parser(None).parse_args(repeating_arguments(folder))
    assert parsed.command is branch.run
    assert (parsed.source, parsed.checkpoint) == (tmp_path / "cats", "best-kid")
    before = run_config(tmp_path, "cats", minutes=0.0, images=100)
    expected = run_config(tmp_path, "dogs-2", minutes=0.0, images=900, seed=5)
    assert branch.branched_config(parsed, before) == expected


@pytest.mark.parametrize("values", CHANGES.values(), ids=CHANGES.keys())
def test_that_a_branch_takes_what_its_command_says(tmp_path, values):
    before = made_run(tmp_path, "cats", minutes=0.0, images=100, training__beta2=0.3)
    config = run_config(tmp_path, "dogs", training__beta2=0.3, **values)
    parsed = _parser(None).parse_args(branch_arguments(before, "newest", config))
    made = branch.branched_config(
        parsed, run_config(tmp_path, "cats", minutes=0.0, images=100, training__beta2=0.3)
    )
    assert made == config


def test_that_a_branch_whose_origin_is_gone_is_repeated_from_the_beginning(tmp_path):
    folder = made_run(tmp_path, "dogs")
    write_notes(folder, RunNotes(origin=Origin(run="../cats", checkpoint="best-kid")))
    assert trained(repeating_arguments(folder)) == run_config(tmp_path, "dogs-2")


def test_that_a_preset_that_is_no_more_is_written_out(tmp_path):
    config = run_config(tmp_path, "r", preset="of-old", family="mvae")
    made = trained(train_arguments(config))
    assert made == config.with_values(preset=next(iter(PRESETS)))
    assert isinstance(made.dataset, Path)
