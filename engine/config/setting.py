"""Declaration of a setting: default, label, help text, unit and range.

The settings form, the command line, the validation and the TOML codec read these declarations, so a
new field appears in each without new code.
"""

import dataclasses
import re
from collections.abc import Iterator
from typing import Any, cast

from engine.errors import Problem

_KEY = "setting"
MAX_NUMBER = 1e300
"""Limit of every number; infinity is beyond it."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Setting:
    """Metadata of a configuration field."""

    label: str
    """Two or three words for a form."""
    help: str
    """One sentence for a tooltip and ``--help``."""
    unit: str = ""
    low: float | None = None
    """Smallest allowed value."""
    high: float | None = None
    """Largest allowed value."""
    choices: tuple[Any, ...] = ()
    pattern: str = ""
    """Regular expression of texts that are valid beside the choices."""
    families: tuple[str, ...] = ()
    """Model families that use the setting; empty for all."""
    live: bool = False
    """Whether the setting may change while a run trains."""

    def problem_with(self, value: object) -> str | None:
        """Return a validation error, or ``None`` if the value is valid."""
        if self.choices and value not in self.choices and not self._matches(value):
            return f"must be one of {', '.join(map(str, self.choices))}, not {str(value)[:60]}"
        if not isinstance(value, int | float) or isinstance(value, bool):
            return None
        # NaN compares with nothing, and integers may be too large for a float.
        if value != value or abs(value) >= MAX_NUMBER:
            return f"must be a number below {MAX_NUMBER:g}"
        if self.low is not None and value < self.low:
            return f"must be at least {self.low:g}, not {value:g}"
        if self.high is not None and value > self.high:
            return f"must be at most {self.high:g}, not {value:g}"
        return None

    def _matches(self, value: object) -> bool:
        is_text = bool(self.pattern) and isinstance(value, str)
        return is_text and re.fullmatch(self.pattern, str(value)) is not None


def setting(default: Any, **about: Any) -> Any:
    """Declare a dataclass field that carries a ``Setting``."""
    return dataclasses.field(default=default, metadata={_KEY: Setting(**about)})


def setting_of(field: "dataclasses.Field[Any]") -> Setting:
    """Return the ``Setting`` of a field declared with ``setting``."""
    return cast("Setting", field.metadata[_KEY])


def settings_in(config: Any) -> Iterator[tuple[str, "dataclasses.Field[Any]", Setting]]:
    """Iterate over a configuration class or instance: dotted name, field and ``Setting``."""
    for field in dataclasses.fields(config):
        if _KEY in field.metadata:
            yield field.name, field, setting_of(field)
        elif dataclasses.is_dataclass(field.type):
            for name, inner, about in settings_in(field.type):
                yield f"{field.name}.{name}", inner, about


def option_of(name: str) -> str:
    """Return the command-line option of a setting, without the dashes."""
    return name.rpartition(".")[2].replace("_", "-")


def value_at(config: Any, name: str) -> Any:
    """Return the value of a setting by its dotted name."""
    for part in name.split("."):
        config = getattr(config, part)
    return config


def problems_in(config: Any) -> list[Problem]:
    """Validate every setting against its range; return all errors."""
    found: list[Problem] = []
    for name, _field, about in settings_in(config):
        message = about.problem_with(value_at(config, name))
        if message:
            found.append(Problem(name, message))
    return found
