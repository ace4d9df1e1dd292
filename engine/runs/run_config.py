"""Reading a run's configuration, which may be a stranger's, and comparing two of them."""

from engine.config.codec import config_from_toml
from engine.config.run import RunConfig
from engine.config.setting import settings_in, value_at
from engine.errors import ConfigError, Problem

CHANGEABLE = frozenset({"device", "minutes", "images"})
"""Settings that may differ when a run goes on, beside those of its reporting."""
CONFIG_BYTES = 64_000
"""Most that a configuration may take; ours take a twentieth."""
_MOST_DOTS = 8


def config_from_bytes(content: bytes, name: str) -> RunConfig:
    """Read a configuration that may be a stranger's.

    Args:
        content: TOML.
        name: of the file.

    Raises:
        ConfigError: it is damaged, or none of ours.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(name, "is not UTF-8 text")]) from error
    # Python's reader takes half a minute for a name of so many dots; names of ours have none.
    if any(line.partition("=")[0].count(".") > _MOST_DOTS for line in text.splitlines()):
        raise ConfigError([Problem(name, "is nested too deeply")])
    try:
        return config_from_toml(text)
    except RecursionError as error:
        raise ConfigError([Problem(name, "is nested too deeply")]) from error


def changed_settings(before: RunConfig, after: RunConfig) -> list[Problem]:
    """Name the settings that differ and decide what a run becomes."""
    return [
        Problem(name, f"was {value_at(before, name)} and cannot change in mid-run")
        for name, _field, _about in settings_in(before)
        if name not in CHANGEABLE
        and not name.startswith("reporting.")
        and value_at(before, name) != value_at(after, name)
    ]
