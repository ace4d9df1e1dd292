"""Settings of a run as rows of text, and what differs from its preset."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from engine.config.changes import ALL_IMAGES, SettingChange, settings_at
from engine.config.presets import PRESETS, config_from_preset
from engine.config.run import RunConfig
from engine.config.setting import value_at
from studio.i18n import translate_engine
from studio.models.run_form import FIELDS
from studio.models.run_state import count_text
from studio.models.setting_text import choice_text, unit_text, value_text


@dataclass(frozen=True, kw_only=True)
class SettingRow:
    """A setting of a run, in the user's language."""

    group: str
    """Prefix of its dotted name; empty for the settings of the run as a whole."""
    label: str
    help: str
    value: str
    preset: str
    """Value of the run's preset; empty if there is no such preset any more."""

    @property
    def is_modified(self) -> bool:
        """Whether the value differs from the preset's."""
        return bool(self.preset) and self.value != self.preset


def group_titles() -> dict[str, str]:
    """Return the titles of the groups of settings, by the prefix of their dotted names."""
    translate = QCoreApplication.translate
    return {
        "": translate("RunPanel", "General"),
        "training": translate("RunPanel", "Training"),
        "variational": translate("RunPanel", "Likelihood"),
        "data": translate("RunPanel", "Data"),
        "networks": translate("RunPanel", "Networks"),
        "reporting": translate("RunPanel", "Previews and checkpoints"),
    }


def setting_rows(config: RunConfig) -> Iterator[SettingRow]:
    """Iterate over the settings that a run's model family uses, as its last change left them."""
    changes, config = config.changes, settings_at(config, ALL_IMAGES)
    plain = None
    if config.preset in PRESETS:
        plain = config_from_preset(config.preset, dataset=config.dataset, run=config.run)
    for name, field in FIELDS.items():
        about = field.about
        if about.families and config.family not in about.families:
            continue
        yield SettingRow(
            group=name.rpartition(".")[0],
            label=translate_engine(about.label),
            help="\n".join([translate_engine(about.help), *_change_lines(name, changes)]),
            value=setting_value(name, config),
            preset=setting_value(name, plain) if plain is not None else "",
        )


def _change_lines(name: str, changes: Sequence[SettingChange]) -> Iterator[str]:
    text = QCoreApplication.translate("RunPanel", "From {0} images on: {1}")
    for change in changes:
        if change.field == name:
            yield text.format(count_text(change.images), change.text)


def difference_text(config: RunConfig) -> str:
    """Return the preset of a run and what differs from it, on one line."""
    preset = PRESETS.get(config.preset)
    parts = [translate_engine(preset.title) if preset else config.preset]
    text = QCoreApplication.translate("RunPanel", "{0}: {1}")
    parts += [text.format(r.label, r.value) for r in setting_rows(config) if r.is_modified]
    return " · ".join(parts)


def setting_value(name: str, config: RunConfig) -> str:
    """Return the value of a setting with its unit; a dash for an empty one."""
    about, value = FIELDS[name].about, value_at(config, name)
    if about.choices:
        return choice_text(about, value)
    return f"{value_text(value)} {unit_text(about)}".strip() or "–"
