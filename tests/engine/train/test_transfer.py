"""Starting from the weights of an earlier run."""

import shutil
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import torch

from engine.control import RunControl
from engine.data.store import open_dataset
from engine.data.tokenizers import BpeTokenizer, Vocabulary
from engine.errors import CheckpointCorruptError, ConfigError, RunMissingError
from engine.events import WeightsTransferred
from engine.modalities.registry import build_modalities
from engine.nets.protocols import PairModel
from engine.runs.branching import find_initial_run
from engine.runs.checkpoint import read_tensors, write_checkpoint
from engine.runs.folder import create_run_folder, write_model
from engine.runs.metadata import Origin, read_notes
from engine.sample.load import EMA_PREFIX, load_run
from engine.sample.sampler import Sampler
from engine.train.data import model_metadata
from engine.train.families import build_state
from engine.train.setup import reset_to_initial_weights, set_up
from engine.train.state import DISCRIMINATOR, GENERATOR
from engine.train.transfer import follow_initial_run, preview_transfer, transfer
from tests.helpers.run_folders import facts_at
from tests.helpers.tiny import (
    WORDS,
    text_facts,
    tiny_config,
    tiny_dataset,
    tiny_facts,
)


def networks_of(config, model) -> dict[str, Any]:
    state = new_state(config, model)
    return {name: trained.network for name, trained in state.networks.items()}


def new_state(config, model):
    modalities = build_modalities(model.columns, config.networks)
    return build_state(modalities, config, torch.device("cpu"))


def earlier_run(folder, model=None, **values):
    """Store a run that was never trained, with an EMA unlike its generator."""
    config = tiny_config(folder / "no data", folder / "earlier", seed=7).with_values(
        **{"networks__text_encoding": "one-hot"} | values
    )
    model = model or tiny_facts()
    run = create_run_folder(config)
    write_model(run, model)
    state = new_state(config, model)
    random = torch.Generator().manual_seed(3)
    for name, value in state.tensors().items():
        if value.is_floating_point() and "running_var" not in name and "._" not in name:
            value.add_(0.1 * torch.randn(value.shape, generator=random))
    write_checkpoint(run.checkpoint_path(64), state.tensors(), facts_at(64))
    return run


def taken_over(run, model=None, **values):
    """Build new networks that start from a run: before, after and the report."""
    config = run.read_config().with_values(seed=8, init_from=str(run.path), **values)
    model = model or tiny_facts()
    plain = networks_of(config, model)
    networks = networks_of(config, model)
    initial = find_initial_run(config)
    assert initial is not None
    report = transfer(networks, config, model, initial)
    return plain, networks, report


@pytest.mark.parametrize("encoding", ["one-hot", "token-ids"])
def test_that_equal_networks_start_from_the_earlier_average_and_discriminator(tmp_path, encoding):
    run = earlier_run(tmp_path, networks__text_encoding=encoding)
    _plain, networks, report = taken_over(run)
    for name, prefix in ((GENERATOR, EMA_PREFIX), (DISCRIMINATOR, f"{DISCRIMINATOR}.")):
        earlier = read_tensors(run.latest_checkpoint(), prefix)
        now = networks[name].state_dict()
        assert now.keys() == earlier.keys()
        assert all(torch.equal(now[key], earlier[key]) for key in earlier)
    count = sum(len(network.state_dict()) for network in networks.values())
    assert report.tensors == report.all_tensors == count
    assert (report.words, report.all_words) == (3, 3)
    assert (report.run, report.images_seen) == ("earlier", 64)


def test_that_the_first_samples_are_those_of_the_earlier_average(tmp_path):
    dataset = tiny_dataset(tmp_path / "data")
    config = tiny_config(dataset, tmp_path / "new")
    run = earlier_run(tmp_path, model_metadata(config, open_dataset(dataset))[0])
    events = []
    config = config.with_values(init_from=str(run.path))
    made = set_up(config, create_run_folder(config), events.append, RunControl())
    cpu = torch.device("cpu")
    earlier = load_run(run.path, cpu).sampler
    for network in (made.state.ema, made.state.generator.eval()):
        (now,) = Sampler(cast("PairModel", network), made.modalities, cpu).from_noise(6, seed=1)
        (then,) = earlier.from_noise(6, seed=1)
        assert np.array_equal(now.images, then.images)
        assert now.texts == then.texts
    assert all(not trained.optimizer.state for trained in made.state.networks.values())
    origin = Origin(run="earlier", checkpoint="checkpoint-000000000064", images_seen=64)
    assert read_notes(config.run).origin == replace(origin, is_branch=False)
    assert [e.run for e in events if isinstance(e, WeightsTransferred)] == ["earlier"]
    # What was the newest checkpoint is written down: the earlier run may go on.
    assert made.folder.read_config().init_checkpoint == origin.checkpoint


