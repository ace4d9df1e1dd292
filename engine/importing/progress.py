"""The progress of an import: counts of a stage, and the fraction of the whole import by time.

Stages take very different times for an item, so counts of one stage say little about the whole. The
fraction is the time that has passed, divided by that and the time that is left. What is left of a
stage follows from its own speed; that of later stages from times that are usual for so many items
and bytes, and from how much slower than usual the earlier stages were.
"""

import time
from collections.abc import Callable, Mapping

from engine.data.audio_headers import AUDIO_SUFFIXES
from engine.events import ImportEmit, ImportProgressed, ImportStage
from engine.importing.formats.format import FileListing
from engine.importing.formats.names import IMAGE_SUFFIXES

Tell = Callable[[ImportStage, int, int], None]
"""Receives a stage, how much of it is done, and of how much; 0 while that is not known."""
EVERY_S = 0.1
_MEASURED_AFTER_S = 1.0
"""Seconds of a stage after which its own speed is known."""
_ORDER = tuple(ImportStage)
_ITEM_S: Mapping[ImportStage, float] = {
    ImportStage.LISTING: 0.0,
    ImportStage.SCANNING: 70e-6,
    ImportStage.DECODING: 250e-6,
    ImportStage.EXAMINING: 32e-6,
    ImportStage.WRITING: 37e-6,
}
"""Usual seconds for an item; measured with two cores and 500,000 images of 32 px with texts."""
_READ_BYTE_S, _WRITTEN_BYTE_S = 30e-9, 6e-9
"""Usual seconds for a byte of an image file, and of the dataset's pixels."""
_LEAST_SLOWNESS, _MOST_SLOWNESS = 0.25, 8.0


class ProgressReporter:
    """Turns counts into progress events; the start and end of a stage are sent at once.

    Args:
        emit: receives the events, on the calling thread; at most ten a second within a stage.
        last: the last stage of this job.
        row_bytes: size of a stored image.
        clock: returns seconds.
    """

    def __init__(
        self,
        emit: ImportEmit,
        *,
        last: ImportStage = ImportStage.WRITING,
        row_bytes: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._emit, self._clock = emit, clock
        self._stages = _ORDER[: _ORDER.index(last) + 1]
        self._row_bytes = row_bytes
        self._items = self._file_bytes = 0
        self._stage: ImportStage | None = None
        self._first_done = 0
        self._told_s = 0.0
        self._began_s = self._stage_began_s = clock()
        self._slowness: dict[ImportStage, float] = {}
        self._fraction = 0.0

    def expect(self, listing: FileListing, count_rows: Callable[[], int] = lambda: 0) -> None:
        """Take the number of items, and their size, from the files of a source.

        Args:
            listing: of the source.
            count_rows: returns the number of items where most of the source is something else than
                files of images or sounds, such as a table with images; 0 if that is not known.
        """
        for suffixes in (IMAGE_SUFFIXES, AUDIO_SUFFIXES):
            size = listing.size_of(suffixes)
            if 2 * size > listing.size_of(listing.suffixes):
                self._items = sum(listing.suffixes.get(suffix, 0) for suffix in suffixes)
                self._file_bytes = size
        self._items = self._items or count_rows()

    def __call__(self, stage: ImportStage, done: int, total: int) -> None:
        """Report a stage, the number done, and the total; 0 while it is unknown."""
        now_s = self._clock()
        if stage is not self._stage:
            # What was done before, by an import that was cut off, says nothing about the speed.
            self._stage, self._first_done, self._stage_began_s = stage, done, now_s
        elif now_s - self._told_s < EVERY_S and done != total:
            return
        spent_s = now_s - self._stage_began_s
        rate = (done - self._first_done) / spent_s if spent_s > 0 else 0.0
        self._send(stage, done, total, rate, now_s)

    def tell_recovered(self, done: int, total: int) -> None:
        """Report the items that an earlier import has decoded, while they are read again."""
        now_s = self._clock()
        if now_s - self._told_s >= EVERY_S:
            self._send(ImportStage.DECODING, done, total, 0.0, now_s)

    def _send(self, stage: ImportStage, done: int, total: int, rate: float, now_s: float) -> None:
        self._told_s = now_s
        if stage is ImportStage.DECODING:
            self._items = total
        elif stage is ImportStage.SCANNING and self._items:
            self._items = max(self._items, done)
        if self._items:
            passed_s = now_s - self._began_s
            left_s = self._left_s(stage, done, total, rate, now_s)
            fraction = passed_s / max(passed_s + left_s, 1e-9)
            self._fraction = min(max(self._fraction, fraction), 1.0)
        self._emit(
            ImportProgressed(
                stage=stage,
                done=done,
                total=total,
                items_per_s=rate,
                fraction=self._fraction,
            )
        )

    def _left_s(
        self, stage: ImportStage, done: int, total: int, rate: float, now_s: float
    ) -> float:
        """Return the seconds that are left of this stage and those after it."""
        spent_s = now_s - self._stage_began_s
        of = total or self._items
        own_s = self._usual_s(stage) * self._slow * max(0.0, 1 - done / max(of, 1))
        # The data checks take different times for each, so only their usual time is known.
        if rate > 0 and spent_s > _MEASURED_AFTER_S and stage is not ImportStage.EXAMINING:
            own_s = max(0, of - done) / rate
            if stage in (ImportStage.SCANNING, ImportStage.DECODING):
                share = (done - self._first_done) / max(of, 1)
                self._slowness[stage] = spent_s / max(self._usual_s(stage) * share, 1e-9)
        later = self._stages[self._stages.index(stage) + 1 :]
        return own_s + sum(map(self._usual_s, later)) * self._slow

    @property
    def _slow(self) -> float:
        """How much slower than usual everything is; a slow disk or large images slow one stage."""
        slowest = min(self._slowness.values(), default=1.0)
        return min(max(slowest, _LEAST_SLOWNESS), _MOST_SLOWNESS)

    def _usual_s(self, stage: ImportStage) -> float:
        """Return how long a whole stage usually takes."""
        seconds = self._items * _ITEM_S[stage]
        if stage is ImportStage.DECODING:
            seconds += self._file_bytes * _READ_BYTE_S
        if stage is ImportStage.WRITING:
            seconds += self._items * self._row_bytes * _WRITTEN_BYTE_S
        return seconds
