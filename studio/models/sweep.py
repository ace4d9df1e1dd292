"""A sweep: runs that differ in the values of one or two settings and in their seed."""

import contextlib
import itertools
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from engine.config.forecast import training_seconds
from engine.config.run import RunConfig
from engine.config.setting import option_of
from engine.runs.metadata import FORBIDDEN
from studio.i18n import translate_engine
from studio.models.run_form import FIELDS, INITIAL, RunForm, RunPlan
from studio.models.setting_text import choice_text, read_value, value_text

SEED = "seed"
MAX_RUNS = 200
MAX_RANGE = 1000
_RANGE = re.compile(r"(\d+)\s*(?:-|–|\.\.)\s*(\d+)")
_SEPARATORS = re.compile(r"[,;，；、\n]")


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A setting with the list of its values, as they are typed."""

    name: str
    """Dotted name of the setting."""
    values: str


@dataclass(frozen=True, kw_only=True)
class SweptRun:
    """One run of a sweep."""

    values: tuple[str, ...]
    """Texts of the settings."""
    seed: str
    problem: str = ""
    """Why it is left out, in the user's language."""
    plan: RunPlan | None = None
    """None if there is a problem."""


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """All runs of a sweep, and what is wrong with its lists."""

    runs: tuple[SweptRun, ...] = ()
    values_problems: tuple[str, ...] = ("", "")
    """By axis."""
    seeds_problem: str = ""

    @property
    def plans(self) -> tuple[RunPlan, ...]:
        """The plans of the runs; those that the rules of the settings refuse are left out."""
        return tuple(run.plan for run in self.runs if run.plan is not None)

    @property
    def skipped(self) -> tuple[SweptRun, ...]:
        """The runs that are left out."""
        return tuple(run for run in self.runs if run.plan is None)


@dataclass(frozen=True, kw_only=True)
class SweepTime:
    """What is known of the time that runs take one after the other."""

    seconds: float = 0.0
    """Of the runs whose time is known."""
    unmeasured: int = 0
    """Runs limited by images whose speed has not been measured."""
    unlimited: int = 0
    """Runs without a limit."""


def sweep_time(plans: Sequence[RunPlan], speed_of: Callable[[RunConfig], float]) -> SweepTime:
    """Add up the time of runs.

    Args:
        plans: of the runs.
        speed_of: returns images per second of a configuration, 0 if unknown.
    """
    seconds, unmeasured, unlimited = 0.0, 0, 0
    for config in (plan.config for plan in plans):
        limits = [60 * config.minutes] if config.minutes else []
        speed = speed_of(config)
        if config.images and speed:
            limits.append(training_seconds(config.images, speed))
        if limits:
            seconds += min(limits)
        elif config.images:
            unmeasured += 1
        else:
            unlimited += 1
    return SweepTime(seconds=seconds, unmeasured=unmeasured, unlimited=unlimited)


def swept_names(form: RunForm) -> list[str]:
    """Return the settings that can be swept: those that the chosen model family uses."""
    return [name for name in FIELDS if form.matters(name) and name != SEED and name not in INITIAL]


def split_values(text: str) -> list[str]:
    """Split a list at commas, semicolons and line ends; equal values count once."""
    parts = (part.strip() for part in _SEPARATORS.split(text))
    return list(dict.fromkeys(part for part in parts if part))


def split_seeds(text: str) -> list[str]:
    """Split a list of seeds, in which ``1-3`` means 1, 2 and 3.

    Raises:
        ValueError: a range is descending or too long; the message is in the user's language.
    """
    seeds: list[str] = []
    for part in split_values(text):
        match = _RANGE.fullmatch(part)
        if match is None:
            seeds.append(part)
            continue
        first, last = int(match[1]), int(match[2])
        if not first <= last < first + MAX_RANGE:
            words = QCoreApplication.translate("Sweep", "{0} is no range of seeds")
            raise ValueError(words.format(part))
        seeds += map(str, range(first, last + 1))
    return list(dict.fromkeys(seeds))


