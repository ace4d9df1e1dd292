"""The decode pass: samples in, stored pixels and facts out, in order, on all cores.

Pillow gives the interpreter back while it decodes and resizes, so threads are enough: no pixel is
copied from one process to another. Work is handed out in batches, because a thread that is
woken for every single image spends its time waiting for the interpreter. What is under way is
bounded, so that memory does not depend on how many samples there are.

Shapes: S side of the stored images, C channels.
"""

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np

from engine.control import RunControl
from engine.errors import EntryError, SourceUnreadableError, StoppedError
from engine.importing.formats.format import Format, Pixels, RawSample
from engine.importing.ledger import Reason
from engine.importing.near_duplicates import colour_layouts, perceptual_hashes, pixel_digest
from engine.importing.plan import PicturePlan
from engine.importing.resize import fit, original_size, read_picture
from engine.importing.sources.archive import LIMITS, Archive, Limits

BATCH = 16
"""Candidates that a thread takes at once."""
AHEAD = 3
"""Batches under way for each thread: one in work, the others waiting either side of it."""
ASK_EVERY_S = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageFacts:
    """What the doctor wants to know of an image."""

    width: int
    """Of the original, in pixels."""
    height: int
    pixel_digest: bytes
    """Of the stored pixels: equal means equal."""
    phash: int
    """Perceptual hash of the stored pixels: few bits apart means alike."""
    colours: bytes
    """Layout of their mean colours."""
    is_grey: bool
    """Whether they have no colour."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """A sample, and what its image gave. Text-only samples have neither pixels nor reason."""

    sample: RawSample
    pixels: Pixels | None = None
    """[S, S, C]."""
    facts: ImageFacts | None = None
    reason: Reason | None = None
    """Why the image cannot be used."""
    detail: str = ""


_Fitted = tuple[Pixels, tuple[int, int]]
"""Pixels to be stored, and width and height before."""


@dataclass(frozen=True, kw_only=True)
class Decoder:
    """Turns samples into what is stored of them; usable from several threads."""

    archive: Archive
    form: Format
    pictures: PicturePlan
    limits: Limits = LIMITS

    @property
    def channels(self) -> int:
        """Channels of the pixels given: whether all are grey is known at the end only."""
        return 1 if self.pictures.channels == "grey" else 3

    def decode(
        self, samples: Sequence[RawSample], is_over: Callable[[], bool] = lambda: False
    ) -> list[Decoded]:
        """Load, decode and fit images, and hash them together; what is wrong becomes a reason.

        Args:
            samples: in order.
            is_over: asked before each; the rest is left out when it says so.
        """
        fitted: list[_Fitted] = []
        done: list[Decoded | RawSample] = []
        for sample in samples:
            if is_over():
                break
            outcome = self._fit(sample)
            if isinstance(outcome, Decoded):
                done.append(outcome)
            else:
                fitted.append(outcome)
                done.append(sample)
        hashed = iter(_facts(fitted))
        return [one if isinstance(one, Decoded) else _whole(one, *next(hashed)) for one in done]

    def _fit(self, sample: RawSample) -> Decoded | _Fitted:
        if sample.image is None:
            return Decoded(sample=sample)
        try:
            content = self.form.load(self.archive, sample.image)
            picture = read_picture(content, self.limits, at_least=self.pictures.size)
            size = original_size(content, picture.size)
            return fit(picture, self.pictures, self.channels), size
        except EntryError as error:
            reason = reason_of(error)
            return Decoded(sample=sample, reason=reason, detail=error.detail)
        except (ValueError, ArithmeticError, LookupError, TypeError, MemoryError) as error:
            # One stranger's file, however odd, must not end the import of all the others.
            detail = f"{type(error).__name__}: {error}"
            return Decoded(sample=sample, reason=Reason.DAMAGED, detail=detail)


def image_facts(images: Pixels, sizes: Sequence[tuple[int, int]]) -> list[ImageFacts]:
    """Hash stored images [N, S, S, C], together because that is several times as fast.

    Args:
        images: as stored.
        sizes: width and height that each had before.
    """
    looks, layouts = perceptual_hashes(images).tolist(), colour_layouts(images)
    greys = (images == images[..., :1]).all(axis=(1, 2, 3)).tolist()
    return [
        ImageFacts(
            width=width,
            height=height,
            pixel_digest=pixel_digest(images[row]),
            phash=looks[row],
            colours=layouts[row].tobytes(),
            is_grey=greys[row],
        )
        for row, (width, height) in enumerate(sizes)
    ]


def reason_of(error: EntryError) -> Reason:
    """Give the reason for which an entry is skipped."""
    try:
        return Reason(error.reason)
    except ValueError:
        return Reason.DAMAGED


def decode_all(
    decoder: Decoder,
    samples: Iterable[RawSample],
    control: RunControl,
    threads: int = 0,
) -> Iterator[Decoded]:
    """Decode samples on several threads; give the results in the samples' order.

    Args:
        decoder: of the source.
        samples: taken as they are needed, on the calling thread.
        control: asked ten times a second, and between images.
        threads: by default as many as there are cores.

    Raises:
        StoppedError: the control asked for it; no thread works on.
        SourceUnreadableError: the source itself is gone.
    """
    count = threads or os.cpu_count() or 1
    pool = ThreadPoolExecutor(count, thread_name_prefix="decode")
    quit_asked = RunControl()

    def is_over() -> bool:
        return control.is_stop_requested or quit_asked.is_stop_requested

    try:
        batches = _batches(samples)
        under_way: deque[Future[list[Decoded]]] = deque()
        for batch in itertools.chain(batches, itertools.repeat(())):
            if batch:
                under_way.append(pool.submit(decoder.decode, batch, is_over))
                if len(under_way) < count * AHEAD:
                    continue
            if not under_way:
                return
            yield from _checked(decoder.archive, _wait(under_way.popleft(), control))
    finally:
        quit_asked.request_stop()
        pool.shutdown(cancel_futures=True)


def check_source(archive: Archive) -> None:
    """Make sure that a file which cannot be read is the file's fault, and no pulled drive.

    Raises:
        SourceUnreadableError: the source is gone.
    """
    try:
        if archive.source.is_dir():
            next(archive.source.iterdir(), None)
        else:
            with archive.source.open("rb") as file:
                file.read(1)
    except OSError as error:
        reason = "it is no longer there" if not archive.source.exists() else str(error.strerror)
        raise SourceUnreadableError(archive.source, reason) from error


def _batches(samples: Iterable[RawSample]) -> Iterator[Sequence[RawSample]]:
    source = iter(samples)
    while batch := list(itertools.islice(source, BATCH)):
        yield batch


def _wait(future: Future[list[Decoded]], control: RunControl) -> list[Decoded]:
    while not control.is_stop_requested:
        wait((future,), timeout=ASK_EVERY_S)
        # A batch that was cut short by a stop is no result.
        if future.done() and not control.is_stop_requested:
            return future.result()
    raise StoppedError


def _checked(archive: Archive, done: Iterable[Decoded]) -> Iterator[Decoded]:
    for decoded in done:
        if decoded.reason is Reason.UNREADABLE:
            check_source(archive)
        yield decoded


def _whole(sample: RawSample, pixels: Pixels, facts: ImageFacts) -> Decoded:
    return Decoded(sample=sample, pixels=pixels, facts=facts)


def _facts(fitted: Sequence[_Fitted]) -> list[tuple[Pixels, ImageFacts]]:
    if not fitted:
        return []
    images = np.stack([pixels for pixels, _size in fitted])
    facts = image_facts(images, [size for _pixels, size in fitted])
    return list(zip(images, facts, strict=True))
