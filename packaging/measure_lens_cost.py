"""Measure what the Lens takes from the training that it follows, by processor time.

    python packaging/measure_lens_cost.py --dataset DIR [--turns N] [--seconds S]

A run on the dataset trains with all processors, and another thread looks at it as the Learn panel
does, with the contributions to the pair head. Turns alternate: nobody looks, the Lens follows.
Printed are the processor time of a look and, of turns in which the Lens follows against those
before and after in which it does not, images a second of the process's processor time: with the
looks, which is what training on all processors keeps of its speed, and without them, which tells
what copying the state and sharing caches cost. Wall time is not used, so other load on the machine
does not matter much. A turn must be long enough for several looks.
"""

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.config.presets import config_from_preset
from engine.config.run import RunConfig
from engine.control import RunControl
from engine.errors import StoppedError
from engine.events import MetricsReported, RunEnded
from studio.jobs.inspection import EngineInspection
from studio.panels.learn.panel import MAX_SHARE, MIN_INTERVAL_S

LOOK_S = 0.25
"""As often as the panel's timer."""
WARM_UP_IMAGES = 6_400


@dataclass(frozen=True)
class Moment:
    """How far the training is, and what has been spent."""

    images: int
    process_s: float
    looks_s: float
    """Of the looks alone."""


class Follower(threading.Thread):
    """Looks at the run while ``is_on`` is set, as the panel does."""

    def __init__(self, look: Callable[[RunControl], object]) -> None:
        super().__init__(name="lens")
        self._look, self.control = look, RunControl()
        self.is_on = threading.Event()
        self.looks_s: list[float] = []
        """Processor time of each look."""

    def run(self) -> None:
        """Look again and again until a stop is requested."""
        due_s = 0.0
        while not self.control.is_stop_requested:
            time.sleep(LOOK_S)
            began_s = time.monotonic()
            if not self.is_on.is_set() or began_s < due_s:
                continue
            spent_s = time.thread_time()
            try:
                self._look(self.control)
            except StoppedError:
                return
            took_s = time.monotonic() - began_s
            self.looks_s.append(time.thread_time() - spent_s)
            due_s = began_s + max(MIN_INTERVAL_S, took_s / MAX_SHARE)


def main() -> None:
    """Train, alternate, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--preset", default="cpu-tiny")
    parser.add_argument("--turns", type=int, default=6, help="in which the Lens follows")
    parser.add_argument("--seconds", type=float, default=8.0, help="of the processor, of a turn")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="diptych-lens-") as home:
        _measure(arguments, Path(home) / "run")


class Training:
    """A run that trains in a thread of its own until ``stop``."""

    def __init__(self, config: RunConfig) -> None:
        self.control, self._config = RunControl(), config
        self._seen, self._has_ended = 0, False
        self._thread = threading.Thread(target=self._train, name="training")
        self._thread.start()

    def _train(self) -> None:
        from engine.train.run import train

        train(self._config, self._hear, self.control)

    def _hear(self, event: object) -> None:
        if isinstance(event, MetricsReported):
            self._seen = event.progress.images_seen
        self._has_ended |= isinstance(event, RunEnded)

    def wait_for(self, images: int) -> None:
        """Wait until so many images have been seen."""
        while self._seen < images:
            self._wait()

    def moment(self, looks_s: list[float]) -> Moment:
        """Wait for the next report, so that images and times belong together."""
        before = self._seen
        while self._seen == before:
            self._wait()
        return Moment(self._seen, time.process_time(), sum(looks_s))

    def rates(self, seconds: float, looks_s: list[float]) -> tuple[float, float]:
        """Return images per second of the process, with the looks and without, for a while."""
        start = self.moment(looks_s)
        while time.process_time() < start.process_s + seconds:
            self._wait()
        end = self.moment(looks_s)
        images, process_s = end.images - start.images, end.process_s - start.process_s
        return images / process_s, images / (process_s - (end.looks_s - start.looks_s))

    def stop(self) -> None:
        """Stop and wait for the end."""
        self.control.request_stop(discard=True)
        self._thread.join()

    def _wait(self) -> None:
        if self._has_ended:
            sys.exit("the run has ended early")
        time.sleep(0.005)


def _measure(arguments: argparse.Namespace, folder: Path) -> None:
    config = config_from_preset(arguments.preset, dataset=arguments.dataset, run=folder)
    config = config.with_values(
        device="cpu",
        minutes=0.0,
        images=0,
        reporting__evaluate_every_s=0.0,
        reporting__preview_every_s=3_600.0,
    )
    training, inspection = Training(config), EngineInspection()
    request = training.control.request_state
    follower = Follower(lambda stop: inspection.view(folder, request, stop, ("pair",)))
    follower.start()
    training.wait_for(WARM_UP_IMAGES)
    looks_s = follower.looks_s
    rates = [training.rates(arguments.seconds, looks_s)]
    for _turn in range(arguments.turns):
        follower.is_on.set()
        rates.append(training.rates(arguments.seconds, looks_s))
        follower.is_on.clear()
        rates.append(training.rates(arguments.seconds, looks_s))
    follower.control.request_stop()
    follower.join()
    training.stop()
    print(f"A look: {statistics.median(looks_s):.3f} s of the processor ({len(looks_s)} looks)")
    for place, name in enumerate(("whole process", "process without the looks")):
        _print_ratios(name, [rate[place] for rate in rates])


def _print_ratios(name: str, rates: Sequence[float]) -> None:
    ratios = [rates[n] / ((rates[n - 1] + rates[n + 1]) / 2) for n in range(1, len(rates) - 1, 2)]
    listed = ", ".join(f"{ratio:.3f}" for ratio in ratios)
    print(f"Images per second of the {name}: {statistics.median(ratios):.3f} ({listed})")


if __name__ == "__main__":
    main()
