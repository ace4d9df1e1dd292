"""Words, numbers and pictures of what the inspection of a run returns."""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QCoreApplication, QLocale
from PySide6.QtGui import QColor

from engine.events import ImageArray
from engine.inspection.results import (
    BOUND,
    DIVERGENCE,
    PAIR_HEAD,
    Floats,
    InspectedItem,
    LensView,
    Measure,
    Origin,
    Part,
    Probe,
    StepView,
    Words,
)
from studio.theme import DARK, current_colors, mixed

translate = QCoreApplication.translate
Row = tuple[str, str]

_SHARE = 0.85
"""Of the colour where a contribution is largest."""
_WORD_SHARE = 0.6
"""The same behind a word, which has to be read."""
_LARGEST_PERCENTILE = 99.0
"""Of the contributions of a picture; beyond it all have the full colour."""


def raising_color() -> QColor:
    """Return the colour of contributions that raise a logit, towards real."""
    return QColor("#56b4e9" if current_colors() is DARK else "#0072b2")


def lowering_color() -> QColor:
    """Return the colour of contributions that lower a logit, towards generated."""
    return QColor("#ff8f4d" if current_colors() is DARK else "#d55e00")


def scale_colors() -> tuple[QColor, QColor]:
    """Return the colours of lowering and of raising, pale enough to read words on them."""
    surface = QColor(current_colors().surface)
    low, high = lowering_color(), raising_color()
    return mixed(low, surface, _WORD_SHARE), mixed(high, surface, _WORD_SHARE)


def overlay(pixels: ImageArray, contributions: Floats) -> ImageArray:
    """Tint the pixels of a picture by their contributions: [H, W, 3] and [H, W] to [H, W, 3]."""
    largest = float(np.percentile(np.abs(contributions), _LARGEST_PERCENTILE))
    largest = largest or float(np.abs(contributions).max()) or 1.0
    share = _SHARE * np.clip(np.abs(contributions) / largest, 0, 1)[..., None]
    tint = np.where(
        contributions[..., None] > 0, _rgb(raising_color()), _rgb(lowering_color())
    ).astype(np.float64)
    # A paler picture leaves room for the colours on black and on white alike.
    paler = 0.25 * 127 + 0.75 * pixels.astype(np.float64)
    return np.round(paler * (1 - share) + tint * share).astype(np.uint8)


def word_colors(part: Words, head: str) -> list[QColor]:
    """Return a background for each word: tinted by its contribution to a head."""
    surface = QColor(current_colors().surface)
    found = part.contributions.get(head)
    if found is None:
        return [surface] * len(part.words)
    largest = float(np.abs(found).max(initial=0.0)) or 1.0
    return [
        mixed(
            raising_color() if value > 0 else lowering_color(),
            surface,
            _WORD_SHARE * abs(value) / largest,
        )
        for value in found.tolist()
    ]


def _rgb(color: QColor) -> npt.NDArray[np.float64]:
    return np.array([color.red(), color.green(), color.blue()], dtype=np.float64)


def number_title(name: str) -> str:
    """Return the title of a head of the discriminator, or of a term of the bound."""
    if name == PAIR_HEAD:
        return translate("Inspection", "pair")
    if name == DIVERGENCE:
        return translate("Inspection", "divergence")
    return translate("Inspection", "negative ELBO") if name == BOUND else name


def number_text(value: float, measure: Measure) -> str:
    """Return a number in its usual form: a probability, a logit, or nats."""
    match measure:
        case Measure.LOG_ODDS:
            # A space that does not break.
            return f"{100 * probability(value):.0f}\u00a0%"
        case Measure.LOGIT:
            return f"{value:+.2f}"
        case Measure.NATS:
            return f"{value:.1f}"


def probability(logit: float) -> float:
    """Return the sigmoid of a logit."""
    return 1 / (1 + math.exp(-min(max(logit, -700.0), 700.0)))


def number_rows(item: InspectedItem, measure: Measure) -> list[Row]:
    """Return all numbers of an item with their units."""
    rows: list[Row] = []
    for name, value in item.numbers.items():
        match measure:
            case Measure.LOG_ODDS:
                text = translate("Inspection", "real with {0} %, logit {1}")
                text = text.format(f"{100 * probability(value):.1f}", f"{value:+.3f}")
            case Measure.LOGIT:
                text = translate("Inspection", "logit {0}").format(f"{value:+.3f}")
            case Measure.NATS:
                text = translate("Inspection", "{0} nats").format(f"{value:.2f}")
        rows.append((number_title(name), text))
    return rows


