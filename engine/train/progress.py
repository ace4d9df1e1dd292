"""Progress of a run: budgets, throughput, remaining time and the training clock."""

import contextlib
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from engine.config.run import RunConfig
from engine.config.sections import ReportingConfig
from engine.events import Progress
from engine.train.periodic import previews_until

# --------------------------------------------------------------------------
# What a run does beside training now and then, and how long it takes.
#
# A run of two minutes is over after two minutes of training and all that comes in between. What
# each kind of interruption takes is measured; when the next ones come is known from the
# configuration.


LATEST = 3
"""The next one is expected to take the mean of so many before."""


class Aside(StrEnum):
    """What comes between two steps again and again."""

    PREVIEW = "preview"
    CHECKPOINT = "checkpoint"
    EVALUATION = "evaluation"


class Asides:
    """Measures what lies beside training, and says what is to be expected of it.

    Previews and checkpoints count as training time, and are measured by its clock, which stands
    still whenever the run has to wait. It also does while a run is evaluated, so evaluations are
    measured by a clock on the wall.

    Args:
        config: how often everything comes.
        elapsed_s: the clock of training.
        now_s: a clock that never goes back.
    """

    def __init__(
        self,
        config: ReportingConfig,
        elapsed_s: Callable[[], float],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config, self._elapsed_s, self._now_s = config, elapsed_s, now_s
        self._took_s = {kind: deque[float](maxlen=LATEST) for kind in Aside}
        self._paused_s = self._pause_began_s = 0.0
        self._pauses = 0
        self.counted_s = 0.0
        """Training time that went into previews and checkpoints."""

    def pause(self) -> None:
        """Stop counting: somebody wants the run to wait, or something is done only once."""
        if self._pauses == 0:
            self._pause_began_s = self._now_s()
        self._pauses += 1

    def go_on(self) -> None:
        """Count again, once every pause is over."""
        self._pauses -= 1
        if self._pauses == 0:
            self._paused_s += self._now_s() - self._pause_began_s

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Do not count what happens meanwhile."""
        self.pause()
        try:
            yield
        finally:
            self.go_on()

    @contextlib.contextmanager
    def during(self, kind: Aside) -> Iterator[None]:
        """Measure how long it takes, less the pauses in it. What fails is not counted."""
        clock_s = self._active_s if kind is Aside.EVALUATION else self._elapsed_s
        began_s = clock_s()
        yield
        took_s = max(clock_s() - began_s, 0.0)
        self._took_s[kind].append(took_s)
        if kind is not Aside.EVALUATION:
            self.counted_s += took_s

    def is_known(self, kind: Aside) -> bool:
        """Whether it was ever measured."""
        return bool(self._took_s[kind])

    def expected_s(self, kind: Aside) -> float:
        """How long the next one will take; 0 while nothing is known."""
        took = self._took_s[kind]
        return sum(took) / len(took) if took else 0.0

    def training_s(self, steps_s: float, elapsed_s: float) -> float:
        """Training time of some more steps with the previews and checkpoints among them.

        Args:
            steps_s: what the steps alone take.
            elapsed_s: where the run stands.
        """
        # Each round adds what comes during the time that the one before it added.
        total_s = steps_s
        for _round in range(6):
            total_s = steps_s + self._counted_in(elapsed_s, elapsed_s + total_s)
        return total_s

    def steps_s(self, elapsed_s: float, end_s: float) -> float:
        """Seconds of steps between two training times, without previews and checkpoints."""
        return max(end_s - elapsed_s - self._counted_in(elapsed_s, end_s), 0.0)

    def evaluations(self, last_s: float, elapsed_s: float, end_s: float) -> int:
        """Count the evaluations that are still to come.

        Args:
            last_s: training time of the latest one, or of the start.
            elapsed_s: training time so far.
            end_s: training time at the end.
        """
        every_s = self._config.evaluate_every_s
        if every_s <= 0:
            return 0
        first_s = max(last_s + every_s, elapsed_s)
        return max(math.ceil((end_s - first_s) / every_s), 0)

    def finishing_s(self) -> float:
        """Time from the last step to the end: a checkpoint and a preview."""
        return self.expected_s(Aside.CHECKPOINT) + self.expected_s(Aside.PREVIEW)

    def remembered(self) -> dict[str, float]:
        """Give what a resumed run would have to learn anew, for a checkpoint."""
        return {kind.value: self.expected_s(kind) for kind in Aside if self.is_known(kind)}

    def recall(self, table: Mapping[str, Any]) -> None:
        """Take up what was remembered; what is no duration is passed over."""
        for kind in Aside:
            value = table.get(kind.value)
            if isinstance(value, int | float) and 0 <= value < math.inf:
                self._took_s[kind].append(float(value))

    def _active_s(self) -> float:
        now_s = self._pause_began_s if self._pauses else self._now_s()
        return now_s - self._paused_s

    def _counted_in(self, start_s: float, end_s: float) -> float:
        every_s = self._config.preview_every_s
        previews = previews_until(end_s, every_s) - previews_until(start_s, every_s)
        checkpoints = (end_s - start_s) / self._config.checkpoint_every_s
        return previews * self.expected_s(Aside.PREVIEW) + checkpoints * self.expected_s(
            Aside.CHECKPOINT
        )


# --------------------------------------------------------------------------
# How fast a run takes its steps, apart from everything that comes in between.


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


RATE_WINDOW_S = 20.0
"""Images per second are a mean over this much of the latest training time."""
EARLY_SHARE = 0.03
"""The first evaluation of a long run comes so early, for only then is known what they take. Where
it has to train its reader first, it comes when it is due: nobody wants to wait for that when the
first pictures appear."""
EVALUATED_PAIR, READER = 3.4, 21_500.0
"""Before the first evaluation: to evaluate a pair, and to train the evaluator's reader, takes about
as long as to train on so many images. Measured on digits with ``cpu-tiny``, 2 cores."""
_FORECAST, _PACE = "forecast", "pace"


class Budget:
    """Counts images and seconds against a run's limits; whichever limit is nearer decides.

    The time left is that of a clock on the wall: with all previews, checkpoints and evaluations
    that are still to come, and without pauses. The loop says what it does beside training::

        with budget.during(Aside.EVALUATION):
            ...
            with budget.paused():  # what is done only once, or waits for somebody
                ...

    Args:
        config: of the run.
        clock_s: the run's clock of training, for what is measured with ``during``.
        now_s: a clock on the wall that never goes back.
    """

    def __init__(
        self,
        config: RunConfig,
        clock_s: Callable[[], float] = lambda: 0.0,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = config.minutes * 60 or None
        self._images = config.images or None
        self._evaluates_every_s = config.reporting.evaluate_every_s
        self._evaluated_count = config.reporting.evaluate_count
        self._needs_reader = False
        self._recent: deque[tuple[float, int]] = deque([(0.0, 0)])
        self._pace, self._asides = Pace(), Asides(config.reporting, clock_s, now_s)
        self._known_pace: float | None = None
        self._elapsed_s = 0.0
        self._evaluated_s: float | None = None

    def progress(self, images_seen: int, elapsed_s: float) -> Progress:
        """Say how far the run has come."""
        self._see(images_seen, elapsed_s)
        return Progress(
            images_seen=images_seen,
            elapsed_s=elapsed_s,
            remaining_s=self._remaining(images_seen, elapsed_s),
            fraction=self.fraction(images_seen, elapsed_s),
            images_per_s=self._rate(images_seen, elapsed_s),
        )

    def fraction(self, images_seen: int, elapsed_s: float) -> float | None:
        """Share of the run that is done, 0 to 1; ``None`` for a run without limits."""
        shares: list[float] = []
        if self._seconds:
            shares.append(elapsed_s / self._seconds)
        if self._images:
            shares.append(images_seen / self._images)
        return min(max(shares), 1.0) if shares else None

    def during(self, aside: Aside) -> contextlib.AbstractContextManager[None]:
        """Measure what comes between two steps again and again."""
        if aside is Aside.EVALUATION:
            self._evaluated_s = self._elapsed_s
        return self._asides.during(aside)

    def paused(self) -> contextlib.AbstractContextManager[None]:
        """Do not count what happens meanwhile: a pause, or what is done only once."""
        return self._asides.paused()

    def pause(self) -> None:
        """Begin what ``paused`` holds, where no block will do."""
        self._asides.pause()

    def go_on(self) -> None:
        """End it."""
        self._asides.go_on()

    def expect_reader(self) -> None:
        """Foresee that the first evaluation has to train its reader."""
        self._needs_reader = True

    def expected_images(self, images_seen: int, elapsed_s: float) -> int | None:
        """Estimate the images seen at the end of the budget in minutes.

        Counts the previews and checkpoints to come; None without such a budget, or while the
        throughput is unknown.
        """
        self._see(images_seen, elapsed_s)
        pace = self._pace.images_per_s()
        if not self._seconds or not pace:
            return None
        steps_s = self._asides.steps_s(elapsed_s, self._seconds)
        return images_seen + round(pace * steps_s)

    def wants_evaluation(self, images_seen: int, elapsed_s: float) -> bool:
        """Whether to evaluate early, to learn what the later evaluations will take."""
        fraction = self.fraction(images_seen, elapsed_s)
        is_settled = self._needs_reader or self._asides.is_known(Aside.EVALUATION)
        if is_settled or not fraction or fraction < EARLY_SHARE:
            return False
        return 0 < self._evaluates_every_s < elapsed_s / fraction - elapsed_s

    def position(self) -> dict[str, object]:
        """Give what makes a resumed run's first forecast a good one, for its checkpoint."""
        pace = self._pace.images_per_s()
        return {_FORECAST: self._asides.remembered() | ({_PACE: pace} if pace else {})}

    def restore(self, position: Mapping[str, object]) -> None:
        """Take up what a checkpoint remembers; what makes no sense is passed over."""
        table = position.get(_FORECAST)
        if not isinstance(table, Mapping):
            return
        self._asides.recall(table)
        pace = table.get(_PACE)
        if isinstance(pace, int | float) and 0 < pace < math.inf:
            self._known_pace = float(pace)

    def _see(self, images_seen: int, elapsed_s: float) -> None:
        steps_s = elapsed_s - self._asides.counted_s
        if self._evaluated_s is None:
            self._evaluated_s = elapsed_s
            known = self._known_pace or (images_seen / elapsed_s if elapsed_s else None)
            self._pace.start(steps_s, images_seen, known=known)
        self._elapsed_s = elapsed_s
        self._pace.see(steps_s, images_seen)

    def _rate(self, images_seen: int, elapsed_s: float) -> float:
        if images_seen < self._recent[-1][1]:
            # The run was set back; its speed before says nothing about the same images again.
            self._recent.clear()
        self._recent.append((elapsed_s, images_seen))
        while len(self._recent) > 2 and elapsed_s - self._recent[1][0] > RATE_WINDOW_S:
            self._recent.popleft()
        then_s, then_images = self._recent[0]
        return (images_seen - then_images) / (elapsed_s - then_s) if elapsed_s > then_s else 0.0

    def _remaining(self, images_seen: int, elapsed_s: float) -> float | None:
        training_s = self._training_left(images_seen, elapsed_s)
        if training_s is None:
            return None
        if training_s <= 0:
            return 0.0
        count = self._asides.evaluations(
            self._evaluated_s or 0.0, elapsed_s, elapsed_s + training_s
        )
        return training_s + self._evaluating_s(count) + self._asides.finishing_s()

    def _evaluating_s(self, count: int) -> float:
        """Time of so many evaluations; a guess by the pace of training until there was one."""
        if self._asides.is_known(Aside.EVALUATION):
            return count * self._asides.expected_s(Aside.EVALUATION)
        pace = self._pace.images_per_s()
        if not count or not pace:
            return 0.0
        reader = READER if self._needs_reader else 0.0
        return (count * EVALUATED_PAIR * self._evaluated_count + reader) / pace

    def _training_left(self, images_seen: int, elapsed_s: float) -> float | None:
        left: list[float] = []
        if self._seconds:
            left.append(self._seconds - elapsed_s)
        pace = self._pace.images_per_s()
        if self._images and pace:
            steps_s = max(self._images - images_seen, 0) / pace
            left.append(self._asides.training_s(steps_s, elapsed_s))
        return min(left) if left else None


# --------------------------------------------------------------------------
# Counts a run's images and its training time.


class Clock:
    """Counts training time and images. Loading, warming up and standing still do not count."""

    def __init__(self) -> None:
        self.images_seen = 0
        self._before_s = 0.0
        self._started_s: float | None = None

    @property
    def elapsed_s(self) -> float:
        """Seconds of training, those of earlier parts of the run included."""
        if self._started_s is None:
            return self._before_s
        return self._before_s + time.monotonic() - self._started_s

    def start(self) -> None:
        """Start to count, or go on."""
        if self._started_s is None:
            self._started_s = time.monotonic()

    def stop(self) -> None:
        """Stand still."""
        self._before_s, self._started_s = self.elapsed_s, None

    def set(self, images_seen: int, elapsed_s: float) -> None:
        """Take up where a checkpoint was left."""
        is_going = self._started_s is not None
        self.images_seen, self._before_s = images_seen, elapsed_s
        self._started_s = time.monotonic() if is_going else None

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Do not count what happens meanwhile."""
        was_going = self._started_s is not None
        self.stop()
        try:
            yield
        finally:
            if was_going:
                self.start()
