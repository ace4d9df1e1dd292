"""Measure what the Lens shows of a run on *Digits*: where it looks, and what a wrong word changes.

    python packaging/measure_lens.py --run DIR [--count 500]

Of held-out digits it prints, for each head and attribution, the share of the absolute attributions
within two pixels of the ink, how well they add up to the change of the logit from the baseline, and
how far the logit falls when the pixels with the largest attributions are replaced by the baseline.
The same is printed for untrained networks: a method that is 0 wherever a picture equals its
baseline lies on the strokes whatever the networks have learned, and only the other figures show
that they have.

Shapes: N items, H height, W width.
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.data.store import VALIDATION, open_dataset
from engine.inspection.batch_statistics import held_deviation
from engine.inspection.items import mismatched_items
from engine.inspection.networks import InspectedRun, load_networks, read_snapshot
from engine.inspection.saliency import (
    gradient_times_input,
    gradients,
    integrated_gradients,
    smooth_gradients,
)
from engine.nets.discriminator import PAIR, PairDiscriminator
from engine.train.data import network_input
from engine.train.families import build_networks
from engine.train.state import DISCRIMINATOR

INK = -0.5
"""Pixels above it are ink; paper is -1."""
REACH = 2
"""Pixels around the ink that count as near it."""
REPLACED = 20
"""Pixels that are replaced by the baseline."""
SPREAD = 0.2
"""Of SmoothGrad's noise; black and white are 2 apart."""
BASELINE_ITEMS = 256
IMAGE, TEXT = "image", "text"
Items = Mapping[str, Tensor]
Attribution = Callable[[Callable[[Items], Tensor], Items, Items], Tensor]
"""From score, items and baseline to [N, H, W]."""


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--count", type=int, default=500, help="held-out digits (default 500)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    run = load_networks(arguments.run, read_snapshot(arguments.run))
    dataset = open_dataset(run.config.dataset)
    rows = dataset.complete_rows(VALIDATION, run.model.columns)
    rows = rows[np.linspace(0, len(rows) - 1, min(arguments.count, len(rows))).astype(np.int64)]
    real = network_input(dataset, run.model, rows, run.config.networks, run.modalities)
    trained = run.discriminator
    if trained is None:
        parser.error("the run has no discriminator")
    print(f"{arguments.run}: {run.metadata.images_seen:,} images, {len(rows)} held-out digits")
    near = near_ink(real[IMAGE])
    print(f"pixels within {REACH} px of the ink: {near.float().mean():.3f} of all")
    for title, discriminator in (("trained", trained), ("untrained", untrained(run))):
        print(f"\n{title}")
        print_attributions(discriminator, real, near)
        print_wrong_words(run, discriminator, real)


