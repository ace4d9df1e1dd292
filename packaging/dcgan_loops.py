"""Two training loops for the DCGAN benchmark: PyTorch's example and this program's step.

Both train the same networks with the same losses and optimizer: 64 px, 3 channels, batch 64.
"""

import copy
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from dcgan_peer import FEATURES, NOISE, DcganDecoder, DcganImages
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from engine.config.sections import TrainingConfig
from engine.data.loader import DeviceLoader, StoredRows
from engine.nets.discriminator import Discriminator
from engine.nets.generator import PairGenerator
from engine.nets.protocols import Modality
from engine.train.automatic import read_batch
from engine.train.gan_step import GanStep
from engine.train.state import (
    DISCRIMINATOR,
    GENERATOR,
    OptimizedNetwork,
    TrainingState,
    build_optimizer,
)
from engine.train.step import Step

BATCH, SIZE = 64, 64

Run = Callable[[int], None]
"""Takes so many steps."""


class PlainFiles(Dataset[Tensor]):
    """Image files one by one, as torchvision's ImageFolder, Resize and Normalize give them."""

    def __init__(self, folder: Path) -> None:
        self._files = sorted(folder.iterdir())

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, row: int) -> Tensor:
        pixels = torch.from_numpy(_read(self._files[row])).permute(2, 0, 1).contiguous()
        return (pixels.float().div(255) - 0.5) / 0.5


def plain_loop(folder: Path, device: torch.device, workers: int) -> Run:
    """PyTorch's DCGAN example: networks, losses and order of the passes."""
    torch.manual_seed(0)
    generator = DcganDecoder().to(device)
    discriminator = Discriminator([DcganImages()], FEATURES).to(device)
    loss, ones = nn.BCEWithLogitsLoss(), torch.ones(BATCH, device=device)
    rates = {"lr": 2e-4, "betas": (0.5, 0.999)}
    of_discriminator = torch.optim.Adam(discriminator.parameters(), **rates)
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
        discriminator.zero_grad()
        on_real = loss(discriminator({"image": real})["image"], ones)
        on_real.backward()
        fake = generator(torch.randn(BATCH, NOISE, device=device))
        on_fake = loss(discriminator({"image": fake.detach()})["image"], 0 * ones)
        on_fake.backward()
        of_discriminator.step()
        generator.zero_grad()
        on_generator = loss(discriminator({"image": fake})["image"], ones)
        on_generator.backward()
        of_generator.step()
        # The example prints these at every step, which waits for the device.
        (on_real + on_fake).item()
        on_generator.item()

    return lambda steps: _repeat(step, steps)


def our_loop(folder: Path, device: torch.device, precision: str) -> Run:
    """This program's step on its own copy of the images."""
    images = np.stack([_read(path) for path in sorted(folder.iterdir())])
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
        DISCRIMINATOR: Discriminator((modality,), FEATURES),
    }
    for network in networks.values():
        network.to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] (stub lacks it)
    state = TrainingState(
        networks={
            n: OptimizedNetwork(network=net, optimizer=build_optimizer(net, training))
            for n, net in networks.items()
        },
        ema=copy.deepcopy(networks[GENERATOR]),
        device=device,
    )
    rows = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().to(device)
    loader = DeviceLoader({"image": StoredRows(rows=rows)}, BATCH, 0)
    return stepping(GanStep(state, training, 0), (modality,), loader, device)


def stepping(
    step: Step, modalities: Sequence[Modality], loader: DeviceLoader, device: torch.device
) -> Run:
    """Make steps one after another out of a step."""
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


def _read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image.convert("RGB").resize((SIZE, SIZE), Image.Resampling.BILINEAR))
