"""Play with trained runs as a user does, and take a screenshot at each stage."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wizard_shots import until

from engine.data.facts import ColumnFacts, TableFacts, TextFacts
from engine.data.table_fields import CategoricalField
from engine.sample.scene import GivenCells

SECTIONS = ("walk", "directions", "search", "favourites", "neighbours")


def walk(studio: Any, runs: Sequence[Path], shoot: Callable[[str, Any], None]) -> Iterator[bool]:
    """Play with runs one after another; each step says whether the walk may go on at once.

    Args:
        studio: the open ``Studio``.
        runs: folders of trained runs.
        shoot: takes a picture under a name.
    """
    for run in runs:
        yield from _play(studio, run, shoot)


def _play(studio: Any, run: Path, shoot: Callable[[str, Any], None]) -> Iterator[bool]:
    window = studio.window
    play = window.play
    name = f"play-{run.name}"
    studio.run_view.open_chosen(run)
    window.show_play()
    yield from until(lambda: play.session.folder == run and _is_drawn(play), extra=10)
    shoot(name, window)
    columns: Mapping[str, ColumnFacts] = play.session.player.columns
    play.side.sections["noise"].set_open(is_open=False)
    play.side.sections["given"].set_open(is_open=True)
    yield from until(lambda: True)
    shoot(f"{name}-given", window)
    if play.edits.prompted:
        play.prompt.type_text(_word(columns[play.edits.prompted]))
        yield from until(lambda: bool(play.view.state.given) and _is_drawn(play))
        play.board.setFocus()
        play.board.sound_requested.emit(1)
        yield from until(lambda: True)
        shoot(f"{name}-text", window)
    for column, facts in columns.items():
        if isinstance(facts, TableFacts):
            play.edits.give(column, GivenCells(cells=_cells(facts)))
            yield from until(lambda: _is_drawn(play), extra=10)
            shoot(f"{name}-cells", window)
    play.side.sections["given"].set_open(is_open=False)
    play.actions_.add_key()
    play.edits.choose(3)
    play.actions_.add_key()
    play.actions_.add_favourite()
    for section in SECTIONS:
        play.side.sections[section].set_open(is_open=True)
        yield from until(lambda: True, extra=30)
        shoot(f"{name}-{section}", window)
        play.side.sections[section].set_open(is_open=False)


def _is_drawn(play: Any) -> bool:
    pictures = (play.board.picture(tile) for tile in range(len(play.view.state.tiles)))
    return play.session.is_open and not any(picture.isNull() for picture in pictures)


def _word(facts: ColumnFacts) -> str:
    units = getattr(facts.tokenizer, "units", ()) if isinstance(facts, TextFacts) else ()
    return next((unit for unit in units if len(unit) > 1 and unit.isalpha()), "")


def _cells(facts: TableFacts) -> dict[str, str]:
    """Fix the first field with categories."""
    fields = (field for field in facts.fields if isinstance(field, CategoricalField))
    return {field.name: max(field.values) for field in list(fields)[:1]}
