"""Compare a run with other generators of images: same training pairs, same CPU seconds.

    export PYTHONPATH=. OMP_NUM_THREADS=1 SCRIPT=packaging/compare_images.py
    .venv/bin/python $SCRIPT speed --run RUN
    .venv/bin/python $SCRIPT ours --run RUN --out ours.npz
    .venv/bin/python $SCRIPT dcgan --run RUN --cpu-seconds 848 --out dcgan.npz
    .venv/bin/python $SCRIPT score --run RUN ours.npz dcgan.npz
    .venv/bin/python $SCRIPT sheet --run RUN --out sheet.png Diptych=ours.npz DCGAN=dcgan.npz

The run names dataset and image size. ``dcgan`` is PyTorch's DCGAN example conditioned on captions,
with its images in memory. ``speed`` prints the CPU milliseconds of an image of the run and of the
DCGAN loop, in blocks that take turns: on a busy machine a run's CPU seconds depend on what else is
there. ``score`` and ``sheet`` read any .npz file with ``images`` [N, S, S, 3] for random training
captions, ``matched`` and ``sheet`` for 300 and 64 evenly spread ones.
"""

import argparse
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor, nn
from torch.nn import functional

from engine.control import RunControl
from engine.data.image_files import resize
from engine.data.image_shape import square
from engine.data.store import TRAIN, StoredDataset, open_dataset
from engine.data.tokenizers import Vocabulary
from engine.events import ImageArray
from engine.metrics.distances import kernel_distance, manifold_metrics
from engine.metrics.extractor import FeatureExtractor, default_cache
from engine.metrics.pairs import MATCHED, REFERENCE, collect, subsample
from engine.metrics.retrieval import WordMatch, bags
from engine.metrics.texture import IMAGES, TextureMetrics
from engine.runs.folder import RunFolder
from engine.sample.load import encode_texts, load_run
from engine.train.automatic import read_batch
from engine.train.setup import set_up
from engine.train.state import update_ema

SAMPLES, SHEET, SIDE = 5_000, 64, 64
"""Images that are scored, images on a sheet, and the side of one there in pixels."""
BATCH, NOISE, WIDTH, CAPTION = 64, 100, 64, 100
"""DCGAN's, the first three as in the example; the last is how many numbers a caption becomes."""
BLOCK_S, ROUNDS, REPORT_S = 3.0, 3, 60.0
SCORES = ("coverage", "recall", "density", "kid", "kid_std", "grid", "texture", "match")


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """A generator in training."""

    step: Callable[[], None]
    images_per_step: int
    draw: Callable[[Sequence[str]], ImageArray]
    """Makes an image for each caption: [N, S, S, 3]."""


@dataclass(frozen=True)
class Task:
    """The training pairs of a run."""

    dataset: StoredDataset
    size: int
    seed: int

    def pixels(self) -> Tensor:
        """All training images: [N, 3, S, S] uint8."""
        images = resize(
            self.dataset.images_of(self.dataset.complete_rows(TRAIN)), square(self.size)
        )
        return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()

    def texts(self, most: int | None = None) -> list[str]:
        """The training captions, or so many that are spread evenly."""
        rows = self.dataset.complete_rows(TRAIN)
        return [self.dataset.texts[row] for row in subsample(rows, most or len(rows))]


