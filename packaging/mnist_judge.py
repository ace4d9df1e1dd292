"""A classifier of MNIST digits, independent of the models, that judges generated samples.

A small convolutional network with batch norm, trained on MNIST's 60,000 training images and held
against its 10,000 test images. It shares no code and no weights with the generator and the
discriminator that it judges, and never sees a generated image before it judges one.

    python packaging/mnist_judge.py     trains it, or finds it, and says how good it is
"""

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import platformdirs
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

import resources
from engine.data.store import TRAIN, VALIDATION, StoredDataset, open_dataset
from engine.starters.build import build_starter

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
REQUIRED_ACCURACY = 0.98
EPOCHS, BATCH, PEAK_RATE = 4, 128, 4e-3
MAX_SHIFT = 2
"""Training images are moved by up to so many pixels; generated digits are not always centred."""


@dataclasses.dataclass(frozen=True)
class Judge:
    """Tells which digit an image shows."""

    network: nn.Module
    accuracy: float
    """On the 10,000 images that it was not trained on."""

    def read(self, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Name the digit in each image.

        Args:
            images: [N, 32, 32, C], colour or grey.

        Returns:
            [N] digits.
        """
        with torch.inference_mode():
            scores = [self.network(prepared(part)) for part in np.array_split(images, 20)]
        return torch.cat(scores).argmax(dim=1).numpy()


def load_judge() -> Judge:
    """Find the trained judge in the user's cache, or train it (about a minute).

    Raises:
        RuntimeError: it reads too few test images right to judge anything.
    """
    data = digits()
    file = _cache_file(data)
    if not file.exists():
        print("Training the judge ...", flush=True)
        _save(train_judge(data), file)
    network = make_network()
    network.load_state_dict(load_file(file))
    with safe_open(file, framework="pt") as stored:
        accuracy = json.loads(stored.metadata()["accuracy"])
    if accuracy < REQUIRED_ACCURACY:
        raise RuntimeError(f"The judge reads only {accuracy:.2%} of the test images right")
    return Judge(network.eval(), accuracy)


def digits() -> StoredDataset:
    """Open the digits, building them first if need be."""
    datasets = platformdirs.user_cache_path("diptych", appauthor=False) / "datasets"
    return open_dataset(build_starter("digits", resources.starters_folder(), datasets))


def split(data: StoredDataset, name: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Images and digits of one split."""
    rows = data.rows(name)
    labels = np.array([WORDS.index(data.texts[row]) for row in rows], dtype=np.int64)
    return data.images[rows], labels


def prepared(images: npt.NDArray[np.uint8]) -> Tensor:
    """Turn [N, 32, 32, C] bytes into [N, 1, 32, 32] between -1 and 1."""
    grey = torch.from_numpy(images.astype(np.float32).mean(axis=3, keepdims=True))
    return grey.permute(0, 3, 1, 2) / 127.5 - 1


def make_network() -> nn.Sequential:
    """Three strided convolutions; half a million multiplications an image."""

    def block(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, kernel, stride=2, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )

    body = (block(1, 24, 5), block(24, 48, 3), block(48, 96, 3))
    return nn.Sequential(*body, nn.Flatten(), nn.Dropout(0.2), nn.Linear(96 * 4 * 4, 10))


def train_judge(data: StoredDataset) -> Judge:
    """Train a judge from scratch, the same one every time."""
    torch.manual_seed(0)
    network = make_network()
    _fit(network, *split(data, TRAIN))
    judge = Judge(network.eval(), accuracy=0.0)
    images, labels = split(data, VALIDATION)
    return dataclasses.replace(judge, accuracy=float(np.mean(judge.read(images) == labels)))


def _fit(network: nn.Module, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.int64]) -> None:
    batches = len(images) // BATCH
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, PEAK_RATE, total_steps=EPOCHS * batches
    )
    for _epoch in range(EPOCHS):
        order = torch.randperm(len(images)).numpy()
        for rows in np.array_split(order[: batches * BATCH], batches):
            scores = network(_shifted(prepared(images[rows])))
            loss = functional.cross_entropy(scores, torch.from_numpy(labels[rows]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def _shifted(images: Tensor) -> Tensor:
    """Move a whole batch by a few pixels; the margin of the digits is wide enough to roll."""
    down, right = (int(n) for n in torch.randint(-MAX_SHIFT, MAX_SHIFT + 1, (2,)))
    return torch.roll(images, (down, right), dims=(2, 3))


def _cache_file(data: StoredDataset) -> Path:
    recipe = Path(__file__).read_bytes() + data.manifest.version.encode()
    name = f"mnist-{hashlib.sha256(recipe).hexdigest()[:12]}.safetensors"
    return platformdirs.user_cache_path("diptych", appauthor=False) / "judge" / name


def _save(judge: Judge, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    metadata = {"accuracy": json.dumps(judge.accuracy)}
    save_file(judge.network.state_dict(), partial, metadata=metadata)
    partial.replace(file)


def main() -> None:
    """Train the judge or find it, and print its accuracy."""
    print(f"The judge reads {load_judge().accuracy:.2%} of the 10,000 test images right.")


if __name__ == "__main__":
    main()
