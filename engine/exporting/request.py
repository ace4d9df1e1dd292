"""What of a run is exported, and where to. Does not import torch."""

import importlib.util
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.exporting.film import FilmFormat

DEFAULT_FPS = 8.0
ONNX_EXTRA = "the packages onnx, onnxscript and onnxruntime (pip install 'diptych-studio[onnx]')"
_ONNX_PACKAGES = ("onnx", "onnxscript", "onnxruntime")


class ExportKind(StrEnum):
    """What is exported."""

    MODEL = "model"
    """Weights, model card and a program that samples."""
    ONNX = "onnx"
    """The same, with ONNX files."""
    CURVES = "curves"
    """CSV, and an event file for TensorBoard."""
    FILM = "film"
    """The preview sheets, one after another."""


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """An export to a new folder."""

    run: Path
    folder: Path
    """Must not exist, or be empty."""
    kind: ExportKind
    film_format: FilmFormat = FilmFormat.WEBP
    fps: float = DEFAULT_FPS
    """Previews a second of a film."""


def has_onnx() -> bool:
    """Whether ONNX files can be written and checked."""
    return all(importlib.util.find_spec(name) is not None for name in _ONNX_PACKAGES)
