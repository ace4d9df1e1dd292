"""The network that looks at images for the metrics, trained on the user's own data.

A small convolutional network of its own kind: it shares no code and no weights with the generators
and critics that it judges, and never sees a generated image before it judges one. It learns to read
the attributes of images or, where a dataset has none, the words of their captions. What stands
before its last layer are the *local features* of KID, FID and the rest.

Shapes: B batch, N images, C channels, S side, D features, A attributes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.control import RunControl
from engine.events import ImageArray

FEATURES = 64
RECIPE = 1
"""Grows with every change of how a reader is built or trained; older ones are then made anew."""
LARGEST_SIDE = 64
"""Larger images are averaged down to this."""
IMAGES, BATCH, PEAK_RATE, DECAY = 120_000, 128, 4e-3, 0.05
"""Images seen in training, with repeats; half a minute on two cores at 32 px."""
MOST_PASSES = 40
"""On small datasets more passes than this only learn them by heart."""
MAX_SHIFT = 2
"""Training images are moved by up to so many pixels: generated ones are not always centred."""
ABSENT = -1
BLOCK = 500
"""Images looked at together."""

Labels = npt.NDArray[np.int64]


class Target(Protocol):
    """What a reader learns to say of an image."""

    @property
    def outputs(self) -> int:
        """Numbers that it says."""
        ...

    def loss(self, said: Tensor, truth: Tensor) -> Tensor:
        """What it pays: [B, outputs] and [B, A] truth to a scalar."""
        ...


@dataclass(frozen=True)
class AttributeTarget:
    """One class for each attribute."""

    sizes: tuple[int, ...]
    """Values of each attribute."""

    @property
    def outputs(self) -> int:
        """A logit for each value of each attribute."""
        return sum(self.sizes)

    def loss(self, said: Tensor, truth: Tensor) -> Tensor:
        """Cross-entropy, summed over the attributes; what is not known counts nothing."""
        parts = said.split(list(self.sizes), 1)
        losses = [
            functional.cross_entropy(part, truth[:, place], ignore_index=ABSENT)
            for place, part in enumerate(parts)
        ]
        return torch.stack(losses).sum()


@dataclass(frozen=True)
class WordTarget:
    """Which words stand in the caption."""

    outputs: int

    def loss(self, said: Tensor, truth: Tensor) -> Tensor:
        """Binary cross-entropy, summed over the words: truth [B, outputs] of 0 and 1."""
        each = functional.binary_cross_entropy_with_logits(said, truth.float(), reduction="none")
        return each.sum(1).mean()


class ImageReader(nn.Module):
    """Strided convolutions with batch norm, down to features and what they say."""

    def __init__(self, channels: int, side: int, outputs: int) -> None:
        super().__init__()
        widths = [channels, 24]
        blocks: list[nn.Module] = [_block(channels, 24, 5)]
        side = (min(side, LARGEST_SIDE) + 1) // 2
        while side > 4:
            widths.append(min(2 * widths[-1], 96))
            blocks.append(_block(widths[-2], widths[-1], 3))
            side = (side + 1) // 2
        self.body = nn.Sequential(
            *blocks,
            nn.Flatten(),
            nn.Linear(widths[-1] * side * side, FEATURES),
            nn.BatchNorm1d(FEATURES),
        )
        self.say = nn.Sequential(nn.ReLU(), nn.Dropout(0.1), nn.Linear(FEATURES, outputs))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """[B, C, S, S] in [-1, 1] to features [B, D] and what is said [B, outputs]."""
        if images.shape[-1] > LARGEST_SIDE:
            images = functional.avg_pool2d(images, images.shape[-1] // LARGEST_SIDE)
        features = self.body(images)
        return features, self.say(features)


def train_reader(
    images: ImageArray,
    truth: npt.NDArray[np.int64],
    target: Target,
    control: RunControl | None,
) -> ImageReader:
    """Train a reader from scratch, the same one every time.

    Args:
        images: [N, S, S, C].
        truth: [N, A] or [N, words].
        target: what it shall say.
        control: asked between batches.

    Raises:
        StoppedError: a stop was asked for.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        reader = ImageReader(images.shape[3], images.shape[1], target.outputs)
        reader.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] (stub lacks it)
        _fit(reader, images, torch.from_numpy(truth), target, control)
    return reader.eval().to(memory_format=torch.contiguous_format)  # pyright: ignore[reportCallIssue] (stub lacks it)


def look(
    reader: ImageReader, images: ImageArray, control: RunControl | None = None
) -> tuple[Tensor, Tensor]:
    """Look at many images: [N, S, S, C] to features [N, D] and what is said [N, outputs].

    Raises:
        StoppedError: the control asked for it.
    """
    found: list[tuple[Tensor, Tensor]] = []
    for start in range(0, len(images), BLOCK):
        if control is not None:
            control.stop_if_asked()
        with torch.no_grad():
            found.append(reader(_prepared(images[start : start + BLOCK])))
    return torch.cat([f for f, _said in found]), torch.cat([said for _f, said in found])


def read_attributes(said: Tensor, sizes: Sequence[int]) -> Labels:
    """Give the likeliest value of each attribute: [N, outputs] to [N, A]."""
    return torch.stack([part.argmax(1) for part in said.split(list(sizes), 1)], 1).numpy()


def _fit(
    reader: ImageReader,
    images: ImageArray,
    truth: Tensor,
    target: Target,
    control: RunControl | None,
) -> None:
    size = min(BATCH, len(images))
    steps = max(1, min(IMAGES, MOST_PASSES * len(images)) // size)
    optimizer = torch.optim.AdamW(reader.parameters(), weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=steps)
    order = torch.empty(0, dtype=torch.long)
    for _step in range(steps):
        if control is not None:
            control.stop_if_asked()
        if len(order) < size:
            order = torch.randperm(len(images))
        rows, order = order[:size], order[size:]
        _features, said = reader(_shifted(_prepared(images[rows.numpy()])))
        loss = target.loss(said, truth[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def _block(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride=2, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


def _prepared(images: ImageArray) -> Tensor:
    pixels = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2)
    return pixels.float() / 127.5 - 1


def _shifted(images: Tensor) -> Tensor:
    """Move a whole batch by a few pixels, its edge repeated."""
    down, right = (int(n) for n in torch.randint(0, 2 * MAX_SHIFT + 1, (2,)))
    padded = functional.pad(images, (MAX_SHIFT,) * 4, mode="replicate")
    side = images.shape[-1]
    return padded[:, :, down : down + side, right : right + side]