def dcgan(task: Task) -> Contestant:
    """PyTorch's DCGAN example with captions: networks, losses and order of the passes.

    Source: Radford et al. 2016, arXiv:1511.06434; the projection is that of Miyato & Koyama 2018,
    arXiv:1802.05637.
    """
    torch.manual_seed(task.seed)
    pixels, texts = task.pixels(), task.texts()
    vocabulary = Vocabulary.build(texts)

    def bag(captions: Sequence[str]) -> Tensor:
        return functional.normalize(bags(captions, vocabulary), p=1, dim=1)

    words = bag(texts)
    generator, discriminator = (
        net(len(vocabulary), task.size) for net in (CaptionedGenerator, CaptionedDiscriminator)
    )
    loss, ones = nn.BCEWithLogitsLoss(), torch.ones(BATCH)
    rates: dict[str, Any] = {"lr": 2e-4, "betas": (0.5, 0.999)}
    of_generator = torch.optim.Adam(generator.parameters(), **rates)
    of_discriminator = torch.optim.Adam(discriminator.parameters(), **rates)
    batches = _batches(len(pixels), BATCH)

    def step() -> None:
        rows = next(batches)
        real, said = pixels[rows].float() / 127.5 - 1, words[rows]
        discriminator.zero_grad()
        loss(discriminator(real, said), ones).backward()
        fake = generator(torch.randn(BATCH, NOISE), said)
        loss(discriminator(fake.detach(), said), 0 * ones).backward()
        of_discriminator.step()
        generator.zero_grad()
        loss(discriminator(fake, said), ones).backward()
        of_generator.step()

    @torch.no_grad()
    def draw(captions: Sequence[str]) -> ImageArray:
        # Like the example, the generator stays in training mode: statistics are the batch's.
        made = [
            generator(torch.randn(len(part), NOISE), part) for part in bag(captions).split(BATCH)
        ]
        return _stored((torch.cat(made) + 1) / 2)

    return Contestant(step=step, images_per_step=BATCH, draw=draw)


