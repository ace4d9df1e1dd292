"""Noise of scenes as tensors: combinations of rows that are drawn from seeds.

Shapes: R rows of a draw; ``...`` whatever a part of the model's noise looks like.
"""

import math
from collections import OrderedDict
from collections.abc import Collection, Hashable

import numpy as np
import torch
from torch import Tensor

from engine.errors import SceneInvalidError
from engine.nets.protocols import PairModel
from engine.sample.scene import Noise, NoiseSource, SeedNoise, StoredNoise

MAX_ROWS = 1_024
MAX_BYTES = 32_000_000
"""Rows of noise that are kept, and their size; the noise of texts can be large."""
_REST = SeedNoise(seed=0)
"""Gives the parts that a stored noise lacks."""


class NoiseBank:
    """Draws the noise of scenes; rows that were drawn are kept.

    Args:
        model: draws noise on the CPU.
        selecting: parts that select tokens. They are taken from the source with the largest weight,
            because a sum of them would have another distribution.
    """

    def __init__(self, model: PairModel, selecting: Collection[str]) -> None:
        self._model, self._selecting = model, frozenset(selecting)
        self._rows: OrderedDict[SeedNoise, dict[str, Tensor]] = OrderedDict()
        self._last: tuple[tuple[int, int], dict[str, Tensor]] | None = None
        self._most = 1
        rest = self._row(_REST)
        self._most = max(
            1, min(MAX_ROWS, MAX_BYTES // max(1, sum(p.nbytes for p in rest.values())))
        )
        self.shapes = {name: part.shape for name, part in rest.items()}
        """Shapes of the parts by name, without the rows."""

    def key(self, noise: Noise, part: str) -> Hashable:
        """Return what a part depends on of a noise."""
        return _largest(noise) if part in self._selecting else noise.parts

    def part(self, noise: Noise, name: str, scale: float = 1.0) -> Tensor:
        """Return a part of a noise, scaled: [...].

        Combined by NumPy: so few numbers are added in less time than another thread may take to
        give Python's lock back, which PyTorch releases at each operation.

        Raises:
            SceneInvalidError: a stored noise does not fit the model.
        """
        if name in self._selecting:
            return torch.from_numpy(np.float32(scale) * self._value(_largest(noise), name).numpy())
        (first, weight), *others = noise.parts
        combined = np.float32(weight) * self._value(first, name).numpy()
        for source, weight in others:
            combined += np.float32(weight) * self._value(source, name).numpy()
        return torch.from_numpy(np.float32(scale) * combined)

    def _value(self, source: NoiseSource, name: str) -> Tensor:
        match source:
            case SeedNoise():
                return self._row(source)[name]
            case StoredNoise(values=values):
                stored = dict(values).get(name)
                if stored is None:
                    return self._row(_REST)[name]
                shape = self.shapes[name]
                if len(stored) != math.prod(shape):
                    raise SceneInvalidError(
                        f"its noise has {len(stored):,} numbers, the model takes "
                        f"{math.prod(shape):,}"
                    )
                return torch.tensor(stored).view(shape)

    def _row(self, source: SeedNoise) -> dict[str, Tensor]:
        kept = self._rows.get(source)
        if kept is not None:
            self._rows.move_to_end(source)
            return kept
        draw = (source.seed, source.rows)
        if self._last is None or self._last[0] != draw:
            generator = torch.Generator("cpu").manual_seed(source.seed)
            self._last = (draw, self._model.draw_noise(source.rows, generator))
        row = {name: part[source.row].clone() for name, part in self._last[1].items()}
        self._rows[source] = row
        if len(self._rows) > self._most:
            self._rows.popitem(last=False)
        return row


def _largest(noise: Noise) -> NoiseSource:
    return max(noise.parts, key=lambda part: abs(part[1]))[0]
