"""Feature extractor of the metrics: a classifier trained on the user's own data, and its cache.

A small convolutional network that shares no code and no weights with generators and discriminators
and is trained on real images only. It learns the attributes of the images or, where a dataset has
none, the words of their captions. The activations before its last layer are the features of KID,
FID and the others.

Shapes: B batch, N images, C channels, H height, W width, D features, A attributes.
"""

import hashlib
import json
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import platformdirs
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from engine.control import RunControl
from engine.data.image_files import resize, to_channels
from engine.data.image_shape import COARSEST, ImageShape
from engine.data.store import TRAIN, StoredDataset
from engine.data.tokenizers import Vocabulary
from engine.errors import EngineError, EvaluatorMissingError
from engine.events import ImageArray
from engine.fs.atomic import atomic_write
from engine.metrics.attributes import Labels, find_attributes, predict_attributes
from engine.metrics.distances import Features
from engine.metrics.retrieval import bags

FEATURES = 64
RECIPE = 1
"""Version of architecture and training; classifiers of older versions are trained again."""
MAX_SIDE = 64
"""Larger images are averaged down to this."""
IMAGES, BATCH, PEAK_RATE, DECAY = 120_000, 128, 4e-3, 0.05
"""Images seen in training, with repetition; half a minute on two cores at 32 px."""
MAX_EPOCHS = 40
"""More epochs than this only overfit small datasets."""
MIN_STEPS = 100
"""Of a classifier that is trained less than usual."""
MAX_SHIFT = 2
"""Training images are translated by up to so many pixels: generated ones are not always centred."""
ABSENT = -1
BLOCK = 500
"""Images per forward pass."""


class Target(Protocol):
    """What the classifier predicts."""

    @property
    def outputs(self) -> int:
        """Size of the last layer."""
        ...

    def loss(self, said: Tensor, truth: Tensor) -> Tensor:
        """Return the loss: predictions [B, outputs] and truth [B, A] to a scalar."""
        ...


@dataclass(frozen=True)
class AttributeTarget:
    """One class per attribute."""

    sizes: tuple[int, ...]
    """Number of values of each attribute."""

    @property
    def outputs(self) -> int:
        """One logit for each value of each attribute."""
        return sum(self.sizes)

    def loss(self, said: Tensor, truth: Tensor) -> Tensor:
        """Return the cross-entropy summed over the attributes; unknown values are ignored."""
        parts = said.split(list(self.sizes), 1)
        losses = [
            functional.cross_entropy(part, truth[:, place], ignore_index=ABSENT)
            for place, part in enumerate(parts)
        ]
        return torch.stack(losses).sum()


@dataclass(frozen=True)
class WordTarget:
    """The words that occur in the caption."""

    outputs: int

    def loss(self, said: Tensor, truth: Tensor) -> Tensor:
        """Return the binary cross-entropy summed over the words: truth [B, outputs] of 0 and 1."""
        each = functional.binary_cross_entropy_with_logits(said, truth.float(), reduction="none")
        return each.sum(1).mean()


