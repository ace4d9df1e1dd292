"""How long a run is, how far it has come, and the learning rate that follows."""

import contextlib
import math
import time
from collections import deque
from collections.abc import Callable, Mapping

from engine.config.run import RunConfig
from engine.config.training import TrainingConfig
from engine.events import Progress
from engine.train.asides import Aside, Asides
from engine.train.pace import Pace

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


def learning_rate(config: TrainingConfig, fraction: float | None) -> float:
    """Follow a cosine from the first to the final rate; a run without limits keeps the first.

    Source: Loshchilov & Hutter 2017, arXiv:1608.03983, eq. 5, without restarts.

    Args:
        config: gives both rates.
        fraction: share of the run that is done.
    """
    if fraction is None:
        return config.learning_rate
    first, last = config.learning_rate, config.final_learning_rate
    return last + (first - last) * (1 + math.cos(math.pi * fraction)) / 2
