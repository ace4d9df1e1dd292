"""What the model card says, and that nothing in it is taken for markup."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from engine.config.run import RunConfig
from engine.data.facts import AudioFacts, ImageFacts
from engine.events import EvaluationCompleted
from engine.exporting.model_card import CardFacts, model_card
from tests.helpers.tiny import tiny_facts

FACTS = CardFacts(
    name="cats",
    config=RunConfig(dataset=Path("cats"), run=Path("cats"), seed=7),
    model=tiny_facts(),
    manifest=None,
    parameters=1_234,
    images_seen=6_400,
    elapsed_s=90.0,
    evaluation=None,
    version="0.1",
)


def test_figures_come_with_seed_chance_and_real_items():
    metrics = {
        "kid": 0.0512,
        "joint_coherence": 0.8,
        "joint_coherence_baseline": 0.1,
        "joint_coherence_upper_bound": 0.97,
        "memorisation": 0.02,
    }
    evaluation = EvaluationCompleted(images_seen=6_000, elapsed_s=80.0, metrics=metrics)
    card = model_card(replace(FACTS, evaluation=evaluation, verdict="Images follow their texts."))
    assert "| joint_coherence | 0.8 | 0.1 / 0.97 |" in card
    assert "| kid | 0.0512 | - / - |" in card
    assert "after 6,000 items" in card
    assert "seed 7" in card
    assert "2.0% are nearer" in card
    assert "- Images follow their texts.\n" in card


def test_what_is_not_known_is_said():
    card = model_card(FACTS)
    assert "The run was not evaluated." in card
    assert "Licence: unknown." in card
    assert "has to find out whether the data permits it" in card
    assert "Whether samples repeat training items was not measured." in card


def test_a_notice_comes_first_and_among_the_limits():
    model = replace(FACTS.model, notice="Not for diagnosis")
    card = model_card(replace(FACTS, model=model))
    assert card.index("**Not for diagnosis.**") < card.index("## Use")
    assert "- Not for diagnosis.\n" in card


def test_names_are_not_taken_for_markup():
    model = replace(FACTS.model, dataset="<b>[x](y)*\n# z")
    card = model_card(replace(FACTS, name="a|b\n---\nc", model=model))
    assert r"# a\|b --- c" in card
    assert r"\<b\>\[x\](y)\* \# z" in card
    yaml.safe_load(card.split("---\n")[1])


@pytest.mark.parametrize(
    ("columns", "task"),
    [
        ({"image": ImageFacts(channels=1)}, "unconditional-image-generation"),
        ({"tone": AudioFacts(rate=8_000, samples=8_000)}, None),
    ],
)
def test_the_task_follows_from_the_columns(columns, task):
    card = model_card(replace(FACTS, model=replace(FACTS.model, columns=columns)))
    assert yaml.safe_load(card.split("---\n")[1]).get("pipeline_tag") == task
    assert "--given" not in card


def test_onnx_files_are_mentioned_where_there_are_some():
    assert "ONNX" not in model_card(FACTS).partition("## Data")[0].partition("## Use")[2]
    assert "metadata_props" in model_card(replace(FACTS, onnx=True))