class EvaluatorClassifier(nn.Module):
    """Strided convolutions with batch norm, a feature layer and an output layer."""

    def __init__(self, channels: int, shape: ImageShape, outputs: int) -> None:
        super().__init__()
        widths = [channels, 24]
        blocks: list[nn.Module] = [_block(channels, 24, 5)]
        self._averaged = max(1, shape.longer // MAX_SIDE)
        now = _halved(ImageShape(*(side // self._averaged for side in shape)))
        while now.longer > COARSEST:
            widths.append(min(2 * widths[-1], 96))
            blocks.append(_block(widths[-2], widths[-1], 3))
            now = _halved(now)
        self.body = nn.Sequential(
            *blocks,
            nn.Flatten(),
            nn.Linear(widths[-1] * math.prod(now), FEATURES),
            nn.BatchNorm1d(FEATURES),
        )
        self.head = nn.Sequential(nn.ReLU(), nn.Dropout(0.1), nn.Linear(FEATURES, outputs))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Map [B, C, H, W] in [-1, 1] to features [B, D] and predictions [B, outputs]."""
        if self._averaged > 1:
            images = functional.avg_pool2d(images, self._averaged)
        features = self.body(images)
        return features, self.head(features)


def num_training_steps(num_images: int) -> int:
    """Return in how many steps a classifier is trained on so many images."""
    size = min(BATCH, num_images)
    return max(1, min(IMAGES, MAX_EPOCHS * num_images) // size) if size else 0


def train_classifier(
    images: ImageArray,
    truth: npt.NDArray[np.int64],
    target: Target,
    control: RunControl | None,
    augment: Callable[[Tensor], Tensor] | None = None,
    *,
    share: float = 1.0,
) -> EvaluatorClassifier:
    """Train a classifier from scratch, deterministically.

    Args:
        images: [N, H, W, C].
        truth: [N, A] or [N, words].
        target: what it predicts.
        control: checked between batches.
        augment: changes a batch, [B, C, H, W] in [-1, 1]; by default it is translated.
        share: of the usual steps, 0 to 1; at least ``MIN_STEPS``, if these are as many.

    Raises:
        StoppedError: a stop was requested.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        classifier = EvaluatorClassifier(
            images.shape[3], ImageShape(*images.shape[1:3]), target.outputs
        )
        classifier.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] (stub lacks it)
        usual = num_training_steps(len(images))
        steps = max(round(share * usual), min(usual, MIN_STEPS))
        labels = torch.from_numpy(truth)
        _fit(classifier, images, labels, target, control, augment or translate_batch, steps)
    return classifier.eval().to(memory_format=torch.contiguous_format)  # pyright: ignore[reportCallIssue] (stub lacks it)


def untrained_classifier(images: ImageArray) -> EvaluatorClassifier:
    """Return the classifier of images [N, H, W, C] with its initial weights, the same every time.

    Naeem et al. 2020, arXiv:2002.09797, section 3.3, recommend the features of such a network where
    none is trained on similar data.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        shape = ImageShape(*images.shape[1:3])
        return EvaluatorClassifier(images.shape[3], shape, outputs=1).eval()


def run_classifier(
    classifier: EvaluatorClassifier, images: ImageArray, control: RunControl | None = None
) -> tuple[Tensor, Tensor]:
    """Run a classifier on images: [N, H, W, C] to features [N, D] and predictions [N, outputs].

    Raises:
        StoppedError: a stop was requested.
    """
    found: list[tuple[Tensor, Tensor]] = []
    for start in range(0, len(images), BLOCK):
        if control is not None:
            control.stop_if_asked()
        with torch.no_grad():
            found.append(classifier(as_input(images[start : start + BLOCK])))
    return torch.cat([f for f, _said in found]), torch.cat([said for _f, said in found])


def _fit(
    classifier: EvaluatorClassifier,
    images: ImageArray,
    truth: Tensor,
    target: Target,
    control: RunControl | None,
    augment: Callable[[Tensor], Tensor],
    steps: int,
) -> None:
    size = min(BATCH, len(images))
    optimizer = torch.optim.AdamW(classifier.parameters(), weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=steps)
    order = torch.empty(0, dtype=torch.long)
    for _step in range(steps):
        if control is not None:
            control.stop_if_asked()
        if len(order) < size:
            order = torch.randperm(len(images))
        rows, order = order[:size], order[size:]
        _features, said = classifier(augment(as_input(images[rows.numpy()])))
        loss = target.loss(said, truth[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def _halved(shape: ImageShape) -> ImageShape:
    """Return the shape after a convolution of stride 2."""
    return ImageShape(*((side + 1) // 2 for side in shape))


def _block(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride=2, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


def as_input(images: ImageArray) -> Tensor:
    """Convert pixels [N, H, W, C] to inputs of a classifier: [N, C, H, W] in [-1, 1]."""
    pixels = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2)
    return pixels.float() / 127.5 - 1


def translate_batch(images: Tensor) -> Tensor:
    """Translate a batch by a few pixels, repeating its edge."""
    down, right = (int(n) for n in torch.randint(0, 2 * MAX_SHIFT + 1, (2,)))
    padded = functional.pad(images, (MAX_SHIFT,) * 4, mode="replicate")
    height, width = images.shape[2:]
    return padded[:, :, down : down + height, right : right + width]


log = logging.getLogger(__name__)


def default_cache() -> Path:
    """Return the default folder of trained classifiers."""
    return platformdirs.user_cache_path("diptych", appauthor=False) / "evaluators"


def classifier_name(version: str, shape: ImageShape, outputs: int) -> str:
    """Name a classifier by the dataset's version and a hash of everything else it depends on."""
    recipe = f"{RECIPE}/{version}/{shape}/{outputs}"
    return f"{version}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def has_classifier(cache: Path, version: str) -> bool:
    """Return whether a classifier of a dataset's version is in the cache."""
    return any(cache.glob(f"{version}-*.safetensors"))


def cached_classifier(
    cache: Path, name: str, blank: EvaluatorClassifier, train: Callable[[], EvaluatorClassifier]
) -> EvaluatorClassifier:
    """Load a classifier from the cache, or train and save it.

    A damaged file is replaced, and a cache that cannot be written costs only time.

    Args:
        cache: folder of the classifiers.
        name: of this one.
        blank: a classifier to load into.
        train: trains it.
    """
    path = cache / f"{name}.safetensors"
    if path.is_file() and _load(path, blank):
        return blank.eval()
    classifier = train()
    content = save(classifier.state_dict(), {"about": json.dumps({"name": name})})
    try:
        cache.mkdir(parents=True, exist_ok=True)
        atomic_write(path, content)
    except (OSError, EngineError) as error:
        log.info("The evaluator is not kept: %s", error)
    return classifier


def _load(path: Path, blank: EvaluatorClassifier) -> bool:
    try:
        with safe_open(path, framework="pt") as file:
            names: list[str] = file.keys()
            tensors = {name: file.get_tensor(name) for name in names}
        blank.load_state_dict(tensors)
    except (SafetensorError, OSError, RuntimeError) as error:
        log.info("The evaluator in %s is trained anew: %s", path, error)
        return False
    return True


MAX_WORDS = 512
"""Most frequent words that a classifier predicts where there are no attributes."""

Rows = npt.NDArray[np.int64]


class FeatureExtractor:
    """Extracts standardised features of images, and attributes where the dataset has them.

    Args:
        dataset: that the classifier is trained on.
        shape: H and W of all images.
        cache: folder of the classifiers.
        control: checked while a classifier is trained, and while images are processed.
        may_train: train the classifier if it is not in the cache.

    Raises:
        StoppedError: a stop was requested.
        EvaluatorMissingError: the classifier must be trained first.
    """

    def __init__(
        self,
        dataset: StoredDataset,
        shape: ImageShape,
        cache: Path,
        control: RunControl | None,
        *,
        may_train: bool = True,
    ) -> None:
        self._dataset, self._shape = dataset, shape
        self.control = control
        """Checked while images are processed."""
        self.attributes = find_attributes(dataset)
        self.vocabulary: Vocabulary | None = None
        """The words that the classifier predicts; None where it predicts attributes."""
        training = dataset.complete_rows(TRAIN)
        target, truth = self._target(training)
        channels = dataset.manifest.channels

        def train() -> EvaluatorClassifier:
            if not may_train:
                raise EvaluatorMissingError(dataset.manifest.name)
            return train_classifier(self.images_of(training), truth, target, control)

        self.name = classifier_name(dataset.manifest.version, shape, target.outputs)
        self._classifier = cached_classifier(
            cache,
            self.name,
            EvaluatorClassifier(channels, shape, target.outputs),
            train,
        )
        some, _said = run_classifier(self._classifier, self.images_of(training[:2_000]))
        self._mean = some.numpy().mean(0)
        self._std = some.numpy().std(0).clip(min=1e-6)

    def extract(self, images: ImageArray) -> tuple[Features, Labels | None]:
        """Extract from images [N, H, W, 1 or 3] features [N, D] and attributes [N, A].

        Raises:
            StoppedError: a stop was requested.
        """
        features, said = run_classifier(
            self._classifier, to_channels(images, self._dataset.manifest.channels), self.control
        )
        standard = ((features.numpy() - self._mean) / self._std).astype(np.float64)
        if self.attributes is None:
            return standard, None
        return standard, predict_attributes(said, [len(kept) for kept in self.attributes.values])

    def word_logits(self, features: Features) -> Tensor:
        """Return the logit of each word of the vocabulary: [N, D] to [N, words]."""
        with torch.no_grad():
            return self._classifier.head(
                torch.from_numpy(features * self._std + self._mean).float()
            )

    def images_of(self, rows: Rows) -> ImageArray:
        """Load a dataset's images in the models' shape: [N, H, W, C].

        Raises:
            StoppedError: a stop was requested.
        """
        images = np.empty((len(rows), *self._shape, self._dataset.manifest.channels), np.uint8)
        for start in range(0, len(rows), BLOCK):
            if self.control is not None:
                self.control.stop_if_asked()
            block = self._dataset.images_of(rows[start : start + BLOCK])
            is_same = block.shape[1:3] == self._shape
            images[start : start + BLOCK] = block if is_same else resize(block, self._shape)
        return images

    def features_of(self, rows: Rows) -> Features:
        """Return the features of a dataset's images: [N, D]."""
        return self.extract(self.images_of(rows))[0]

    def _target(self, rows: Rows) -> tuple[Target, Labels]:
        """Return the training target and the truth of some items."""
        records = [self._dataset.records[row] for row in rows]
        if self.attributes is not None:
            sizes = tuple(len(kept) for kept in self.attributes.values)
            return AttributeTarget(sizes), self.attributes.labels_of_records(records)
        texts = [self._dataset.texts[row] for row in rows]
        self.vocabulary = Vocabulary.build(texts, size=MAX_WORDS)
        return WordTarget(len(self.vocabulary)), bags(texts, self.vocabulary).long().numpy()
