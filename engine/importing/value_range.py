"""The value range of a source: which values of deep images become black and white.

One range holds for the whole source. Unless the plan gives it, it is chosen from a sample: images
are looked at in an order that is spread over the source until enough deep ones are found. That
order follows from the source alone, so an import that is resumed gets the same range.
"""

import contextlib
import threading
from collections.abc import Iterator, Sequence

import numpy as np

from engine.control import RunControl
from engine.data.image_decode import suppress_pillow_warnings
from engine.data.image_limits import MAX_BYTES, MAX_PIXELS, MemoryBudget
from engine.data.pixel_values import (
    FULL_16_BIT,
    ValueRange,
    Values,
    ValueSummary,
    choose_range,
    parse_range,
    summarise,
)
from engine.data.stored_pixels import open_stored
from engine.errors import EntryError
from engine.importing.formats.format import Format, ImageRef, RawSample
from engine.importing.packed_samples import PackedItems, images_of
from engine.importing.plan import ImageSettings
from engine.importing.sources.archive import Archive

SAMPLED_IMAGES = 64
SAMPLED_VALUES = 16_384
"""Of each image."""


class SourceValues:
    """The values of a source's deep images, measured when the first is met; thread-safe.

    Args:
        archive: the source.
        form: its format.
        samples: all samples of the source.
        settings: may give the range.
        control: asked between images.
    """

    def __init__(
        self,
        archive: Archive,
        form: Format,
        samples: Sequence[RawSample],
        settings: ImageSettings,
        control: RunControl,
    ) -> None:
        self._archive, self._form, self._settings, self._control = archive, form, settings, control
        self._samples = samples
        self._lock = threading.Lock()
        self._summary: ValueSummary | None = None
        self._is_measured = False

    def range(self) -> ValueRange:
        """Return the range: the plan's, or that of the source.

        Raises:
            StoppedError: the control asked for it.
        """
        given = parse_range(self._settings.value_range)
        return given or range_for(self._settings, self.summary())

    def summary(self, most_images: int = 0) -> ValueSummary | None:
        """Summarise the values; None if there is no deep image.

        Args:
            most_images: give up if none of so many images is deep; by default all are looked at.

        Raises:
            StoppedError: the control asked for it.
        """
        with self._lock:
            if not self._is_measured:
                self._summary = self._measure(most_images)
                # Only a search to the end finds that there is none.
                self._is_measured = self._summary is not None or not most_images
        return self._summary

    def _measure(self, most_images: int) -> ValueSummary | None:
        images = images_of(self._samples)
        found: list[np.ndarray] = []
        is_whole = True
        for count, place in enumerate(spread_order(len(images))):
            if len(found) == SAMPLED_IMAGES or (most_images and count == most_images and not found):
                break
            self._control.stop_if_asked()
            values = self._deep_values(images[place])
            if values is None:
                continue
            flat = values.reshape(-1)
            # An odd step does not meet the same columns in each row.
            step = max(1, len(flat) // SAMPLED_VALUES) | 1
            found.append(flat[::step].astype(np.float64))
            is_whole = is_whole and values.dtype.kind in "iu"
        return summarise(np.concatenate(found), is_whole=is_whole) if found else None

    def _deep_values(self, image: ImageRef) -> Values | None:
        """Read an image's values; None for images of 8 bits, and those that cannot be read."""
        # What cannot be read is reported when it is decoded.
        with contextlib.suppress(EntryError):
            content = self._form.load(self._archive, image)
            if isinstance(content, bytes) and len(content) <= MAX_BYTES:
                return _values_of(content, image.frame, self._settings.band)
        return None


def _values_of(content: bytes, frame: int, band: int) -> Values | None:
    try:
        with suppress_pillow_warnings(), MemoryBudget(MAX_PIXELS) as budget:
            file = open_stored(content, frame=frame, band=band)
            return file.read(budget).values if file is not None and file.is_deep else None
    except Exception:  # noqa: BLE001 (Pillow raises arbitrary exceptions on damaged files)
        return None


def range_for(settings: ImageSettings, summary: ValueSummary | None) -> ValueRange:
    """Return the range that a plan and the values of its source give."""
    given = parse_range(settings.value_range)
    return given or (FULL_16_BIT if summary is None else choose_range(summary))


def range_of(items: PackedItems, values: SourceValues) -> ValueRange | None:
    """Return the range that decoded items were scaled by; None if none of them is deep."""
    return values.range() if items.is_deep.any() else None


def spread_order(count: int) -> Iterator[int]:
    """Yield the numbers below ``count`` so that the first few are spread evenly over all."""
    step = 1 << max(count - 1, 0).bit_length()
    if count:
        yield 0
    while step > 1:
        yield from range(step // 2, count, step)
        step //= 2
