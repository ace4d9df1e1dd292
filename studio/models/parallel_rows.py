"""Axes of parallel coordinates from the settings and the best figures of runs."""

import math
from collections.abc import Sequence

import numpy as np

from engine.runs.curves import Metric, MetricKind, RunSummary
from studio.i18n import translate_engine
from studio.models.comparison import (
    DATASET,
    compared_value,
    differing_names,
    figure_names,
    is_used,
)
from studio.models.loss_text import metric_words
from studio.models.quality_text import figure_words, shown_value
from studio.models.run_form import FIELDS
from studio.models.setting_text import choice_text, value_text
from studio.models.settings_difference import setting_label
from studio.widgets.parallel_axes import ParallelAxis

USUAL_SETTINGS, USUAL_FIGURES = 6, 2
"""How many axes are shown until the user chooses them."""
LOG_RATIO = 20.0
"""Ratio of the largest to the smallest value from which an axis is logarithmic."""
_MAX_TICKS = 6
_FIGURE = "figure:"
_HIDDEN = ("device", "init_checkpoint")
"""Settings that no figure depends on, or that mean nothing without another one."""


def axis_names(summaries: Sequence[RunSummary]) -> list[str]:
    """Return all axes that runs offer: settings that differ, then figures."""
    configs = [summary.config for summary in summaries if summary.config is not None]
    names = [name for name in differing_names(configs) if name not in _HIDDEN]
    settings = [name for name in names if not name.startswith("reporting.")]
    return [*settings, *(_FIGURE + name for name in figure_names(summaries))]


def usual_axes(names: Sequence[str]) -> list[str]:
    """Return the axes that are shown until the user chooses them."""
    settings = [name for name in names if not name.startswith(_FIGURE)]
    figures = [name for name in names if name.startswith(_FIGURE)]
    return [*settings[:USUAL_SETTINGS], *figures[:USUAL_FIGURES]]


def axis_label(name: str) -> str:
    """Return the label of an axis in the user's language."""
    if name.startswith(_FIGURE):
        return metric_words(Metric(MetricKind.QUALITY, name.removeprefix(_FIGURE)))[0]
    return setting_label(name)


def build_axis(name: str, summaries: Sequence[RunSummary]) -> ParallelAxis:
    """Place the values of all runs on an axis."""
    if name.startswith(_FIGURE):
        return _figure_axis(name, summaries)
    values = [
        compared_value(s.config, name) if s.config is not None and is_used(s.config, name) else None
        for s in summaries
    ]
    about = FIELDS[name].about if name != DATASET else None
    tip = translate_engine(about.help) if about else ""
    is_number = about is not None and not about.choices and FIELDS[name].kind is not str
    if is_number:
        numbers = np.array([np.nan if v is None else float(v) for v in values])
        return _number_axis(name, numbers, tip)
    return _category_axis(name, values, tip)


def _figure_axis(name: str, summaries: Sequence[RunSummary]) -> ParallelAxis:
    figure = name.removeprefix(_FIGURE)
    values = (summary.best.get(figure, math.nan) for summary in summaries)
    numbers = np.array([shown_value(figure, value) for value in values])
    return _number_axis(name, numbers, figure_words(figure)[1], is_log_allowed=False)


def _number_axis(
    name: str, numbers: np.ndarray, tip: str, *, is_log_allowed: bool = True
) -> ParallelAxis:
    known = np.unique(numbers[np.isfinite(numbers)])
    low, high = (float(known[0]), float(known[-1])) if len(known) else (0.0, 1.0)
    is_log = is_log_allowed and low > 0 and high / low >= LOG_RATIO
    ends = (math.log(low), math.log(high)) if is_log else (low, high)
    span = ends[1] - ends[0] or 1.0
    scaled = np.log(numbers, where=numbers > 0, out=np.full_like(numbers, np.nan))
    positions = ((scaled if is_log else numbers) - ends[0]) / span
    marks = known.tolist()
    if len(marks) > _MAX_TICKS:
        steps = np.linspace(ends[0], ends[1], _MAX_TICKS)
        marks = (np.exp(steps) if is_log else steps).tolist()
    places = [((math.log(m) if is_log else m) - ends[0]) / span for m in marks]
    ticks = tuple((p, f"{m:.3g}") for p, m in zip(places, marks, strict=True))
    return ParallelAxis(
        name=name, label=axis_label(name), positions=positions, ticks=ticks, tip=tip
    )


def _category_axis(name: str, values: Sequence[object], tip: str) -> ParallelAxis:
    about = FIELDS[name].about if name != DATASET else None
    known = {value_text(value): value for value in values if value is not None}
    choices = [value_text(choice) for choice in about.choices] if about else []
    order = sorted(known, key=lambda text: (choices.index(text) if text in choices else 0, text))
    last = max(len(order) - 1, 1)
    place = {text: number / last for number, text in enumerate(order)}
    ticks = tuple(
        (place[text], choice_text(about, known[text]) if about and about.choices else text)
        for text in order
    )
    positions = np.array([np.nan if v is None else place[value_text(v)] for v in values])
    return ParallelAxis(
        name=name, label=axis_label(name), positions=positions, ticks=ticks, tip=tip
    )
