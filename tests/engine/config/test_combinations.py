from pathlib import Path

import pytest

from engine.config.run import RunConfig
from engine.errors import ConfigError


def refused(**values):
    with pytest.raises(ConfigError) as caught:
        RunConfig(dataset=Path(), run=Path()).with_values(**values)
    return {problem.field: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize("penalty", ["r1", "r1-r2", "gradient-penalty"])
def test_that_a_compiled_critic_has_no_second_derivative(penalty):
    found = refused(training__regularizer=penalty, training__compile_critic=True)
    assert "differentiated twice" in found["training.compile_critic"]


@pytest.mark.parametrize("penalty", ["r1", "r1-r2", "gradient-penalty"])
def test_that_batch_norm_and_a_gradient_penalty_exclude_each_other(penalty):
    found = refused(training__regularizer=penalty, networks__critic_norm="batch")
    assert "ties the items of a batch together" in found["networks.critic_norm"]


def test_that_wasserstein_needs_a_bounded_slope():
    found = refused(training__regularizer="none", training__adversarial_loss="wasserstein")
    assert "slope is bounded" in found["training.regularizer"]


def test_that_dense_layers_stop_at_64_px():
    found = refused(networks__architecture="dense", networks__image_size=128)
    assert "64 px" in found["networks.architecture"]


def test_that_word_vectors_need_words():
    assert "data.word_vectors" in refused(data__word_vectors="v.txt", data__tokenizer="bpe")


def test_that_a_batch_of_one_has_no_variance():
    assert "variance" in refused(training__batch_size=1)["training.batch_size"]


def test_that_the_rate_only_falls():
    found = refused(training__learning_rate=1e-4, training__final_learning_rate=1e-3)
    assert "learning rate" in found["training.final_learning_rate"]


@pytest.mark.parametrize(
    "values",
    [
        {"training__regularizer": "spectral-norm", "training__compile_critic": True},
        {"training__penalty_weight": 0.0, "networks__critic_norm": "batch"},
        {"training__regularizer": "none", "networks__critic_norm": "batch"},
        # A family without a critic does not care how the critic would be kept smooth.
        {"family": "mvae", "networks__critic_norm": "batch"},
        {"family": "mopoe", "training__compile_critic": True},
        {"training__regularizer": "r1", "training__adversarial_loss": "wasserstein"},
        {"training__batch_size": 0},
    ],
)
def test_that_possible_combinations_pass(values):
    RunConfig(dataset=Path(), run=Path()).with_values(**values)
