"""Generate command-line options from the settings of a configuration."""

import argparse
import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

from engine.config.setting import Setting, option_of, settings_in

_ALIASES = {"training.learning_rate": ("--lr",)}
"""Short aliases of options."""


def add_settings(
    parser: argparse.ArgumentParser,
    config: type,
    *,
    excluded: Collection[str] = (),
    names: Mapping[str, str] | None = None,
) -> None:
    """Declare an option for each setting, with default None.

    Args:
        parser: parser to add the options to.
        config: a class with settings.
        excluded: settings whose options are declared elsewhere.
        names: option names that differ from those of the settings.
    """
    for name, field, about in settings_in(config):
        if name in excluded:
            continue
        option = (names or {}).get(name, option_of(name))
        unit = f" ({about.unit})" if about.unit else ""
        parser.add_argument(
            f"--{option}",
            *_ALIASES.get(name, ()),
            dest=name.replace(".", "__"),
            default=None,
            help=f"{about.help}{unit}".replace("%", "%%"),
            **_reading(field, about),
        )


def chosen_settings(arguments: argparse.Namespace, config: type) -> dict[str, Any]:
    """Return the settings given on the command line, by dotted name."""
    values = {
        name: getattr(arguments, name.replace(".", "__"), None)
        for name, _field, _about in settings_in(config)
    }
    return {name: value for name, value in values.items() if value is not None}


def _reading(field: "dataclasses.Field[Any]", about: Setting) -> dict[str, Any]:
    """Return the keyword arguments of ``add_argument`` for the type of a setting."""
    if field.type is bool:
        return {"action": argparse.BooleanOptionalAction}
    kind = field.type if callable(field.type) else str
    # The values of a pattern are checked with the configuration.
    choices = None if about.pattern else about.choices or None
    return {
        "type": kind,
        "choices": choices,
        "metavar": None if choices else {int: "INT", float: "FLOAT"}.get(kind, "TEXT"),
    }
