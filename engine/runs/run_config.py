"""Reading a run's configuration, which may be a stranger's, and comparing two of them."""

from pathlib import Path

from engine.config.codec import config_from_toml
from engine.config.run import RunConfig
from engine.config.setting import settings_in, value_at
from engine.disk import explain_os_error
from engine.errors import ConfigError, Problem, RunMissingError
from engine.plain_files import StrangeFileError, read_plain

CHANGEABLE = frozenset({"device", "minutes", "images"})
"""Settings that may differ when a run goes on, beside those of its reporting."""
CONFIG_BYTES = 64_000
"""Most that a configuration may take; ours take a twentieth."""
_MOST_DOTS = 8


def read_part(path: Path, most_bytes: int) -> bytes:
    """Read a small file of a run folder, which may be a stranger's.

    Raises:
        RunMissingError: there is no such file.
        ConfigError: it is no plain file, or too large to be one of ours.
        FolderNotWritableError: the disk fails.
    """
    try:
        return read_plain(path, most_bytes)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RunMissingError(path.parent) from error
    except StrangeFileError as error:
        raise ConfigError([Problem(path.name, str(error))]) from error
    except OSError as error:
        raise explain_os_error(error, path.parent) from error


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
    except ValueError as error:
        # A number of thousands of digits.
        raise ConfigError([Problem(name, f"is damaged: {str(error)[:100]}")]) from error


def changed_settings(before: RunConfig, after: RunConfig) -> list[Problem]:
    """Name the settings that differ and decide what a run becomes."""
    return [
        Problem(name, f"was {value_at(before, name)} and cannot change in mid-run")
        for name, _field, _about in settings_in(before)
        if name not in CHANGEABLE
        and not name.startswith("reporting.")
        and value_at(before, name) != value_at(after, name)
    ]
