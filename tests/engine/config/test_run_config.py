import dataclasses
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.presets import PRESETS, config_from_preset
from engine.config.run import (
    RunConfig,
    check_new_run,
    parse_column_weights,
    resolved_text_encoding,
)
from engine.config.sections import FAMILIES
from engine.config.setting import Setting, settings_in, value_at
from engine.config.toml import config_from_toml, config_hash, config_to_toml
from engine.errors import ConfigError

DATASET, RUN = Path("/data/set"), Path("/data/run")


def config(**values: object) -> RunConfig:
    return config_from_preset("cpu-tiny", dataset=DATASET, run=RUN).with_values(**values)


def fields_of(error: ConfigError) -> set[str]:
    return {problem.field for problem in error.problems}


@pytest.mark.parametrize("name", PRESETS)
def test_that_every_preset_is_a_valid_configuration(name):
    made = config_from_preset(name, dataset=DATASET, run=RUN)
    assert made.preset == name
    assert made.networks == PRESETS[name].networks


def test_that_every_setting_can_be_explained_to_a_user():
    for name, field, about in settings_in(RunConfig):
        assert about.label, name
        assert about.help.endswith("."), name
        assert about.problem_with(field.default) is None, name


def test_that_all_problems_are_reported_at_once():
    with pytest.raises(ConfigError) as caught:
        config(device="tpu", training__batch_size=1, training__learning_rate=float("nan"))
    assert fields_of(caught.value) >= {
        "device",
        "training.batch_size",
        "training.learning_rate",
    }


def test_that_the_final_rate_must_not_exceed_the_first():
    with pytest.raises(ConfigError) as caught:
        config(training__learning_rate=1e-4, training__final_learning_rate=1e-3)
    assert fields_of(caught.value) == {"training.final_learning_rate"}


def test_that_values_outside_a_range_are_named_with_the_bound():
    about = Setting(label="Size", help="Size.", low=2, high=8)
    assert about.problem_with(1) == "must be at least 2, not 1"
    assert about.problem_with(9) == "must be at most 8, not 9"
    assert about.problem_with(2) is None
    assert about.problem_with(True) is None


def test_that_toml_gives_back_the_configuration():
    original = config(seed=7, training__learning_rate=3e-4, networks__image_size=64)
    assert config_from_toml(config_to_toml(original)) == original


@given(
    seed=st.integers(0, 2**31 - 1),
    rate=st.floats(1e-4, 0.1),
    minutes=st.floats(0, 1000),
    name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1),
)
def test_that_toml_keeps_any_number_and_any_name(seed, rate, minutes, name):
    original = dataclasses.replace(
        config(seed=seed, training__learning_rate=rate, minutes=minutes), dataset=Path(name)
    )
    assert config_from_toml(config_to_toml(original)) == original


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("format = 2\nrun = 'a'", "dataset"),
        ("format = 9\nrun = 'a'\ndataset = 'b'", "format"),
        ("not toml at all", "file"),
        ("format = 2\nrun = 'a'\ndataset = 'b'\nmagic = 3", "magic"),
        ("format = 2\nrun = 'a'\ndataset = 'b'\nseed = '3'", "seed"),
        ("format = 2\nrun = 'a'\ndataset = 'b'\ntraining = 3", "training"),
        (
            "format = 2\nrun = 'a'\ndataset = 'b'\n[training]\nbatch_size = 2.5",
            "training.batch_size",
        ),
    ],
)
def test_that_a_damaged_file_names_the_field(text, field):
    with pytest.raises(ConfigError) as caught:
        config_from_toml(text)
    assert field in fields_of(caught.value)


def test_that_an_older_file_is_refused_in_one_sentence():
    with pytest.raises(ConfigError) as caught:
        config_from_toml("format = 1\nrun = 'a'\ndataset = 'b'\nmagic = 3\n[gone]\nold = 1")
    (problem,) = caught.value.problems
    assert "an older version of Diptych (format 1; this version reads" in problem.message


def test_that_a_missing_setting_takes_its_default():
    read = config_from_toml("format = 2\nrun = 'a'\ndataset = 'b'\nminutes = 3")
    assert read.minutes == 3.0
    assert read.training == RunConfig(dataset=Path(), run=Path()).training


def test_that_the_hash_follows_the_settings_and_not_the_folders():
    base = config()
    assert config_hash(base) == config_hash(dataclasses.replace(base, run=Path("/elsewhere")))
    for name, field, about in settings_in(RunConfig):
        if about.choices or field.type is str:
            continue
        value = value_at(base, name)
        other = value * 0.99 if value and value * 0.99 >= (about.low or 0) else value + 0.05
        changed = base.with_values(**{name.replace(".", "__"): other})
        assert config_hash(changed) != config_hash(base), name


