import itertools
import math

import numpy as np
import pytest
import torch
from torch.special import ndtr

from engine.data.table_codec import TableLayout, atoms, encode
from engine.data.table_fields import included_fields, infer_fields
from engine.nets.protocols import (
    DiscreteBackbone,
    DiscreteDecoder,
    LatentDecoder,
    LikelihoodDecoder,
)
from engine.nets.table import LatentTableDecoder, TableDecoder, TableModality

ROWS, CONTEXT = 200, 6


def table():
    random = np.random.default_rng(0)
    return {
        "kind": [("a", "b", "c")[n] for n in random.integers(0, 3, ROWS)],
        "size": [None if n < 0.2 else n for n in random.random(ROWS)],
        "count": random.integers(0, 4, ROWS),
        "is_new": [("yes", "no", None)[n] for n in random.integers(0, 3, ROWS)],
    }


def modality(cells=None):
    return TableModality(
        fields=included_fields(infer_fields(cells or table())),
        embedding_dim=CONTEXT,
        name="facts",
        hidden_dim=12,
    )


def rows(cells=None):
    cells = cells or table()
    return torch.from_numpy(encode(modality(cells).fields, cells))


def decoder(cells=None):
    torch.manual_seed(0)
    made = modality(cells).build_decoder()
    # Weights that make the conditionals depend on context and earlier fields.
    torch.nn.init.normal_(made.to_parameters, std=0.3)
    return made


def sample(count, net=None, cells=None):
    net = net or decoder(cells)
    noise = net.draw_noise(count, torch.Generator().manual_seed(1))
    return net(noise, torch.full((count, CONTEXT), 0.5))


def test_that_generated_rows_are_one_hot_and_missing_numbers_are_zero():
    made, layout = sample(400), modality().layout
    for block in layout.blocks.values():
        torch.testing.assert_close(made[:, block].sum(1), torch.ones(400))
        assert ((made[:, block] - 0.5).abs() > 0.49).all()
    missing = made[:, layout.blocks["size"].start + 1] > 0.5
    assert 0 < missing.sum() < 400
    assert torch.equal(made[:, 0] == 0, missing)


def test_that_generated_scores_of_a_discrete_field_are_those_of_its_values():
    made, layout = sample(400), modality().layout
    place = [field.name for field in layout.numeric].index("count")
    mids = torch.from_numpy(atoms(layout.numeric[place])[:, 1]).float()
    assert len(mids) == 4
    assert ((made[:, place, None] - mids).abs().min(1).values < 1e-5).all()


def test_that_the_loss_is_the_chain_rule_over_the_fields():
    net, real = decoder(), rows()[:5]
    context = torch.randn(5, CONTEXT)
    layout = modality().layout
    order = [*layout.blocks.values(), *(slice(n, n + 1) for n in range(len(layout.numeric)))]
    total = torch.zeros(5)
    seen = torch.zeros_like(real)
    for step, columns in enumerate(order):
        state = net.from_context(context) + net.from_row(seen) + net.step_bias[step]
        parameters = net._head(state, step)
        if step < len(layout.blocks):
            logits = parameters[:, : columns.stop - columns.start]
            total -= (logits.log_softmax(1) * real[:, columns]).sum(1)
        else:
            total -= score_log_prob(parameters, real, layout, columns.start)
        seen[:, columns] = real[:, columns]
    torch.testing.assert_close(
        net.nll_loss(context, real), total / len(order), atol=1e-4, rtol=1e-4
    )


def score_log_prob(parameters, real, layout, place):
    field, score = layout.numeric[place], real[:, place]
    logits, means, raw = parameters[:, :15].chunk(3, 1)
    scales = (3 * torch.tanh(raw / 3)).exp()
    if field.shares:
        row = [int(np.abs(atoms(field)[:, 1] - s.item()).argmin()) for s in score]
        ends = torch.from_numpy(atoms(field)[row].clip(-9, 9)).float()
        each = ndtr((ends[:, 2:] - means) / scales) - ndtr((ends[:, :1] - means) / scales)
    else:
        each = torch.distributions.Normal(means, scales).log_prob(score[:, None]).exp()
    log_prob = (logits.softmax(1) * each).sum(1).log()
    if field.name in layout.blocks:
        log_prob = log_prob * real[:, layout.blocks[field.name].start]
    return log_prob