def test_that_automatic_texts_follow_the_earlier_run(tmp_path):
    run = earlier_run(tmp_path, data__tokenizer="characters")
    config = tiny_config(tmp_path / "data", tmp_path / "new").with_values(
        init_from=str(run.path),
        data__tokenizer="auto",
        networks__text_encoding="auto",
        networks__text_conditioning="auto",
        networks__sound_encoder="auto",
    )
    initial = find_initial_run(config)
    followed = follow_initial_run(config, initial)
    assert followed.data.tokenizer == "characters"
    assert followed.networks.text_encoding == "one-hot"
    assert followed.networks.text_conditioning == "initial-state"
    assert followed.networks.sound_encoder == "convolutional"
    # What the user names stays.
    named = config.with_values(
        data__tokenizer="word",
        networks__text_encoding="token-ids",
        networks__text_conditioning="every-token",
        networks__sound_encoder="rhythm",
    )
    assert follow_initial_run(named, initial) == named
    assert follow_initial_run(config, None) == config


OTHER = tiny_facts(text_length=5, tokenizer=Vocabulary(("new", "grey", "dark", "old", "light")))
KNOWN = {"<pad>": (0, 0), "<end>": (1, 1), "<unk>": (2, 2)} | {
    word: (text_facts(OTHER).tokenizer.tokens().index(word), 3 + WORDS.index(word))
    for word in WORDS
}
"""New and earlier ids of the tokens that both vocabularies have."""


@pytest.mark.parametrize(
    ("regularizer", "weight"),
    [("r1", "weight"), ("spectral-norm", "parametrizations.weight.original")],
)
def test_that_one_layer_for_whole_pairs_is_taken_over_for_the_same_vocabulary_alone(
    tmp_path, regularizer, weight
):
    joint = {
        "family": "adversarial",
        "networks__architecture": "joint-dense",
        "training__regularizer": regularizer,
    }
    run = earlier_run(tmp_path, **joint)
    _plain, networks, report = taken_over(run)
    assert report.tensors == report.all_tensors
    # As many words, so that all shapes agree.
    others = tiny_facts(tokenizer=Vocabulary(("grey", "dark", "new")))
    plain, networks, report = taken_over(run, others)
    of_words = {"layers.2.weight", "layers.2.bias", f"backbones.pair.0.{weight}"}
    for name, prefix in ((GENERATOR, EMA_PREFIX), (DISCRIMINATOR, f"{DISCRIMINATOR}.")):
        earlier, first = read_tensors(run.latest_checkpoint(), prefix), plain[name].state_dict()
        for key, value in networks[name].state_dict().items():
            expected = first[key] if key in of_words else earlier[key]
            assert torch.equal(value, expected) or "._" in key, key
    assert report.tensors < report.all_tensors


@pytest.mark.parametrize("encoding", ["one-hot", "token-ids"])
def test_that_each_known_word_keeps_its_embedding_and_its_logit(tmp_path, encoding):
    run = earlier_run(tmp_path, networks__text_encoding=encoding)
    earlier = networks_of(run.read_config(), tiny_facts())
    earlier[GENERATOR].load_state_dict(read_tensors(run.latest_checkpoint(), EMA_PREFIX))
    plain, networks, report = taken_over(run, OTHER)
    assert (report.words, report.all_words) == (3, 5)

    def embedding(network):
        weight = network.embedding.weight.detach()
        return weight.T if encoding == "one-hot" else weight

    def logits(decoder, hidden):
        if encoding == "one-hot":
            return decoder.to_logits(hidden)[0]
        return decoder.embedding.weight @ decoder.project(hidden)[0] + decoder.bias

    new, old, first = (one[GENERATOR] for one in (networks, earlier, plain))
    for part in (lambda g: g.context.encoders["text"], lambda g: g.decoders["text"]):
        rows = [embedding(part(one)) for one in (new, old, first)]
        for new_id, old_id in KNOWN.values():
            assert torch.equal(rows[0][new_id], rows[1][old_id])
        for new_id in (3, 6):  # "new" and "old" start as the seed has them
            assert torch.equal(rows[0][new_id], rows[2][new_id])
    hidden = torch.randn(1, 8)
    values = [logits(one.decoders["text"], hidden) for one in (new, old)]
    for new_id, old_id in KNOWN.values():
        assert torch.allclose(values[0][new_id], values[1][old_id])


