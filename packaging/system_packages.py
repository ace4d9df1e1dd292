"""Find the Debian packages that are missing for set-up and window, and install or name them."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from studio.system_libraries import (
    PACKAGE_OF_LIBRARY,
    PACKAGE_OF_WAYLAND_LIBRARY,
    PACKAGE_OF_X11_LIBRARY,
    can_load_library,
    has_apt,
    how_to_install,
)

FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
FONT_SUFFIXES = frozenset({".ttf", ".otf", ".ttc", ".pfb"})
CHINESE_FONTS = ("cjk", "droidsansfallback", "wqy", "hansans", "hanserif", "uming", "ukai")


class SetupError(Exception):
    """Something that the person at the keyboard has to put right; says how."""


def ensure_packages(*, with_qt: bool) -> None:
    """Install what this machine still needs, as root; otherwise say what to run.

    Args:
        with_qt: whether windows will be opened, on a screen or off it.

    Raises:
        SetupError: something without which nothing works is missing and was not installed.
    """
    missing = missing_packages(with_qt=with_qt)
    if missing:
        _require(missing)
        missing = missing_packages(with_qt=with_qt)
    if missing:
        raise SetupError(f"Still missing after their installation: {' '.join(missing)}.")
    if with_qt:
        _offer(desirable_packages())


def missing_packages(*, with_qt: bool) -> list[str]:
    """Name the packages without which the studio or its set-up cannot work."""
    wanted = set() if has_venv() else {venv_package()}
    if with_qt:
        wanted |= _packages_to_get({**PACKAGE_OF_LIBRARY, **PACKAGE_OF_X11_LIBRARY})
        if not font_files():
            wanted.add("fonts-dejavu-core")  # without any font Qt draws no letter at all
    return sorted(wanted)


def desirable_packages() -> list[str]:
    """Name the packages without which a window opens but shows Chinese as boxes, or uses X11."""
    wanted = _packages_to_get(PACKAGE_OF_WAYLAND_LIBRARY)
    fonts = [font.name.lower().replace("-", "") for font in font_files()]
    if not any(part in font for font in fonts for part in CHINESE_FONTS):
        wanted.add("fonts-wqy-microhei")  # 2 MB; Noto's Chinese fonts take 50
    return sorted(wanted)


def has_venv() -> bool:
    """Whether this Python can make a virtual environment; Debian packs that part separately."""
    return all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))


def venv_package() -> str:
    """Name the package that holds ``venv`` for this Python."""
    return "python{}.{}-venv".format(*sys.version_info[:2])


def font_files(folders: Iterable[str] = FONT_FOLDERS) -> list[Path]:
    """List the font files that are installed."""
    found = (Path(folder).expanduser().rglob("*") for folder in folders)
    return [path for paths in found for path in paths if path.suffix.lower() in FONT_SUFFIXES]


def is_root() -> bool:
    """Whether this process may install system packages."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _packages_to_get(package_of: dict[str, str]) -> set[str]:
    return {package for library, package in package_of.items() if not can_load_library(library)}


def _require(packages: list[str]) -> None:
    if not (has_apt() and is_root()):
        raise SetupError(how_to_install(packages, with_apt=has_apt()))
    _install(packages)


def _offer(packages: list[str]) -> None:
    """Install what is good to have, or say how to; never in the way of anything."""
    if not packages or not has_apt():
        return
    names = " ".join(packages)
    if is_root():
        try:
            _install(packages)
        except SetupError as error:
            print(f"Going on without {names}. {error}", flush=True)
    else:
        print(f"Good to have: sudo apt-get install {names}", flush=True)


def _install(packages: list[str]) -> None:
    print(f"==> Installing system packages: {' '.join(packages)}", flush=True)
    _update_lists()
    _apt("install", "-y", "--no-install-recommends", *packages)
    # Python remembers which folders held no such module; ``venv`` may have just come.
    importlib.invalidate_caches()


@functools.lru_cache
def _update_lists() -> None:
    try:
        _apt("update")
    except SetupError as error:
        # One dead source among several fails the whole update; the packages may come all the same.
        print(error, flush=True)


def _apt(*arguments: str) -> None:
    done = subprocess.run(
        ["apt-get", "-qq", *arguments],
        check=False,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SetupError(f"'apt-get {' '.join(arguments)}' failed:\n{done.stderr.strip()}")
