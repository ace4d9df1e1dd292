"""Whole runs on data that is not just pairs of an image and a few words."""

import math
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import torch
from PIL import Image

from engine.config.networks import NetworkConfig
from engine.config.sections import FAMILIES
from engine.control import RunControl
from engine.data.image_shape import ImageShape
from engine.data.store import open_dataset, write_dataset
from engine.data.word_vectors import WordVectors
from engine.errors import ConfigError, VectorsUnreadableError
from engine.events import MetricsReported, Outcome, RunEnded
from engine.metrics.evaluate import NearestImages, evaluate_run
from engine.modalities.registry import build_modalities
from engine.nets.text import EMBEDDING_STD, TextModality
from engine.runs.folder import RunFolder, create_run_folder
from engine.sample.gallery import write_gallery
from engine.sample.load import encode_texts, load_run
from engine.sample.player import Player
from engine.sample.preview_sheet import read_sheet
from engine.sample.request import Direction, GalleryRequest
from engine.sample.scene_sources import gallery_scene
from engine.train.data import load_training_data, model_metadata
from engine.train.run import train
from engine.train.setup import set_up
from tests.helpers.tiny import text_facts, tiny_config, tiny_dataset, tiny_facts, unpaired_dataset

CPU = torch.device("cpu")


@pytest.fixture
def dataset(tmp_path):
    return tiny_dataset(tmp_path / "data")


def trained(config):
    events = []
    config = config.with_values(reporting__evaluate_every_s=0.0)
    train(config, events.append, RunControl())
    ended = events[-1]
    assert isinstance(ended, RunEnded)
    if ended.error is not None:
        raise ended.error
    assert ended.outcome is Outcome.FINISHED
    return [event for event in events if isinstance(event, MetricsReported)]


@pytest.mark.parametrize("family", FAMILIES)
def test_that_halves_of_pairs_teach_every_family(tmp_path, family):
    data = unpaired_dataset(tmp_path / "half")
    reports = trained(tiny_config(data, tmp_path / "run").with_values(family=family))
    assert all(math.isfinite(value) for report in reports for value in report.losses.values())
    pairs = next(load_run(tmp_path / "run", CPU).sampler.from_noise(4, 1))
    assert len(pairs.texts) == 4


def test_that_all_captions_of_an_image_are_learned(tmp_path):
    random = np.random.default_rng(0)
    records = [
        {"text": "dark", "texts": ["dark", "a dim one", "gloom"], "split": "train"},
        {"text": None, "split": "train"},
        {"text": "light", "split": "train"},
        {"text": "pale", "texts": ["pale", "bright"], "split": "held_out"},
        {"text": "light", "split": "held_out"},
    ]
    data = tmp_path / "several"
    write_dataset(
        data,
        name="several",
        title="",
        images=random.integers(0, 255, (5, 32, 32, 1), dtype=np.uint8),
        records=records,
        licence="",
        source="",
    )
    config = tiny_config(data, tmp_path / "run")
    stored = open_dataset(data)
    facts, _config = model_metadata(config, stored)
    assert set(text_facts(facts).tokenizer.out_of_vocabulary("dim gloom light pale")) == {"pale"}
    modalities = build_modalities(facts.columns, config.networks)
    source = load_training_data(config, stored, facts, modalities, CPU)
    texts = modalities[0].postprocess(source.validation["text"])
    assert list(texts) == ["<unk>", "light"]
    drawn: set[str] = set()
    for step in range(20):
        batch = source.loader(8).batch(step)
        there = batch.items["text"][batch.present["text"]]
        drawn |= set(modalities[0].postprocess(modalities[0].preprocess(there)))
    assert drawn == {"dark", "a dim one", "gloom", "light"}
    assert trained(config)


@pytest.mark.parametrize("kind", ["word", "bpe", "characters"])
def test_that_texts_in_any_units_are_learned_and_drawn(tmp_path, dataset, kind):
    config = tiny_config(dataset, tmp_path / "run").with_values(data__tokenizer=kind)
    trained(config)
    loaded = load_run(tmp_path / "run", CPU)
    numbers = encode_texts(["light", "grey"], text_facts(loaded.model))
    (pairs,) = loaded.sampler.complete_items({"text": numbers}, 1)
    assert pairs.texts == ("light", "grey")
    assert text_facts(loaded.model).length >= text_facts(loaded.model).tokenizer.count("light") + 1


