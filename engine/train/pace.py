"""How fast a run takes its steps, apart from everything that comes in between."""

import math
from collections import deque

SHORTEST_S = 10.0
SHARE = 0.25
"""The pace is that of the latest quarter: long enough to be steady, short enough to follow."""
KNOWN_S = 5.0
"""A pace known from before counts like so many seconds of the present."""
THINNED_FROM = 1024
"""So many points are kept at most; beyond, every second one goes."""


class Pace:
    """Images per second of steps, over the latest part of a run."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, int]] = deque()
        self._known: float | None = None

    def start(self, steps_s: float, images_seen: int, *, known: float | None = None) -> None:
        """Begin, or begin again: nothing before counts, except a pace that is known."""
        self._known = known
        self._points.clear()
        if known:
            self._points.append((steps_s - KNOWN_S, images_seen - round(known * KNOWN_S)))
        self._points.append((steps_s, images_seen))

    def see(self, steps_s: float, images_seen: int) -> None:
        """Take in how far the run is.

        Args:
            steps_s: seconds that went into steps.
            images_seen: at that time; fewer than before means that the run was set back.
        """
        if not self._points or images_seen < self._points[-1][1]:
            self.start(steps_s, images_seen, known=self.images_per_s())
            return
        self._points.append((steps_s, images_seen))
        window_s = max(SHORTEST_S, SHARE * steps_s)
        while len(self._points) > 2 and steps_s - self._points[1][0] > window_s:
            self._points.popleft()
        if len(self._points) > THINNED_FROM:
            newest = self._points.pop()
            self._points = deque(list(self._points)[::2])
            self._points.append(newest)

    def images_per_s(self) -> float | None:
        """The pace; ``None`` while nothing is known."""
        if len(self._points) < 2:
            return self._known
        (then_s, then_images), (now_s, now_images) = self._points[0], self._points[-1]
        if not (now_s > then_s and now_images > then_images):
            return self._known
        pace = (now_images - then_images) / (now_s - then_s)
        return pace if math.isfinite(pace) else self._known
