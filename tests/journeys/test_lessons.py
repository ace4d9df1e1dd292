"""Runs the experiments of every lesson and checks what its text promises.

Points are judged by the ring itself: eight centres, and the word of each.
"""

import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from engine.control import RunControl
from engine.data.reduction import open_training_dataset
from engine.data.store import TRAIN, VALIDATION
from engine.data.table_codec import Cells
from engine.events import MetricsReported, Outcome, RunEnded
from engine.inspection.networks import load_networks, read_snapshot
from engine.sample.load import LoadedRun, encode_texts, load_run
from engine.starters.build import build_starter
from engine.starters.ring import COLOURS, RADIUS
from engine.train.run import train
from resources import starters_folder
from studio.models.lessons import load_lessons

pytestmark = pytest.mark.slow
on_pictures = pytest.mark.skipif(
    os.environ.get("DIPTYCH_LESSONS") != "all",
    reason="lessons on pictures train for minutes: make endurance",
)

CPU = torch.device("cpu")
SAMPLES, SEED = 1_000, 5
NEAR = 0.3
"""Largest distance of a point from the centre of its cluster; the clusters are 1.5 apart."""
LESSONS = {lesson.name: lesson for lesson in load_lessons()}


@dataclass(frozen=True)
class Trained:
    """A finished run of an experiment."""

    folder: Path
    run: LoadedRun
    losses: list[dict[str, float]]
    """As reported, without reports of none."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return tmp_path_factory.mktemp("lessons")


@pytest.fixture(scope="module")
def experiment(workspace):
    """Train an experiment of a lesson, once."""
    trained: dict[tuple[str, str], Trained] = {}

    def find(lesson: str, name: str) -> Trained:
        if (lesson, name) not in trained:
            trained[lesson, name] = train_experiment(workspace, lesson, name)
        return trained[lesson, name]

    return find


def train_experiment(workspace: Path, lesson: str, name: str) -> Trained:
    experiment = LESSONS[lesson].experiments[name]
    build_starter(experiment.starter, starters_folder(), workspace / "datasets")
    folder = workspace / f"{lesson}-{name}"
    config = experiment.config(workspace).with_values(
        run=folder, seed=1, device="cpu", reporting__evaluate_every_s=0.0
    )
    events: list[object] = []
    train(config, events.append, RunControl())
    assert isinstance(events[-1], RunEnded)
    assert events[-1].outcome is Outcome.FINISHED, events[-1].error
    reports = [event.losses for event in events if isinstance(event, MetricsReported)]
    return Trained(folder=folder, run=load_run(folder, CPU), losses=[dict(r) for r in reports if r])


@dataclass(frozen=True)
class Ring:
    """Generated points and their words."""

    near: npt.NDArray[np.bool_]
    """Whether each point lies on a cluster: [N]."""
    clusters: npt.NDArray[np.int64]
    """The nearest cluster of each point: [N]."""
    words: npt.NDArray[np.str_]

    @property
    def shares(self) -> npt.NDArray[np.float64]:
        """Fraction of all points that lie on each cluster: [8]."""
        return np.bincount(self.clusters[self.near], minlength=len(COLOURS)) / len(self.near)

    @property
    def agreement(self) -> float:
        """Fraction of the items whose word is that of the nearest cluster."""
        return float((np.array(COLOURS)[self.clusters] == self.words).mean())

    def share_of_words(self, *words: str) -> float:
        return float(np.isin(self.words, words).mean())


def ring(trained: Trained) -> Ring:
    points: list[tuple[float, ...]] = []
    words: list[str] = []
    for samples in trained.run.sampler.from_noise(SAMPLES, SEED):
        shown = samples.columns["point"]
        assert isinstance(shown, Cells)
        points += [tuple(float(cell or 0) for cell in row) for row in shown.rows]
        words += samples.texts
    angles = np.arange(len(COLOURS)) * (2 * math.pi / len(COLOURS))
    centres = RADIUS * np.stack([np.cos(angles), np.sin(angles)], 1)
    distances = np.linalg.norm(np.array(points)[:, None] - centres, axis=2)
    return Ring(near=distances.min(1) < NEAR, clusters=distances.argmin(1), words=np.array(words))


def test_that_a_gan_finds_all_clusters_and_their_words(experiment):
    made = ring(experiment("first-gan", "gan"))
    assert made.near.mean() > 0.9
    assert made.agreement > 0.9
    assert (made.shares > 0.005).all()


def test_that_the_textbook_gan_collapses_and_a_penalty_cures_it(experiment):
    collapsed = ring(experiment("mode-collapse", "collapse"))
    assert (collapsed.shares > 0.01).sum() <= 2
    cured = ring(experiment("mode-collapse", "cure"))
    assert (cured.shares > 0.01).all()


def test_that_a_discriminator_that_is_too_strong_teaches_little(experiment):
    strong, balanced = (experiment("strong-discriminator", n) for n in ("strong", "balanced"))
    assert ring(strong).agreement < 0.5
    assert ring(balanced).agreement > 0.8
    assert strong.losses[-1]["discriminator"] < 0.8 * balanced.losses[-1]["discriminator"]


def test_that_the_wasserstein_loss_needs_a_penalty(experiment):
    free, limited = (experiment("regularizers", name) for name in ("none", "penalty"))
    assert free.losses[-1]["discriminator"] < -100
    assert abs(limited.losses[-1]["discriminator"]) < 10
    assert ring(free).near.mean() < 0.5 < ring(limited).near.mean()


def test_that_the_saturating_loss_learns_less_from_a_strong_discriminator(experiment):
    saturating, other = (
        ring(experiment("saturating-loss", name)) for name in ("saturating", "non-saturating")
    )
    assert saturating.near.mean() < other.near.mean() - 0.05
    assert saturating.agreement < other.agreement - 0.1
    losses = experiment("saturating-loss", "saturating").losses
    assert losses[-1].get("generator", -1.0) < 0


def test_that_a_vae_fills_the_space_between_clusters_and_forgets_none(experiment):
    vae, gan = (ring(experiment("vae-and-gan", name)) for name in ("vae", "gan"))
    assert vae.near.mean() < 0.55
    assert min(vae.share_of_words(word) for word in COLOURS) > 0.06
    assert gan.near.mean() > 0.9
    assert np.ptp(gan.shares) > np.ptp([vae.share_of_words(word) for word in COLOURS])


def test_that_few_complete_items_are_enough_and_nine_are_not(experiment):
    few, nine = (ring(experiment("missing-modalities", n)) for n in ("incomplete", "unpaired"))
    assert few.agreement > 0.8
    assert (few.shares > 0.02).all()
    assert (nine.shares > 0.02).sum() < len(COLOURS)


def test_that_rare_classes_are_rarely_made_unless_they_are_drawn_more_often(experiment):
    plain, balanced = (ring(experiment("imbalance", name)) for name in ("imbalanced", "balanced"))
    assert plain.share_of_words("red", "yellow") < 0.06
    assert min(balanced.share_of_words(word) for word in COLOURS) >= 0.05


def discriminator_gap(trained: Trained) -> float:
    """Mean logit of training images above that of held-out ones, in their standard deviations."""
    run = load_networks(trained.folder, read_snapshot(trained.folder))
    assert run.discriminator is not None
    dataset = open_training_dataset(run.config)
    logits: list[npt.NDArray[np.float64]] = []
    for split in (TRAIN, VALIDATION):
        rows = dataset.complete_rows(split)[:100]
        facts = trained.run.model.text
        assert facts is not None
        texts = encode_texts([dataset.texts[row] for row in rows], facts)
        stored = {
            "image": torch.from_numpy(dataset.images_of(rows)).permute(0, 3, 1, 2),
            "text": texts,
        }
        items = {name: run.modality(name).preprocess(rows) for name, rows in stored.items()}
        with torch.no_grad():
            made = run.discriminator(run.discriminator.embed(items))
        logits.append(made["image"].double().numpy())
    training, held_out = logits
    return float((training.mean() - held_out.mean()) / held_out.std())


@on_pictures
def test_that_augmentation_keeps_the_discriminator_from_learning_few_images_by_heart(experiment):
    plain, augmented = (
        discriminator_gap(experiment("small-data", name)) for name in ("plain", "augmented")
    )
    assert plain > 0.5
    assert augmented < 0.7 * plain


def nearest_training_distances(trained: Trained) -> tuple[float, float]:
    """Median distance to the nearest training image: of generated and of held-out images."""
    dataset = open_training_dataset(trained.run.config)
    training, held_out = (
        dataset.images_of(dataset.rows(split)[:5_000]).reshape(-1, 1024) / 255.0
        for split in (TRAIN, VALIDATION)
    )
    made = np.concatenate(
        [samples.images[..., 0] for samples in trained.run.sampler.from_noise(300, SEED)]
    ).reshape(-1, 1024)
    own, real = (
        float(np.median(np.sqrt(squared_distances(images, training).min(1))))
        for images in (made / 255.0, held_out[:300])
    )
    return own, real


@on_pictures
def test_that_few_digits_are_memorised_and_many_are_not(experiment):
    made, held_out = nearest_training_distances(experiment("memorisation", "few"))
    assert made < 0.9 * held_out
    made, held_out = nearest_training_distances(experiment("memorisation", "many"))
    assert made > 0.95 * held_out


def squared_distances(
    one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    return ((one**2).sum(1)[:, None] + (other**2).sum(1) - 2 * one @ other.T).clip(0)
