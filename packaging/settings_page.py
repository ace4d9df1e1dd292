"""Write ``docs/settings.md`` from the settings' own declarations: ``make docs``.

The page holds every setting of a training run and of an import, as the form and the command line
know them.
"""

import argparse
import dataclasses
import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from engine.cli import import_, train  # noqa: E402 - only importable with the path above
from engine.config.presets import PRESETS  # noqa: E402 - likewise
from engine.config.run import RunConfig  # noqa: E402 - likewise
from engine.config.setting import Setting, settings_in  # noqa: E402 - likewise
from engine.importing.plan import ImportPlan  # noqa: E402 - likewise

PAGE = ROOT / "docs" / "settings.md"
INTRODUCTION = """# Settings

Every preset and setting of a training run and every setting of an import. `make docs` writes this
page from the declarations in the source; edit those, not this file.

- *Name* is what `diptych train --preset` takes.
- *Setting* is the label in the studio, *Option* the same on the command line.
- *Default* is that of the declaration. A preset or, for an import, the source can suggest another.
- *Values* are the choices or the smallest and the largest value, with the unit.
- *Families* are the model families that use the setting; *all* if every family does.
- A setting that *can change during a run* does so in the window, under *Settings…* of the run that
  trains, or at a given place with `diptych train --at IMAGES NAME=VALUE`.
"""
COLUMNS = ("Setting", "Option", "Default", "Values", "Families", "Meaning")
Row = tuple[str, "dataclasses.Field[Any]", Setting]


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    print(f"Written: {PAGE.relative_to(ROOT)}")
    return 0


def page() -> str:
    """Give the whole page as Markdown."""
    parts = [INTRODUCTION, presets_table()]
    for command, config, declare in (
        ("train", RunConfig, train.add_to),
        ("import", ImportPlan, import_.add_to),
    ):
        options = options_of(declare)
        parts.append(f"## `diptych {command}`\n")
        # The sort is stable: only the settings outside any group move, to the front.
        ordered = sorted(settings_in(config), key=lambda row: "." in row[0])
        for group, rows in itertools.groupby(ordered, key=group_of):
            if group:
                parts.append(f"### {group.capitalize()}\n")
            parts.append(table(rows, options, with_families=config is RunConfig))
    return "\n".join(parts)


def presets_table() -> str:
    """Give the presets as a Markdown table."""
    rows = [
        f"| {preset.title} | `{preset.name}` | {preset.family} | {preset.summary} | {preset.note} |"
        for preset in PRESETS.values()
    ]
    head = "| Preset | Name | Family | Purpose | What to expect |"
    return "\n".join(["## Presets\n", head, "|---|---|---|---|---|", *rows]) + "\n"


def options_of(declare: Callable[[Any, Path | None], None]) -> dict[str, str]:
    """Map the destination of each option of a subcommand to its spelling."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    declare(commands, None)
    (subcommand,) = commands.choices.values()
    return {
        action.dest: " / ".join(f"`{option}`" for option in action.option_strings)
        for action in subcommand._actions  # noqa: SLF001 - argparse has no public list of options
    }


def group_of(row: Row) -> str:
    """Give the part of a configuration that a setting belongs to; empty for the outermost."""
    return row[0].rpartition(".")[0]


def table(rows: Iterator[Row], options: dict[str, str], *, with_families: bool) -> str:
    """Give the Markdown table of one group."""
    columns = [name for name in COLUMNS if with_families or name != "Families"]
    lines = [columns, ["---"] * len(columns)]
    for name, field, about in rows:
        cells = {
            "Setting": about.label,
            "Option": options[name.replace(".", "__")],
            "Default": shown(field.default),
            "Values": values_of(about),
            "Families": ", ".join(about.families) or "all",
            "Meaning": f"{about.help} Can change during a run." if about.live else about.help,
        }
        lines.append([cells[column].replace("|", "\\|") for column in columns])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def values_of(about: Setting) -> str:
    """Write choices, range and unit of a setting."""
    if about.choices:
        return ", ".join(shown(choice) for choice in about.choices)
    if about.low is None and about.high is None:
        return about.unit or "any"
    low, high = ("" if end is None else shown(end) for end in (about.low, about.high))
    return f"{low} to {high} {about.unit}".strip()


def shown(value: object) -> str:
    """Write a value for readers, numbers with thousands separators."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return f"{value:,.0f}" if value == int(value) else f"{value:g}"
    return f"`{value}`" if value else "none"


if __name__ == "__main__":
    sys.exit(main())
