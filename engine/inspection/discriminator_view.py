"""What the discriminator says of items, head by head, and which parts of an item it says it for.

Contributions are integrated gradients. Measured on held-out digits (``packaging/measure_lens.py``),
they add up to the change of the logit, which gradient times input does only roughly.

Shapes: B batch, H height, W width, L tokens, V vocabulary size, D embedding or encoded row.
"""

from collections.abc import Collection, Mapping

import numpy as np
import torch
from torch import Tensor

from engine.control import RunControl
from engine.data.facts import AudioFacts, ColumnFacts, ImageFacts, TableFacts, TextFacts
from engine.data.store import StoredDataset
from engine.data.table_codec import TableLayout, decode_columns
from engine.data.tokenizers import PADDING
from engine.inspection.batch_statistics import held_deviation
from engine.inspection.items import (
    fixed_noise,
    generate,
    mismatched_items,
    real_items,
    to_samples,
    training_items,
)
from engine.inspection.networks import InspectedRun
from engine.inspection.results import (
    BOUND,
    DIVERGENCE,
    Floats,
    InspectedItem,
    LensView,
    Measure,
    Origin,
    Picture,
    Words,
)
from engine.inspection.saliency import integrated_gradients
from engine.losses.adversarial import LOSSES_BY_NAME
from engine.losses.elbo import gaussian_divergence
from engine.nets.discriminator import PAIR, PairDiscriminator
from engine.nets.vae import MultimodalVae
from engine.sample.sampler import Samples, Shown
from engine.sample.tiles import captions, cell_text, tiles

Items = Mapping[str, Tensor]
SHOWN = 16
"""Items of each origin."""
BASELINE_ITEMS = 256
"""Training items whose median is the baseline of pictures."""


def view_run(
    run: InspectedRun,
    dataset: StoredDataset,
    control: RunControl | None = None,
    count: int = SHOWN,
    heads: Collection[str] | None = None,
) -> LensView:
    """Judge real and generated items, and real ones with a wrong text where there is a pair head.

    Args:
        run: of any family; one without a discriminator gives the terms of its bound instead.
        dataset: of the run.
        control: checked between the groups of items.
        count: items of each origin.
        heads: that contributions are computed for, which takes most of the time; by default all.

    Raises:
        StoppedError: a stop was requested.
    """
    control = control or RunControl()
    real, generated = real_items(run, dataset, count), generate(run.ema, fixed_noise(run, count))
    exchanged = _exchanged_column(run) if real else ""
    groups: dict[Origin, Items] = {}
    if real:
        groups[Origin.REAL] = real
    groups[Origin.GENERATED] = generated
    if exchanged:
        wrong, is_wrong = mismatched_items(real, run.modality(exchanged))
        groups[Origin.MISMATCHED] = {name: item[is_wrong] for name, item in wrong.items()}
    baseline = _baseline(run, training_items(run, dataset, BASELINE_ITEMS) or generated)
    return LensView(
        run=run.folder,
        images_seen=run.metadata.images_seen,
        measure=measure_of(run),
        names=_names(run),
        exchanged=exchanged,
        items=tuple(
            item
            for origin, group in groups.items()
            if len(next(iter(group.values())))
            for item in _inspect(run, origin, group, baseline, heads, control)
        ),
    )


def measure_of(run: InspectedRun) -> Measure:
    """Return what the numbers of a run's items are."""
    if run.discriminator is None:
        return Measure.NATS
    objective = LOSSES_BY_NAME[run.config.training.adversarial_loss]
    return Measure.LOG_ODDS if objective.logits_are_log_odds else Measure.LOGIT


def contributions(
    discriminator: PairDiscriminator, head: str, items: Items, baseline: Items
) -> dict[str, Tensor]:
    """Attribute the logits of a head to the numbers of the items that the networks see.

    Args:
        discriminator: in evaluation mode.
        head: a name of its ``heads``.
        items: by column, [B, ...].
        baseline: by column, what counts as nothing: [1, ...].

    Returns:
        By column, [B, ...] as embedded by the discriminator; 0 where the head sees no such column.
    """
    with torch.no_grad():
        embedded, nothing = discriminator.embed(items), dict(baseline)
    for name, item in embedded.items():
        if item.shape[1:] != nothing[name].shape[1:]:
            nothing[name] = torch.zeros_like(item[:1])
    with held_deviation(discriminator, embedded):
        return integrated_gradients(lambda x: discriminator(x)[head], embedded, nothing)


def _exchanged_column(run: InspectedRun) -> str:
    """Return the first discrete column of a run that has a pair head; empty if there is none."""
    discriminator = run.discriminator
    if discriminator is None or PAIR not in discriminator.heads or len(run.modalities) < 2:
        return ""
    return next((m.name for m in run.modalities if m.is_discrete), "")


def _names(run: InspectedRun) -> tuple[str, ...]:
    if run.discriminator is not None:
        return run.discriminator.heads
    return (*(m.name for m in run.modalities), DIVERGENCE, BOUND)