@pytest.mark.parametrize("encoding", ["one-hot", "token-ids"])
def test_that_sentences_of_77_tokens_are_learned_and_longer_ones_cut(tmp_path, encoding):
    random = np.random.default_rng(0)
    long = [" ".join(["a", "picture", "with", *["some", "words"] * n]) for n in (30, 36, 60)]
    records = [{"text": long[row % 3], "split": "train"} for row in range(12)]
    data = tmp_path / "long"
    write_dataset(
        data,
        name="long",
        title="",
        images=random.integers(0, 255, (12, 32, 32, 1), dtype=np.uint8),
        records=records,
        licence="",
        source="",
    )
    config = tiny_config(data, tmp_path / "run").with_values(
        data__tokenizer="auto", networks__text_encoding=encoding, images=32
    )
    losses = [value for report in trained(config) for value in report.losses.values()]
    assert losses
    assert all(map(math.isfinite, losses))
    loaded = load_run(tmp_path / "run", CPU)
    # The run stores what was chosen: another choice of the rule would not change it.
    assert loaded.config.data == replace(
        config.data, tokenizer="word", text_length=77, storage="resident"
    )
    assert text_facts(loaded.model).length == 77
    numbers = encode_texts(long, text_facts(loaded.model))
    (pairs,) = loaded.sampler.complete_items({"text": numbers}, 1)
    assert [len(text.split()) for text in pairs.texts] == [63, 75, 76]


@pytest.mark.parametrize(
    ("words", "family", "encoding"),
    [(252, "hybrid", "one-hot"), (253, "hybrid", "token-ids"), (253, "mvae", "one-hot")],
)
def test_that_large_vocabularies_become_token_ids(tmp_path, words, family, encoding):
    write_dataset(
        tmp_path / "data",
        name="words",
        title="Words",
        images=np.zeros((words, 32, 32, 1), dtype=np.uint8),
        records=[{"text": f"w{number:03}", "split": "train"} for number in range(words)],
        licence="CC0",
        source="a test",
    )
    config = tiny_config(tmp_path / "data", tmp_path / "run")
    config = config.with_values(family=family, networks__text_encoding="auto")
    run = set_up(config, create_run_folder(config), lambda _event: None, RunControl())
    assert len(text_facts(run.model).tokenizer) == words + 3
    assert run.config.networks.text_encoding == encoding
    assert run.folder.read_config() == run.config


def test_that_a_configuration_without_a_text_encoding_means_one_hot_vectors():
    # Runs older than the setting.
    assert NetworkConfig().text_encoding == "one-hot"


@pytest.mark.slow
def test_that_texts_as_token_ids_are_learned_drawn_and_evaluated(tmp_path):
    data = tiny_dataset(tmp_path / "data", pairs=180)
    half = unpaired_dataset(tmp_path / "half")
    config = tiny_config(data, tmp_path / "run").with_values(networks__text_encoding="token-ids")
    reports = trained(config)
    # A slow machine reports single steps, of which few have a penalty.
    losses = {name for report in reports for name in report.losses}
    assert {"discriminator", "generator", "text_nll", "penalty"} <= losses
    loaded = load_run(tmp_path / "run", CPU)
    assert list((tmp_path / "run").rglob("*.png"))
    (pairs,) = loaded.sampler.complete_items(
        {"text": encode_texts(["light", "grey"], text_facts(loaded.model))}, 1
    )
    assert pairs.texts == ("light", "grey")
    images = torch.zeros(3, 1, 32, 32, dtype=torch.uint8)
    (captioned,) = loaded.sampler.truncated(0.5).complete_items({"image": images}, 1)
    assert len(captioned.texts) == 3
    ways = [replace(gallery_scene(1, 0), towards=gallery_scene(2, 0), place=p) for p in (0.0, 0.5)]
    assert len(Player(loaded).render(ways).texts) == 2
    walk = loaded.sampler.walk(
        {"text": encode_texts(["light", "dark"], text_facts(loaded.model))}, 4, 1
    )
    assert [len(part.texts) for part in walk] == [4]
    report = evaluate_run(config.run, cache=tmp_path / "cache", count=100)
    assert {"kid", "text_to_image", "image_to_text", "text_validity"} <= report.metrics.keys()
    reports = trained(config.with_values(dataset=half, run=tmp_path / "other"))
    assert all(math.isfinite(value) for report in reports for value in report.losses.values())