def test_that_samples_have_the_probabilities_of_the_likelihood():
    cells = {name: table()[name] for name in ("kind", "is_new")} | {"count": table()["count"]}
    net, count = decoder(cells), 20_000
    made = sample(count, net).detach()
    layout = modality(cells).layout
    codes = torch.stack([made[:, block].argmax(1) for block in layout.blocks.values()], 1)
    mids = torch.from_numpy(atoms(layout.numeric[0])[:, 1]).float()
    codes = torch.cat([codes, (made[:, :1] - mids).abs().argmin(1, keepdim=True)], 1)
    for a, b, c in itertools.product(range(3), range(3), range(4)):
        row = torch.zeros(1, layout.width)
        row[0, 0], row[0, 1 + a], row[0, 4 + b] = mids[c], 1, 1
        context = torch.full((1, CONTEXT), 0.5)
        expected = math.exp(-net.nll_loss(context, row).item() * len(net.columns))
        found = (codes == torch.tensor([a, b, c])).all(1).float().mean()
        assert found.item() == pytest.approx(expected, abs=4 * 0.5 / math.sqrt(count))


def test_that_densities_integrate_to_one():
    net = decoder({"x": np.random.default_rng(1).normal(size=ROWS)})
    grid = torch.linspace(-12, 12, 4001)[:, None]
    nll = net.nll_loss(torch.full((len(grid), CONTEXT), 0.5), grid)
    assert ((-nll).exp().sum() * 24 / 4000).item() == pytest.approx(1, abs=1e-3)


def test_that_a_missing_number_costs_its_flag_alone():
    net, layout = decoder(), modality().layout
    real = rows()
    flag = layout.blocks["size"]
    gone = real[real[:, flag.start + 1] == 1][:4]
    other = gone.clone()
    other[:, 0] = 2.0
    context = torch.zeros(4, CONTEXT)
    _blocks, scores = net._nll_by_step(context, other)
    assert (scores[:, 0] == 0).all()
    assert (net._nll_by_step(context, gone)[1][:, 1] != 0).all()


def test_that_an_unknown_category_costs_nothing():
    net, real = decoder(), rows()[:3].clone()
    real[:, modality().layout.blocks["kind"]] = 0
    blocks, _scores = net._nll_by_step(torch.zeros(3, CONTEXT), real)
    assert (blocks[:, 0] == 0).all()


def test_that_the_same_noise_gives_the_same_rows():
    assert torch.equal(sample(20), sample(20))


def test_that_the_discriminators_gradient_reaches_every_weight():
    net = decoder()
    made = sample(50, net)
    (made * torch.randn(made.shape)).sum().backward()
    for name, weight in net.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name
        assert weight.grad.abs().sum() > 0, name


@pytest.mark.parametrize("build", ["decoder", "latent"])
def test_that_losses_far_from_the_data_have_a_finite_gradient(build):
    net = decoder() if build == "decoder" else modality().build_latent_decoder(CONTEXT)
    context = torch.full((5, CONTEXT), 300.0)
    loss = net.nll_loss if isinstance(net, TableDecoder) else net.nll
    loss(context, rows()[:5]).sum().backward()
    gradients = [weight.grad for weight in net.parameters()]
    assert all(g is not None and g.isfinite().all() for g in gradients)


def test_that_the_prediction_is_the_likeliest_of_each_step_with_its_probability():
    net, context = decoder(), torch.randn(6, CONTEXT)
    made, confidence = net.predict_with_confidence(context)
    layout = modality().layout
    blocks, _scores = net._nll_by_step(context, made)
    torch.testing.assert_close(confidence, (-blocks.sum(1)).exp())
    for block in layout.blocks.values():
        assert set(made[:, block].flatten().tolist()) == {0.0, 1.0}
    first = net._head(net.from_context(context) + net.step_bias[0], 0)[:, :3]
    kind = layout.blocks["kind"]
    assert torch.equal(made[:, kind].argmax(1), first.argmax(1))


def test_that_the_rest_of_a_row_follows_its_given_cells():
    cells = {name: table()[name] for name in ("kind", "is_new")}
    net, layout = decoder(cells), modality(cells).layout
    torch.nn.init.normal_(net.from_row.weight, std=2.0)
    context = torch.zeros(1, CONTEXT)
    joint = torch.zeros(3, 3)
    for a, b in itertools.product(range(3), range(3)):
        row = torch.zeros(1, 6)
        row[0, a], row[0, 3 + b] = 1, 1
        joint[a, b] = (-net.nll_loss(context, row) * 2).exp()
    # The later field is given: the earlier one follows by Bayes' rule.
    given = torch.zeros(2_000, 6)
    given[:, 4] = 1
    is_given = torch.tensor([name == "is_new" for name in layout.steps])
    generator = torch.Generator().manual_seed(3)
    made = net.complete(context.expand(2_000, -1), given, is_given, generator, candidates=40)
    assert torch.equal(made[:, 3:], given[:, 3:])
    expected = joint[:, 1] / joint[:, 1].sum()
    assert (expected - joint.sum(1)).abs().max() > 0.1
    torch.testing.assert_close(made[:, :3].mean(0), expected, atol=0.05, rtol=0)