LATER = {
    "init_from": "/a",
    "init_checkpoint": "kid",
    "data.complete_fraction": 0.5,
    "data.imbalance_factor": 10.0,
    "data.max_items": 100,
    "data.storage": "streamed",
    "data.text_length": 9,
    "networks.context_norm": "rms",
    "networks.generation_order": "text-first",
    "networks.output_filter": "low-pass",
    "networks.sound_encoder": "rhythm",
    "networks.text_conditioning": "every-token",
    "networks.text_encoder": "transformer",
    "reporting.tensorboard": True,
    "training.column_weights": "text=2",
    "training.mismatched_pairs": "always",
    "training.penalty_scale": "spread",
    "training.reading_weight": 0.5,
    "training.redescription_weight": 0.3,
    "training.text_relaxation": "soft",
}


def test_that_settings_that_came_later_leave_the_hashes_of_older_runs():
    # As read from an older file: what it lacks has the default.
    base = RunConfig(dataset=DATASET, run=RUN).with_values(networks__text_encoding="auto")
    table = {name: value_at(base, name) for name, _field, _about in settings_in(RunConfig)}
    before = sorted(item for item in table.items() if item[0] not in LATER)
    assert config_hash(base) == hashlib.sha256(repr(before).encode()).hexdigest()[:12]
    for name, value in LATER.items():
        changed = base.with_values(**{name.replace(".", "__"): value})
        assert config_hash(changed) != config_hash(base), name


def refused(**values):
    with pytest.raises(ConfigError) as caught:
        RunConfig(dataset=Path(), run=Path()).with_values(**values)
    return {problem.field: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize("penalty", ["r1", "r1-r2", "gradient-penalty"])
def test_that_a_compiled_discriminator_has_no_second_derivative(penalty):
    found = refused(training__regularizer=penalty, training__compile_discriminator=True)
    assert "differentiated twice" in found["training.compile_discriminator"]


@pytest.mark.parametrize("penalty", ["r1", "r1-r2", "gradient-penalty"])
def test_that_batch_norm_and_a_gradient_penalty_exclude_each_other(penalty):
    found = refused(training__regularizer=penalty, networks__discriminator_norm="batch")
    assert "depend on the whole batch" in found["networks.discriminator_norm"]


@pytest.mark.parametrize("penalty", ["r1", "r1-r2"])
def test_that_a_new_run_may_not_join_wasserstein_and_a_penalty_towards_zero(penalty):
    # An older run that has both must load.
    old = config(training__regularizer=penalty, training__adversarial_loss="wasserstein")
    with pytest.raises(ConfigError, match="preset wasserstein"):
        check_new_run(old)
    check_new_run(config(training__regularizer=penalty))
    check_new_run(old.with_values(family="mvae"))
    check_new_run(old.with_values(training__regularizer="gradient-penalty"))


def test_that_soft_texts_need_text_first():
    soft = {"family": "adversarial", "training__text_relaxation": "soft"}
    assert "text-first" in refused(**soft)["training.text_relaxation"]
    assert config(**soft, networks__generation_order="text-first")


@pytest.mark.parametrize("name", ["missing.txt", "", "n" * 5_000])
def test_that_a_new_run_needs_the_file_of_its_word_vectors(tmp_path, name):
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("red 1 0\n")
    check_new_run(config(data__word_vectors=str(vectors)))
    # The empty name is that of the folder.
    with pytest.raises(ConfigError, match="file of word vectors") as refused_run:
        check_new_run(config(data__word_vectors=str(tmp_path / name)))
    assert [problem.field for problem in refused_run.value.problems] == ["data.word_vectors"]


def test_that_wasserstein_needs_a_bounded_gradient():
    found = refused(training__regularizer="none", training__adversarial_loss="wasserstein")
    assert "bounded gradient" in found["training.regularizer"]


@pytest.mark.parametrize("architecture", ["dense", "joint-dense"])
def test_that_dense_layers_stop_at_64_px(architecture):
    found = refused(
        family="adversarial", networks__architecture=architecture, networks__image_size=128
    )
    assert "64 px" in found["networks.architecture"]


@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "adversarial"])
def test_that_one_network_for_whole_pairs_needs_the_adversarial_family(family):
    found = refused(family=family, networks__architecture="joint-dense")
    assert "only with the adversarial family" in found["networks.architecture"]


def test_that_one_network_for_whole_pairs_generates_both_items_at_once():
    joint = {"family": "adversarial", "networks__architecture": "joint-dense"}
    found = refused(**joint, networks__generation_order="text-first")
    assert "at once" in found["networks.generation_order"]
    assert RunConfig(dataset=Path(), run=Path()).with_values(**joint)


