"""The form of a run: what is typed, what is wrong with it, what it makes."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.presets import PRESETS
from engine.config.setting import Setting, settings_in, value_at
from engine.errors import ConfigError
from engine.events import Outcome, Progress, RunEnded
from engine.runs.branching import BranchStart
from studio.models.run_form import FIELDS, RunForm, free_run_name, is_usable_name, read_fields
from studio.models.run_state import (
    RunActivity,
    RunState,
    RunStatus,
    duration_text,
    progress_text,
    rate_text,
)
from studio.models.setting_text import (
    choice_text,
    number_text,
    range_text,
    read_value,
    tooltip_text,
    value_text,
)
from studio.settings.choices import RunChoices
from tests.helpers.fake_engine import losses
from tests.helpers.run_folders import stored_run
from tests.helpers.tiny import tiny_dataset

DAY = date(2026, 11, 23)
RATE = FIELDS["training.learning_rate"].about


@pytest.fixture
def form(tmp_path: Path) -> RunForm:
    return RunForm(tmp_path, day=lambda: DAY)


def test_that_the_form_starts_with_the_preset(form: RunForm, tmp_path: Path):
    plan = form.plan()
    assert plan.starter == "digits"
    assert plan.config.run == tmp_path / "runs" / "digits-2026-11-23-1"
    preset = PRESETS["cpu-tiny"]
    assert (plan.config.networks, plan.config.training) == (preset.networks, preset.training)
    assert form.problems() == {}


def test_that_every_setting_reaches_the_run(form: RunForm):
    before = form.plan().config
    for name, field in FIELDS.items():
        about = field.about
        if about.choices:
            other = next(c for c in about.choices if c != value_at(before, name))
        elif about.high is not None:
            other = field.kind(about.high)
        else:
            continue
        form.choose_preset("cpu-tiny")
        form.set_text(name, str(other))
        assert form.is_modified(name)
        values, _problems = read_fields(FIELDS, form._texts)
        assert values[name] == other


def test_that_all_problems_are_named_at_once(form: RunForm, tmp_path: Path):
    form.set_text("training.batch_size", "")
    form.set_text("training.learning_rate", "fast")
    form.set_text("seed", "-1")
    form.set_text("training.reg_interval", "2.5")
    form.set_text("training.beta1", "2")
    form.rename("a/b")
    problems = form.problems()
    assert problems == {
        "training.batch_size": "Enter a number",
        "training.learning_rate": "Not a number; write 0.001 or 1e-3",
        "seed": "Must be at least 0",
        "training.reg_interval": "Must be a whole number",
        "training.beta1": "Must be at most 0.999",
        "name": "This cannot be the name of a folder",
    }
    with pytest.raises(ConfigError) as caught:
        form.plan()
    assert {problem.field for problem in caught.value.problems} == set(problems)


def test_that_rules_over_two_settings_are_checked(form: RunForm):
    form.set_text("training.learning_rate", "1e-5")
    assert list(form.problems()) == ["training.final_learning_rate"]


def test_that_wasserstein_asks_for_its_own_regularizer(form: RunForm):
    form.set_text("training.adversarial_loss", "wasserstein")
    assert list(form.problems()) == ["training.regularizer"]
    with pytest.raises(ConfigError, match="preset wasserstein"):
        form.plan()
    form.choose_preset("wasserstein")
    assert form.problems() == {}


def test_that_a_used_name_is_refused(form: RunForm, tmp_path: Path):
    folder = tmp_path / "runs" / "mine"
    folder.mkdir(parents=True)
    form.rename("mine")
    assert form.problems() == {}
    (folder / "run.toml").touch()
    assert form.problems() == {"name": "A run of this name exists already"}
    (tmp_path / "runs" / "file").touch()
    form.rename("file")
    assert form.problems() == {"name": "A run of this name exists already"}


def test_that_a_dataset_folder_must_hold_one(form: RunForm, tmp_path: Path):
    form.choose_dataset(tmp_path / "nothing")
    assert form.problems() == {"dataset": "There is no dataset in this folder"}
    form.choose_dataset(tiny_dataset(tmp_path / "tiny"))
    assert form.problems() == {}
    plan = form.plan()
    assert (plan.starter, plan.config.dataset) == ("", tmp_path / "tiny")
    assert form.name == "tiny-2026-11-23-1"


def test_that_a_workspace_must_be_writable(form: RunForm, tmp_path: Path):
    form.workspace = tmp_path / "file" / "below"
    (tmp_path / "file").touch()
    assert form.problems() == {"workspace": "Nothing can be written to this folder"}


def test_that_the_latest_datasets_are_kept_once_each(form: RunForm):
    for name in ("a", "b", "a", "c", "d", "e", "f"):
        form.choose_dataset(Path("/sets") / name)
    assert [folder.name for folder in form.recent] == ["f", "e", "d", "c", "a"]


def test_that_what_was_typed_outlives_the_session(form: RunForm, tmp_path: Path):
    form.choose_starter("emoji")
    form.choose_preset("laptop")
    form.set_text("seed", "12")
    form.set_text("training.batch_size", "oops")
    again = RunForm(tmp_path, form.choices(is_more_open=True))
    assert (again.starter, again.preset) == ("emoji", "laptop")
    assert (again.text("seed"), again.text("training.batch_size")) == ("12", "oops")
    assert again.text("networks.image_size") == "128"


def test_that_the_preset_follows_the_data_until_it_is_chosen(form: RunForm):
    form.choose_starter("digits")
    assert form.preset == "cpu-tiny"
    form.set_text("seed", "12")
    form.choose_starter("emoji")
    assert form.preset == "cpu-colour"
    assert form.text("networks.architecture") == "modulated"
    assert form.text("seed") == "12"
    form.choose_preset("textbook")
    form.choose_starter("digits")
    assert form.preset == "textbook"


def test_that_a_preset_that_is_gone_is_replaced(tmp_path: Path):
    choices = RunChoices(preset="quantum", texts={"no.such": "1"})
    assert RunForm(tmp_path, choices).preset == "cpu-tiny"


def test_that_a_preset_takes_back_what_was_typed(form: RunForm):
    form.set_text("seed", "99")
    form.choose_preset("cpu-tiny")
    assert not form.is_modified("seed")


@pytest.mark.parametrize("subject", ["digits", "a/b", "  ", "con", "über"])
def test_that_made_names_are_usable_and_free(tmp_path: Path, subject: str):
    first = free_run_name(tmp_path, subject, lambda: DAY)
    assert is_usable_name(first)
    (tmp_path / first).mkdir()
    assert free_run_name(tmp_path, subject, lambda: DAY) not in ("", first)


@pytest.mark.parametrize(
    "name", ["", "a/b", "a\\b", "con", "COM1.txt", " a", "a.", "x" * 101, "a\x00b", "a?"]
)
def test_that_names_no_folder_can_have_are_refused(name: str):
    assert not is_usable_name(name)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_that_numbers_read_back_as_they_were(value: float):
    assert read_value(float, Setting(label="", help=""), value_text(value)) == value


@given(st.integers(-(10**15), 10**15))
def test_that_whole_numbers_read_back(value: int):
    assert read_value(int, Setting(label="", help=""), value_text(value)) == value


def test_that_a_million_may_be_written_short():
    assert read_value(int, Setting(label="", help=""), " 1e6 ") == 1_000_000


@pytest.mark.parametrize("text", ["1,5", "٣", "0x10", "1_000", "nan", "inf", "1e", "--1"])
def test_that_strange_numbers_are_refused(text: str):
    with pytest.raises(ValueError, match=r"Not a number|whole number"):
        read_value(float, RATE, text)


def test_that_choices_are_checked():
    device = FIELDS["device"].about
    assert read_value(str, device, "cpu") == "cpu"
    assert choice_text(device, "cpu") == "CPU"
    with pytest.raises(ValueError, match="Not a known choice"):
        read_value(str, device, "tpu")


def test_that_tooltips_say_meaning_range_and_preset():
    text = tooltip_text(RATE, "0.002")
    assert text.splitlines() == [RATE.help, "Allowed: 1e-06 to 0.1", "Preset: 0.002"]
    assert number_text(1_000_000) == "1\N{THIN SPACE}000\N{THIN SPACE}000"
    assert range_text(FIELDS["device"].about) == ""


def test_that_every_setting_but_the_preset_has_a_field():
    from engine.config.run import RunConfig

    assert set(FIELDS) == {name for name, _f, _a in settings_in(RunConfig)} - {"preset"}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (3599, "59 min 59 s"), (7384, "2 h 3 min")],
)
def test_that_durations_show_two_units(seconds: float, text: str):
    assert duration_text(seconds) == text


def test_that_slow_rates_keep_a_decimal():
    assert rate_text(9.94) == "9.9 images/s"
    assert rate_text(1234.4) == "1,234 images/s"


def test_that_unknown_figures_are_left_out():
    progress = Progress(
        images_seen=64, elapsed_s=0.0, remaining_s=None, fraction=None, images_per_s=0.0
    )
    assert progress_text(progress) == "64 images"


def test_that_nothing_is_left_of_a_run_that_has_ended():
    ended = RunEnded(
        outcome=Outcome.STOPPED, folder=Path(), images_seen=64, elapsed_s=1.0, images_saved=64
    )
    training = RunStatus(state=RunState.RUNNING, activity=RunActivity.TRAINING)
    status = training.after(losses(64)).after(ended)
    assert status.activity is RunActivity.STOPPED
    assert status.progress is not None
    assert progress_text(status.progress) == "64 images · 1,234 images/s"
    assert training.after(ended).progress is None


def test_that_an_earlier_run_reaches_the_plan_and_is_not_remembered(form: RunForm, tmp_path: Path):
    run = stored_run(tmp_path / "runs" / "cats", 64).path
    form.start_from(run)
    form.set_text("init_checkpoint", "kid")
    form.choose_preset("cpu-colour")
    assert form.problems() == {}
    config = form.plan().config
    assert (config.init_from, config.init_checkpoint) == (str(run), "kid")
    assert form.matters("init_checkpoint")
    assert not {"init_from", "init_checkpoint"} & set(form.choices().texts)
    remembered = RunForm(tmp_path, RunChoices(texts={"init_from": str(run)}))
    assert remembered.initial_run is None
    form.start_from(None)
    assert form.plan().config.init_checkpoint == "newest"
    assert not form.matters("init_checkpoint")


def test_that_an_earlier_run_that_does_not_fit_is_named(form: RunForm, tmp_path: Path):
    form.start_from(tmp_path / "runs" / "none")
    assert form.problems() == {"init_from": "There is no run in this folder"}
    form.start_from(stored_run(tmp_path / "runs" / "new").path)
    assert form.problems() == {"init_from": "This run has no checkpoint"}
    form.start_from(stored_run(tmp_path / "runs" / "cats", 64).path)
    form.set_text("family", "mvae")
    (problem,) = form.problems().values()
    assert problem.startswith("Its family is GAN with text likelihood")
    form.set_text("family", "hybrid")
    assert form.problems() == {}


def test_that_the_networks_of_an_earlier_run_can_be_used(form: RunForm, tmp_path: Path):
    run = stored_run(tmp_path / "runs" / "cats", 64)
    earlier = run.read_config()
    assert form.differing_networks() == {}
    form.start_from(run.path)
    seed = form.text("seed")
    assert form.differing_networks()["networks.embedding_dim"] == "8"
    form.use_initial_networks()
    assert form.differing_networks() == {}
    config = form.plan().config
    # Left to the machine, both follow the earlier run.
    automatic = {"text_encoding": "auto", "text_conditioning": "auto"}
    assert config.networks == replace(earlier.networks, **automatic)
    assert form.text("seed") == seed != str(earlier.seed)


def test_that_a_cancelled_branch_starts_from_no_earlier_run(form: RunForm, tmp_path: Path):
    cats = stored_run(tmp_path / "runs" / "cats", 64)
    tuned = stored_run(tmp_path / "runs" / "tuned", 64)
    dataset = tiny_dataset(tmp_path / "datasets" / "mine")
    config = tuned.read_config().with_values(init_from=str(cats.path), dataset=dataset)
    start = BranchStart(
        source=tuned.path, checkpoint=tuned.latest_checkpoint(), images_seen=64, elapsed_s=0.6
    )
    form.begin_branch(start, config)
    assert form.initial_run is None
    assert form.problems() == {}
    form.end_branch()
    assert form.initial_run is None
    assert form.plan().config.init_from == ""
