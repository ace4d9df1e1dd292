"""Find the Debian packages below Qt that are missing, and install or name them.

The wheels of Qt bring Qt itself, not the libraries of the desktop below it. A missing one shows
as an ImportError, or as "could not load the Qt platform plugin" once the window is to open.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

# Read off the NEEDED entries of QtCore, QtGui, QtWidgets and the platform plugins offscreen and xcb
# of PySide6-Essentials 6.11.3.
PACKAGE_OF_LIBRARY = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
# Without these Qt falls back to X11, which every Wayland desktop offers as well.
PACKAGE_OF_WAYLAND_LIBRARY = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}
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
        wanted |= _packages_to_get(PACKAGE_OF_LIBRARY)
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


def can_load_library(name: str) -> bool:
    """Whether the dynamic linker finds a library, and all that it needs itself."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


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


def has_apt() -> bool:
    """Whether this is a Debian or one of its children."""
    return shutil.which("apt-get") is not None


def _packages_to_get(package_of: dict[str, str]) -> set[str]:
    return {package for library, package in package_of.items() if not can_load_library(library)}


def _require(packages: list[str]) -> None:
    names = " ".join(packages)
    if not has_apt():
        raise SetupError(
            f"System packages are missing. Debian calls them {names}: install their counterparts "
            "with your package manager, then run the same command again."
        )
    if not is_root():
        raise SetupError(
            "System packages are missing. Install them with this command, then run the same "
            f"command again:\n    sudo apt-get install {names}"
        )
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