@pytest.mark.parametrize("encoder", ["linear", "bag-of-words", "transformer"])
def test_that_a_text_of_known_words_is_read_as_before(tmp_path, encoder):
    run = earlier_run(tmp_path, networks__text_encoding="token-ids", networks__text_encoder=encoder)
    earlier = networks_of(run.read_config(), tiny_facts())
    earlier[DISCRIMINATOR].load_state_dict(
        read_tensors(run.latest_checkpoint(), f"{DISCRIMINATOR}.")
    )
    networks = taken_over(run, OTHER)[1]
    old, new = (one[DISCRIMINATOR].backbones["text"] for one in (earlier, networks))
    for text in ("dark", "grey light"):
        ids = [
            torch.tensor(text_facts(model).tokenizer.encode(text, text_facts(model).length))[None]
            for model in (tiny_facts(), OTHER)
        ]
        # The two more positions hold padding, whose embedding is 0 up to the perturbation.
        old.embedding.weight.data[0] = new.embedding.weight.data[0] = 0
        assert torch.allclose(old(ids[0]), new(ids[1]), atol=1e-6)
    networks = taken_over(run, tiny_facts(text_length=2, tokenizer=text_facts(OTHER).tokenizer))[1]
    layers = networks[DISCRIMINATOR].backbones["text"].layers
    if encoder == "linear":
        assert torch.equal(layers[1].weight, old.layers[1].weight[:, : 2 * 4])
    if encoder == "transformer":
        assert torch.equal(layers.positions, old.layers.positions[:2])


def test_that_clusters_belong_to_one_vocabulary(tmp_path):
    words = [f"w{number}" for number in range(500)]
    model = tiny_facts(tokenizer=Vocabulary(words))
    other = tiny_facts(tokenizer=Vocabulary(words[::-1]))
    run = earlier_run(tmp_path, model, networks__text_encoding="token-ids")
    earlier = read_tensors(run.latest_checkpoint(), EMA_PREFIX)["decoders.text.cluster_bias"]
    assert len(earlier) > 0
    for there, is_same in ((model, True), (other, False)):
        _plain, networks, report = taken_over(run, there)
        found = networks[GENERATOR].decoders["text"].cluster_bias
        assert torch.equal(found, earlier) == is_same
        assert report.words == 500
        assert (report.tensors == report.all_tensors) == is_same


def test_that_a_latent_decoder_keeps_words_and_positions(tmp_path):
    run = earlier_run(tmp_path, family="mvae")
    plain, networks, _report = taken_over(run, OTHER)
    earlier = read_tensors(run.latest_checkpoint(), EMA_PREFIX)
    decoder, first = (one[GENERATOR].decoders["text"] for one in (networks, plain))
    for new_id, old_id in KNOWN.values():
        row = earlier["decoders.text.to_logits.weight"][old_id]
        assert torch.equal(decoder.to_logits.weight[new_id], row)
    before = earlier["decoders.text.hidden.2.weight"]
    assert torch.equal(decoder.hidden[2].weight[: 3 * 8], before)
    assert torch.equal(decoder.hidden[2].weight[3 * 8 :], first.hidden[2].weight[3 * 8 :])


def test_that_a_spectral_norm_follows_the_words(tmp_path):
    run = earlier_run(tmp_path, training__regularizer="spectral-norm")
    permuted = tiny_facts(tokenizer=Vocabulary(WORDS[::-1]))
    earlier = read_tensors(run.latest_checkpoint(), f"{DISCRIMINATOR}.")
    old = networks_of(run.read_config(), tiny_facts())
    old[DISCRIMINATOR].load_state_dict(earlier)
    _plain, new, report = taken_over(run, permuted)
    weights = [one[DISCRIMINATOR].eval().backbones["text"].embedding.weight for one in (old, new)]
    assert torch.allclose(weights[0][:, [0, 1, 2, 5, 4, 3]], weights[1])
    assert report.tensors == report.all_tensors
    # Without the norm, the weights have another scale, and the discriminator's are not taken.
    networks = taken_over(run, training__regularizer="r1")[1]
    found = networks[DISCRIMINATOR].backbones["text"].embedding.weight
    original = earlier["backbones.text.embedding.parametrizations.weight.original"]
    assert not torch.equal(found, original)


