"""What is said of items: logits by head, contributions by pixel, word and cell, or a bound."""

from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch

from engine.control import RunControl
from engine.data.store import StoredDataset, open_dataset
from engine.errors import CheckpointCorruptError, CheckpointMissingError, StoppedError
from engine.inspection.discriminator_view import contributions, view_run
from engine.inspection.items import fixed_noise, mismatched_items, real_items
from engine.inspection.networks import (
    InspectedRun,
    load_networks,
    newest_snapshot,
    read_snapshot,
)
from engine.inspection.results import BOUND, DIVERGENCE, Measure, Origin, Picture, Words
from engine.losses.elbo import gaussian_divergence
from engine.nets.discriminator import Discriminator
from engine.nets.image import LatentImageDecoder
from engine.nets.vae import MultimodalVae
from engine.runs.folder import RunFolder
from engine.sample.load import load_run
from engine.sample.preview_sheet import read_sheet
from engine.train.run import train
from tests.helpers.columns import four_column_dataset
from tests.helpers.tiny import tiny_config, tiny_dataset


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    plain, four = tiny_dataset(folder / "data"), four_column_dataset(folder / "four")
    for name, dataset, changes in (
        ("hybrid", plain, {}),
        ("hinge", plain, {"training__adversarial_loss": "hinge"}),
        ("tokens", plain, {"networks__text_encoding": "token-ids"}),
        ("columns", four, {}),
        ("mvae", plain, {"family": "mvae"}),
    ):
        config = tiny_config(dataset, folder / name, images=16).with_values(**changes)
        train(config, lambda _event: None, RunControl())
    return folder


def opened(folder: Path, name: str) -> tuple[InspectedRun, StoredDataset]:
    run = load_networks(folder / name, read_snapshot(folder / name))
    return run, open_dataset(run.config.dataset)


def test_that_each_head_judges_each_item_as_the_discriminator_does(folder: Path):
    run, dataset = opened(folder, "hybrid")
    view = view_run(run, dataset, count=4)
    assert view.names == ("text", "image", "pair")
    assert view.measure is Measure.LOG_ODDS
    assert view.images_seen == 16
    assert run.discriminator is not None
    real = real_items(run, dataset, 4)
    with torch.no_grad():
        expected = run.discriminator(real)
    shown = [item for item in view.items if item.origin is Origin.REAL]
    for head, logits in expected.items():
        assert [item.numbers[head] for item in shown] == pytest.approx(logits.tolist())
    wrong = [item for item in view.items if item.origin is Origin.MISMATCHED]
    assert view.exchanged == "text"
    assert all(a.caption != b.caption for a, b in zip(shown, wrong, strict=True))
    for one, other in zip(shown, wrong, strict=True):
        pictures = one.parts["image"], other.parts["image"]
        assert isinstance(pictures[0], Picture)
        assert isinstance(pictures[1], Picture)
        np.testing.assert_array_equal(pictures[0].pixels, pictures[1].pixels)


def test_that_generated_items_are_the_tiles_of_the_previews(folder: Path):
    run, dataset = opened(folder, "hybrid")
    view = view_run(run, dataset, count=4)
    made = [item for item in view.items if item.origin is Origin.GENERATED]
    sheet = read_sheet(RunFolder(folder / "hybrid").preview_files()[-1])
    assert [item.caption for item in made] == [*sheet.texts]
    for item, pixels in zip(made, sheet.images, strict=True):
        part = item.parts["image"]
        assert isinstance(part, Picture)
        np.testing.assert_array_equal(part.pixels, pixels)


