r"""Compare our multimodal VAEs with the PyPI package ``multivae``: same networks, same data.

    python -m venv /tmp/peer
    echo "$PWD/.venv/lib/python3.11/site-packages" > /tmp/peer/lib/python3.11/site-packages/ours.pth
    /tmp/peer/bin/pip install --no-deps multivae==1.0.3 pythae cloudpickle pydantic pydantic_core \
        annotated-types typing-inspection tqdm
    PYTHONPATH=. /tmp/peer/bin/python packaging/compare_multivae.py --family mopoe --epochs 5

Both begin with the same weights and see the same pairs for as many epochs, in turns, with the same
likelihoods and weights. "Averaged" is the running average that this program keeps of its weights
and samples from; the package keeps none. "Bound" is the importance-sampled joint log-likelihood of
validation pairs in nats, unweighted, always by our estimator; "its own" is what the package itself
makes of its model. "Coherence" is the share of pairs from the prior whose picture an independent
reader reads as the digit that the likeliest words name. "Images/s" counts whole trainings, ours
without reports; "steps" counts forward, backward and Adam alone, in blocks that take turns.
"""

import argparse
import copy
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from mnist_judge import WORDS
from multivae_peer import Peer, Recipe
from multivae_task import FEATURES, Items, Task, prepare

from engine.config.sections import VariationalConfig
from engine.data.loader import DeviceLoader, StoredRows
from engine.losses.elbo import importance_bound
from engine.nets.image import PixelLikelihood
from engine.nets.vae import MultimodalVae
from engine.train.state import update_ema
from engine.train.step import Batch, complete_batch
from engine.train.vae_step import VaeStep

CPU = torch.device("cpu")
SAMPLES_JUDGED = 10_000
BLOCK, ROUNDS = 10, 7
"""Steps in a block of the timing, and how often each side has its turn."""
SIDES = OURS, AVERAGED, THEIRS = "ours", "ours, averaged", "multivae"
FIGURES = ("bound", "coherence", "images_per_s")


@dataclass(frozen=True, kw_only=True)
class Result:
    """One training, measured."""

    side: str
    seed: int
    bound: float
    own_bound: float | None
    """By the package's own estimator."""
    coherence: float
    images_per_s: float


def main() -> None:
    """Train both sides by turns, and print a table."""
    arguments = _parse()
    task = prepare(arguments)
    results: list[Result] = []
    for seed in arguments.seeds:
        recipe = _recipe(arguments, seed)
        sides = [measure_ours, measure_peer]
        for measure in sides if seed % 2 else reversed(sides):
            for result in measure(task, recipe):
                results.append(result)
                print(_row(result), flush=True)
    print_medians(results)
    print_step_speed(task, _recipe(arguments, arguments.seeds[0]))


def measure_ours(task: Task, recipe: Recipe) -> list[Result]:
    """Train and measure our side."""
    model = build(task, recipe)
    average = copy.deepcopy(model)
    step = our_step(model, recipe)
    loader = _loader(task, recipe)
    started_s = time.monotonic()
    steps = recipe.epochs * len(task.train["image"]) // recipe.batch_size
    for number in range(steps):
        step(complete_batch(loader.batch(number).items), number)
        update_ema(
            average,
            model,
            images_seen=(number + 1) * recipe.batch_size,
            batch=recipe.batch_size,
            half_life=recipe.half_life,
        )
    speed = steps * recipe.batch_size / (time.monotonic() - started_s)
    sides = {OURS: model, AVERAGED: average}
    return [_result(task, recipe, side, net, speed, None) for side, net in sides.items()]


def measure_peer(task: Task, recipe: Recipe) -> list[Result]:
    """Train and measure the package's side."""
    peer = Peer(build(task, recipe), recipe)
    seconds = peer.train(task.train)
    speed = recipe.epochs * len(task.train["image"]) / seconds
    own = peer.log_likelihood(task.validation, task.samples)
    return [_result(task, recipe, THEIRS, peer.ours, speed, own)]


def build(task: Task, recipe: Recipe) -> MultimodalVae:
    """Build the networks; the seed decides the first weights, the same on both sides."""
    torch.manual_seed(recipe.seed)
    return MultimodalVae(task.modalities, embedding_dim=FEATURES, latent_dim=recipe.latent_dim)


def our_step(model: MultimodalVae, recipe: Recipe) -> VaeStep:
    """Prepare our training of a model, without annealing."""
    return VaeStep(
        model,
        torch.optim.Adam(model.parameters(), lr=recipe.learning_rate),
        VariationalConfig(text_weight=recipe.text_weight),
        is_mixture=recipe.is_mixture,
        batch_size=recipe.batch_size,
        seed=recipe.seed,
        device=CPU,
    )


