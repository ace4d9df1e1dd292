"""How fast training is, beside a plain loop and beside itself.

    python packaging/bench_throughput.py [dcgan] [joint] [data] [--repeats N] [--device cuda]

``dcgan``  PyTorch's DCGAN example (files in a folder, DataLoader with none or two processes,
           float32, NCHW, two backward passes for the critic) against this program's step on its
           own copy of the images, at identical networks: 64 px, 3 channels, batch 64. Ours runs in
           float32 and, where the processor has it, in bfloat16.
``joint``  images and texts against images alone, digits with the ``cpu-tiny`` preset.
``data``   share of a step that goes into getting its batch.

All contestants of a round take turns; the figures are medians over the rounds, and the ratios are
medians of each round's ratio.
"""

import argparse
import copy
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import platformdirs
import torch
from dcgan_peer import FEATURES, NOISE, DcganDecoder, DcganImages
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

import resources
from engine.config.presets import config_from_preset
from engine.config.training import TrainingConfig
from engine.data.loader import DeviceLoader, StoredRows
from engine.data.starter_files import build_starter
from engine.data.store import open_dataset
from engine.nets.critic import Critic
from engine.nets.generator import PairGenerator
from engine.nets.modality import Modality
from engine.runs.folder import create_run_folder
from engine.train.adversarial_step import AdversarialStep
from engine.train.families import build_state, build_step
from engine.train.precision import has_bf16_cpu
from engine.train.prepare import PreparedRun, prepare, read_batch
from engine.train.state import CRITIC, GENERATOR, Player, TrainingState, adam
from engine.train.step import Step

CPU = torch.device("cpu")
BATCH, SIZE = 64, 64

DCGAN_STEPS = 12
"""In a turn; loader processes fetch a few batches ahead while others have theirs."""

Run = Callable[[int], None]
"""Takes so many steps."""


class PlainFiles(Dataset[Tensor]):
    """Image files one by one, as torchvision's ImageFolder, Resize and Normalize give them."""

    def __init__(self, folder: Path) -> None:
        self._files = sorted(folder.iterdir())

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, row: int) -> Tensor:
        with Image.open(self._files[row]) as image:
            shown = image.convert("RGB").resize((SIZE, SIZE), Image.Resampling.BILINEAR)
        pixels = torch.from_numpy(np.array(shown)).permute(2, 0, 1).contiguous()
        return (pixels.float().div(255) - 0.5) / 0.5


def plain_loop(folder: Path, device: torch.device, workers: int) -> Run:
    """PyTorch's DCGAN example: networks, losses and order of the passes."""
    torch.manual_seed(0)
    generator = DcganDecoder().to(device)
    critic = Critic([DcganImages()], FEATURES).to(device)
    loss, ones = nn.BCEWithLogitsLoss(), torch.ones(BATCH, device=device)
    rates = {"lr": 2e-4, "betas": (0.5, 0.999)}
    of_critic = torch.optim.Adam(critic.parameters(), **rates)
    of_generator = torch.optim.Adam(generator.parameters(), **rates)
    loader = DataLoader(
        PlainFiles(folder),
        BATCH,
        shuffle=True,
        num_workers=workers,
        drop_last=True,
        persistent_workers=workers > 0,
    )
    batches = _endless(loader)

    def step() -> None:
        real = next(batches).to(device)
        critic.zero_grad()
        on_real = loss(critic({"image": real})["image"], ones)
        on_real.backward()
        fake = generator(torch.randn(BATCH, NOISE, device=device))
        on_fake = loss(critic({"image": fake.detach()})["image"], 0 * ones)
        on_fake.backward()
        of_critic.step()
        generator.zero_grad()
        on_generator = loss(critic({"image": fake})["image"], ones)
        on_generator.backward()
        of_generator.step()
        # The example prints these at every step, which waits for the device.
        (on_real + on_fake).item()
        on_generator.item()

    return lambda steps: _repeat(step, steps)


def our_loop(images: np.ndarray, device: torch.device, precision: str) -> Run:
    """This program's step with the same networks, losses and optimiser."""
    modality = DcganImages()
    training = TrainingConfig(
        regularizer="none",
        precision=precision,
        batch_size=BATCH,
        learning_rate=2e-4,
        beta1=0.5,
        beta2=0.999,
    )
    torch.manual_seed(0)
    networks = {
        GENERATOR: PairGenerator((modality,), FEATURES),
        CRITIC: Critic((modality,), FEATURES),
    }
    for network in networks.values():
        network.to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] (stub lacks it)
    state = TrainingState(
        players={
            n: Player(network=net, optimiser=adam(net, training)) for n, net in networks.items()
        },
        average=copy.deepcopy(networks[GENERATOR]),
        device=device,
    )
    rows = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().to(device)
    loader = DeviceLoader({"image": StoredRows(rows=rows)}, BATCH, 0)
    return _stepping(AdversarialStep(state, training, 0), (modality,), loader, device)