class CaptionedGenerator(nn.Module):
    """DCGAN's generator on noise and the mean embedding of a caption's words."""

    def __init__(self, words: int, size: int) -> None:
        super().__init__()
        widths = [size // 8 * WIDTH >> level for level in range(size.bit_length() - 3)]
        self.embed = nn.Linear(words, CAPTION, bias=False)
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise([NOISE + CAPTION, *widths]):
            up = _up(before, after, 2, 1) if layers else _up(before, after, 1, 0)
            layers += [up, nn.BatchNorm2d(after), nn.ReLU()]
        self.layers = nn.Sequential(*layers, _up(widths[-1], 3, 2, 1), nn.Tanh())
        self.apply(_initialise)
        nn.init.normal_(self.embed.weight)

    def forward(self, noise: Tensor, words: Tensor) -> Tensor:
        """Map noise [B, Z] and words' weights [B, W] to [B, 3, S, S] in [-1, 1]."""
        return self.layers(torch.cat([noise, self.embed(words)], 1)[:, :, None, None])


class CaptionedDiscriminator(nn.Module):
    """DCGAN's discriminator with a projection of the caption."""

    def __init__(self, words: int, size: int) -> None:
        super().__init__()
        widths = [WIDTH << level for level in range(size.bit_length() - 3)]
        layers: list[nn.Module] = [_down(3, WIDTH, 2, 1), nn.LeakyReLU(0.2)]
        for before, after in itertools.pairwise(widths):
            layers += [_down(before, after, 2, 1), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers)
        self.head = _down(widths[-1], 1, 1, 0)
        self.embed = nn.Linear(words, widths[-1], bias=False)
        self.apply(_initialise)

    def forward(self, images: Tensor, words: Tensor) -> Tensor:
        """Map [B, 3, S, S] and words' weights [B, W] to logits [B]."""
        features = self.body(images)
        return self.head(features).flatten() + (self.embed(words) * features.mean((2, 3))).sum(1)


def our_step(run: Path, folder: Path) -> Callable[[], None]:
    """Prepare the run's own training step, from the beginning."""
    config = RunFolder(run).read_config().with_values(run=folder, device="cpu")
    setup = set_up(config, RunFolder(folder), lambda _event: None, RunControl())
    training, state = setup.config.training, setup.state
    numbers = iter(range(1 << 30))

    def step() -> None:
        number = next(numbers)
        setup.step(read_batch(setup.modalities, setup.loader, number), number)
        update_ema(
            state.ema,
            state.generator,
            images_seen=(number + 1) * training.batch_size,
            batch=training.batch_size,
            half_life=training.ema_half_life,
        )

    return step


def measure_speed(task: Task, arguments: argparse.Namespace) -> None:
    """Print CPU milliseconds of an image, medians of blocks that take turns."""
    batch = RunFolder(arguments.run).read_config().training.batch_size
    other = dcgan(task)
    steps = {
        "ours": (our_step(arguments.run, Path(tempfile.mkdtemp())), batch),
        "dcgan": (other.step, other.images_per_step),
    }
    found: dict[str, list[float]] = {name: [] for name in steps}
    for _round in range(ROUNDS + 1):
        for name, (step, images) in steps.items():
            found[name].append(1_000 * _cpu_seconds_of_step(step) / images)
    for name, values in found.items():
        # The first block warms up and does not count.
        spread = ", ".join(f"{value:.2f}" for value in values[1:])
        print(f"{name:>6}: {np.median(values[1:]):.2f} CPU ms an image ({spread})")


def train(contestant: Contestant, task: Task, arguments: argparse.Namespace) -> None:
    """Train for so many CPU seconds of this process, or until Ctrl+C, and save samples."""
    started_s, reported_s = time.process_time(), time.monotonic()
    images_seen, spent_s = 0, 0.0
    try:
        while spent_s < arguments.cpu_seconds:
            contestant.step()
            images_seen += contestant.images_per_step
            spent_s = time.process_time() - started_s
            if time.monotonic() - reported_s > REPORT_S:
                reported_s = time.monotonic()
                print(f"{images_seen:,} images, {spent_s:.0f} CPU seconds", flush=True)
    except KeyboardInterrupt:
        print("stopped early")
    print(f"{images_seen:,} images, {spent_s:.0f} CPU seconds, trained", flush=True)
    asked = np.random.default_rng(task.seed).choice(task.texts(), SAMPLES).tolist()
    np.savez_compressed(
        arguments.out,
        images=contestant.draw(asked),
        sheet=contestant.draw(task.texts(SHEET)),
        matched=contestant.draw(task.texts(MATCHED)),
    )


def sample_ours(task: Task, arguments: argparse.Namespace) -> None:
    """Sample a run as ``diptych evaluate`` does, and save the samples."""
    loaded = load_run(arguments.run, torch.device("cpu"))
    facts = loaded.model.text
    if facts is None:
        raise SystemExit(f"{arguments.run} generates no texts")

    def draw(texts: Sequence[str]) -> ImageArray:
        drawings = loaded.sampler.complete_items({"text": encode_texts(texts, facts)}, task.seed)
        return collect(drawings, RunControl())[0]

    pairs = loaded.sampler.from_noise(SAMPLES, task.seed)
    np.savez_compressed(
        arguments.out,
        images=collect(pairs, RunControl())[0],
        matched=draw(task.texts(MATCHED)),
        sheet=draw(task.texts(SHEET)),
    )


def score(task: Task, arguments: argparse.Namespace) -> None:
    """Print the evaluator's metrics of samples, one line for each file."""
    extractor = FeatureExtractor(task.dataset, square(task.size), default_cache(), None)
    reference = subsample(task.dataset.complete_rows(TRAIN), REFERENCE)
    real = extractor.features_of(reference)
    texture = TextureMetrics(extractor.images_of(subsample(reference, 2 * IMAGES)))
    # The evaluator asks for training captions too where validation pairs are few.
    rows, vocabulary = subsample(task.dataset.complete_rows(TRAIN), MATCHED), extractor.vocabulary
    match = None
    if vocabulary is not None:
        logits = extractor.word_logits(extractor.features_of(rows))
        match = WordMatch(task.texts(MATCHED), vocabulary, logits)
    for path in arguments.samples:
        samples = np.load(path, allow_pickle=False)
        features, _said = extractor.extract(samples["images"])
        metrics = {**manifold_metrics(real, features), **texture.metrics(samples["images"])}
        metrics["kid"], metrics["kid_std"] = kernel_distance(features, real, task.seed)
        if match is not None:
            drawn, _said = extractor.extract(samples["matched"])
            metrics["match"] = match.share(extractor.word_logits(drawn))
        table = ", ".join(f"{name} {metrics[name]:.4g}" for name in SCORES if name in metrics)
        print(f"{path}: {len(features):,} images, {table}")


def draw_sheet(task: Task, arguments: argparse.Namespace) -> None:
    """Save blocks of 64 images side by side: real ones and those of each file."""
    rows = subsample(task.dataset.complete_rows(TRAIN), SHEET)
    blocks = {"Training images": resize(task.dataset.images_of(rows), square(task.size))}
    for item in arguments.samples:
        label, _, path = item.partition("=")
        blocks[label] = np.load(path, allow_pickle=False)["sheet"]
    side, gap, head = 8 * SIDE, 16, 28
    columns = 2 if len(blocks) % 2 == 0 else 3
    size = (columns * (side + gap) - gap, -(-len(blocks) // columns) * (side + head))
    sheet = Image.new("RGB", size, "white")
    for place, (label, images) in enumerate(blocks.items()):
        left, top = place % columns * (side + gap), place // columns * (side + head)
        ImageDraw.Draw(sheet).text((left + 2, top + 4), label, "black", ImageFont.load_default(18))
        for number, image in enumerate(images):
            tile = Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.NEAREST)
            corner = (left + number % 8 * SIDE, top + head + number // 8 * SIDE)
            sheet.paste(tile, corner)
    sheet.quantize(128).save(arguments.out, optimize=True)


def _cpu_seconds_of_step(step: Callable[[], None]) -> float:
    """Return the CPU seconds of a step, mean of a block."""
    started_s, steps, spent_s = time.process_time(), 0, 0.0
    while spent_s < BLOCK_S:
        # The penalty of our step comes every eight steps.
        for _step in range(8):
            step()
        steps += 8
        spent_s = time.process_time() - started_s
    return spent_s / steps


def _batches(count: int, batch: int) -> Iterator[Tensor]:
    """Yield rows in shuffled order without end; incomplete batches are left out."""
    while True:
        yield from (part for part in torch.randperm(count).split(batch) if len(part) == batch)


def _stored(images: Tensor) -> ImageArray:
    """[N, 3, S, S] in [0, 1] to [N, S, S, 3] uint8."""
    return (images * 255).round().clamp(0, 255).byte().permute(0, 2, 3, 1).contiguous().numpy()


def _up(before: int, after: int, stride: int, padding: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(before, after, 4, stride, padding, bias=False)


def _down(before: int, after: int, stride: int, padding: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, 4, stride, padding, bias=False)


def _initialise(layer: nn.Module) -> None:
    if isinstance(layer, nn.ConvTranspose2d | nn.Conv2d | nn.Linear):
        nn.init.normal_(layer.weight, 0, 0.02)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1, 0.02)


def main() -> None:
    """Run the subcommand."""
    parser = argparse.ArgumentParser(description="Compares a run with other generators of images.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("speed", "ours", "dcgan", "score", "sheet"):
        command = commands.add_parser(name)
        command.add_argument("--run", type=Path, required=True, metavar="DIR")
        command.add_argument("--seed", type=int, default=1)
        command.add_argument("--cpu-seconds", type=float, default=960)
        command.add_argument("--out", type=Path, metavar="FILE")
        command.add_argument("samples", nargs="*")
    arguments = parser.parse_args()
    config = RunFolder(arguments.run).read_config()
    task = Task(open_dataset(config.dataset), config.networks.image_size, arguments.seed)
    if arguments.command == "dcgan":
        train(dcgan(task), task, arguments)
    else:
        others = {"speed": measure_speed, "ours": sample_ours, "score": score, "sheet": draw_sheet}
        others[arguments.command](task, arguments)


if __name__ == "__main__":
    main()
