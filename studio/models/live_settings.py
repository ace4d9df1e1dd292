"""The settings of a run that may change while it trains, as texts of a form."""

from collections.abc import Mapping
from typing import Any

from engine.config.changes import live_settings, settings_at
from engine.config.run import RunConfig
from engine.config.setting import value_at
from engine.errors import ConfigError
from engine.events import SettingsChanged
from studio.i18n import translate_engine
from studio.models.run_form import FIELDS, FormField, read_fields
from studio.models.setting_text import read_value, value_text


class LiveForm:
    """Values in effect and what the user has typed, valid or not.

    Args:
        config: of the run, with its changes so far.
        images_seen: whose settings are in effect.
    """

    def __init__(self, config: RunConfig, images_seen: int) -> None:
        self._settings = settings_at(config, images_seen)
        self.fields: Mapping[str, FormField] = {
            name: FIELDS[name]
            for name in live_settings(RunConfig)
            if not FIELDS[name].about.families or config.family in FIELDS[name].about.families
        }
        self.in_effect = {name: value_at(self._settings, name) for name in self.fields}
        """Values by dotted name."""
        self._texts = {name: value_text(value) for name, value in self.in_effect.items()}

    def text(self, name: str) -> str:
        """Return the text of a field."""
        return self._texts[name]

    def set_text(self, name: str, text: str) -> None:
        """Set the text of a field."""
        self._texts[name] = text

    def is_edited(self, name: str) -> bool:
        """Whether the text is not that of the value in effect; ``0.0010`` is no other value."""
        field = self.fields[name]
        try:
            return read_value(field.kind, field.about, self._texts[name]) != self.in_effect[name]
        except ValueError:
            return True

    def reset(self) -> None:
        """Set all texts to the values in effect."""
        self._texts = {name: value_text(value) for name, value in self.in_effect.items()}

    def follow(self, event: SettingsChanged) -> None:
        """Take over a value that has taken effect; what the user is typing stays."""
        name = event.field
        if name not in self.fields:
            return
        was_edited, field = self.is_edited(name), self.fields[name]
        kind = field.kind
        self.in_effect[name] = read_value(kind, field.about, event.new) if event.new else ""
        if not was_edited or not self.is_edited(name):
            self._texts[name] = value_text(self.in_effect[name])

    def values(self) -> dict[str, Any]:
        """Return the valid values of the edited fields, by dotted name."""
        values, _problems = self._read()
        return values

    def problems(self) -> dict[str, str]:
        """Return what is wrong with the edited fields, in the user's language."""
        values, problems = self._read()
        if problems or not values:
            return problems
        wanted = {name.replace(".", "__"): v for name, v in (self.in_effect | values).items()}
        try:
            self._settings.with_values(**wanted)
        except ConfigError as error:
            return {problem.field: translate_engine(problem.message) for problem in error.problems}
        return {}

    def _read(self) -> tuple[dict[str, Any], dict[str, str]]:
        edited = {name: field for name, field in self.fields.items() if self.is_edited(name)}
        return read_fields(edited, self._texts)
