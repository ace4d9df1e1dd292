"""Keeps what was read last from a few files, so that loading one item does not read all again."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from engine.importing.tree import Tree


class Closeable(Protocol):
    """Something that holds a file open, or might."""

    def close(self) -> None:
        """Let go of everything."""
        ...


Held = TypeVar("Held", bound=Closeable)


class Recent(Generic[Held]):
    """The last few readers of files, by tree and path; safe to use from several threads.

    A reader is closed when another takes its place, and when its tree is gone.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._held: OrderedDict[tuple[int, str], tuple[weakref.ref[Tree], Held]] = OrderedDict()

    def get(self, tree: Tree, path: str, make: Callable[[], Held]) -> Held:
        """Give the reader of a file, a new one if need be.

        Raises:
            Exception: whatever ``make`` raises.
        """
        key = (id(tree), path)
        with self._lock:
            known = self._held.pop(key, None)
            # A tree of the past may have had the same address.
            if known is None or known[0]() is not tree:
                if known is not None:
                    known[1].close()
                held = make()
                weakref.finalize(tree, held.close).atexit = False
                known = (weakref.ref(tree), held)
            self._held[key] = known
            while len(self._held) > self._most:
                self._held.popitem(last=False)[1][1].close()
            return known[1]
