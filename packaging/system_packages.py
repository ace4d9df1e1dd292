"""The Debian packages that the studio stands on: what is missing, and how to get it.

The wheels of Qt bring Qt itself, not the libraries of the desktop below it. A missing one shows
as an ImportError, or as "could not load the Qt platform plugin" once the window is to open.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

# Read off the NEEDED entries of QtCore, QtGui, QtWidgets and the platform plugins offscreen, xcb
# and wayland of PySide6-Essentials 6.11.3.
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
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
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
        SetupError: something is missing and was not installed.
    """
    missing = missing_packages(with_qt=with_qt)
    if with_qt and is_root() and has_apt():
        missing += desirable_packages()
    if not missing:
        return
    if not has_apt():
        raise SetupError(
            f"This machine lacks libraries. Debian calls them {' '.join(missing)}: install "
            "their counterparts with your package manager, then run the same command again."
        )
    if not is_root():
        raise SetupError(
            "This machine lacks libraries. Install them with this command, then run the same "
            f"command again:\n    sudo apt-get install {' '.join(missing)}"
        )
    _install(missing)
    still_missing = missing_packages(with_qt=with_qt)
    if still_missing:
        raise SetupError(f"Still missing after their installation: {' '.join(still_missing)}.")


def missing_packages(*, with_qt: bool) -> list[str]:
    """Name the packages without which the studio or its set-up cannot work."""
    wanted = set() if has_venv() else {venv_package()}
    if with_qt:
        wanted |= {
            package for name, package in PACKAGE_OF_LIBRARY.items() if not can_load_library(name)
        }
        if not font_files():
            wanted.add("fonts-dejavu-core")  # without any font Qt draws no letter at all
    return sorted(wanted)


def desirable_packages() -> list[str]:
    """Name the packages that only Chinese needs; without them it shows as boxes."""
    fonts = [font.name.lower().replace("-", "") for font in font_files()]
    has_chinese = any(part in font for font in fonts for part in CHINESE_FONTS)
    return [] if has_chinese else ["fonts-wqy-microhei"]


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


def _install(packages: list[str]) -> None:
    print(f"==> Installing system packages: {' '.join(packages)}", flush=True)
    _apt("update")
    _apt("install", "-y", "--no-install-recommends", *packages)
    # Python remembers which folders held no such module; ``venv`` may have just come.
    importlib.invalidate_caches()


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
