"""Create and repair the virtual environment of a checkout, in ``.venv``.

Stamps in it say what is installed. They name the Python version, the folder and the
dependencies, so that a start with nothing to do costs a tenth of a second.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from system_packages import SetupError

INTERRUPTED = "A set-up was cut short earlier"


class Environment:
    """Where the program and its tools are installed."""

    def __init__(self, root: Path) -> None:
        """Take the ``.venv`` of the checkout in ``root``; touches nothing."""
        self.root = root
        self.folder = root / ".venv"
        self._constraints = root / "packaging" / "constraints.txt"
        self._busy = self.folder / "diptych-busy"
        self._identity = self.folder / "diptych-identity"

    @property
    def python(self) -> Path:
        """The interpreter inside."""
        is_windows = os.name == "nt"
        return self.folder / ("Scripts/python.exe" if is_windows else "bin/python")

    def has(self, part: str) -> bool:
        """Whether a part is set up, and still for the same dependencies, Python and folder."""
        try:
            stamp = self._stamp(part).read_text(encoding="utf-8")
        except OSError:
            return False
        return stamp == self._fingerprint() and self.python.exists() and not self._busy.exists()

    def mark(self, part: str) -> None:
        """Remember that a part is set up."""
        self._stamp(part).write_text(self._fingerprint(), encoding="utf-8")

    def install(self, *, with_tools: bool) -> None:
        """Install the program, and on request the tools to develop it, unless they stand.

        Raises:
            SetupError: something could not be installed.
        """
        part = "tools" if with_tools else "program"
        if self.has(part) or self.has("tools"):
            return
        self._make_usable()
        self._busy.touch()
        self._pip("PyTorch (200 MB, or several GB with CUDA)", self._torch())
        target = f"{self.root}[dev]" if with_tools else str(self.root)
        what = "Diptych and its tools" if with_tools else "Diptych"
        self._pip(f"{what} (200 MB)", "--editable", target)
        self._busy.unlink()
        self.mark(part)

    def _make_usable(self) -> None:
        reason = self._flaw()
        if reason is None:
            return
        if self.folder.exists():
            say(f"{reason}: making {self.folder} anew")
            shutil.rmtree(self.folder)
        else:
            say(f"Creating {self.folder}")
        self._call("A virtual environment", sys.executable, "-m", "venv", str(self.folder))
        self._identity.write_text(self._own_identity(), encoding="utf-8")

    def _flaw(self) -> str | None:
        if not self.folder.exists():
            return "There is none"
        if self._busy.exists():
            return INTERRUPTED
        # One that was made by hand has no identity; it will do when its Python is the right one.
        if self._identity.exists() and self._identity.read_text("utf-8") != self._own_identity():
            return "It belongs to another folder or another Python"
        return None if self._answers() else "Its Python does not work"

    def _answers(self) -> bool:
        question = "import pip, sys; print(*sys.version_info[:2])"
        try:
            done = subprocess.run(
                [str(self.python), "-c", question], capture_output=True, text=True, check=False
            )
        except OSError:
            return False
        return done.stdout.split() == [str(number) for number in sys.version_info[:2]]

    def _pip(self, what: str, *arguments: str) -> None:
        say(f"Installing {what} ...")
        pip = ["-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        # Somebody who waits for gigabytes likes to see them come; a log file does not.
        quiet = [] if sys.stdout.isatty() else ["--quiet"]
        constraints = ["--constraint", str(self._constraints)]
        self._call(what, str(self.python), *pip, *quiet, *constraints, *arguments)

    def _call(self, what: str, *command: str) -> None:
        if subprocess.call(command, cwd=self.root, stdin=subprocess.DEVNULL):
            self._busy.unlink(missing_ok=True)  # it failed in an orderly way: nothing to wipe
            raise SetupError(
                f"{what} could not be installed; the lines above say why. With network and disk "
                "in order, run the same command again: it goes on where it stopped."
            )

    def _torch(self) -> str:
        lines = self._constraints.read_text(encoding="utf-8").splitlines()
        return next(line for line in lines if line.startswith("torch=="))

    def _stamp(self, part: str) -> Path:
        return self.folder / f"diptych-{part}"

    def _own_identity(self) -> str:
        return "Python {}.{} in {}".format(*sys.version_info[:2], self.folder)

    def _fingerprint(self) -> str:
        import tomllib  # not at the top: an older Python must get as far as our sentence about it

        project = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))
        installed = repr((project["build-system"], project["project"]))
        constraints = self._constraints.read_text(encoding="utf-8")
        parts = f"{self._own_identity()}\n{installed}\n{constraints}"
        return hashlib.sha256(parts.encode()).hexdigest()


def say(text: str) -> None:
    """Print a heading that stands before the output of what it announces."""
    print(f"==> {text}", flush=True)