def test_that_contributions_of_a_linear_discriminator_are_weight_times_input(folder: Path):
    run, dataset = opened(folder, "hybrid")
    discriminator = run.discriminator
    assert discriminator is not None
    weights = torch.randn(1, 32, 32, generator=torch.Generator().manual_seed(0))

    class Linear(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            score = (images * weights).flatten(1).sum(1, keepdim=True)
            return torch.cat([score, torch.zeros(len(images), 7)], 1)

    discriminator.backbones["image"] = Linear()
    heads = cast("Discriminator", discriminator).unimodal_heads
    head = cast("torch.nn.Linear", cast("torch.nn.Sequential", heads["image"])[-1])
    with torch.no_grad():
        head.weight.zero_()
        head.weight[0, 0] = 0.5
    real = real_items(run, dataset, 6)
    baseline = {
        "image": torch.full((1, 1, 32, 32), -0.2),
        "text": torch.zeros_like(real["text"][:1]),
    }
    found = contributions(discriminator, "image", real, baseline)
    expected = 0.5 * weights * (real["image"] + 0.2)
    torch.testing.assert_close(found["image"], expected, atol=1e-5, rtol=1e-4)
    assert not found["text"].any(), "the head of images reads no text"


@pytest.mark.parametrize("name", ["hybrid", "tokens"])
def test_that_contributions_belong_to_pixels_and_words(folder: Path, name: str):
    run, dataset = opened(folder, name)
    view = view_run(run, dataset, count=3)
    for item in view.items:
        image, text = item.parts["image"], item.parts["text"]
        assert isinstance(image, Picture)
        assert isinstance(text, Words)
        assert {*image.contributions} == {"image", "pair"}
        assert {*text.contributions} == {"text", "pair"}
        assert image.contributions["pair"].shape == (32, 32)
        assert " ".join(text.words).removesuffix("⏎").strip() == item.caption
        assert text.contributions["text"].shape == (len(text.words),)
        assert text.contributions["text"].any()


def test_that_contributions_are_computed_for_the_wanted_heads(folder: Path):
    run, dataset = opened(folder, "hybrid")
    whole, part, none = (
        view_run(run, dataset, count=3, heads=heads) for heads in (None, ("pair",), ("",))
    )
    for one, two, three in zip(whole.items, part.items, none.items, strict=True):
        assert one.numbers == two.numbers == three.numbers
        assert {*two.parts["image"].contributions} == {"pair"}
        assert np.array_equal(
            one.parts["image"].contributions["pair"], two.parts["image"].contributions["pair"]
        )
        assert not three.parts["image"].contributions


def test_that_rows_and_sounds_have_contributions_too(folder: Path):
    run, dataset = opened(folder, "columns")
    view = view_run(run, dataset, count=2)
    assert {*view.names} == {"text", "facts", "tone", "image", "pair"}
    item = view.items[0]
    facts, tone = item.parts["facts"], item.parts["tone"]
    assert isinstance(facts, Words)
    assert [word.split()[0] for word in facts.words] == ["level", "shade"]
    assert facts.contributions["facts"].shape == (2,)
    assert isinstance(tone, Picture)
    assert tone.pixels.shape[:2] == tone.contributions["tone"].shape
    assert tone.contributions["tone"].any()


def test_that_logits_of_a_margin_are_no_probabilities(folder: Path):
    assert view_run(*opened(folder, "hinge"), count=2).measure is Measure.LOGIT


def test_that_a_family_without_a_discriminator_gives_the_terms_of_its_bound(folder: Path):
    run, dataset = opened(folder, "mvae")
    view = view_run(run, dataset, count=4)
    assert view.measure is Measure.NATS
    assert view.names == ("text", "image", DIVERGENCE, BOUND)
    assert {item.origin for item in view.items} == {Origin.REAL, Origin.GENERATED}
    model = run.ema
    assert isinstance(model, MultimodalVae)
    with torch.no_grad():
        real = {name: item[:1] for name, item in real_items(run, dataset, 4).items()}
        posterior = model.posterior(real)
        decoder = cast("LatentImageDecoder", model.decoders["image"]).decoder
        pixels = torch.tanh(decoder.draw(posterior.mean))
        laplace = (real["image"] - pixels).abs() + torch.tensor(2.0).log()
    first = view.items[0]
    assert first.numbers["image"] == pytest.approx(float(laplace.sum()), rel=1e-4)
    divergence = float(gaussian_divergence(*posterior))
    assert first.numbers[DIVERGENCE] == pytest.approx(divergence, rel=1e-4)
    terms = sum(value for name, value in first.numbers.items() if name != BOUND)
    assert first.numbers[BOUND] == pytest.approx(terms, rel=1e-5)


def test_that_mismatched_items_differ_wherever_another_value_is_there(folder: Path):
    run, dataset = opened(folder, "hybrid")
    items = real_items(run, dataset, 6)
    text = run.modality("text")
    wrong, is_wrong = mismatched_items(items, text)
    assert is_wrong.all()
    assert not text.is_equal(wrong["text"], items["text"]).any()
    same = {name: item[:1].expand_as(item) for name, item in items.items()}
    kept, is_wrong = mismatched_items(same, text)
    assert not is_wrong.any()
    assert torch.equal(kept["text"], same["text"])


def test_that_the_networks_are_those_of_the_checkpoint(folder: Path):
    run, _dataset = opened(folder, "hybrid")
    snapshot = read_snapshot(folder / "hybrid")
    assert run.discriminator is not None
    for name, tensor in run.discriminator.state_dict().items():
        assert torch.equal(tensor, snapshot.tensors[f"discriminator.{name}"])
    noise = fixed_noise(run, 3)
    sampler = load_run(folder / "hybrid", torch.device("cpu")).sampler
    with torch.no_grad():
        made = run.ema(noise, {})
    texts = run.modality("text").postprocess(made["text"])
    assert sampler.complete(noise, {}).texts == texts


def test_that_tensors_of_other_networks_are_refused(folder: Path):
    with pytest.raises(CheckpointCorruptError, match="do not fit"):
        load_networks(folder / "hybrid", read_snapshot(folder / "columns"))


def test_that_a_run_without_a_checkpoint_is_told(tmp_path: Path, folder: Path):
    with pytest.raises(CheckpointMissingError):
        newest_snapshot(tmp_path, None, RunControl())


def test_that_a_stop_ends_the_view(folder: Path):
    run, dataset = opened(folder, "hybrid")
    control = RunControl()
    control.request_stop()
    with pytest.raises(StoppedError):
        view_run(run, dataset, control)
