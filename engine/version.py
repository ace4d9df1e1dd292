"""Versions of what is installed."""

import importlib.metadata

PROGRAM = "diptych-studio"


def installed_version(name: str = PROGRAM) -> str:
    """Version of an installed package; ``unknown`` where there is none, as in a bundled program."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
