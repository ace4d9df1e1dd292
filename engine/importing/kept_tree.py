"""A source that stays open between one look and the next: unpacking an archive takes a while."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from engine.control import RunControl
from engine.importing.opening import open_tree
from engine.importing.tree import Tree

ASK_EVERY_S = 0.1


@dataclass(eq=False)
class _Kept:
    tree: Tree
    key: tuple[object, ...]
    users: int = 0
    is_stale: bool = False


class KeptTree:
    """Opens a source once and lends it to several threads; another source closes the one before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: _Kept | None = None

    @contextmanager
    def lent(self, source: Path, control: RunControl) -> Iterator[Tree]:
        """Give the open source for as long as the context lasts.

        Raises:
            SourceUnreadableError: it cannot be opened.
            StoppedError: the control asked for it.
        """
        kept = self._take(source, control)
        try:
            yield kept.tree
        finally:
            with self._lock:
                kept.users -= 1
                _close_if_done(kept)

    def close(self) -> None:
        """Close the source, or let its last user do it."""
        with self._lock:
            self._drop()

    def _take(self, source: Path, control: RunControl) -> _Kept:
        # Whoever waits here waits for an archive that another look is unpacking for both.
        while not self._lock.acquire(timeout=ASK_EVERY_S):
            control.stop_if_asked()
        try:
            key = _key(source)
            if self._kept is None or self._kept.key != key:
                self._drop()
                self._kept = _Kept(tree=open_tree(source, control=control), key=key)
            self._kept.users += 1
            return self._kept
        finally:
            self._lock.release()

    def _drop(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.is_stale = True
            _close_if_done(kept)


def _close_if_done(kept: _Kept) -> None:
    if kept.is_stale and not kept.users:
        kept.tree.__exit__(None, None, None)


def _key(source: Path) -> tuple[object, ...]:
    """Tell whether a source is still what was opened."""
    facts: tuple[object, ...] = (source,)
    with suppress(OSError):
        status = source.stat()
        facts += (status.st_mtime_ns, status.st_size)
    return facts
