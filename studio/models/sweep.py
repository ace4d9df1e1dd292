"""A sweep: runs that differ in the value of one setting and in their seed."""

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

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
class SweptRun:
    """One run of a sweep."""

    value: str
    """Text of the setting."""
    seed: str
    problem: str = ""
    """Why it cannot be queued, in the user's language."""
    plan: RunPlan | None = None
    """None if there is a problem."""


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """All runs of a sweep, and what is wrong with its lists."""

    runs: tuple[SweptRun, ...] = ()
    values_problem: str = ""
    seeds_problem: str = ""

    @property
    def plans(self) -> tuple[RunPlan, ...]:
        """The plans of all runs; empty while any of them has a problem."""
        plans = tuple(run.plan for run in self.runs if run.plan is not None)
        is_sound = not (self.values_problem or self.seeds_problem)
        return plans if is_sound and len(plans) == len(self.runs) else ()


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


def build_sweep(form: RunForm, name: str, values: str, seeds: str) -> Sweep:
    """Build the runs of a sweep and say what is wrong with each.

    Args:
        form: provides all other settings.
        name: dotted name of the setting.
        values: list of its values.
        seeds: list of seeds; empty for that of the form.
    """
    translate = QCoreApplication.translate
    try:
        seed_texts = split_seeds(seeds) or [form.text(SEED)]
    except ValueError as error:
        return Sweep(seeds_problem=str(error))
    seeds_problem = _list_problem(SEED, seed_texts)
    value_texts = _unique(name, split_values(values))
    if not value_texts:
        return Sweep(values_problem=translate("Sweep", "Enter the values, separated by commas"))
    if len(value_texts) * len(seed_texts) > MAX_RUNS:
        words = translate("Sweep", "A sweep has at most {0} runs; these are {1}")
        count = len(value_texts) * len(seed_texts)
        return Sweep(values_problem=words.format(MAX_RUNS, count))
    values_problem = _list_problem(name, value_texts)
    if values_problem or seeds_problem:
        return Sweep(values_problem=values_problem, seeds_problem=seeds_problem)
    has_seeds = len(seed_texts) > 1
    runs = [
        _swept_run(form, name, value, seed, has_seeds=has_seeds)
        for value in value_texts
        for seed in seed_texts
    ]
    return Sweep(runs=tuple(runs))


def _swept_run(form: RunForm, name: str, value: str, seed: str, *, has_seeds: bool) -> SweptRun:
    parts = [form.name, option_of(name), FORBIDDEN.sub("-", value)]
    parts += ["seed", seed] if has_seeds else []
    variant = form.variant({name: value, SEED: seed}, "-".join(parts))
    problems = variant.problems()
    if problems:
        field, problem = next(iter(problems.items()))
        label = translate_engine(FIELDS[field].about.label) if field in FIELDS else field
        words = QCoreApplication.translate("Sweep", "{0}: {1}")
        return SweptRun(value=value, seed=seed, problem=words.format(label, problem))
    return SweptRun(value=value, seed=seed, plan=variant.plan())


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
