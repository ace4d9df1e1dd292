"""Configurations as TOML, with a version."""

import dataclasses
import hashlib
import tomllib
from pathlib import Path
from typing import Any, cast

import tomli_w

from engine.config.run import RunConfig
from engine.config.setting import settings_in, value_at
from engine.errors import ConfigError, Problem

FORMAT = 1


def config_to_toml(config: RunConfig) -> str:
    """Write a configuration; paths become text with forward slashes."""
    return tomli_w.dumps({"format": FORMAT, **_table(config)})


def config_from_toml(text: str) -> RunConfig:
    """Read a configuration that ``config_to_toml`` wrote; missing settings take their defaults.

    Raises:
        ConfigError: not TOML, an unknown version or name, a wrong type, a value out of range.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([Problem("file", f"is not TOML: {error}")]) from error
    if table.pop("format", None) != FORMAT:
        raise ConfigError([Problem("format", f"must be {FORMAT}")])
    problems: list[Problem] = []
    values = _values(RunConfig, table, "", problems)
    if problems:
        raise ConfigError(problems)
    return RunConfig(**values)


def config_hash(config: RunConfig) -> str:
    """Twelve hex digits that name a configuration, whatever folder it runs in."""
    settings = {name: value_at(config, name) for name, _field, _about in settings_in(config)}
    return hashlib.sha256(repr(sorted(settings.items())).encode()).hexdigest()[:12]


def _table(config: Any) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            table[field.name] = _table(value)
        else:
            table[field.name] = value.as_posix() if isinstance(value, Path) else value
    return table


def _values(
    config: type, table: dict[str, Any], prefix: str, problems: list[Problem]
) -> dict[str, Any]:
    fields = {field.name: field for field in dataclasses.fields(config)}
    problems += [
        Problem(prefix + name, "is not a known setting") for name in table.keys() - fields.keys()
    ]
    problems += [
        Problem(prefix + name, "is missing")
        for name, field in fields.items()
        if name not in table
        and field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    ]
    return {
        name: _value(fields[name].type, value, prefix + name, problems)
        for name, value in table.items()
        if name in fields
    }


def _value(kind: Any, value: Any, name: str, problems: list[Problem]) -> Any:
    if dataclasses.is_dataclass(kind):
        return _group(kind, value, name, problems)
    if kind is Path and isinstance(value, str):
        return Path(value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        problems.append(Problem(name, f"must be {kind.__name__}, not {type(value).__name__}"))
        return None
    return value


def _group(kind: Any, value: Any, name: str, problems: list[Problem]) -> Any:
    if not isinstance(value, dict):
        problems.append(Problem(name, "must be a table"))
        return None
    found = len(problems)
    values = _values(kind, cast("dict[str, Any]", value), f"{name}.", problems)
    return kind(**values) if len(problems) == found else None