def _baseline(run: InspectedRun, pool: Items) -> dict[str, Tensor]:
    """Return what counts as nothing: of pictures and sounds the median, of other columns zeros."""
    baseline: dict[str, Tensor] = {}
    for name, item in pool.items():
        has_pixels = isinstance(run.model.columns[name], ImageFacts | AudioFacts)
        baseline[name] = item.median(0).values[None] if has_pixels else torch.zeros_like(item[:1])
    return baseline


def _inspect(
    run: InspectedRun,
    origin: Origin,
    items: Items,
    baseline: Items,
    heads: Collection[str] | None,
    control: RunControl,
) -> list[InspectedItem]:
    control.stop_if_asked()
    found: dict[str, dict[str, Tensor]] = {}
    with torch.no_grad():
        numbers = _numbers(run, items)
    if run.discriminator is not None:
        wanted = [head for head in numbers if heads is None or head in heads]
        found = {head: contributions(run.discriminator, head, items, baseline) for head in wanted}
    samples = to_samples(run, items)
    written = captions(samples)
    parts: dict[str, list[Picture | Words]] = {}
    for name, shown in samples.columns.items():
        seen_by = {head: table[name] for head, table in found.items() if head in (name, PAIR)}
        parts[name] = _parts(run.model.columns[name], shown, items[name], seen_by)
    return [
        InspectedItem(
            origin=origin,
            caption=caption,
            numbers={name: float(values[row]) for name, values in numbers.items()},
            parts={name: column[row] for name, column in parts.items()},
        )
        for row, caption in enumerate(written)
    ]


def _numbers(run: InspectedRun, items: Items) -> dict[str, Tensor]:
    """Return the logits of a batch, or the terms of its bound: [B] each."""
    if run.discriminator is not None:
        return run.discriminator(items)
    model = run.ema
    if not isinstance(model, MultimodalVae):
        return {}
    posterior = model.posterior(items)
    # The mean of the posterior instead of a sample, so that the numbers do not jump.
    terms = {name: model.decoder(name).nll(posterior.mean, item) for name, item in items.items()}
    terms[DIVERGENCE] = gaussian_divergence(posterior.mean, posterior.log_variance)
    return {**terms, BOUND: torch.stack(list(terms.values())).sum(0)}


# --------------------------------------------------------------------------
# What of an item a contribution belongs to.


def _parts(
    facts: ColumnFacts, shown: Shown, item: Tensor, heads: Mapping[str, Tensor]
) -> list[Picture | Words]:
    """Split a column's batch into what is shown of each row.

    Args:
        facts: of the column.
        shown: the batch to show.
        item: the same as network input.
        heads: contributions by head, as the discriminator embeds the column.
    """
    match facts:
        case TextFacts():
            return _texts(facts, item, heads)
        case TableFacts():
            return _rows(facts, item, heads)
        case AudioFacts():
            # A picture has low frequencies at the bottom, the networks have them first.
            return _pictures(shown, {head: v.sum(1).flip(1) for head, v in heads.items()})
        case _:
            return _pictures(shown, {head: v.sum(1) for head, v in heads.items()})


def _pictures(shown: Shown, maps: Mapping[str, Tensor]) -> list[Picture | Words]:
    pixels = tiles(Samples(columns={"": shown}))
    arrays = {head: values.numpy() for head, values in maps.items()}
    return [
        Picture(pixels=picture, contributions={h: _floats(a[row]) for h, a in arrays.items()})
        for row, picture in enumerate(pixels)
    ]


def _texts(facts: TextFacts, item: Tensor, heads: Mapping[str, Tensor]) -> list[Picture | Words]:
    ids = item.argmax(2) if item.dim() == 3 else item
    sums = {head: values.sum(2).numpy() for head, values in heads.items()}
    shown: list[Picture | Words] = []
    for row, tokens in enumerate(ids.numpy()):
        places = [place for place, token in enumerate(tokens) if token != PADDING]
        # The end of a text has no words; the discriminator sees it nevertheless.
        words = tuple(facts.tokenizer.decode(tokens[[place]]) or "⏎" for place in places)
        shown.append(
            Words(
                words=words,
                contributions={head: _floats(values[row][places]) for head, values in sums.items()},
            )
        )
    return shown


def _rows(facts: TableFacts, item: Tensor, heads: Mapping[str, Tensor]) -> list[Picture | Words]:
    layout = TableLayout(facts.fields)
    numeric = {field.name: number for number, field in enumerate(layout.numeric)}
    cells = decode_columns(facts.fields, item.numpy())

    def by_field(values: Tensor) -> list[Tensor]:
        totals: list[Tensor] = []
        for field in facts.fields:
            total = torch.zeros(len(values))
            if field.name in numeric:
                total = total + values[:, numeric[field.name]]
            if field.name in layout.blocks:
                total = total + values[:, layout.blocks[field.name]].sum(1)
            totals.append(total)
        return totals

    sums = {head: torch.stack(by_field(values), 1).numpy() for head, values in heads.items()}
    return [
        Words(
            words=tuple(f"{name} {cell_text(column[row])}" for name, column in cells.items()),
            contributions={head: _floats(values[row]) for head, values in sums.items()},
        )
        for row in range(len(item))
    ]


def _floats(values: np.ndarray) -> Floats:
    return np.ascontiguousarray(values, dtype=np.float32)