def test_that_balance_needs_its_field(tmp_path, dataset, problem_log):
    config = tiny_config(dataset, tmp_path / "run")
    trained(config.with_values(data__class_balance=1.0))
    other = tiny_config(dataset, tmp_path / "other")
    with pytest.raises(ConfigError, match="balance_by"):
        trained(other.with_values(data__class_balance=1.0, data__balance_by="colour"))
    problem_log.expect("failed")


def test_that_weights_need_their_columns(tmp_path, dataset, problem_log):
    config = tiny_config(dataset, tmp_path / "run")
    with pytest.raises(
        ConfigError, match=r"no column of the dataset: 'speech' \(it has text, image"
    ):
        trained(config.with_values(training__column_weights="image=2, speech=0.5"))
    problem_log.expect("failed")


def test_that_word_vectors_are_read_or_refused(tmp_path, dataset, problem_log):
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("light 1 0 0 0 0 0\ndark -1 0 0 0 0 0\ngrey 0 1 0 0 0 0\n")
    config = tiny_config(dataset, tmp_path / "run").with_values(data__word_vectors=str(vectors))
    trained(config)
    vectors.write_text("zebra 1 2 3\n")
    with pytest.raises(VectorsUnreadableError):
        trained(config.with_values(run=tmp_path / "other"))
    problem_log.expect("failed")


def test_that_known_words_start_from_their_vectors_and_others_at_random():
    values = np.array([[3.0, 0.0, 1.0], [-3.0, 1.0, 0.0]], dtype=np.float32)
    vectors = WordVectors(words=("dark", "light"), values=values, skipped_lines=0)
    tokenizer = text_facts(tiny_facts()).tokenizer

    def embedding(given):
        torch.manual_seed(0)
        modality = TextModality(
            tokenizer=tokenizer, length=3, token_dim=4, embedding_dim=8, vectors=given
        )
        return cast("Any", modality.build_decoder()).embedding.weight.detach()

    with_vectors, without = embedding(vectors), embedding(None)
    dark, light = (int(tokenizer.encode(word, 2)[0]) for word in ("dark", "light"))
    grey = int(tokenizer.encode("grey", 2)[0])
    assert torch.equal(with_vectors[:, grey], without[:, grey])
    centred = torch.from_numpy(values - values.mean(0))
    expected = centred * EMBEDDING_STD / centred.std()
    torch.testing.assert_close(with_vectors[:3, dark], expected[0])
    torch.testing.assert_close(with_vectors[:3, light], expected[1])
    assert torch.equal(with_vectors[3], without[3])


def test_that_the_batch_can_be_measured(tmp_path, dataset):
    config = tiny_config(dataset, tmp_path / "run").with_values(training__batch_size=0)
    trained(config)
    assert RunFolder(tmp_path / "run").read_config().training.batch_size >= 2
    log = (tmp_path / "run" / "events.jsonl").read_text("utf-8")
    assert '"BatchSizeSelected"' in log


@pytest.mark.parametrize("mode", ["diffaugment", "ada"])
def test_that_augmented_runs_train(tmp_path, dataset, mode):
    reports = trained(tiny_config(dataset, tmp_path / "run").with_values(data__augmentation=mode))
    assert all(math.isfinite(value) for report in reports for value in report.losses.values())


# Images that are not square.