def digits_loops(names: Sequence[Sequence[str]]) -> dict[str, Run]:
    """This program's step on digits with the small preset, for several sets of modalities."""
    run = prepared_digits()
    loops: dict[str, Run] = {}
    for chosen in names:
        modalities = [m for m in run.modalities if m.name in chosen]
        state = build_state(modalities, run.config, CPU)
        step = build_step(state, run.config, modalities=modalities)
        loops[" and ".join(chosen)] = _stepping(step, modalities, run.loader, CPU)
    return loops


def data_share(repeats: int) -> float:
    """Median share of a step's time that goes into getting its batch."""
    run = prepared_digits()
    shares: list[float] = []
    for step in range(3 + 40 * repeats):
        start = time.perf_counter()
        batch = run.batch(step)
        middle = time.perf_counter()
        run.step(batch, step)
        if step >= 3:
            shares.append((middle - start) / (time.perf_counter() - start))
    return statistics.median(shares)


def measure_dcgan(device: torch.device, repeats: int) -> dict[str, list[float]]:
    """Let the example and this program train DCGAN by turns."""
    images = _emoji()
    with tempfile.TemporaryDirectory() as made:
        for row, image in enumerate(images):
            Image.fromarray(image).save(Path(made) / f"{row:05}.png")
        contestants = {
            "plain, loader in process": plain_loop(Path(made), device, workers=0),
            "plain, two loader processes": plain_loop(Path(made), device, workers=2),
            "ours, float32": our_loop(images, device, "fp32"),
        }
        if device.type == "cuda" or has_bf16_cpu():
            contestants["ours, bfloat16"] = our_loop(images, device, "bf16")
        return measure(contestants, repeats, steps=DCGAN_STEPS)


def measure(contestants: Mapping[str, Run], repeats: int, *, steps: int) -> dict[str, list[float]]:
    """Let all take turns; give images per second, by name and round."""
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    for run in contestants.values():
        run(2)
    for _round in range(repeats):
        for name, run in contestants.items():
            start = time.perf_counter()
            run(steps)
            rates[name].append(steps * BATCH / (time.perf_counter() - start))
    return rates


def print_rates(title: str, rates: Mapping[str, Sequence[float]], against: str) -> None:
    """Print a table: medians, and the median of each round's ratio to one contestant."""
    print(f"\n{title}\n{'contestant':>28}  {'images/s':>9}  {'ratio':>6}")
    for name, found in rates.items():
        ratio = statistics.median(a / b for a, b in zip(found, rates[against], strict=True))
        print(f"{name:>28}  {statistics.median(found):9.1f}  {ratio:6.2f}", flush=True)


def prepared_digits() -> PreparedRun:
    """Prepare a run on digits, in a folder that is thrown away."""
    datasets = platformdirs.user_cache_path("diptych", appauthor=False) / "datasets"
    dataset = build_starter("digits", resources.starters_folder(), datasets)
    with tempfile.TemporaryDirectory() as made:
        config = config_from_preset("cpu-tiny", dataset=dataset, run=Path(made) / "run")
        config = config.with_values(device="cpu")
        return prepare(config, create_run_folder(config), lambda _event: None)


def _emoji() -> np.ndarray:
    datasets = platformdirs.user_cache_path("diptych", appauthor=False) / "datasets"
    return np.array(
        open_dataset(build_starter("emoji", resources.starters_folder(), datasets)).images
    )


def _stepping(
    step: Step, modalities: Sequence[Modality], loader: DeviceLoader, device: torch.device
) -> Run:
    numbers = itertools.count()

    def take() -> None:
        number = next(numbers)
        step(read_batch(modalities, loader, number), number)

    return lambda steps: _repeat(take, steps, device)


def _repeat(step: Callable[[], None], steps: int, device: torch.device | None = None) -> None:
    for _number in range(steps):
        step()
    if device is not None and device.type == "cuda":
        torch.cuda.synchronize(device)


def _endless(loader: "DataLoader[Tensor]") -> Iterator[Tensor]:
    while True:
        yield from loader


def main() -> None:
    """Measure what the arguments ask for."""
    arguments = _parse()
    chosen = arguments.what or ["dcgan", "joint", "data"]
    device = torch.device(arguments.device)
    if "dcgan" in chosen:
        rates = measure_dcgan(device, arguments.repeats)
        plain = max(list(rates)[:2], key=lambda name: statistics.median(rates[name]))
        print_rates("DCGAN, 64 px, against the faster plain loop", rates, plain)
    if "joint" in chosen:
        rates = measure(digits_loops([("image",), ("text", "image")]), arguments.repeats, steps=40)
        print_rates("Digits, against images alone", rates, "image")
    if "data" in chosen:
        print(f"\nGetting a batch takes {data_share(arguments.repeats):.2%} of a step.")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures how fast training is.")
    parser.add_argument("what", nargs="*", metavar="WHAT")
    parser.add_argument("--repeats", type=int, default=7, metavar="N", help="rounds (default 7)")
    parser.add_argument("--device", default="cpu", help="for dcgan (default cpu)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
