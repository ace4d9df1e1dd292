"""Versions of installed packages."""

import importlib.metadata

PROGRAM = "diptych-studio"


def installed_version(name: str = PROGRAM) -> str:
    """Return the version of an installed package; ``unknown`` if not found, as when bundled."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
