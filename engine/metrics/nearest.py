"""Training pictures that are nearest to a generated one, by small copies of the pixels.

Needs no classifier and does not import torch. Distances are those of copies whose longer side has
``SIDE`` pixels. The search is exact: distances of a few principal components are never larger, so
pictures that are far by these need not be compared in full (Faloutsos et al. 1994,
doi:10.1145/191839.191925, lemma 1).

Shapes: N training pictures, M held-out ones, D values of a small copy, P principal components.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from engine.control import RunControl
from engine.data.image_files import resize, to_channels
from engine.data.image_shape import ImageShape
from engine.data.reduction import open_training_dataset
from engine.data.store import TRAIN, VALIDATION, StoredDataset
from engine.errors import DatasetChangedError
from engine.events import ImageArray
from engine.fs.atomic import atomic_write
from engine.fs.untrusted import MalformedFileError, read_regular
from engine.metrics.distances import subsample
from engine.runs.folder import RunFolder

SIDE = 16
"""Longer side of the small copies in pixels."""
MAX_PICTURES = 200_000
MAX_HELD_OUT = 500
COMPONENTS = 48
FITTED = 5_000
"""Pictures that the principal components are computed from."""
REFINED = 64
"""Pictures that are compared in full first."""
FORMAT = 1
_TOLERANCE = 1e-3
"""Of squared distances in levels, relative and absolute, for rounding."""
_TOGETHER = 2_000
_MAX_BYTES = 2_000_000_000

Codes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A training picture near a generated one."""

    image: ImageArray
    """[H, W, 3], in the size of the generated one."""
    text: str
    distance: float
    """Root mean square difference of the small copies' pixels; black and white are 1 apart."""


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The nearest training pictures of a generated one."""

    pictures: tuple[Neighbour, ...]
    """Nearest first."""
    usual: float
    """Median distance of a real picture to its nearest training picture: the yardstick."""
    closer_than: float
    """Share of the real pictures that are farther from their nearest than this one."""
    is_validated: bool
    """Whether held-out pictures are the yardstick; otherwise training pictures are."""


class PictureIndex:
    """Finds the nearest of many small pictures.

    Args:
        codes: [N, D], at least one.
        held_out: [M, D] to calibrate on; without any, training pictures are compared with the
            others.
        usual: distances [M] or [N] of these, if they are known already.
        control: checked between pictures that are calibrated on.

    Raises:
        StoppedError: a stop was requested.
    """

    def __init__(
        self,
        codes: Codes,
        held_out: Codes,
        *,
        usual: Floats | None = None,
        control: RunControl | None = None,
    ) -> None:
        self.codes = codes
        some = codes[:: max(1, len(codes) // FITTED)].astype(np.float32)
        self._mean = some.mean(0)
        covariance = (some - self._mean).T @ (some - self._mean)
        _values, vectors = np.linalg.eigh(covariance)
        self._basis = np.ascontiguousarray(vectors[:, ::-1][:, :COMPONENTS])
        parts = [
            self._project(codes[start : start + _TOGETHER])
            for start in range(0, len(codes), _TOGETHER)
        ]
        self._projected = np.concatenate([projected for projected, _rest in parts])
        self._rest = np.concatenate([rest for _projected, rest in parts])
        """[N], lengths of what the components leave over."""
        self._squares = (self._projected**2).sum(1) + self._rest**2
        self.is_validated = len(held_out) > 0
        self.usual = self._calibrate(held_out, control) if usual is None else usual
        """Distances of real pictures to their nearest training picture."""

    def nearest(
        self, code: Codes, count: int, *, skips: int = -1
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Find the nearest pictures.

        Args:
            code: [D].
            count: of pictures.
            skips: a picture that is not to be found.

        Returns:
            Their places and root mean square differences in levels, at most ``count`` each.
        """
        (query,), (rest,) = self._project(code[None])
        # What is left over differs at least as much as its lengths do.
        bounds = self._squares - 2 * (self._projected @ query + self._rest * rest)
        bounds += query @ query + rest * rest
        if skips >= 0:
            bounds[skips] = np.inf
        first = min(max(REFINED, count), len(bounds))
        places = np.argpartition(bounds, first - 1)[:first]
        squares = self._squared(code, places)
        worst = np.partition(squares, min(count, first) - 1)[min(count, first) - 1]
        others = np.flatnonzero(bounds <= worst * (1 + _TOLERANCE) + _TOLERANCE)
        others = others[~np.isin(others, places)]
        places = np.concatenate([places, others])
        squares = np.concatenate([squares, self._squared(code, others)])
        if skips >= 0:
            squares[places == skips] = np.inf
        order = np.argsort(squares, kind="stable")[:count]
        return places[order], np.sqrt(squares[order] / self.codes.shape[1])

    def _project(self, codes: Codes) -> tuple[Floats, Floats]:
        """Return the components [K, P] of pictures [K, D], and the lengths [K] of the rest."""
        centred = codes.astype(np.float32) - self._mean
        projected = centred @ self._basis
        rest = (centred**2).sum(1) - (projected**2).sum(1)
        return projected, np.sqrt(rest.clip(min=0))

    def _squared(self, code: Codes, places: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return squared distances of the whole copies."""
        found = [np.empty(0)]
        for start in range(0, len(places), _TOGETHER):
            part = self.codes[places[start : start + _TOGETHER]].astype(np.int32)
            difference = part - code.astype(np.int32)
            found.append((difference * difference).sum(1).astype(np.float64))
        return np.concatenate(found)

    def _calibrate(self, held_out: Codes, control: RunControl | None) -> Floats:
        skips = np.full(len(held_out), -1)
        if not len(held_out):
            rows = subsample(np.arange(len(self.codes)), MAX_HELD_OUT)
            held_out, skips = self.codes[rows], rows
        usual: list[float] = []
        for code, skip in zip(held_out, skips.tolist(), strict=True):
            if control is not None:
                control.stop_if_asked()
            usual.append(float(self.nearest(code, 1, skips=skip)[1][0]))
        return np.array(usual, dtype=np.float32)


class NearestPictures:
    """Finds the training pictures of a dataset that are nearest to generated ones.

    The small copies are kept in a cache, by the version of the dataset and the rows.

    Args:
        dataset: the part of it that the model was trained on.
        shape: height and width of the generated pictures.
        cache: folder.
        control: checked while the small copies are made.

    Raises:
        StoppedError: a stop was requested.
    """

    def __init__(
        self, dataset: StoredDataset, shape: ImageShape, cache: Path, control: RunControl
    ) -> None:
        self._dataset, self._shape = dataset, shape
        self._rows = subsample(_pictured(dataset, TRAIN), MAX_PICTURES)
        self._channels = dataset.images.shape[3]
        made_of = f"{FORMAT}/{shape}/{SIDE}".encode() + self._rows.tobytes()
        name = hashlib.sha256(made_of).hexdigest()[:12]
        path = cache / f"nearest-{dataset.manifest.version}-{name}.safetensors"
        self._index = self._load(path) or self._build(path, control)
        self._texts = dataset.texts

    def find(self, image: ImageArray, count: int = 4) -> Neighbours:
        """Find the training pictures that are nearest to a generated one.

        Args:
            image: [H, W, 3].
            count: of pictures.
        """
        places, distances = self._index.nearest(self._code(image[None])[0], count)
        rows = self._rows[places]
        images = to_channels(self._images(rows), 3)
        return Neighbours(
            pictures=tuple(
                Neighbour(image=images[place], text=self._texts[row], distance=float(far) / 255)
                for place, (row, far) in enumerate(zip(rows, distances, strict=True))
            ),
            usual=float(np.median(self._index.usual)) / 255,
            closer_than=float((self._index.usual > distances[0]).mean()),
            is_validated=self._index.is_validated,
        )

    def _images(self, rows: npt.NDArray[np.int64]) -> ImageArray:
        """Load pictures in the model's shape: [K, H, W, C]."""
        images = self._dataset.images_of(rows)
        return images if images.shape[1:3] == self._shape else resize(images, self._shape)

    def _code(self, images: ImageArray) -> Codes:
        """Make small copies: [K, H, W, *] to [K, D]."""
        images = to_channels(images, self._channels)
        small = self._shape.scaled(min(SIDE, self._shape.longer))
        smaller = images if images.shape[1:3] == small else resize(images, small)
        return smaller.reshape(len(images), -1)

    def _codes(self, rows: npt.NDArray[np.int64], control: RunControl) -> Codes:
        parts: list[Codes] = []
        for start in range(0, len(rows), _TOGETHER):
            control.stop_if_asked()
            parts.append(self._code(self._images(rows[start : start + _TOGETHER])))
        width = parts[0].shape[1] if parts else 0
        return np.concatenate(parts) if parts else np.empty((0, width), dtype=np.uint8)

    def _build(self, path: Path, control: RunControl) -> PictureIndex:
        held_out = self._codes(
            subsample(_pictured(self._dataset, VALIDATION), MAX_HELD_OUT), control
        )
        index = PictureIndex(self._codes(self._rows, control), held_out, control=control)
        arrays = {"codes": index.codes, "usual": index.usual}
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, save_arrays(arrays, {"validated": str(len(held_out))}))
        return index

    def _load(self, path: Path) -> PictureIndex | None:
        """Load what an earlier search has saved; None if it is not there or does not fit."""
        try:
            arrays = load_arrays(read_regular(path, _MAX_BYTES))
            codes, usual = arrays["codes"], arrays["usual"]
        except (OSError, MalformedFileError, SafetensorError, KeyError):
            return None
        width = self._code(self._images(self._rows[:1])).shape[1]
        if codes.shape != (len(self._rows), width) or codes.dtype != np.uint8 or not len(usual):
            return None
        held_out = codes[: len(_pictured(self._dataset, VALIDATION)[:1])]
        return PictureIndex(codes, held_out, usual=usual.astype(np.float32))


def open_nearest(run: Path, cache: Path, control: RunControl) -> NearestPictures:
    """Open the search among the training pictures of a run.

    Args:
        run: its folder.
        cache: folder of the small copies.
        control: checked while they are made.

    Raises:
        RunMissingError, ConfigError: the run cannot be read.
        DatasetMissingError, DatasetCorruptError, DatasetChangedError: its dataset is not there.
        StoppedError: a stop was requested.
    """
    folder = RunFolder(run)
    config, model = folder.read_config(), folder.read_model()
    dataset = open_training_dataset(config)
    found = dataset.manifest.version
    if found != model.dataset_version:
        raise DatasetChangedError(dataset.folder, model.dataset_version, found)
    return NearestPictures(dataset, model.image_shape(config.networks.image_size), cache, control)


def _pictured(dataset: StoredDataset, split: str) -> npt.NDArray[np.int64]:
    """Return the items of a split that have a picture."""
    rows = dataset.rows(split)
    return rows[dataset.image_rows[rows] >= 0]
