"""Tables beside texts and images in the steps of all families."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.data.loader import Batch
from engine.data.table_codec import encode
from engine.data.table_fields import included_fields, infer_fields
from engine.nets.generator import PairGenerator
from engine.nets.table import TableModality
from engine.train.families import build_state, build_step
from tests.helpers.tiny import tiny_modalities, tiny_pairs, tiny_step_config

ROWS = 16


def facts():
    random = np.random.default_rng(0)
    cells = {
        "speed": [None if n < 0.2 else n for n in random.random(60)],
        "lanes": random.integers(1, 4, 60),
        "sign": [("stop", "give way")[n] for n in random.integers(0, 2, 60)],
    }
    fields = included_fields(infer_fields(cells))
    modality = TableModality(fields=fields, embedding_dim=8, name="facts", hidden_dim=8)
    return modality, torch.from_numpy(encode(fields, cells))[:ROWS]


def batch(rows, missing=()):
    items = {**tiny_pairs(ROWS), "facts": rows}
    present = {name: torch.ones(ROWS, dtype=torch.bool) for name in items}
    for place, name in enumerate(missing):
        present[name][place::3] = False
    return Batch(items=items, present=present, is_complete=not missing)


@pytest.mark.parametrize(
    ("family", "order"),
    [
        ("hybrid", "simultaneous"),
        ("adversarial", "simultaneous"),
        ("adversarial", "text-first"),
        ("mvae", "simultaneous"),
        ("mopoe", "simultaneous"),
    ],
)
def test_that_every_family_learns_a_table_beside_texts_and_images(family, order):
    modality, rows = facts()
    config = tiny_step_config(family, batch_size=ROWS, pseudo_label_threshold=0.1)
    config = replace(config, networks=replace(config.networks, generation_order=order))
    text, image = tiny_modalities()
    modalities = (text, modality, image)
    state = build_state(modalities, config, torch.device("cpu"))
    step = build_step(state, config, modalities=modalities)
    before = {
        name: weight.detach().clone()
        for name, weight in state.generator.named_parameters()
        # Text first, all noise is in the code: no scale is used.
        if "facts" in name and not (order == "text-first" and name.endswith("log_scale"))
    }
    for number in range(3):
        report = step(batch(rows, ("facts", "text") if number else ()), number)
        assert all(value.isfinite() for value in report.losses.values())
        assert not any(report.skipped.values())
    assert before
    changed = [
        not torch.equal(weight, before[name])
        for name, weight in state.generator.named_parameters()
        if name in before
    ]
    assert all(changed)
    made = state.model(state.model.draw_noise(5, torch.Generator().manual_seed(1)), {})
    assert len(modality.postprocess(made["facts"]).rows) == 5


def test_that_a_table_alone_is_learned():
    modality, rows = facts()
    config = tiny_step_config(batch_size=ROWS)
    state = build_state((modality,), config, torch.device("cpu"))
    step = build_step(state, config, modalities=(modality,))
    everywhere = {"facts": torch.ones(ROWS, dtype=torch.bool)}
    report = step(Batch(items={"facts": rows}, present=everywhere, is_complete=True), 0)
    assert report.losses["text_nll"].isfinite()


def test_that_a_made_row_is_trained_to_tell_its_text():
    modality, rows = facts()
    text, image = tiny_modalities()
    torch.manual_seed(0)
    generator = PairGenerator((text, modality, image), embedding_dim=8)
    noise = generator.draw_noise(ROWS, torch.Generator().manual_seed(0))
    none = dict.fromkeys(generator.modality_order, torch.zeros(ROWS, dtype=torch.bool))
    real = {**tiny_pairs(ROWS), "facts": rows}
    made = generator.generate_training_pairs(noise, real, none)
    everywhere = {name: ~kept for name, kept in none.items()}
    losses = generator.redescription_losses(made, everywhere)
    assert losses.keys() == {"facts", "image"}
    losses["facts"].sum().backward()
    moved = {name for name, weight in generator.named_parameters() if weight.grad is not None}
    assert any(name.startswith("decoders.facts") for name in moved)
    assert not any(name.startswith(("decoders.text", "decoders.image")) for name in moved)
