"""Events on their way from a worker to the GUI thread: in order, and never too many."""

import threading
from collections import Counter, deque

ROOM = 256
"""Undelivered events; the worker waits for room before it adds another."""
KEPT = 8
"""Undelivered events of a kind that is thinned: two seconds of a run's loss reports."""
PATIENCE_S = 1.0
"""How long the worker waits for room: a window that hangs slows a run down and never ends it."""


class Mailbox:
    """A queue between two threads, bounded in two ways.

    Of the kinds that are thinned only the newest few wait: an older one says nothing any more that
    the newer do not. No event of another kind is ever dropped; whoever sends more of them than the
    receiver takes is held up.
    """

    def __init__(self, thinned: tuple[type, ...] = ()) -> None:
        """Name the kinds of which only the newest matter."""
        self._thinned = thinned
        self._events: deque[object] = deque()
        self._counts: Counter[type] = Counter()
        self._has_room = threading.Condition()
        self._is_open = True
        self._is_noticed = True

    def __len__(self) -> int:
        """Count what waits."""
        return len(self._events)

    def put(self, event: object) -> bool:
        """Add an event; called in the worker's thread.

        Returns:
            Whether the receiver has to be told that something waits.
        """
        with self._has_room:
            if isinstance(event, self._thinned):
                self._thin(type(event))
            if self._is_open and len(self._events) >= ROOM:
                self._has_room.wait(PATIENCE_S)
            self._events.append(event)
            self._counts[type(event)] += 1
            is_news, self._is_noticed = self._is_noticed, False
        return is_news

    def take(self) -> object | None:
        """Give the oldest event, or ``None`` when nothing waits; called in the GUI thread."""
        with self._has_room:
            if not self._events:
                return None
            event = self._events.popleft()
            self._counts[type(event)] -= 1
            self._has_room.notify()
        return event

    def rest(self) -> bool:
        """Ask to be told of the next event; whether nothing waits, so that this makes sense."""
        with self._has_room:
            self._is_noticed = not self._events
        return self._is_noticed

    def open_wide(self) -> None:
        """Hold nobody up any more: the receiver itself is about to wait for the worker."""
        with self._has_room:
            self._is_open = False
            self._has_room.notify_all()

    def _thin(self, kind: type) -> None:
        if self._counts[kind] >= KEPT:
            oldest = next(i for i, event in enumerate(self._events) if type(event) is kind)
            del self._events[oldest]
            self._counts[kind] -= 1
