"""System libraries below Qt that are missing, and the Debian packages that hold them.

The wheels of Qt bring Qt itself, not the libraries of the desktop below it. A missing one would
show as an ImportError, or abort the process with "could not load the Qt platform plugin".

Used before anything is installed: standard library only, with syntax that old Pythons can read.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Iterable, Mapping

# Read off the NEEDED entries of PySide6-Essentials 6.11.3: of Qt's libraries and of the platform
# plugins offscreen, xcb and wayland.
PACKAGE_OF_LIBRARY = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
"""Libraries that every window needs, also one off the screen."""
PACKAGE_OF_X11_LIBRARY = {
    "libX11-xcb.so.1": "libx11-xcb1",
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
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
PACKAGE_OF_WAYLAND_LIBRARY = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}
"""Without these Qt falls back to X11, which every Wayland desktop offers as well."""


def can_load_library(name: str) -> bool:
    """Whether the dynamic linker finds a library, and all that it needs itself."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def missing_for_window(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Name the packages without which Qt cannot open a window on the platform that it will use."""
    wanted = dict(PACKAGE_OF_LIBRARY)
    platform = environment.get("QT_QPA_PLATFORM", "")
    if platform.startswith("xcb") or not (platform or environment.get("WAYLAND_DISPLAY")):
        wanted.update(PACKAGE_OF_X11_LIBRARY)
    return sorted({wanted[library] for library in wanted if not can_load_library(library)})


def has_apt() -> bool:
    """Whether this is a Debian or one of its derivatives."""
    return shutil.which("apt-get") is not None


def how_to_install(packages: Iterable[str], *, with_apt: bool) -> str:
    """Return what a user has to do to get packages: the command where there is ``apt-get``."""
    names = " ".join(packages)
    if not with_apt:
        return (
            f"System packages are missing. Debian calls them {names}: install their counterparts "
            "with your package manager, then run the same command again."
        )
    return (
        "System packages are missing. Install them with this command, then run the same command "
        f"again:\n    sudo apt-get install {names}"
    )
