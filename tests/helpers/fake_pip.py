"""A checkout to set up, and a pip that only remembers what it was asked to install."""

from pathlib import Path
from typing import Any

PACKAGING = Path(__file__).parents[2] / "packaging"
PYPROJECT = '[build-system]\nrequires = []\n[project]\nname = "x"\ndependencies = [{}]\n'


class FakeCalls:
    """Stands for ``subprocess.call``: makes the environment when asked, and remembers."""

    def __init__(self, python: Path) -> None:
        self.python, self.commands, self.fails_on = python, list[list[str]](), ""

    def __call__(self, command: tuple[str, ...], **_options: Any) -> int:
        self.commands.append(list(command))
        if "venv" in command:
            self.python.parent.mkdir(parents=True)
            self.python.touch()
        return int(bool(self.fails_on) and self.fails_on in " ".join(command))

    @property
    def installed(self) -> list[str]:
        return [command[-1] for command in self.commands if "pip" in command]


def make_checkout(folder: Path) -> None:
    """Write the two files that decide what is to be installed."""
    (folder / "packaging").mkdir()
    (folder / "packaging" / "constraints.txt").write_text("# why\ntorch==1.2.3\nsix==1.0\n")
    (folder / "pyproject.toml").write_text(PYPROJECT.format(""))
