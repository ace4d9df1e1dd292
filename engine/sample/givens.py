"""Given values of scenes as network input.

Shapes: S steps of a table's decoder; ``...`` whatever an item of a column looks like.
"""

import io
from collections import OrderedDict
from collections.abc import Hashable
from typing import assert_never

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from engine.data.facts import ImageFacts, TableFacts, TextFacts
from engine.data.table_codec import check_cells, encode
from engine.errors import SceneInvalidError
from engine.nets.audio import AudioModality
from engine.sample.load import LoadedRun, encode_texts
from engine.sample.scene import Given, GivenCells, GivenPicture, GivenSound

MAX_KEPT = 256
"""Given values that are kept in the form of network input."""


class Givens:
    """Converts given values to network input; the last ones are kept.

    Args:
        run: with the columns.
    """

    def __init__(self, run: LoadedRun) -> None:
        self._run = run
        self._kept: OrderedDict[Hashable, Tensor] = OrderedDict()

    def row(self, name: str, value: Given) -> Tensor:
        """Return a given value as network input: [...]. Cells that are not given are arbitrary.

        Raises:
            SceneInvalidError: the run has no such column, or it holds other values.
            UnknownWordsError: a text has words that the run does not know.
            CellsInvalidError: a cell does not fit its field.
        """
        key = (name, given_key(value))
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        stored = self._stored(name, value)
        row = self._run.modality(name).preprocess(stored[None])[0]
        self._kept[key] = row
        if len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return row

    def missing_fields(self, name: str, value: Given) -> frozenset[str]:
        """Return the fields of a table that a given row lacks."""
        facts = self._run.model.columns.get(name)
        if not isinstance(value, GivenCells) or not isinstance(facts, TableFacts):
            return frozenset()
        return frozenset(field.name for field in facts.fields) - value.cells.keys()

    def _stored(self, name: str, value: Given) -> Tensor:
        facts = self._run.model.columns.get(name)
        match value:
            case str() if isinstance(facts, TextFacts):
                return encode_texts([value], facts)[0]
            case GivenPicture(png=png) if isinstance(facts, ImageFacts):
                shape = facts.aspect.scaled(self._run.config.networks.image_size)
                return _read_picture(png, (shape.width, shape.height), facts.channels)
            case GivenCells(cells=cells) if isinstance(facts, TableFacts):
                check_cells(facts.fields, dict(cells))
                columns = {field.name: [cells.get(field.name)] for field in facts.fields}
                return torch.from_numpy(encode(facts.fields, columns))[0]
            case GivenSound(samples=samples):
                modality = self._run.modality(name) if facts is not None else None
                if isinstance(modality, AudioModality):
                    return _read_sound(samples, modality)
            case str() | GivenPicture() | GivenCells():
                pass
            case _:
                assert_never(value)
        raise SceneInvalidError(f"the run has no column '{name}' of such values")


def given_key(value: Given) -> Hashable:
    """Return a hashable form of a given value."""
    if isinstance(value, GivenCells):
        return GivenCells, tuple(sorted(value.cells.items(), key=lambda cell: cell[0]))
    return value


def _read_picture(png: bytes, size: tuple[int, int], channels: int) -> Tensor:
    """Read a picture: [C, H, W] uint8."""
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
            found = picture.size
            pixels = None
            if found == size:
                pixels = np.array(picture.convert("L" if channels == 1 else "RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise SceneInvalidError("its picture is damaged") from error
    if pixels is None:
        raise SceneInvalidError(
            f"its picture has {found[0]} x {found[1]} px, the run takes {size[0]} x {size[1]}"
        )
    return torch.from_numpy(pixels).view(size[1], size[0], channels).permute(2, 0, 1)


def _read_sound(samples: bytes, modality: AudioModality) -> Tensor:
    """Read a sound: [1, M, T] uint8."""
    expected = modality.spectrogram.samples
    if len(samples) != 2 * expected:
        raise SceneInvalidError(
            f"its sound has {len(samples) // 2:,} samples, the run takes {expected:,}"
        )
    wave = np.frombuffer(samples, "<i2").astype(np.int16)
    return modality.encode_waves(torch.from_numpy(wave)[None])[0]