def test_that_numbers_alone_are_no_confident_prediction():
    net = decoder({"x": np.random.default_rng(1).normal(size=ROWS)})
    made, confidence = net.predict_with_confidence(torch.randn(4, CONTEXT))
    assert made.shape == (4, 1)
    assert (confidence == 0).all()


def test_that_training_by_likelihood_recovers_a_dependence():
    torch.manual_seed(0)
    random = np.random.default_rng(5)
    first = random.normal(size=200)
    cells = {"one": first, "two": 0.9 * first + math.sqrt(1 - 0.81) * random.normal(size=200)}
    net, real = modality(cells).build_decoder(), rows(cells)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    context = torch.zeros(200, CONTEXT)
    for _step in range(40):
        optimizer.zero_grad()
        net.nll_loss(context, real).mean().backward()
        optimizer.step()
    with torch.no_grad():
        made = net(net.draw_noise(1_000, torch.Generator().manual_seed(2)), context[:1])
    assert np.corrcoef(made.T)[0, 1] == pytest.approx(np.corrcoef(real.T)[0, 1], abs=0.1)


def test_that_the_latent_decoder_is_normal_with_a_learned_scale():
    net = LatentTableDecoder(
        TableLayout(modality({"x": np.random.default_rng(1).normal(size=ROWS)}).fields),
        latent_dim=3,
        hidden_dim=8,
    )
    torch.nn.init.constant_(net.raw_log_scale, -1.0)
    scale = math.exp(3 * math.tanh(-1 / 3))
    latent, real = torch.randn(5, 3), torch.randn(5, 1)
    mean = net.layers(latent)
    expected = -torch.distributions.Normal(mean, scale).log_prob(real)[:, 0]
    torch.testing.assert_close(net.nll(latent, real), expected)
    noise = net.draw_noise(5, torch.Generator().manual_seed(1))
    torch.testing.assert_close(net(latent, noise), mean + scale * noise)
    torch.testing.assert_close(net(latent, torch.zeros(5, 1)), mean)


def test_that_the_latent_decoder_makes_rows_of_the_table():
    torch.manual_seed(0)
    net, layout = modality().build_latent_decoder(3), modality().layout
    made = net(torch.randn(300, 3), net.draw_noise(300, torch.Generator().manual_seed(1)))
    for block in layout.blocks.values():
        torch.testing.assert_close(made[:, block].sum(1), torch.ones(300))
    missing = made[:, layout.blocks["size"].start + 1] > 0.5
    assert torch.equal(made[:, 0] == 0, missing)


def test_that_the_networks_are_what_the_families_ask_for():
    facts = modality()
    hybrid, latent = facts.build_decoder(), facts.build_latent_decoder(4)
    assert isinstance(hybrid, LikelihoodDecoder)
    assert not isinstance(hybrid, LatentDecoder | DiscreteDecoder)
    assert isinstance(latent, LatentDecoder)
    assert not isinstance(latent, LikelihoodDecoder)
    for net in (facts.build_encoder(), facts.build_backbone()):
        assert not isinstance(net, DiscreteBackbone)
        assert net(rows()).shape == (ROWS, CONTEXT)


def test_that_rows_are_shown_as_cells():
    facts, real = modality(), rows()
    shown = facts.postprocess(facts.preprocess(real))
    assert shown.fields == ("kind", "size", "count", "is_new")
    cells = table()
    assert [row[0] for row in shown.rows] == cells["kind"]
    assert [row[2] for row in shown.rows] == cells["count"].tolist()
    assert [row[3] for row in shown.rows] == cells["is_new"]


def test_that_rows_are_the_same_if_their_categories_are():
    facts, real = modality(), rows()
    assert facts.is_discrete
    other = real.clone()
    other[:, 1] += 1
    assert facts.is_equal(real, other).all()
    block = facts.layout.blocks["kind"]
    other[0, block] = other[0, block].roll(1)
    assert facts.is_equal(real, other).tolist() == [False] + [True] * (ROWS - 1)


def test_that_numbers_alone_are_compared_as_they_are():
    cells = {"x": np.random.default_rng(1).normal(size=ROWS)}
    facts, real = modality(cells), rows(cells)
    assert not facts.is_discrete
    assert facts.is_equal(real, real).all()
    assert not facts.is_equal(real, real + 0.1).any()


def test_that_diversity_is_named_after_the_column():
    facts, real = modality(), rows()
    same = real[:1].expand(50, -1)
    assert facts.diversity_metrics(real, real)["facts_diversity"].item() == pytest.approx(1)
    assert facts.diversity_metrics(same, real)["facts_diversity"].item() == 0
