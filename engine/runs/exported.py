"""Exported models: folders that stand alone, and that are sampled like a run.

``config.json`` holds settings, facts and provenance, ``vocabulary.json`` the tokenizers of the
columns of texts, and ``model.safetensors`` the averaged generator. Such a folder is untrusted:
types and sizes of its files are checked before they are read. Does not import torch.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from engine.config.run import RunConfig
from engine.errors import ConfigError, Problem, RunMissingError, format_problem
from engine.fs.codec import DecodeError, Range, decode, encode, to_json
from engine.fs.untrusted import MalformedFileError, read_table
from engine.runs.metadata import CONFIG_BYTES, ModelMetadata, read_part

CONFIG, VOCABULARY, WEIGHTS = "config.json", "vocabulary.json", "model.safetensors"
FORMAT = 1
CONFIG_MAX_BYTES, VOCABULARY_MAX_BYTES = 8_000_000 + CONFIG_BYTES, 32_000_000
"""Limits of the files; the largest vocabularies have 10 % of theirs."""
_MAX_COUNT = 10**15


@dataclass(frozen=True, kw_only=True)
class ExportedModel:
    """Content of ``config.json`` and ``vocabulary.json``."""

    settings: RunConfig
    """Of the run; its folder and its dataset are names without a place."""
    model: ModelMetadata
    images_seen: Annotated[int, Range(0, _MAX_COUNT)]
    step: Annotated[int, Range(0, _MAX_COUNT)]
    elapsed_s: Annotated[float, Range(0, _MAX_COUNT)]
    config_hash: str
    """Of the run's own settings."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions of the software that trained it, by name."""

    def to_files(self) -> dict[str, bytes]:
        """Serialise to the content of both files, by name."""
        table: dict[str, Any] = {"format": FORMAT, **encode(self)}
        tokenizers = {
            column["name"]: {"tokenizer": column.pop("tokenizer")}
            for column in table["model"]["columns"]
            if "tokenizer" in column
        }
        return {CONFIG: to_json(table), VOCABULARY: to_json(tokenizers)}


def is_exported(folder: Path) -> bool:
    """Whether a folder holds an exported model and no run."""
    has_config = os.path.lexists(folder / CONFIG) and os.path.lexists(folder / WEIGHTS)
    return has_config and not os.path.lexists(folder / "run.toml")


def read_exported(folder: Path) -> ExportedModel:
    """Read what an exported model says of itself.

    Raises:
        ConfigError: a file is missing or damaged.
        FolderNotWritableError: the disk fails.
    """
    words = _read_table(folder / VOCABULARY, VOCABULARY_MAX_BYTES)
    table = _read_table(folder / CONFIG, CONFIG_MAX_BYTES)
    if (found := table.pop("format", None)) != FORMAT:
        raise ConfigError([Problem(CONFIG, format_problem(found, FORMAT))])
    _add_tokenizers(table, words)
    try:
        return decode(ExportedModel, table)
    except DecodeError as error:
        raise ConfigError(
            [Problem(f"{CONFIG}: {p.field}", p.message) for p in error.problems]
        ) from error


def _read_table(path: Path, max_bytes: int) -> dict[str, Any]:
    try:
        return read_table(read_part(path, max_bytes), path.name)
    except RunMissingError as error:
        raise ConfigError([Problem(path.name, "is missing")]) from error
    except MalformedFileError as error:
        raise ConfigError([Problem(path.name, str(error))]) from error


def _add_tokenizers(table: Mapping[str, Any], words: Mapping[str, Any]) -> None:
    """Put the tokenizers into the facts of their columns; what is malformed is left as it is."""
    model = table.get("model")
    columns = model.get("columns") if isinstance(model, dict) else None
    for column in columns if isinstance(columns, list) else ():
        own = words.get(str(column.get("name"))) if isinstance(column, dict) else None
        if isinstance(own, dict) and "tokenizer" in own:
            column["tokenizer"] = own["tokenizer"]