@torch.no_grad()
def validation_bound(model: MultimodalVae, items: Items, samples: int) -> float:
    """Estimate the mean joint log-likelihood in nats."""
    generator = torch.Generator().manual_seed(0)
    bound = importance_bound(
        lambda latent: model.log_likelihood(latent, items),
        *model.posterior(items),
        samples=samples,
        generator=generator,
        chunk=1,
    )
    return bound.mean().item()


@torch.no_grad()
def coherence(model: MultimodalVae, task: Task) -> float:
    """Share of pairs from the prior whose picture shows what the likeliest words say."""
    noise = model.draw_noise(SAMPLES_JUDGED, torch.Generator().manual_seed(1))
    pairs = model({**noise, "text": torch.zeros_like(noise["text"])}, {})
    text, image = task.modalities
    seen = task.judge.read(image.postprocess(pairs["image"]))
    said = text.postprocess(pairs["text"])
    return float(np.mean([WORDS[digit] == words for digit, words in zip(seen, said, strict=True)]))


def print_medians(results: Sequence[Result]) -> None:
    """Print a line for each side."""
    for side in SIDES:
        own = [result for result in results if result.side == side]
        bound, share, speed = (statistics.median(getattr(r, name) for r in own) for name in FIGURES)
        print(f"median {side:>14}: bound {bound:.2f}, coherence {share:.1%}, {speed:.0f} images/s")


def print_step_speed(task: Task, recipe: Recipe) -> None:
    """Time steps alone, block by block in turns, and print the medians."""
    model = build(task, recipe)
    peer = Peer(copy.deepcopy(model), recipe)
    loader = _loader(task, recipe)
    step = our_step(model, recipe)
    optimizer = torch.optim.Adam(peer.model.parameters(), lr=recipe.learning_rate)

    def peer_step(batch: Batch, _number: int) -> None:
        loss = peer.loss(batch.items)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    sides: dict[str, Callable[..., object]] = {OURS: step, THEIRS: peer_step}
    speeds: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(ROUNDS + 1):
        for name, take in sides.items():
            speeds[name].append(BLOCK * recipe.batch_size / _time_block(take, loader, turn))
    for name, found in speeds.items():
        # The first block warms up and does not count.
        print(f"steps alone {name:>8}: {statistics.median(found[1:]):.0f} images/s")


def _time_block(take: Callable[..., object], loader: DeviceLoader, turn: int) -> float:
    started_s = time.monotonic()
    for number in range(turn * BLOCK, (turn + 1) * BLOCK):
        take(complete_batch(loader.batch(number).items), number)
    return time.monotonic() - started_s


def _loader(task: Task, recipe: Recipe) -> DeviceLoader:
    stored = {name: StoredRows(rows=rows) for name, rows in task.train.items()}
    return DeviceLoader(stored, recipe.batch_size, recipe.seed)


def _result(
    task: Task, recipe: Recipe, side: str, model: MultimodalVae, speed: float, own: float | None
) -> Result:
    model.eval()
    return Result(
        side=side,
        seed=recipe.seed,
        bound=validation_bound(model, task.validation, task.samples),
        own_bound=own,
        coherence=coherence(model, task),
        images_per_s=speed,
    )


def _row(result: Result) -> str:
    own = "" if result.own_bound is None else f" (its own {result.own_bound:.2f})"
    return (
        f"seed {result.seed} {result.side:>14}: bound {result.bound:.2f}{own}, "
        f"coherence {result.coherence:.1%}, {result.images_per_s:.0f} images/s"
    )


def _recipe(arguments: argparse.Namespace, seed: int) -> Recipe:
    return Recipe(
        is_mixture=arguments.family == "mopoe",
        likelihood=PixelLikelihood(family=arguments.density, scale=arguments.scale),
        text_weight=arguments.text_weight,
        latent_dim=arguments.latent,
        learning_rate=arguments.rate,
        batch_size=arguments.batch,
        epochs=arguments.epochs,
        half_life=arguments.half_life,
        seed=seed,
    )


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compares our multimodal VAEs with multivae's.")
    parser.add_argument("--family", choices=("mvae", "mopoe"), default="mopoe")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=60_000, help="training pairs to use")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], metavar="S")
    parser.add_argument("--samples", type=int, default=100, help="K of the bound")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=1e-3, help="Adam's")
    parser.add_argument("--latent", type=int, default=64, help="numbers in the code")
    parser.add_argument(
        "--half-life", type=float, default=2_000, help="of our running average, in images"
    )
    parser.add_argument("--density", choices=("laplace", "normal"), default="laplace")
    parser.add_argument("--scale", type=float, default=1.0, help="of the density")
    parser.add_argument("--text-weight", type=float, default=10.0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