def group_title(view: LensView, origin: Origin, name: str) -> str:
    """Return the heading of the items of an origin, with the mean of a number if they have it."""
    title = origin_title(origin, view.exchanged)
    found = [item.numbers[name] for item in view.items if item.origin is origin and name]
    if not found:
        return title
    return f"{title} · {number_text(sum(found) / len(found), view.measure)}"


def origin_title(origin: Origin, exchanged: str) -> str:
    """Return what the items of an origin are."""
    match origin:
        case Origin.REAL:
            return translate("Inspection", "Real")
        case Origin.GENERATED:
            return translate("Inspection", "Generated")
        case Origin.MISMATCHED:
            text = translate("Inspection", "Real, with another {0}")
            return text.format(exchanged)


def images_text(images_seen: int) -> str:
    """Return how far the run had come."""
    text = translate("Inspection", "After {0} images")
    return text.format(QLocale().toString(images_seen))


# --------------------------------------------------------------------------
# Steps.


def step_sentence(view: StepView) -> str:
    """Say what was updated, in which step, and whether the run does the same."""
    match view.part:
        case Part.DISCRIMINATOR:
            text = translate("Inspection", "Step {0}: the discriminator was updated.")
        case Part.GENERATOR:
            text = translate("Inspection", "Step {0}: the generator was updated.")
        case Part.WHOLE if view.has_discriminator and len(view.changes) > 1:
            text = translate(
                "Inspection", "Step {0}: the discriminator was updated, then the generator."
            )
        case Part.WHOLE if view.has_discriminator:
            text = translate(
                "Inspection",
                "Step {0}: the discriminator was updated; this run updates the generator in every "
                "few steps only.",
            )
        case _:
            text = translate("Inspection", "Step {0}: the model was updated.")
    exact = translate("Inspection", "The run itself takes the same steps, bit for bit.")
    other = translate("Inspection", "The run itself takes its steps in another order.")
    number = QLocale().toString(view.number + 1)
    return f"{text.format(number)} {exact if view.is_exact else other}"


def step_rows(view: StepView) -> Iterator[tuple[str, str, str]]:
    """Yield name, value before and value after of all that a step may change."""
    before, after = view.before, view.after
    losses = {
        "discriminator": translate("Inspection", "Loss of the discriminator"),
        "generator": translate("Inspection", "Loss of the generator"),
    }
    for name, title in losses.items():
        if name in before.losses:
            yield title, f"{before.losses[name]:.4f}", f"{after.losses[name]:.4f}"
    yield from _logit_rows(before, after)
    on_batch = {
        "discriminator": translate("Inspection", "Discriminator, on the batch of the step"),
        "generator": translate("Inspection", "Generator, on the batch of the step"),
        "penalty": translate("Inspection", "Penalty, on the batch of the step"),
        "text_nll": translate("Inspection", "Text NLL, on the batch of the step"),
        "redescription": translate("Inspection", "Redescription, on the batch of the step"),
    }
    for name, value in view.losses.items():
        yield on_batch.get(name, name), f"{value:.4f}", ""
    moved = {
        "discriminator": translate("Inspection", "Weights of the discriminator, moved by"),
        "generator": translate("Inspection", "Weights of the generator, moved by"),
    }
    slopes = {
        "discriminator": translate("Inspection", "Gradient of the discriminator, norm"),
        "generator": translate("Inspection", "Gradient of the generator, norm"),
    }
    for name, change in view.changes.items():
        yield slopes[name], f"{change.gradient_norm:.4f}", ""
        yield moved[name], f"{change.norm:.4f} ({100 * change.relative:.3f} %)", ""


def _logit_rows(before: Probe, after: Probe) -> Iterator[tuple[str, str, str]]:
    real = translate("Inspection", "Logit of {0}, real")
    generated = translate("Inspection", "Logit of {0}, generated")
    for head in before.generated_logits:
        title = number_title(head)
        if head in before.real_logits:
            ends = before.real_logits[head], after.real_logits[head]
            yield real.format(title), f"{ends[0]:+.4f}", f"{ends[1]:+.4f}"
        ends = before.generated_logits[head], after.generated_logits[head]
        yield generated.format(title), f"{ends[0]:+.4f}", f"{ends[1]:+.4f}"
