"""The run form without widgets: values, validation, the resulting plan, and run names."""

import contextlib
from collections.abc import Callable, Collection, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication

from engine.config.forecast import TextCost, text_cost
from engine.config.networks import IMAGE_SIZES
from engine.config.presets import (
    PRESETS,
    DataFacts,
    config_from_preset,
    gpu_memory_bytes,
    preset_of_size,
    suitable_preset,
)
from engine.config.run import RunConfig, check_new_run, resolved_text_encoding
from engine.config.sections import MAX_TEXT_TOKENS
from engine.config.setting import Setting, settings_in, value_at
from engine.data.manifest import data_facts, read_manifest
from engine.data.starters import PAIR, STARTERS
from engine.errors import ConfigError, EngineError, Problem
from engine.runs.branching import BranchStart, branch_problems, family_problem
from engine.runs.folder import RunFolder
from engine.runs.metadata import FORBIDDEN, free_name_like, is_usable_name
from studio.i18n import translate_engine
from studio.models.setting_text import choice_text, read_value, value_text
from studio.paths import holds_files, is_writable
from studio.settings.choices import RunChoices


def today() -> date:
    """Return the local date."""
    return date.today()  # noqa: DTZ011 - a name should carry the day on the user's wall


def free_run_name(
    runs: Path,
    subject: str,
    day: Callable[[], date] = today,
    taken: Collection[str] = frozenset(),
) -> str:
    """Return a name made from subject and date that is not taken by a folder in ``runs`` yet.

    Args:
        runs: folder of the run folders.
        subject: beginning of the name.
        day: returns the date.
        taken: names of runs whose folders do not exist yet.
    """
    stem = f"{FORBIDDEN.sub('-', subject).strip(' .') or 'run'}-{day().isoformat()}"
    number = 1
    while f"{stem}-{number}" in taken or (runs / f"{stem}-{number}").exists():
        number += 1
    return f"{stem}-{number}"


_RECENT_KEPT = 5


@dataclass(frozen=True, kw_only=True)
class FormField:
    """A setting shown as a form field."""

    name: str
    """Dotted name in the configuration."""
    kind: type
    about: Setting


@dataclass(frozen=True, kw_only=True)
class RunPlan:
    """A validated run, ready to start."""

    config: RunConfig
    starter: str
    """Starter dataset to build first, or empty."""
    branch: BranchStart | None = None
    """Checkpoint to start from, for a branch."""