def build_sweep(form: RunForm, axes: Sequence[Axis], seeds: str) -> Sweep:
    """Build the runs of a sweep and say what is wrong with each.

    Args:
        form: provides all other settings.
        axes: one setting or two, of which every combination of values is a run.
        seeds: list of seeds; empty for that of the form.
    """
    translate = QCoreApplication.translate
    try:
        seed_texts = split_seeds(seeds) or [form.text(SEED)]
    except ValueError as error:
        return Sweep(seeds_problem=str(error))
    seeds_problem = _list_problem(SEED, seed_texts)
    lists = [_unique(axis.name, split_values(axis.values)) for axis in axes]
    problems = [
        _list_problem(axis.name, texts)
        if texts
        else translate("Sweep", "Enter the values, separated by commas")
        for axis, texts in zip(axes, lists, strict=True)
    ]
    if len({axis.name for axis in axes}) < len(axes):
        problems[-1] = translate("Sweep", "Choose two different settings")
    count = math.prod(map(len, (*lists, seed_texts)))
    if count > MAX_RUNS and not any(problems):
        words = translate("Sweep", "A sweep has at most {0} runs; these are {1}")
        problems[-1] = words.format(MAX_RUNS, count)
    if any(problems) or seeds_problem:
        return Sweep(values_problems=tuple(problems), seeds_problem=seeds_problem)
    names = [axis.name for axis in axes]
    has_seeds = len(seed_texts) > 1
    runs = [
        _swept_run(form, names, values, seed, has_seeds=has_seeds)
        for *values, seed in itertools.product(*lists, seed_texts)
    ]
    return Sweep(runs=tuple(runs), values_problems=tuple(problems))


def _swept_run(
    form: RunForm, names: Sequence[str], values: Sequence[str], seed: str, *, has_seeds: bool
) -> SweptRun:
    parts = [form.name]
    for name, value in zip(names, values, strict=True):
        parts += [option_of(name), FORBIDDEN.sub("-", value)]
    parts += ["seed", seed] if has_seeds else []
    texts = {**dict(zip(names, values, strict=True)), SEED: seed}
    variant = form.variant(texts, "-".join(parts))
    problems = variant.problems()
    if problems:
        field, problem = next(iter(problems.items()))
        label = translate_engine(FIELDS[field].about.label) if field in FIELDS else field
        words = QCoreApplication.translate("Sweep", "{0}: {1}")
        return SweptRun(values=tuple(values), seed=seed, problem=words.format(label, problem))
    return SweptRun(values=tuple(values), seed=seed, plan=variant.plan())


def _list_problem(name: str, texts: Sequence[str]) -> str:
    """Return what is wrong with values of a setting by themselves, each with its reason."""
    words = QCoreApplication.translate("Sweep", "{0}: {1}")
    found: list[str] = []
    for text in texts:
        try:
            read_value(FIELDS[name].kind, FIELDS[name].about, text)
        except ValueError as error:
            found.append(words.format(text, error))
    return "\n".join(found)


def _unique(name: str, texts: Sequence[str]) -> list[str]:
    """Return texts in their canonical form, each value once: 1e-3 and 0.001 are the same.

    Choices are also recognised by their names in the user's language.
    """
    field = FIELDS[name]
    by_words = {
        choice_text(field.about, choice).casefold(): value_text(choice)
        for choice in field.about.choices
    }
    found: dict[str, None] = {}
    for text in texts:
        known = by_words.get(text.casefold(), text)
        # What cannot be read is reported by ``_list_problem``.
        with contextlib.suppress(ValueError):
            known = value_text(read_value(field.kind, field.about, known))
        found[known] = None
    return list(found)


def sweep_examples(form: RunForm, name: str) -> str:
    """Return values to start from: all choices, or half, once and twice the present value."""
    field = FIELDS[name]
    if field.about.choices:
        return ", ".join(value_text(choice) for choice in field.about.choices)
    try:
        value = read_value(field.kind, field.about, form.text(name))
    except ValueError:
        return ""
    if not isinstance(value, int | float) or isinstance(value, bool) or not value:
        return form.text(name)
    near = (value / 2, value, value * 2)
    texts = (value_text(type(value)(number)) for number in near)
    return ", ".join(dict.fromkeys(texts))