SHAPED = [
    ("hybrid", "convolutional", (24, 32)),
    ("adversarial", "modulated", (32, 24)),
    ("mvae", "convolutional", (18, 32)),
    ("mopoe", "modulated", (18, 32)),
    ("adversarial", "dense", (24, 32)),
    ("mvae", "dense", (32, 9)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("family", "architecture", "shape"), SHAPED)
def test_that_images_of_any_shape_are_learned_sampled_and_given_texts(
    tmp_path, family, architecture, shape
):
    # Stored at twice the size: the run keeps their ratio.
    data = tiny_dataset(tmp_path / "data", size=2 * shape[0], width=2 * shape[1], channels=3)
    config = tiny_config(data, tmp_path / "run", images=32).with_values(
        family=family, networks__architecture=architecture, data__augmentation="diffaugment"
    )
    reports = trained(config)
    assert all(math.isfinite(value) for report in reports for value in report.losses.values())
    sheet = read_sheet(next(RunFolder(config.run).samples.glob("*.png")))
    assert sheet.images.shape == (4, *shape, 3)
    texts, photos = tmp_path / "texts.txt", tmp_path / "photos"
    texts.write_text("dark\nlight")
    photos.mkdir()
    Image.new("RGB", (50, 50), "red").save(photos / "square.png")
    for direction in Direction:
        request = GalleryRequest(
            run=config.run,
            folder=tmp_path / direction,
            count=3,
            direction=direction,
            images=photos,
            texts=texts,
        )
        events = []
        write_gallery(request, events.append, RunControl())
        assert events[-1].outcome is Outcome.FINISHED, events[-1].error
        for path in (tmp_path / direction).glob("0*.png"):
            with Image.open(path) as picture:
                assert picture.size == (shape[1], shape[0])
        page = (tmp_path / direction / "index.html").read_text()
        assert f"aspect-ratio: {shape[1]} / {shape[0]};" in page


@pytest.mark.slow
def test_that_images_of_another_shape_are_evaluated_and_compared_in_it(tmp_path):
    data = tiny_dataset(tmp_path / "data", pairs=120, size=18, width=32)
    config = tiny_config(data, tmp_path / "run", images=32)
    trained(config)
    report = evaluate_run(config.run, cache=tmp_path / "cache", count=100)
    assert {"kid", "grid", "texture_32", "novelty", "text_validity"} <= set(report.metrics)
    assert evaluate_run(config.run, cache=tmp_path / "cache", count=100).metrics == report.metrics
    # A dataset of squares is padded to the shape of the run's images.
    other = tiny_dataset(tmp_path / "other", pairs=120)
    compared = evaluate_run(config.run, cache=tmp_path / "cache", count=100, dataset=other)
    assert compared.metrics["kid"] != report.metrics["kid"]
    dataset, shape = open_dataset(data), ImageShape(18, 32)
    search = NearestImages(dataset, shape, tmp_path / "cache", RunControl(), may_train=False)
    row = dataset.complete_rows("train")[3]
    copy = np.repeat(dataset.images_of(np.array([row]))[0], 3, axis=2)
    assert np.array_equal(search.find(copy).image, copy)


# --------------------------------------------------------------------------
# One network for whole pairs.


JOINT = {"family": "adversarial", "networks__architecture": "joint-dense"}


def test_that_one_network_for_whole_pairs_learns_from_complete_ones_and_draws_all(tmp_path):
    data = unpaired_dataset(tmp_path / "half")
    reports = trained(tiny_config(data, tmp_path / "run").with_values(**JOINT))
    assert all(math.isfinite(value) for report in reports for value in report.losses.values())
    loaded = load_run(tmp_path / "run", CPU)
    texts = encode_texts(["dark", "light"], text_facts(loaded.model))
    assert next(loaded.sampler.from_noise(4, 1)).images.shape == (4, 32, 32, 3)
    assert next(loaded.sampler.complete_items({"text": texts}, 1)).images.shape == (2, 32, 32, 3)


def test_that_one_network_for_whole_pairs_needs_some(tmp_path):
    images = np.zeros((6, 32, 32, 1), dtype=np.uint8)
    halves = [{"text": None}, {"text": "dark", "image": False}]
    write_dataset(
        tmp_path / "data",
        name="halves",
        title="",
        images=images,
        records=[{**half, "split": "train"} for half in halves * len(images)],
        licence="",
        source="",
    )
    config = tiny_config(tmp_path / "data", tmp_path / "run")
    assert set_up(config, create_run_folder(config), lambda _event: None, RunControl())
    config = config.with_values(run=tmp_path / "joint", **JOINT)
    with pytest.raises(ConfigError, match="every training item of the dataset lacks something"):
        set_up(config, create_run_folder(config), lambda _event: None, RunControl())
