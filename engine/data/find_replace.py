"""Find and replace in captions, with a preview of the changes."""

import contextlib
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

MAX_TEXT_LENGTH = 10_000
"""Largest number of characters of a text after replacement."""
MAX_WAIT_S = 10.0
"""Time limit for a regular expression."""
_LOOK_EVERY_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Search:
    """Search pattern, replacement and options."""

    find: str
    replacement: str = ""
    is_regex: bool = False
    """Whether ``find`` is a Python regular expression; ``replacement`` may hold ``\\1``."""
    matches_case: bool = False
    is_whole_words: bool = False

    @property
    def pattern(self) -> str:
        """The regular expression to search for."""
        found = self.find if self.is_regex else re.escape(self.find)
        return rf"(?<!\w)(?:{found})(?!\w)" if self.is_whole_words else found

    @property
    def template(self) -> str:
        """The replacement as a template of ``re.sub``."""
        return self.replacement if self.is_regex else self.replacement.replace("\\", r"\\")

    def compiled(self) -> "re.Pattern[str]":
        """Compile the pattern, and check the replacement.

        Raises:
            PatternInvalidError: the pattern or the replacement is invalid.
        """
        try:
            if self.is_regex:
                re.compile(self.find)
            pattern = re.compile(self.pattern, self._flags)
            pattern.sub(self.template, "")
        # The parser of ``re`` raises all of these.
        except (re.error, IndexError, OverflowError, RecursionError) as error:
            raise PatternInvalidError(self.find, str(error)) from error
        return pattern

    @property
    def _flags(self) -> int:
        return 0 if self.matches_case else int(re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Replacement:
    """The changes that a find and replace would make."""

    changes: Mapping[int, tuple[str, ...]]
    """New captions by item; captions that become empty are dropped."""
    captions: int
    """Number of captions that change."""
    refused: int
    """Number of items without an image that would lose all their text; they are not changed."""


def find_changes(
    edits: Edits,
    search: Search,
    items: Iterable[int],
    *,
    control: RunControl | None = None,
    max_wait_s: float = MAX_WAIT_S,
) -> Replacement:
    """Compute the changes of a find and replace without applying them.

    Args:
        edits: the current captions.
        search: pattern and replacement.
        items: items to search; excluded ones are skipped.
        control: may request a stop.
        max_wait_s: time limit for a regular expression.

    Raises:
        PatternInvalidError: the pattern is invalid, or takes too long.
        StoppedError: a stop was requested.
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
        changed = _replaced_apart(search, pattern, texts, control or RunControl(), max_wait_s)
    else:
        # A literal search needs no time limit.
        changed, is_too_long = regex_worker.replaced(
            texts, pattern, search.template, MAX_TEXT_LENGTH
        )
        _check_length(search, is_too_long=is_too_long)
    return _gather(edits, [places[place][:2] for place in changed], list(changed.values()))


def _gather(edits: Edits, places: list[tuple[int, int]], texts: list[str]) -> Replacement:
    drafts: dict[int, list[str]] = {}
    for (item, number), text in zip(places, texts, strict=True):
        drafts.setdefault(item, list(edits.state(item).captions))[number] = text
    changes = {item: normalise_texts(captions) for item, captions in drafts.items()}
    refused = [i for i, captions in changes.items() if not captions and edits.needs_text(i)]
    for item in refused:
        del changes[item]
    captions = sum(item in changes for item, _number in places)
    return Replacement(changes=changes, captions=captions, refused=len(refused))


def _replaced_apart(
    search: Search,
    pattern: "re.Pattern[str]",
    texts: list[str],
    control: RunControl,
    max_wait_s: float,
) -> dict[int, str]:
    order = {
        "pattern": pattern.pattern,
        "flags": pattern.flags,
        "template": search.template,
        "texts": texts,
        "max_length": MAX_TEXT_LENGTH,
    }
    unsent: bytes | None = json.dumps(order).encode()
    deadline = time.monotonic() + max_wait_s
    command = [sys.executable, "-I", "-S", str(Path(regex_worker.__file__))]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and our own file
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    ) as child:
        try:
            answer: dict[str, Any] | None = None
            while answer is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    output, _nothing = child.communicate(unsent, timeout=_LOOK_EVERY_S)
                    answer = json.loads(output)
                # ``communicate`` keeps unsent input; it must be passed only once.
                unsent = None
                if answer is None and control.is_stop_requested:
                    raise StoppedError
                if answer is None and time.monotonic() > deadline:
                    raise PatternInvalidError(search.find, "it takes too long on these texts")
        except ValueError as error:
            raise PatternInvalidError(search.find, "it cannot be run on these texts") from error
        finally:
            child.kill()
    _check_length(search, is_too_long=answer["is_too_long"])
    return {int(place): text for place, text in answer["changed"].items()}


def _check_length(search: Search, *, is_too_long: bool) -> None:
    if is_too_long:
        reason = f"a text would grow beyond {MAX_TEXT_LENGTH:,} characters"
        raise PatternInvalidError(search.find, reason)