def read_fields(
    fields: Mapping[str, FormField], texts: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Parse the texts of a form.

    Returns:
        The valid values and, for the other fields, a message in the user's language.
    """
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, field in fields.items():
        try:
            values[name] = read_value(field.kind, field.about, texts[name])
        except ValueError as error:
            problems[name] = str(error)
    return values, problems


FIELDS: Mapping[str, FormField] = {
    name: FormField(name=name, kind=field.type, about=about)  # pyright: ignore[reportArgumentType] - annotations are classes here
    for name, field, about in settings_in(RunConfig)
    if name != "preset"
}


INITIAL = ("init_from", "init_checkpoint")
"""Settings of the earlier run to start from: a choice for the next run, which no preset has."""


class RunForm:
    """Values of the form's fields, valid or not."""

    def __init__(
        self, workspace: Path, choices: RunChoices | None = None, day: Callable[[], date] = today
    ) -> None:
        choices = choices or RunChoices()
        self.workspace = workspace
        self._day = day
        self.starter = choices.starter
        """Name of the chosen starter; empty when another dataset is chosen."""
        self.dataset = choices.dataset
        """Folder of the chosen dataset; ignored while a starter is chosen."""
        self._recent = choices.recent
        self.preset = choices.preset
        """Name of the chosen row of the preset table."""
        if self.preset not in PRESETS:
            self.preset = self._suitable_preset()
        self._texts = dict(_preset_texts(self.preset))
        remembered = {n: t for n, t in choices.texts.items() if n in FIELDS and n not in INITIAL}
        self._texts.update(remembered)
        self._typed_name = ""
        self.taken: frozenset[str] = frozenset()
        """Names of the active run and of those in the queue, whose folders may not exist yet."""
        self.branch: BranchStart | None = None
        """Checkpoint that the next run starts from, if it is a branch."""
        self._branched: RunConfig | None = None

    @property
    def recent(self) -> tuple[Path, ...]:
        """Recently chosen datasets other than starters, latest first."""
        return tuple(map(Path, self._recent))

    @property
    def runs(self) -> Path:
        """Folder of all runs."""
        return self.workspace / "runs"

    @property
    def name(self) -> str:
        """Name of the next run: typed, or generated from dataset and date."""
        if self.branch is not None and not self._typed_name:
            return free_name_like(self.runs, self.branch.source.name, self.taken)
        subject = self.starter or self.dataset.name
        return self._typed_name or free_run_name(self.runs, subject, self._day, self.taken)

    def choose_starter(self, name: str) -> None:
        """Train on a starter dataset. The suggested preset is replaced by the new suggestion."""
        self._choose_data(name, self.dataset)

    def choose_dataset(self, folder: Path) -> None:
        """Train on a dataset folder. The suggested preset is replaced by the new suggestion."""
        self._choose_data("", folder)
        others = tuple(item for item in self._recent if item != str(folder))
        self._recent = (str(folder), *others)[:_RECENT_KEPT]

    def choose_preset(self, name: str) -> None:
        """Apply a row of the preset table.

        Raises:
            KeyError: there is no such row.
        """
        self.preset = PRESETS[name].name
        kept = {initial: self._texts[initial] for initial in INITIAL}
        self._texts = {**_preset_texts(self.preset), **kept}

    def _suitable_preset(self) -> str:
        """Return the preset that suits the chosen data and this machine."""
        data = self.data_facts() or DataFacts(image_size=max(IMAGE_SIZES), channels=1, pairs=0)
        return suitable_preset(data, gpu_bytes=gpu_memory_bytes()).name

    def _choose_data(self, starter: str, dataset: Path) -> None:
        """Change the data; if the preset follows, fields that differ from it are kept."""
        is_suggested = self.preset == self._suitable_preset()
        self.starter, self.dataset = starter, dataset
        if is_suggested:
            self._replace_preset(self._suitable_preset())

    def choose_image_size(self, size: int) -> None:
        """Change the size of the generated images, by the preset made for that size if there is."""
        preset = preset_of_size(self.preset, size)
        if preset:
            self._texts["networks.image_size"] = self.preset_text("networks.image_size")
            self._replace_preset(preset)
        else:
            self._texts["networks.image_size"] = value_text(size)

    def _replace_preset(self, preset: str) -> None:
        """Apply a preset to all fields but those that were changed by hand."""
        modified = {name: self._texts[name] for name in FIELDS if self.is_modified(name)}
        self.choose_preset(preset)
        self._texts |= modified

    def begin_branch(self, start: BranchStart, config: RunConfig) -> None:
        """Make the next run a branch of another run, starting with its settings.

        Args:
            start: checkpoint to start from.
            config: of the other run.
        """
        self.branch, self._branched, self._typed_name = start, config, ""
        self.choose_dataset(config.dataset)
        self.preset = config.preset if config.preset in PRESETS else self.preset
        self._texts = {name: value_text(value_at(config, name)) for name in FIELDS}
        if config.minutes and config.minutes <= start.minutes:
            # The planned limits are reached; suggest the same amount again.
            self._texts["minutes"] = value_text(round(start.minutes + config.minutes, 1))
        if config.images and config.images <= start.images_seen:
            self._texts["images"] = value_text(start.images_seen + config.images)

    def use_settings(self, config: RunConfig) -> None:
        """Take dataset, preset and settings of a run; the next run gets a name of its own."""
        self.end_branch()
        self._typed_name = ""
        built = {self.workspace / "datasets" / name: name for name in STARTERS}
        if config.dataset in built:
            self.choose_starter(built[config.dataset])
        else:
            self.choose_dataset(config.dataset)
        self.preset = config.preset if config.preset in PRESETS else self.preset
        self._texts = {name: value_text(value_at(config, name)) for name in FIELDS}

    def end_branch(self) -> None:
        """Start the next run from scratch; keep the settings."""
        if self.branch is not None:
            self.start_from(None)
        self.branch = self._branched = None

    @property
    def initial_run(self) -> Path | None:
        """Folder of the earlier run to start from; None for a branch, which continues its run."""
        text = self._texts["init_from"].strip()
        return Path(text) if text and self.branch is None else None

    def start_from(self, folder: Path | None) -> None:
        """Start the next run from an earlier one, or from scratch."""
        start = {"init_from": "" if folder is None else str(folder)}
        self._texts |= {name: _preset_texts(self.preset)[name] for name in INITIAL} | start

    def differing_networks(self) -> dict[str, str]:
        """Return the texts of network and token settings that the earlier run has differently."""
        if self.initial_run is None:
            return {}
        try:
            config = RunFolder(self.initial_run).read_config()
        except EngineError:
            return {}
        names = [name for name in FIELDS if name.startswith(("networks.", "data.tokenizer"))]
        texts = {name: value_text(value_at(config, name)) for name in names}
        automatic = value_text("auto")  # the encoding of the earlier run is taken then
        return {
            name: text
            for name, text in texts.items()
            if self._texts[name].strip() not in (text, automatic)
        }

    def use_initial_networks(self) -> None:
        """Set the network and token settings to those of the earlier run."""
        self._texts |= self.differing_networks()

    def rename(self, name: str) -> None:
        """Set the name of the next run; an empty one restores the generated name."""
        self._typed_name = name

    def text(self, name: str) -> str:
        """Return the text of a field."""
        return self._texts[name]

    def set_text(self, name: str, text: str) -> None:
        """Set the text of a field."""
        self._texts[name] = text

    def preset_text(self, name: str) -> str:
        """Return the preset's text of a field."""
        return _preset_texts(self.preset)[name]

    def matters(self, name: str) -> bool:
        """Whether a field applies to the chosen model family."""
        if name == "init_checkpoint":
            return self.initial_run is not None
        families = FIELDS[name].about.families
        return not families or self._texts["family"] in families

    def is_modified(self, name: str) -> bool:
        """Whether a field differs from the preset."""
        return self._texts[name].strip() != self.preset_text(name)

    def problems(self) -> dict[str, str]:
        """Return the problems that prevent a start, by field, in the user's language."""
        values, found = read_fields(FIELDS, self._texts)
        found |= self._place_problems()
        try:
            config = self._config(values)
            if self.branch is None:
                check_new_run(config)
        except ConfigError as error:
            for problem in error.problems:
                found.setdefault(problem.field, translate_engine(problem.message))
        else:
            found |= self._branch_problems(config) | self._initial_problems(config)
        return found

    def plan(self) -> RunPlan:
        """Create the plan.

        Raises:
            ConfigError: names all problems.
        """
        problems = self.problems()
        if problems:
            raise ConfigError([Problem(field, text) for field, text in problems.items()])
        return RunPlan(
            config=self._config(read_fields(FIELDS, self._texts)[0]),
            starter=self.starter,
            branch=self.branch,
        )

    def data_facts(self) -> DataFacts | None:
        """Return what is known about the chosen data; None if there is no dataset."""
        if starter := STARTERS.get(self.starter):
            return DataFacts(
                image_size=starter.image_size,
                channels=starter.channels,
                pairs=starter.items,
                starter=starter.name,
                is_pair=starter.columns == PAIR,
            )
        with contextlib.suppress(EngineError, OSError):
            return data_facts(read_manifest(self.dataset))
        return None

    def draft(self) -> RunPlan | None:
        """Return the plan whose name may still be unusable; None while a setting is invalid."""
        values, problems = read_fields(FIELDS, self._texts)
        with contextlib.suppress(ConfigError):
            if not problems:
                config = self._config(values)
                return RunPlan(config=config, starter=self.starter, branch=self.branch)
        return None

    def variant(self, texts: Mapping[str, str], name: str) -> "RunForm":
        """Copy the form with other texts in some fields, and a name for the run."""
        copied = copy(self)
        copied._texts = {**self._texts, **texts}  # noqa: SLF001 - of the same class
        copied.rename(name)
        return copied

    def longest_text(self) -> tuple[int, TextCost] | None:
        """Return the longest text that the settings allow, in tokens, and what such texts cost.

        None if the data alone decides the length, or while a setting is invalid.
        """
        plan = self.draft()
        if plan is None:
            return None
        data, networks = plan.config.data, plan.config.networks
        length = data.text_length or (MAX_TEXT_TOKENS if data.tokenizer == "auto" else 0)
        if not length:
            return None
        size = data.vocabulary_size
        encoder = networks.text_encoder
        encoding = resolved_text_encoding(networks.text_encoding, plan.config.family, size, encoder)
        return length, text_cost(
            vocabulary_size=size, length=length, encoding=encoding, encoder=encoder
        )

    def choices(self, *, is_more_open: bool = False) -> RunChoices:
        """Return the choices to remember."""
        return RunChoices(
            starter=self.starter,
            dataset=self.dataset,
            recent=self._recent,
            preset=self.preset,
            texts={
                name: text
                for name, text in self._texts.items()
                if self.is_modified(name) and name not in INITIAL
            },
            is_more_open=is_more_open,
        )

    def _config(self, values: Mapping[str, Any]) -> RunConfig:
        # A starter's actual folder is known once it is built; until then only its parent matters.
        dataset = self.workspace / "datasets" / self.starter if self.starter else self.dataset
        config = config_from_preset(self.preset, dataset=dataset, run=self.runs / self.name)
        return config.with_values(**{n.replace(".", "__"): v for n, v in values.items()})

    def _branch_problems(self, config: RunConfig) -> dict[str, str]:
        if self.branch is None or self._branched is None:
            return {}
        translate = QCoreApplication.translate
        fixed = translate("RunForm", "A branch has the same as its run: {0}")
        problems: dict[str, str] = {}
        for name in (problem.field for problem in branch_problems(self._branched, config)):
            value = value_at(self._branched, name)
            text = choice_text(FIELDS[name].about, value) if name in FIELDS else str(value)
            problems[name] = fixed.format(text)
        spent = translate("RunForm", "Must be more than {0}, which the checkpoint has already done")
        if config.minutes and config.minutes <= self.branch.minutes:
            problems["minutes"] = spent.format(value_text(round(self.branch.minutes, 2)))
        if config.images and config.images <= self.branch.images_seen:
            problems["images"] = spent.format(value_text(self.branch.images_seen))
        return problems

    def _initial_problems(self, config: RunConfig) -> dict[str, str]:
        if self.initial_run is None:
            return {}
        translate = QCoreApplication.translate
        run = RunFolder(self.initial_run)
        try:
            before = run.read_config()
        except EngineError:
            return {"init_from": translate("RunForm", "There is no run in this folder")}
        if family_problem(before, config):
            other = translate("RunForm", "Its family is {0}; choose a run of the same family")
            family = choice_text(FIELDS["family"].about, before.family)
            return {"init_from": other.format(family)}
        if not (run.checkpoint_paths() or run.best_paths()):
            return {"init_from": translate("RunForm", "This run has no checkpoint")}
        return {}

    def _place_problems(self) -> dict[str, str]:
        translate = QCoreApplication.translate
        problems: dict[str, str] = {}
        if not self.starter and not (self.dataset / "manifest.json").is_file():
            problems["dataset"] = translate("RunForm", "There is no dataset in this folder")
        if not is_usable_name(self.name):
            problems["name"] = translate("RunForm", "This cannot be the name of a folder")
        elif self.name in self.taken or holds_files(self.runs / self.name):
            problems["name"] = translate("RunForm", "A run of this name exists already")
        if not is_writable(self.workspace):
            problems["workspace"] = translate("RunForm", "Nothing can be written to this folder")
        return problems


@cache
def _preset_texts(preset: str) -> Mapping[str, str]:
    config = config_from_preset(preset, dataset=Path(), run=Path())
    return {name: value_text(value_at(config, name)) for name in FIELDS}
