"""Search and replace over many captions, shown before it is done."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.control import RunControl
from engine.data import regex_worker
from engine.data.editing import Edits, normalise_texts
from engine.errors import PatternInvalidError, StoppedError

LONGEST_TEXT = 10_000
"""Characters that a text may grow to."""
LONGEST_WAIT_S = 10.0
"""A regular expression that takes longer has run wild."""
_LOOK_EVERY_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Search:
    """What to find and what to put there."""

    find: str
    replacement: str = ""
    is_regex: bool = False
    """``find`` is a regular expression of Python, and ``replacement`` may hold ``\\1``."""
    matches_case: bool = False
    is_whole_words: bool = False

    @property
    def pattern(self) -> str:
        """The regular expression that finds it."""
        found = self.find if self.is_regex else re.escape(self.find)
        return rf"(?<!\w)(?:{found})(?!\w)" if self.is_whole_words else found

    @property
    def template(self) -> str:
        """The replacement as regular expressions write it."""
        return self.replacement if self.is_regex else self.replacement.replace("\\", r"\\")

    def compiled(self) -> "re.Pattern[str]":
        """Check pattern and replacement.

        Raises:
            PatternInvalidError: says what is wrong with it.
        """
        try:
            if self.is_regex:
                re.compile(self.find)
            pattern = re.compile(self.pattern, self._flags)
            pattern.sub(self.template, "")
        # Python's own parser raises all of these.
        except (re.error, IndexError, OverflowError, RecursionError) as error:
            raise PatternInvalidError(self.find, str(error)) from error
        return pattern

    @property
    def _flags(self) -> int:
        return 0 if self.matches_case else int(re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Replacement:
    """What a search would change."""

    changes: Mapping[int, tuple[str, ...]]
    """The new captions of each item that changes; a caption that becomes empty is left out."""
    captions: int
    """How many captions change."""
    refused: int
    """Items without an image that would lose all their text; they stay as they are."""


def find_changes(
    edits: Edits,
    search: Search,
    items: Iterable[int],
    *,
    control: RunControl | None = None,
    longest_wait_s: float = LONGEST_WAIT_S,
) -> Replacement:
    """Say what a search and replace would do; nothing is changed yet.

    Args:
        edits: the captions as they are now.
        search: what to find and what to put there.
        items: where to look; excluded ones are left alone.
        control: may ask for a stop.
        longest_wait_s: after this long a regular expression is given up.

    Raises:
        PatternInvalidError: the pattern is wrong, or takes too long.
        StoppedError: the control asked for it.
    """
    pattern = search.compiled()
    places = [
        (item, number, caption)
        for item in items
        if not (state := edits.state(item)).is_excluded
        for number, caption in enumerate(state.captions)
    ]
    texts = [caption for _item, _number, caption in places]
    if not search.find:
        changed: dict[int, str] = {}
    elif search.is_regex:
        changed = _replaced_apart(search, pattern, texts, control or RunControl(), longest_wait_s)
    else:
        # A plain text cannot run wild.
        changed, is_too_long = regex_worker.replaced(texts, pattern, search.template, LONGEST_TEXT)
        _check_length(search, is_too_long=is_too_long)
    return _gather(edits, [places[place][:2] for place in changed], list(changed.values()))


def _gather(edits: Edits, places: list[tuple[int, int]], texts: list[str]) -> Replacement:
    drafts: dict[int, list[str]] = {}
    for (item, number), text in zip(places, texts, strict=True):
        drafts.setdefault(item, list(edits.state(item).captions))[number] = text
    changes = {item: normalise_texts(captions) for item, captions in drafts.items()}
    refused = [i for i, captions in changes.items() if not captions and not edits.has_image(i)]
    for item in refused:
        del changes[item]
    captions = sum(item in changes for item, _number in places)
    return Replacement(changes=changes, captions=captions, refused=len(refused))


def _replaced_apart(
    search: Search,
    pattern: "re.Pattern[str]",
    texts: list[str],
    control: RunControl,
    longest_wait_s: float,
) -> dict[int, str]:
    order = {
        "pattern": pattern.pattern,
        "flags": pattern.flags,
        "template": search.template,
        "texts": texts,
        "longest": LONGEST_TEXT,
    }
    command = [sys.executable, "-I", "-S", str(Path(regex_worker.__file__))]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and our own file
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    ) as child:
        try:
            answer = _answer(child, json.dumps(order).encode(), search, control, longest_wait_s)
        finally:
            child.kill()
    _check_length(search, is_too_long=answer["is_too_long"])
    return {int(place): text for place, text in answer["changed"].items()}


def _answer(
    child: "subprocess.Popen[bytes]",
    order: bytes,
    search: Search,
    control: RunControl,
    longest_wait_s: float,
) -> dict[str, Any]:
    deadline = time.monotonic() + longest_wait_s
    unsent: bytes | None = order
    while True:
        try:
            output, _nothing = child.communicate(unsent, timeout=_LOOK_EVERY_S)
            return json.loads(output)
        except subprocess.TimeoutExpired:
            # What is still to be sent is remembered; it may be handed over only once.
            unsent = None
            if control.is_stop_requested:
                raise StoppedError from None
            if time.monotonic() > deadline:
                raise PatternInvalidError(search.find, "it takes too long on these texts") from None
        except ValueError as error:
            raise PatternInvalidError(search.find, "it cannot be run on these texts") from error


def _check_length(search: Search, *, is_too_long: bool) -> None:
    if is_too_long:
        reason = f"a text would grow beyond {LONGEST_TEXT:,} characters"
        raise PatternInvalidError(search.find, reason)
