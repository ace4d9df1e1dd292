"""Settings that change while a run trains: which, to what, and from how many images on.

A run's configuration holds its first values and a list of changes, so the settings of a step follow
from the configuration and the images seen, however often the run is stopped, killed, resumed or
rolled back, and a run that is repeated with the list makes the same changes at the same steps.
"""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, Self, TypeVar, cast

from engine.config.setting import Setting, option_of, settings_in, value_at
from engine.errors import ConfigError, Problem

ALL_IMAGES = 10**15
"""Images after which all changes have been made."""
MAX_CHANGES = 10_000
_MAX_DIGITS = 15
_MAX_SHOWN = 60


@dataclass(frozen=True, kw_only=True)
class SettingChange:
    """A setting takes another value before the first step that so many images precede."""

    images: int
    field: str
    """Dotted name of the setting."""
    text: str
    """The new value as text; see ``text_of``."""

    def __str__(self) -> str:
        """Return the change as in ``run.toml``, such as ``6400 training.learning_rate=0.0005``."""
        return f"{self.images} {self.field}={self.text}"


class Changeable(Protocol):
    """A configuration with a list of changes."""

    @property
    def family(self) -> str:
        """Model family, on which it depends which settings are used."""
        ...

    @property
    def changes(self) -> tuple[SettingChange, ...]:
        """In ascending order of images."""
        ...

    def with_values(self, **values: object) -> Self:
        """Copy with other values; dotted names use a double underscore."""
        ...


Config = TypeVar("Config", bound=Changeable)


@cache
def live_settings(kind: type) -> Mapping[str, tuple["dataclasses.Field[Any]", Setting]]:
    """Return the settings of a configuration class that may change during a run, by dotted name."""
    return {name: (field, about) for name, field, about in settings_in(kind) if about.live}


def text_of(value: object) -> str:
    """Write a value of a setting so that ``read_text`` reads the same value."""
    return repr(value) if isinstance(value, float) else str(value)


def read_text(kind: type, name: str, text: str) -> object:
    """Read the value of a live setting.

    Args:
        kind: configuration class.
        name: dotted name of the setting.
        text: as ``text_of`` writes it, or as typed.

    Raises:
        ValueError: the setting cannot change during a run, or the text is no value of its type; the
            message says so.
    """
    if name not in live_settings(kind):
        raise ValueError("cannot change while a run trains")
    field, _about = live_settings(kind)[name]
    if field.type not in (int, float):
        return text
    try:
        return field.type(text)
    except ValueError:
        words = "a whole number" if field.type is int else "a number"
        raise ValueError(f"must be {words}, not {text[:_MAX_SHOWN]}") from None


def changes_to_texts(changes: Sequence[SettingChange]) -> list[str]:
    """Write changes as lines of ``run.toml``."""
    return [str(change) for change in changes]


def changes_from_texts(lines: object) -> tuple[SettingChange, ...]:
    """Read changes that ``changes_to_texts`` wrote.

    Raises:
        ValueError: a line is damaged; the message quotes it.
    """
    if not isinstance(lines, list) or len(cast("list[object]", lines)) > MAX_CHANGES:
        raise ValueError(f"must be a list of at most {MAX_CHANGES:,} texts")
    return tuple(_change_in(line) for line in cast("list[object]", lines))


def _change_in(line: object) -> SettingChange:
    images, space, assignment = str(line).partition(" ")
    name, equals, text = assignment.partition("=")
    if not (space and equals and name and _is_count(images)):
        wanted = "must be of the form '6400 training.learning_rate=0.0005'"
        raise ValueError(f"{wanted}, and '{str(line)[:_MAX_SHOWN]}' is not")
    return SettingChange(images=int(images), field=name, text=text)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS


def parse_change(kind: type, images: str, assignment: str) -> SettingChange:
    """Read a change from the command line.

    Args:
        kind: configuration class.
        images: a whole number.
        assignment: name of an option or dotted name of a setting, an equals sign and the value.

    Raises:
        ValueError: it is of another form, or names no setting that may change; the message says so.
    """
    name, equals, text = assignment.partition("=")
    names = {option_of(each): each for each in live_settings(kind)}
    field = names.get(name, name)
    if not (equals and _is_count(images)):
        given = f"{images} {assignment}"[:_MAX_SHOWN]
        raise ValueError(f"must be of the form '6400 learning-rate=0.0005', not '{given}'")
    if field not in live_settings(kind):
        offered = ", ".join(names)
        reason = f"cannot change {name[:_MAX_SHOWN]} while a run trains, only {offered}"
        raise ValueError(reason)
    return SettingChange(images=int(images), field=field, text=text)


def settings_at(config: Config, images_seen: int) -> Config:
    """Return the settings of the step that so many images precede, without the list of changes.

    Raises:
        ConfigError: the changes lead to values that are refused.
    """
    values = _values(type(config), [c for c in config.changes if c.images <= images_seen])
    return config.with_values(changes=(), **values)


def with_changes(config: Config, images_seen: int, values: Mapping[str, object]) -> Config:
    """Add changes that take effect after so many images.

    A second change of a setting at the same place replaces the first, and one to the value that the
    setting has there anyway is left out.

    Args:
        config: its later changes are kept.
        images_seen: images before the first step with the new values.
        values: by dotted name.

    Raises:
        ConfigError: a setting cannot change, or not to this value; lists all problems.
    """
    kept = tuple(c for c in config.changes if c.images != images_seen or c.field not in values)
    before = settings_at(config.with_values(changes=kept), images_seen)
    new = tuple(
        SettingChange(images=images_seen, field=name, text=text_of(value))
        for name, value in values.items()
        if name not in live_settings(type(config)) or value != value_at(before, name)
    )
    in_order = sorted((*kept, *new), key=lambda change: change.images)
    return config.with_values(changes=tuple(in_order))


def change_problems(config: Changeable) -> list[Problem]:
    """Return what is wrong with the changes of a configuration, one problem for each place."""
    images = [change.images for change in config.changes]
    if images != sorted(images):
        return [Problem("changes", "must be in ascending order of images")]
    settings, problems = None, list[Problem]()
    for place, group in itertools.groupby(config.changes, lambda change: change.images):
        try:
            if settings is None:
                settings = config.with_values(changes=())
            settings = settings.with_values(**_values(type(config), list(group), config.family))
        except ConfigError as error:
            problems += [
                Problem(p.field, f"{p.message}, after {place:,} images") for p in error.problems
            ]
    return problems


def _values(kind: type, changes: Sequence[SettingChange], family: str = "") -> dict[str, object]:
    """Return the values that changes lead to, as arguments of ``with_values``."""
    values: dict[str, object] = {}
    problems: list[Problem] = []
    for change in changes:
        try:
            values[change.field.replace(".", "__")] = read_text(kind, change.field, change.text)
        except ValueError as error:
            problems.append(Problem(change.field, str(error)))
            continue
        families = live_settings(kind)[change.field][1].families
        if family and families and family not in families:
            problems.append(Problem(change.field, f"is not used by the family {family}"))
    if problems:
        raise ConfigError(problems)
    return values