def untrained(run: InspectedRun) -> PairDiscriminator:
    """Build the run's discriminator with initial weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(run.config.seed)
        network = build_networks(run.modalities, run.config)[DISCRIMINATOR]
    network.eval().requires_grad_(requires_grad=False)
    if not isinstance(network, PairDiscriminator):
        raise TypeError(type(network))
    return network


def near_ink(images: Tensor) -> Tensor:
    """Return the pixels within ``REACH`` of the ink: [N, 1, H, W] to [N, H, W] booleans."""
    offsets = torch.arange(-REACH, REACH + 1)
    disc = offsets[:, None].square() + offsets.square() <= REACH**2
    ink = (images > INK).float()
    return functional.conv2d(ink, disc.float()[None, None], padding=REACH)[:, 0] > 0


def attributions(paper: Tensor) -> dict[str, Attribution]:
    """Return the ways to attribute by title; ``paper`` is a black picture, [1, 1, H, W]."""

    def smooth(score: Callable[[Items], Tensor], items: Items) -> Tensor:
        rng = torch.Generator().manual_seed(0)
        return smooth_gradients(score, items, spread=SPREAD, generator=rng)[IMAGE]

    return {
        "gradient": lambda s, x, _b: gradients(s, x)[IMAGE].sum(1),
        "SmoothGrad": lambda s, x, _b: smooth(s, x).sum(1),
        "gradient x input (grey is 0)": lambda s, x, b: gradient_times_input(
            s, x, {**b, IMAGE: torch.zeros_like(b[IMAGE])}
        )[IMAGE].sum(1),
        "gradient x (input - black)": lambda s, x, b: gradient_times_input(
            s, x, {**b, IMAGE: paper}
        )[IMAGE].sum(1),
        "gradient x (input - median)": lambda s, x, b: gradient_times_input(s, x, b)[IMAGE].sum(1),
        "its positive part": lambda s, x, b: (
            gradient_times_input(s, x, b)[IMAGE].sum(1).clamp(min=0)
        ),
        "SmoothGrad x (input - median)": lambda s, x, b: (smooth(s, x) * (x[IMAGE] - b[IMAGE])).sum(
            1
        ),
        "integrated gradients (median)": lambda s, x, b: integrated_gradients(s, x, b)[IMAGE].sum(
            1
        ),
    }


def print_attributions(discriminator: PairDiscriminator, real: Items, near: Tensor) -> None:
    """Print the figures of all attributions for the image head and the pair head."""
    embedded = {name: item.detach() for name, item in discriminator.embed(real).items()}
    images = real[IMAGE]
    median = images[:BASELINE_ITEMS].median(0).values[None]
    baseline = {name: torch.zeros_like(item[:1]) for name, item in embedded.items()}
    baseline[IMAGE] = median
    with held_deviation(discriminator, embedded):
        for head in (IMAGE, PAIR):

            def score(items: Items, head: str = head) -> Tensor:
                return discriminator(items)[head]

            with torch.no_grad():
                logits = score(embedded)
                change = logits - score({**embedded, IMAGE: median.expand_as(images)})
            for title, attribute in attributions(-torch.ones_like(median)).items():
                found = attribute(score, embedded, baseline)
                falls = _fall(score, embedded, median, found, logits)
                share = near_share(found, near)
                agreement = _correlation(found.flatten(1).sum(1), change)
                print(
                    f"  {head:6} {title:32} near the ink {share:.3f}, correlation with the change "
                    f"{agreement:+.3f}, logit falls by {falls:+.3f}"
                )
            ink = torch.rand(near.shape, generator=torch.Generator().manual_seed(1))
            falls = _fall(score, embedded, median, ink * (images[:, 0] > INK), logits)
            print(f"  {head:6} {'random ink':32} logit falls by {falls:+.3f}")


def near_share(found: Tensor, near: Tensor) -> float:
    """Return the mean share of absolute attributions [N, H, W] on marked pixels [N, H, W]."""
    size = found.abs()
    return float(((size * near).sum((1, 2)) / size.sum((1, 2)).clamp(min=1e-12)).mean())


def _fall(
    score: Callable[[Items], Tensor], items: Items, median: Tensor, found: Tensor, logits: Tensor
) -> float:
    """Return how far logits fall when the largest attributions give way to the baseline."""
    largest = found.flatten(1).topk(REPLACED).indices
    mask = torch.zeros_like(found.flatten(1)).scatter_(1, largest, 1.0).view_as(found)
    with torch.no_grad():
        after = score({**items, IMAGE: torch.where(mask[:, None] > 0, median, items[IMAGE])})
    return float((logits - after).mean())


def _correlation(one: Tensor, other: Tensor) -> float:
    return float(torch.corrcoef(torch.stack([one, other]))[0, 1])


@torch.no_grad()
def print_wrong_words(run: InspectedRun, discriminator: PairDiscriminator, real: Items) -> None:
    """Print how often the pair head is lower for a digit beside another one's word."""
    wrong, is_wrong = mismatched_items(real, run.modality(TEXT))
    right_logits, wrong_logits = (discriminator(items)[PAIR][is_wrong] for items in (real, wrong))
    share = (wrong_logits < right_logits).float().mean()
    print(
        f"  pair head lower beside a wrong word: {share:.4f} of {int(is_wrong.sum())} "
        f"(mean logit {right_logits.mean():+.3f} with the right word, {wrong_logits.mean():+.3f})"
    )


if __name__ == "__main__":
    main()
