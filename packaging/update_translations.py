"""Update the translation files from the source and compile them.

    python packaging/update_translations.py           after a change of words
    python packaging/update_translations.py --check   says what is missing, changes nothing

Collects what the studio says (``tr`` and ``translate``) and what the engine declares (labels, help,
units, presets, starters), merges it into ``resources/translations/*.ts`` and compiles the ``.qm``
files beside them. Translate in Qt Linguist (``pyside6-linguist``) or in the file itself, then run
this again.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# First on the path: an installed copy of another checkout must not be read.
sys.path.insert(0, str(ROOT))

from engine.config.forecast import MEASURED_RUNS  # noqa: E402 (the path comes first)
from engine.config.presets import PRESETS  # noqa: E402
from engine.config.run import NEW_RUN_RULES, NO_TEXT, RULES, RunConfig  # noqa: E402
from engine.config.setting import settings_in  # noqa: E402
from engine.data.starters import STARTERS  # noqa: E402
from engine.events import ALERT_REMEDIES  # noqa: E402
from engine.importing.plan import ImportPlan  # noqa: E402
from engine.metrics.verdict import declared_texts  # noqa: E402
from studio.i18n import ENGINE_CONTEXT  # noqa: E402

FOLDER = ROOT / "resources" / "translations"
LANGUAGES = {"diptych_en": ("-pluralonly",), "diptych_zh_CN": ()}
"""English needs no words, only its plurals."""


def main() -> None:
    """Update, or only check."""
    parser = argparse.ArgumentParser(description="Keeps the translations in step.")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if incomplete")
    if not parser.parse_args().check:
        collect(FOLDER)
        compile_all(FOLDER)
    missing = find_missing(FOLDER)
    for line in missing:
        print(f"not translated: {line}")
    sys.exit(bool(missing))


def find_missing(folder: Path) -> list[str]:
    """Name what the source says and a language of ``folder`` does not."""
    with tempfile.TemporaryDirectory() as made:
        fresh = Path(made)
        for name in LANGUAGES:
            shutil.copy(folder / f"{name}.ts", fresh)
        collect(fresh)
        return [line for name in LANGUAGES for line in unfinished(fresh / f"{name}.ts")]


def collect(folder: Path) -> None:
    """Merge every text of the source into the ``.ts`` files of a folder."""
    with tempfile.TemporaryDirectory() as made:
        declared = Path(made) / "engine_declarations.py"
        calls = (f"translate({ENGINE_CONTEXT!r}, {text!r})" for text in engine_texts())
        declared.write_text("\n".join(calls), encoding="utf-8")
        sources = [*sorted((ROOT / "studio").rglob("*.py")), declared]
        for name, options in LANGUAGES.items():
            target = ("-ts", folder / f"{name}.ts", "-target-language", name.partition("_")[2])
            call("lupdate", *sources, "-locations", "none", "-no-obsolete", *options, *target)


def compile_all(folder: Path) -> None:
    """Make the ``.qm`` files that Qt loads."""
    for name in LANGUAGES:
        call("lrelease", folder / f"{name}.ts", "-qm", folder / f"{name}.qm")


def engine_texts() -> list[str]:
    """Everything that the engine declares for people to read, once each, in order."""
    return list(dict.fromkeys(text for text in _declared() if text))


def unfinished(path: Path) -> Iterator[str]:
    """Name the texts of a file that wait for a translation."""
    for context in ET.parse(path).getroot().iter("context"):  # noqa: S314 - our own file
        for message in context.iter("message"):
            translation = message.find("translation")
            if translation is None or translation.get("type") == "unfinished":
                yield f"{path.name}: {context.findtext('name')}: {message.findtext('source')}"


def call(tool: str, *arguments: object) -> None:
    """Run one of Qt's tools, which come with PySide6."""
    scripts = Path(sys.executable).parent
    command = [str(scripts / f"pyside6-{tool}"), *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _declared() -> Iterator[str]:
    yield from (rule.reason for rule in RULES + NEW_RUN_RULES)
    yield NO_TEXT
    yield from ALERT_REMEDIES.values()
    yield from declared_texts()
    for config in (RunConfig, ImportPlan):
        for _name, _field, about in settings_in(config):
            yield from (about.label, about.help, about.unit)
    for preset in PRESETS.values():
        yield from (preset.title, preset.summary, preset.note)
    for measured in MEASURED_RUNS.values():
        yield measured.subject
    for starter in STARTERS.values():
        texts = (starter.title, starter.summary, starter.licence, starter.notice)
        yield from filter(None, texts)


if __name__ == "__main__":
    main()
