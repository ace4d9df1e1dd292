"""One setting: its default, meaning, unit and range.

The settings form, the command line, the validation and the TOML codec all read these, so a new
field appears in each without new code.
"""

import dataclasses
from collections.abc import Iterator
from typing import Any, cast

from engine.errors import Problem

_KEY = "setting"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Setting:
    """What there is to know about a field besides its type."""

    label: str
    """Two or three words for a form."""
    help: str
    """One sentence for a tooltip and ``--help``."""
    unit: str = ""
    low: float | None = None
    """Smallest value allowed."""
    high: float | None = None
    """Largest value allowed."""
    choices: tuple[Any, ...] = ()
    families: tuple[str, ...] = ()
    """Model families to which it matters; empty for all."""

    def problem_with(self, value: object) -> str | None:
        """Say what is wrong with a value, or ``None``."""
        if self.choices and value not in self.choices:
            return f"must be one of {', '.join(map(str, self.choices))}, not {value}"
        if not isinstance(value, int | float) or isinstance(value, bool):
            return None
        if value != value:  # NaN compares with nothing
            return "must be a number"
        if self.low is not None and value < self.low:
            return f"must be at least {self.low:g}, not {value:g}"
        if self.high is not None and value > self.high:
            return f"must be at most {self.high:g}, not {value:g}"
        return None


def setting(default: Any, **about: Any) -> Any:
    """Declare a dataclass field that carries a ``Setting``."""
    return dataclasses.field(default=default, metadata={_KEY: Setting(**about)})


def setting_of(field: "dataclasses.Field[Any]") -> Setting:
    """Give the ``Setting`` of a field declared with ``setting``."""
    return cast("Setting", field.metadata[_KEY])


def settings_in(config: Any) -> Iterator[tuple[str, "dataclasses.Field[Any]", Setting]]:
    """Walk a configuration class or instance: dotted name, field and setting of every setting."""
    for field in dataclasses.fields(config):
        if _KEY in field.metadata:
            yield field.name, field, setting_of(field)
        elif dataclasses.is_dataclass(field.type):
            for name, inner, about in settings_in(field.type):
                yield f"{field.name}.{name}", inner, about


def option_of(name: str) -> str:
    """Give the command line's name for a setting, without the dashes."""
    return name.rpartition(".")[2].replace("_", "-")


def value_at(config: Any, name: str) -> Any:
    """Read a dotted name from a configuration."""
    for part in name.split("."):
        config = getattr(config, part)
    return config


def problems_in(config: Any) -> list[Problem]:
    """Hold every setting against its range; give all that is wrong."""
    found: list[Problem] = []
    for name, _field, about in settings_in(config):
        message = about.problem_with(value_at(config, name))
        if message:
            found.append(Problem(name, message))
    return found
