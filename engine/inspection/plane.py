"""Two numeric fields of a table as a plane: points, the discriminator's logits, and gradients.

The logits of a grid show where the discriminator expects real rows; the gradient of the generator's
adversarial loss with respect to its rows shows where it pushes them. Likelihood, which tables of
the hybrid family are also learned by, is not in that gradient.

Shapes: N points, G points along an axis of the grid, D numbers of an encoded row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.config.run import parse_column_weights
from engine.data.facts import TableFacts
from engine.data.store import StoredDataset
from engine.data.table_cells import read_numbers
from engine.data.table_codec import TableLayout, decode_columns, encode
from engine.data.table_fields import NumericField
from engine.inspection.batch_statistics import held_deviation
from engine.inspection.discriminator_view import measure_of
from engine.inspection.items import fixed_noise, generate, real_items, to_samples
from engine.inspection.networks import InspectedRun
from engine.inspection.results import Floats, PlaneChoice, PlaneView
from engine.losses.adversarial import LOSSES_BY_NAME, MaskedLogits
from engine.nets.discriminator import PAIR, PairDiscriminator
from engine.nets.table import MAX_SCORE
from engine.sample.tiles import captions

Items = Mapping[str, Tensor]
GRID = 64
POINTS = 256
"""Real and generated points of a view, at most."""
MAX_CAPTIONS = 50
"""Captions that can be given; more do not fit into a menu."""
MARGIN = 0.15
"""Of the grid around the points, relative to their range."""
STEP = 0.5
"""Distance in normal scores that the point with the largest gradient is moved."""


def plane_columns(run: InspectedRun) -> dict[str, tuple[str, ...]]:
    """Return the tables with two numeric fields or more, and these fields."""
    found: dict[str, tuple[str, ...]] = {}
    for name, facts in run.model.columns.items():
        if isinstance(facts, TableFacts):
            numeric = tuple(f.name for f in facts.fields if isinstance(f, NumericField))
            if len(numeric) > 1:
                found[name] = numeric
    return found


def view_plane(run: InspectedRun, dataset: StoredDataset, choice: PlaneChoice) -> PlaneView | None:
    """Compute the points, logits and gradients of two numeric fields.

    Args:
        run: of any family; one without a discriminator has points alone.
        dataset: of the run.
        choice: what is no longer there, or empty, is chosen anew.

    Returns:
        None if no table of the run has two numeric fields.
    """
    columns = plane_columns(run)
    if not columns:
        return None
    made = generate(run.generator, fixed_noise(run, POINTS))
    # Without a complete item, the generated ones say what the other columns may hold.
    real = real_items(run, dataset, POINTS)
    known = real or made
    offered = _offered_captions(run, known)
    choice, reference = _resolve(run, columns, choice, offered)
    facts = run.model.columns[choice.column]
    if not isinstance(facts, TableFacts):
        raise TypeError(choice.column)
    plane = _Plane(facts, choice)
    generated = plane.points(made[choice.column])
    shown = plane.points(real[choice.column]) if real else generated[:0]
    low, high = _corners(np.concatenate([shown, generated]))
    logits, moved = np.zeros((0, 0), np.float32), generated
    discriminator = run.discriminator
    if discriminator is not None:
        fixed = {name: item[reference : reference + 1] for name, item in known.items()}
        grid = plane.grid(fixed[choice.column], low, high)
        logits = _grid_logits(discriminator, choice, grid, fixed, made)
        moved = plane.points(_moved(run, discriminator, choice.column, known, made, plane))
    return PlaneView(
        run=run.folder,
        images_seen=run.metadata.images_seen,
        choice=choice,
        columns=columns,
        heads=_heads(discriminator, choice.column),
        captions=tuple(offered),
        measure=measure_of(run),
        low=low,
        high=high,
        logits=logits,
        real=shown,
        real_captions=captions(to_samples(run, real)) if real else (),
        generated=generated,
        generated_captions=captions(to_samples(run, made)),
        moved=moved,
    )


def _offered_captions(run: InspectedRun, real: Items) -> dict[str, int]:
    """Return captions of the other columns, and the first real item that each belongs to."""
    others = {m.name for m in run.modalities if m.name not in plane_columns(run)}
    samples = to_samples(run, real)
    shown = {name: column for name, column in samples.columns.items() if name in others}
    if not shown:
        return {}
    texts = captions(type(samples)(columns=shown))
    first: dict[str, int] = {}
    for row, text in enumerate(texts):
        first.setdefault(text, row)
    return dict(sorted(first.items())[:MAX_CAPTIONS])


def _resolve(
    run: InspectedRun,
    columns: Mapping[str, Sequence[str]],
    choice: PlaneChoice,
    offered: Mapping[str, int],
) -> tuple[PlaneChoice, int]:
    """Fill in what a choice leaves open; return the row of the given item as well."""
    column = choice.column if choice.column in columns else next(iter(columns))
    fields = columns[column]
    x = choice.x if choice.x in fields else fields[0]
    y = choice.y if choice.y in fields and choice.y != x else next(f for f in fields if f != x)
    heads = _heads(run.discriminator, column)
    head = choice.head if choice.head in heads else next(iter(heads), "")
    given = choice.given if choice.given in offered else next(iter(offered), "")
    chosen = replace(choice, column=column, x=x, y=y, head=head, given=given)
    return chosen, offered.get(given, 0)


def _heads(discriminator: PairDiscriminator | None, column: str) -> tuple[str, ...]:
    if discriminator is None:
        return ()
    return tuple(head for head in discriminator.heads if head in (column, PAIR))


def _corners(points: Floats) -> tuple[tuple[float, float], tuple[float, float]]:
    low, high = points.min(0), points.max(0)
    room = MARGIN * np.where(high > low, high - low, 1.0)
    corners = (low - room).tolist(), (high + room).tolist()
    return (corners[0][0], corners[0][1]), (corners[1][0], corners[1][1])


class _Plane:
    """Converts between encoded rows and points of a plane.

    Args:
        facts: of the table.
        choice: with its fields resolved.
    """

    def __init__(self, facts: TableFacts, choice: PlaneChoice) -> None:
        self._facts, self._choice = facts, choice
        numeric = [field.name for field in TableLayout(facts.fields).numeric]
        self.places = [numeric.index(name) for name in (choice.x, choice.y)]
        """Columns of an encoded row that hold the scores of x and y."""

    def points(self, rows: Tensor) -> Floats:
        """Return the points of encoded rows: [N, D] to [N, 2]; missing numbers are medians."""
        if self._choice.is_in_scores:
            return rows[:, self.places].numpy().astype(np.float32)
        cells = decode_columns(self._facts.fields, rows.numpy())
        found = [read_numbers(cells[name]) for name in (self._choice.x, self._choice.y)]
        return np.nan_to_num(np.stack(found, 1)).astype(np.float32)

    def grid(self, row: Tensor, low: tuple[float, float], high: tuple[float, float]) -> Tensor:
        """Return the rows of a grid, x fastest: [G * G, D]; all else is that of a row [1, D]."""
        x, y = (np.linspace(low[axis], high[axis], GRID) for axis in range(2))
        across, up = (axis.ravel() for axis in np.meshgrid(x, y))
        rows = row.expand(GRID * GRID, -1).clone()
        for place, name, values in zip(
            self.places, (self._choice.x, self._choice.y), (across, up), strict=True
        ):
            rows[:, place] = torch.from_numpy(self._scores(name, values)).float()
        return rows

    def _scores(self, name: str, values: npt.NDArray[np.float64]) -> npt.NDArray[np.floating]:
        if self._choice.is_in_scores:
            return values.clip(-MAX_SCORE, MAX_SCORE)
        field = next(one for one in self._facts.fields if one.name == name)
        return encode((field,), {name: values.tolist()})[:, 0]


@torch.no_grad()
def _grid_logits(
    discriminator: PairDiscriminator, choice: PlaneChoice, grid: Tensor, fixed: Items, made: Items
) -> Floats:
    """Return the logits of rows, whose other columns are those of one item: [G, G].

    The minibatch deviation is that of the generated items: the logits are those that a generated
    item would have among the others.
    """
    column = {choice.column: discriminator.embed({choice.column: grid})[choice.column]}
    with held_deviation(discriminator, made):
        features = {
            name: seen.expand(len(grid), -1)
            for name, seen in discriminator.features(discriminator.embed(fixed)).items()
        }
        logits = discriminator.logits({**features, **discriminator.features(column)})
    return logits[choice.head].view(GRID, GRID).numpy().astype(np.float32)


def _moved(
    run: InspectedRun,
    discriminator: PairDiscriminator,
    column: str,
    real: Items,
    made: Items,
    plane: _Plane,
) -> Tensor:
    """Move generated rows along the negative gradient of the generator's loss: [N, D].

    Only the scores of x and y move, the largest move is ``STEP`` long.
    """
    gradient = generator_gradient(run, discriminator, column, real, made)[:, plane.places]
    longest = gradient.norm(dim=1).max().clamp(min=1e-12)
    rows = made[column].clone()
    rows[:, plane.places] = rows[:, plane.places] - STEP * gradient / longest
    return rows.clamp(-MAX_SCORE, MAX_SCORE)


def generator_gradient(
    run: InspectedRun, discriminator: PairDiscriminator, column: str, real: Items, made: Items
) -> Tensor:
    """Return the gradient of the generator's adversarial loss with respect to a column: [N, D].

    The loss is that of ``engine.train.gan_losses.generator_loss`` for items from noise alone.

    Args:
        run: its loss and the weights of its columns count.
        discriminator: of the run.
        column: whose items are floating-point numbers.
        real: real items, for losses that compare them with generated ones.
        made: generated items.
    """
    objective = LOSSES_BY_NAME[run.config.training.adversarial_loss]
    weights = parse_column_weights(run.config.training.column_weights)
    count = min(len(real[column]), len(made[column]))
    leaf = made[column].detach().clone().requires_grad_()
    with torch.enable_grad():
        fake = discriminator(discriminator.embed({**made, column: leaf}))
        other = discriminator(discriminator.embed(real)) if objective.needs_real_logits else {}
        loss = torch.zeros(())
        for head, logits in fake.items():
            pair = _unmasked(other[head][:count]) if other else None
            used = logits[:count] if other else logits
            loss = loss + weights.get(head, 1.0) * objective.generator(_unmasked(used), pair)
        (gradient,) = torch.autograd.grad(loss, leaf)
    return gradient


def _unmasked(logits: Tensor) -> MaskedLogits:
    return MaskedLogits(logits, torch.ones_like(logits, dtype=torch.bool))