OLD_TEXTBOOK = """
format = 2
dataset = "digits"
run = "old"
preset = "textbook"
family = "adversarial"

[networks]
architecture = "dense"
image_size = 32
generator_channels = 32
discriminator_channels = 32

[training]
adversarial_loss = "saturating"
regularizer = "none"
learning_rate = 0.0001
final_learning_rate = 0.0001
beta1 = 0.5
beta2 = 0.999
"""


def test_that_a_run_of_the_earlier_textbook_preset_keeps_its_settings():
    read = config_from_toml(OLD_TEXTBOOK)
    assert read.networks.architecture == "dense"
    assert (read.networks.latent_dim, read.training.ema_half_life) == (64, 10_000.0)
    assert (read.training.adversarial_loss, read.training.mismatched_pairs) == (
        "saturating",
        "bounded",
    )
    assert config_hash(read) == "739119e5b85b"


@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "hybrid"])
def test_that_token_ids_need_the_hybrid_family(family):
    found = refused(family=family, networks__text_encoding="token-ids")
    assert "only with the hybrid family" in found["networks.text_encoding"]
    assert RunConfig(dataset=Path(), run=Path()).with_values(networks__text_encoding="token-ids")


@pytest.mark.parametrize("encoder", ["bag-of-words", "transformer"])
def test_that_an_encoder_without_positions_of_its_own_needs_token_ids(encoder):
    for values in ({"networks__text_encoding": "one-hot"}, {"family": "adversarial"}):
        found = refused(
            **{"networks__text_encoding": "auto", "networks__text_encoder": encoder} | values
        )
        assert "unless the text encoding is token-ids" in found["networks.text_encoder"]
    assert resolved_text_encoding("auto", "hybrid", 13, encoder) == "token-ids"
    assert resolved_text_encoding("auto", "hybrid", 13) == "one-hot"


def test_that_word_vectors_need_words():
    assert "data.word_vectors" in refused(data__word_vectors="v.txt", data__tokenizer="bpe")


def test_that_a_batch_of_one_has_no_variance():
    assert "batch statistics" in refused(training__batch_size=1)["training.batch_size"]


def test_that_the_rate_only_falls():
    found = refused(training__learning_rate=1e-4, training__final_learning_rate=1e-3)
    assert "learning rate" in found["training.final_learning_rate"]


def test_that_a_text_rate_of_its_own_is_recorded():
    assert config().training.text_learning_rate == 0, "by default it is the learning rate"
    original = config(training__text_learning_rate=2e-3)
    read = config_from_toml(config_to_toml(original))
    assert read.training.text_learning_rate == 2e-3
    assert "training.text_learning_rate" in refused(training__text_learning_rate=-1e-3)


@pytest.mark.parametrize(
    "values",
    [
        {"training__regularizer": "spectral-norm", "training__compile_discriminator": True},
        {"training__penalty_weight": 0.0, "networks__discriminator_norm": "batch"},
        {"training__regularizer": "none", "networks__discriminator_norm": "batch"},
        # A family without a discriminator does not care how the discriminator would be kept smooth.
        {"family": "mvae", "networks__discriminator_norm": "batch"},
        {"family": "mopoe", "training__compile_discriminator": True},
        {"training__regularizer": "r1", "training__adversarial_loss": "wasserstein"},
        {"training__batch_size": 0},
        {"networks__architecture": "modulated", "networks__image_size": 128},
        # It may be below the final learning rate: it decays to its own.
        {"training__text_learning_rate": 1e-5},
    ],
)
def test_that_possible_combinations_pass(values):
    RunConfig(dataset=Path(), run=Path()).with_values(**values)


def test_that_column_weights_are_read():
    assert parse_column_weights("") == parse_column_weights(" ") == {}
    assert parse_column_weights(" speech = 0.5,facts=2 ") == {"speech": 0.5, "facts": 2.0}
    original = config(training__column_weights="speech=0.5, facts=0")
    assert config_from_toml(config_to_toml(original)) == original


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("speech", "'speech' is not"),
        ("speech=loud", "'speech=loud' is not"),
        ("speech=0.5,", "'' is not"),
        ("=2", "each column once, unlike '=2'"),
        ("speech=1, speech=2", "each column once, unlike 'speech=1, speech=2'"),
        ("speech=-1", "from 0 to 1000, not speech=-1"),
        ("speech=nan", "not speech=nan"),
        ("speech=inf", "not speech=inf"),
        ("speech=1001", "not speech=1001"),
    ],
)
def test_that_column_weights_of_another_form_are_refused(text, reason):
    assert reason in refused(training__column_weights=text)["training.column_weights"]


def test_that_one_network_for_whole_pairs_has_no_column_weights():
    joint = {"family": "adversarial", "networks__architecture": "joint-dense"}
    found = refused(**joint, training__column_weights="text=2")
    assert "judges all columns together" in found["training.column_weights"]