def test_that_words_of_another_kind_are_unknown_and_bytes_are_matched_by_name(tmp_path):
    run = earlier_run(tmp_path)
    letters = tiny_facts(tokenizer=Vocabulary("dark", "characters"))
    _plain, networks, report = taken_over(run, letters)
    earlier = read_tensors(run.latest_checkpoint(), EMA_PREFIX)["decoders.text.to_logits.bias"]
    bias = networks[GENERATOR].decoders["text"].to_logits.bias
    assert torch.equal(bias[:3], earlier[:3])
    assert (report.words, report.all_words) == (0, 4)
    texts = [["red cat", "red dog"] * 9, ["red dog", "blue dog"] * 9]
    one, other = (BpeTokenizer.build(text, size=270) for text in texts)
    shared = set(one.tokens()) & set(other.tokens())
    assert "red" in shared
    assert len(shared) < len(other)
    run = earlier_run(tmp_path / "bpe", tiny_facts(tokenizer=one))
    report = taken_over(run, tiny_facts(tokenizer=other))[2]
    assert (report.words, report.all_words) == (len(shared) - 3, len(other) - 3)


def test_that_other_networks_take_what_fits_and_a_run_that_fits_nowhere_is_refused(tmp_path):
    run = earlier_run(tmp_path)
    for model, values in (
        (tiny_facts(), {"networks__image_size": 64}),
        (tiny_facts(channels=3), {}),
        (tiny_facts(), {"networks__text_encoding": "token-ids"}),
    ):
        report = taken_over(run, model, **values)[2]
        assert 0 < report.tensors < report.all_tensors
        assert report.words == (0 if "networks__text_encoding" in values else 3)
    with pytest.raises(ConfigError, match="no weights of"):
        taken_over(
            run,
            networks__embedding_dim=9,
            networks__latent_dim=5,
            networks__token_dim=5,
            networks__generator_channels=5,
            networks__discriminator_channels=6,
        )


def test_that_a_preview_of_it_says_the_same_and_writes_nothing(tmp_path):
    dataset = tiny_dataset(tmp_path / "data")
    run = earlier_run(tmp_path)
    config = tiny_config(dataset, tmp_path / "new")
    assert preview_transfer(config) is None
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    config = config.with_values(init_from=str(run.path))
    found = preview_transfer(config)
    assert torch.equal(torch.rand(3), expected)
    assert not config.run.exists()
    events = []
    set_up(config, create_run_folder(config), events.append, RunControl())
    assert found is not None
    assert found in events
    assert found.words == 3


def test_that_a_damaged_or_missing_earlier_run_is_named(tmp_path):
    run = earlier_run(tmp_path)
    file = run.latest_checkpoint() / "tensors.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    for choice in ("newest", run.latest_checkpoint().name):
        with pytest.raises(CheckpointCorruptError, match="checksum"):
            taken_over(run, init_checkpoint=choice)
    shutil.rmtree(run.path)
    config = tiny_config(tmp_path, tmp_path / "new").with_values(init_from=str(run.path))
    with pytest.raises(RunMissingError):
        find_initial_run(config)


def test_that_the_first_weights_of_a_resumed_run_are_taken_over_again(tmp_path):
    dataset = tiny_dataset(tmp_path / "data")
    run = earlier_run(tmp_path)
    config = tiny_config(dataset, tmp_path / "new").with_values(init_from=str(run.path))
    folder = create_run_folder(config)

    def nothing(_event):
        pass

    made = set_up(config, folder, nothing, RunControl())
    # The checkpoint that is loaded next decides, so that the earlier run may be gone by then.
    resumed = set_up(made.config, folder, nothing, RunControl(), is_restored=True)
    reset_to_initial_weights(resumed)
    now = resumed.state.tensors()
    assert all(torch.equal(value, now[name]) for name, value in made.initial_tensors.items())
    shutil.rmtree(run.path)
    resumed = set_up(made.config, folder, nothing, RunControl(), is_restored=True)
    with pytest.raises(RunMissingError):
        reset_to_initial_weights(resumed)


def test_that_what_does_not_depend_on_the_shape_is_taken_over(tmp_path):
    run = earlier_run(tmp_path)
    wide = tiny_facts(height=9, width=16)
    plain, networks, report = taken_over(run, wide)
    earlier = read_tensors(run.latest_checkpoint(), EMA_PREFIX)
    now, before = networks[GENERATOR].state_dict(), plain[GENERATOR].state_dict()
    assert now.keys() == earlier.keys()
    for name, value in earlier.items():
        expected = value if now[name].shape == value.shape else before[name]
        assert torch.equal(now[name], expected), name
    # The first layer of the decoder and the last of the encoder know the grid.
    other = [name for name, value in earlier.items() if now[name].shape != value.shape]
    assert {name.rpartition(".")[0] for name in other} == {
        "context.encoders.image.8",
        "decoders.image.mix.2",
    }
    assert report.tensors < report.all_tensors
