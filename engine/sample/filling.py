"""Fills in the cells of a row that a scene does not give.

Shapes: D numbers of an encoded row, S steps of the decoder, C candidates.
"""

import zlib
from collections.abc import Collection, Mapping

import torch
from torch import Tensor

from engine.data.seeds import mix_seed
from engine.data.table_codec import TableLayout
from engine.nets.generator import PairGenerator
from engine.nets.protocols import PairModel
from engine.nets.table import CANDIDATES, TableDecoder
from engine.sample.scene import Noise
from engine.sample.stages import Stages


def fill_row(
    model: PairModel,
    stages: Stages,
    name: str,
    layout: TableLayout,
    row: Tensor,
    missing: Collection[str],
    known: Mapping[str, Tensor],
    noise: Noise,
) -> Tensor:
    """Complete one row of a table.

    The autoregressive decoder completes rows itself. Of other decoders, the row is taken that is
    nearest to the given cells, of ``CANDIDATES`` rows from as many noises.

    Args:
        model: with the column.
        stages: of the model.
        name: column of the table.
        layout: of its rows.
        row: [D] with the given cells; the others are arbitrary.
        missing: names of the fields to fill in.
        known: rows of further given columns, [...] each.
        noise: of the scene; the same noise gives the same row.

    Returns:
        [D].
    """
    generator = torch.Generator("cpu").manual_seed(_seed(noise))
    decoder = model.decoder(name) if isinstance(model, PairGenerator) else None
    if isinstance(decoder, TableDecoder):
        context = stages.context({n: item[None] for n, item in known.items()}, 1)
        is_given = torch.tensor([step not in missing for step in layout.steps])
        return decoder.complete(context, row[None], is_given, generator)[0]
    drawn = model.draw_noise(CANDIDATES, generator)
    items = {n: item.expand(CANDIDATES, *item.shape) for n, item in known.items()}
    context = stages.context(items, CANDIDATES)
    made = stages.decode(name, {n: drawn[n] for n in stages.parts(name)}, items, context)
    kept = _columns(layout, missing)
    nearest = int((made[:, kept] - row[kept]).square().mean(1).argmin()) if kept.any() else 0
    return torch.where(kept, row, made[nearest])


def _columns(layout: TableLayout, missing: Collection[str]) -> Tensor:
    """Return which numbers of a row are given: [D] booleans."""
    kept = torch.zeros(layout.width, dtype=torch.bool)
    for place, field in enumerate(layout.numeric):
        kept[place] = field.name not in missing
    for name, block in layout.blocks.items():
        kept[block] = name not in missing
    return kept


def _seed(noise: Noise) -> int:
    """Return a seed that follows from a noise, in every process the same."""
    return mix_seed(zlib.crc32(repr(noise.parts).encode()))
