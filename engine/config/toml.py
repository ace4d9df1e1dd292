"""Configurations as TOML, with a version."""

import hashlib
import tomllib

import tomli_w

from engine.config.changes import changes_to_texts
from engine.config.run import RunConfig
from engine.config.setting import settings_in, value_at
from engine.errors import ConfigError, Problem, format_problem
from engine.fs.codec import DecodeError, decode, encode

FORMAT = 2
_UNHASHED_DEFAULTS = frozenset(
    {
        "init_from",
        "init_checkpoint",
        "data.complete_fraction",
        "data.imbalance_factor",
        "data.max_items",
        "data.storage",
        "data.text_length",
        "networks.context_norm",
        "networks.generation_order",
        "networks.output_filter",
        "networks.sound_encoder",
        "networks.text_conditioning",
        "networks.text_encoder",
        "reporting.tensorboard",
        "training.column_weights",
        "training.mismatched_pairs",
        "training.penalty_scale",
        "training.reading_weight",
        "training.redescription_weight",
        "training.text_relaxation",
    }
)
"""Settings that older runs lack: at their defaults they leave the hash as it was."""


def config_to_toml(config: RunConfig) -> str:
    """Write a configuration; paths become text with forward slashes."""
    table = encode(config)
    if not config.changes:
        # As in the files of runs that never changed a setting, which older versions read.
        del table["changes"]
    return tomli_w.dumps({"format": FORMAT, **table})


def config_from_toml(text: str) -> RunConfig:
    """Read a configuration that ``config_to_toml`` wrote; missing settings take their defaults.

    Raises:
        ConfigError: not TOML, an unknown version or name, a wrong type, a value out of range.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([Problem("file", f"is not TOML: {error}")]) from error
    if (found := table.pop("format", None)) != FORMAT:
        raise ConfigError([Problem("format", format_problem(found, FORMAT))])
    try:
        return decode(RunConfig, table)
    except DecodeError as error:
        raise ConfigError(error.problems) from error


def config_hash(config: RunConfig) -> str:
    """Twelve hex digits that name a configuration, whatever folder it runs in."""
    settings = {
        name: value_at(config, name)
        for name, field, _about in settings_in(config)
        if name not in _UNHASHED_DEFAULTS or value_at(config, name) != field.default
    }
    if config.changes:
        settings["changes"] = changes_to_texts(config.changes)
    return hashlib.sha256(repr(sorted(settings.items())).encode()).hexdigest()[:12]
