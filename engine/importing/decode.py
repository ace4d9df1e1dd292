"""Decodes the images of raw samples and resizes them to the shape that a dataset stores.

Files are decoded by ``engine.data.image_decode``, sounds by ``decode_audio``. Pillow releases the
interpreter lock while it decodes and resizes, so threads suffice and no pixels are copied between
processes. Samples are handed out in batches, because waking a thread for every image costs more
than decoding it. The number of batches in progress is bounded, so memory does not depend on the
number of samples.

Shapes: H height, W width, C channels.
"""

import contextlib
import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image, ImageColor

from engine.control import RunControl
from engine.data.image_colours import flatten
from engine.data.image_decode import DecodedImage, Original, decode_image, read_size
from engine.data.image_shape import ImageShape, common_shape, square
from engine.data.pixel_values import ValueRange
from engine.data.stored_pixels import take_bands
from engine.errors import EntryError, SourceUnreadableError
from engine.events import ImportStage
from engine.importing.decode_audio import AudioDecoder
from engine.importing.formats.format import NOTHING, Format, Pixels, RawSample
from engine.importing.ledger import FileLedger, Reason, SkipRecord
from engine.importing.near_duplicates import pixel_digest
from engine.importing.packed import Picked
from engine.importing.packed_samples import PackedItems, images_of, with_members
from engine.importing.plan import ImageSettings
from engine.importing.progress import Tell
from engine.importing.samples import DecodedSample, PictureFacts, image_facts
from engine.importing.sources.archive import LIMITS, Archive, Limits
from engine.importing.staging import Staging
from engine.importing.value_range import SourceValues

BATCH = 16
"""Samples that a thread takes at once."""
AHEAD = 3
"""Batches in progress for each thread: one being decoded, the others waiting."""
ASK_EVERY_S = 0.1
_DAMAGED = (ValueError, ArithmeticError, LookupError, TypeError, MemoryError)
"""Errors of formats and of Pillow that are due to one damaged image."""
_GAP = 3.0
"""``reducing_gap`` of Pillow: from 3 on, its fast first reduction makes no visible difference."""


def decode_samples(
    decoder: "Decoder",
    samples: Sequence[RawSample],
    ledger: FileLedger,
    control: RunControl,
    tell: Tell,
    staging: Staging | None = None,
) -> PackedItems:
    """Decode all samples that are not staged yet; return all of them, in order.

    Args:
        decoder: of the source.
        samples: in the source's order; with a staging, those that it was opened with.
        ledger: records the samples and files that cannot be used.
        control: asked ten times a second.
        tell: called for every sample.
        staging: stores pixels and facts; without it pixels are discarded.

    Raises:
        StoppedError: the control asked for it.
        SourceUnreadableError: the source is gone.
        DiskFullError, FolderNotWritableError: the staging cannot be written.
    """
    done = staging.items if staging else PackedItems(samples)
    append = staging.append if staging else done.append
    tell(ImportStage.DECODING, len(done), len(samples))
    for decoded in decode_all(decoder, samples[len(done) :], control):
        append(decoded)
        tell(ImportStage.DECODING, len(done), len(samples))
    for one in Picked(done, done.refused):
        if one.reason is not None:
            ledger.mark_item_skipped(one.raw.key, one.reason, one.detail)
            # A table or film of many images is still used if one of them is damaged.
            image = one.raw.image
            if image is not None and image.part < 0 and not image.frame:
                ledger.mark_rejected(image.path, one.reason, one.detail)
        for member in one.refused:
            ledger.mark_member_skipped(member.path, member.reason, member.detail)
    return done


@dataclass(frozen=True, kw_only=True)
class Decoder:
    """Decodes raw samples of one source; may be called from several threads at once."""

    archive: Archive
    form: Format
    settings: ImageSettings
    shape: ImageShape
    """Of the stored images."""
    values: SourceValues
    """Of the source's deep images."""
    audio: AudioDecoder | None = None
    """None if no sample has a sound."""
    further_shapes: Mapping[str, ImageShape] = field(default_factory=lambda: NOTHING)
    """Of the stored pictures of further columns."""
    limits: Limits = LIMITS

    @property
    def channels(self) -> int:
        """Channels of the decoded pixels; whether all images are grey is only known at the end."""
        return 1 if self.settings.channels == "grey" else 3

    def decode(
        self, samples: Iterable[RawSample], is_over: Callable[[], bool] = lambda: False
    ) -> list[DecodedSample]:
        """Load, decode and resize images, and hash them together.

        Args:
            samples: in order.
            is_over: asked before each; the rest is left out when it returns True.
        """
        fitted = [
            (self._with_members(one), original)
            for one, original in map(
                self._fit, itertools.takewhile(lambda _raw: not is_over(), samples)
            )
        ]
        pixels = [one.pixels for one, _original in fitted if one.pixels is not None]
        originals = [original for _one, original in fitted if original is not None]
        facts = iter(image_facts(np.stack(pixels), originals) if pixels else ())
        return [
            one if one.pixels is None else replace(one, facts=next(facts))
            for one, _original in fitted
        ]

    def _with_members(self, sample: DecodedSample) -> DecodedSample:
        if sample.reason is None and sample.raw.pictures:
            sample = self._with_pictures(sample)
        if self.audio is None or sample.reason is not None or not sample.raw.sounds:
            return sample
        return self.audio.add_sounds(sample)

    def _with_pictures(self, sample: DecodedSample) -> DecodedSample:
        """Decode the pictures of further columns; one that cannot be used is left out."""
        pixels: dict[str, Pixels] = {}
        facts: dict[str, PictureFacts] = {}
        refused: list[SkipRecord] = []
        for column, ref in sample.raw.pictures.items():
            shape = self.further_shapes[column]
            one, _original = self._fit(replace(sample.raw, image=ref), shape)
            if one.pixels is None:
                reason = one.reason or Reason.DAMAGED
                refused.append(SkipRecord(path=ref.path, reason=reason, detail=one.detail))
                continue
            pixels[column] = one.pixels
            is_grey = bool((one.pixels == one.pixels[..., :1]).all())
            facts[column] = PictureFacts(digest=pixel_digest(one.pixels), is_grey=is_grey)
        return replace(sample, pictures=facts, members=pixels, refused=tuple(refused))

    def _fit(
        self, raw: RawSample, shape: ImageShape | None = None
    ) -> tuple[DecodedSample, Original | None]:
        """Decode one image; return the sample without facts, and the original if it is usable."""
        if raw.image is None:
            return DecodedSample(raw=raw), None
        shape = shape or self.shape
        try:
            content = self.form.load(self.archive, raw.image)
            decoded = decode_source_image(
                content,
                self.limits,
                at_least=shape.longer,
                frame=raw.image.frame,
                band=self.settings.band,
                value_range=self.values.range,
            )
            pixels = resize_to_shape(decoded.picture, shape, self.settings, self.channels)
            return DecodedSample(raw=raw, pixels=pixels), decoded.original
        except EntryError as error:
            reason = Reason(error.reason) if error.reason in list(Reason) else Reason.DAMAGED
            return DecodedSample(raw=raw, reason=reason, detail=error.detail), None
        except _DAMAGED as error:
            # One damaged file must not end the import of all others.
            detail = f"{type(error).__name__}: {error}"
            return DecodedSample(raw=raw, reason=Reason.DAMAGED, detail=detail), None


def decode_source_image(
    content: bytes | Pixels,
    limits: Limits = LIMITS,
    *,
    at_least: int = 0,
    frame: int = 0,
    band: int = 0,
    value_range: Callable[[], ValueRange] | None = None,
) -> DecodedImage:
    """Decode an image, as ``image_decode.decode_image`` does.

    Safe to call from several threads at once.

    Args:
        content: a whole file, or pixels [H, W] or [H, W, C], C 1 to 4.
        limits: how large an image may be.
        at_least: allow a JPEG to be decoded at a reduced size, with both sides at least twice
            this long, which is several times as fast; 0 decodes it at full size.
        frame: number of the frame or page.
        band: number of the channel to take, from 1; 0 takes all colours.
        value_range: asked for the values of black and white of deep images.

    Raises:
        EntryError: with a ``Reason`` as its reason and no path, which only the caller knows.
    """
    if not isinstance(content, bytes):
        return _from_pixels(content, limits, band)
    if len(content) > limits.file_bytes:
        raise EntryError("", Reason.TOO_LARGE, f"it has {len(content):,} bytes")
    try:
        return decode_image(
            content,
            limits.pixels,
            at_least=at_least,
            frame=frame,
            band=band,
            value_range=value_range,
        )
    except EntryError as error:
        raise EntryError("", Reason(error.reason), error.detail) from error


def _from_pixels(pixels: Pixels, limits: Limits, band: int) -> DecodedImage:
    if pixels.size == 0:
        raise EntryError("", Reason.EMPTY, "it has no pixels")
    if pixels.ndim not in {2, 3} or pixels.shape[2:] not in {(), (1,), (2,), (3,), (4,)}:
        shape = " x ".join(str(length) for length in pixels.shape)
        raise EntryError("", Reason.UNSUPPORTED, f"pixels of shape {shape}")
    if pixels.shape[0] * pixels.shape[1] > limits.pixels:
        raise EntryError("", Reason.TOO_LARGE, f"it has more than {limits.pixels:,} pixels")
    picture = Image.fromarray(pixels[:, :, 0] if pixels.shape[2:] == (1,) else pixels)
    bands = 1 if picture.mode in {"L", "LA"} else 3
    original = Original(size=picture.size, bands=bands)
    return DecodedImage(
        picture.getchannel(take_bands(bands, band)[0]) if band else picture, original
    )


def resize_to_shape(
    image: Image.Image, shape: ImageShape, plan: ImageSettings, channels: int
) -> Pixels:
    """Resize an image to a shape by padding, cropping or stretching.

    Args:
        image: mode L, LA, RGB or RGBA.
        shape: H and W of the result.
        plan: how the image is fitted, and the colour beside and under it.
        channels: 1 or 3.

    Returns:
        [H, W, C] uint8.
    """
    background = ImageColor.getrgb(plan.background)[:3]
    mode = "L" if channels == 1 else "RGB"
    opaque = flatten(image, background)
    if mode == "L":
        opaque = _in_mode(opaque, mode)
    fitted = _in_mode(_fitted(opaque, shape, plan, mode, background), mode)
    # Not ``asarray``, which asks the picture for a table of its shape first.
    return np.frombuffer(fitted.tobytes(), np.uint8).reshape(*shape, channels)


def _fitted(
    image: Image.Image,
    shape: ImageShape,
    plan: ImageSettings,
    mode: str,
    background: tuple[int, ...],
) -> Image.Image:
    size = (shape.width, shape.height)
    is_wider = image.width * shape.height >= image.height * shape.width
    match plan.fit:
        case "crop":
            width, height = image.size
            if is_wider:
                width = height * shape.width / shape.height
            else:
                height = width * shape.height / shape.width
            left, top = (image.width - width) / 2, (image.height - height) / 2
            return _resized(image, size, (left, top, left + width, top + height))
        case "stretch":
            return _resized(image, size, (0, 0, *image.size))
        case _:
            of, by = (shape.width, image.width) if is_wider else (shape.height, image.height)
            # A line keeps a thickness of one pixel.
            width, height = (max(1, round(side * of / by)) for side in image.size)
            inner = _in_mode(_resized(image, (width, height), (0, 0, *image.size)), mode)
            if inner.size == size:
                return inner
            padded = Image.new("RGB", size, background).convert(mode)
            padded.paste(inner, ((size[0] - inner.width) // 2, (size[1] - inner.height) // 2))
            return padded


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    """Convert if the mode differs: Pillow would copy, which blocks other threads."""
    return image if image.mode == mode else image.convert(mode)


def _resized(
    image: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float]
) -> Image.Image:
    return image.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=_GAP)


def decode_all(
    decoder: Decoder,
    samples: Iterable[RawSample],
    control: RunControl,
    threads: int = 0,
) -> Iterator[DecodedSample]:
    """Decode samples on several threads; yield the results in the order of the samples.

    Args:
        decoder: of the source.
        samples: taken as they are needed, on the calling thread.
        control: asked ten times a second, and between images.
        threads: by default as many as there are cores.

    Raises:
        StoppedError: the control asked for it; all threads have ended.
        SourceUnreadableError: the source itself is gone.
    """
    count = threads or os.cpu_count() or 1
    pool = ThreadPoolExecutor(count, thread_name_prefix="decode")
    quit_asked = RunControl()

    def is_over() -> bool:
        return control.is_stop_requested or quit_asked.is_stop_requested

    try:
        source = iter(samples)
        under_way: deque[Future[list[DecodedSample]]] = deque()
        while True:
            if batch := list(itertools.islice(source, BATCH)):
                under_way.append(pool.submit(decoder.decode, batch, is_over))
                if len(under_way) < count * AHEAD:
                    continue
            if not under_way:
                return
            for decoded in _result(under_way.popleft(), control):
                reasons = {decoded.reason, *(sound.reason for sound in decoded.refused)}
                if Reason.UNREADABLE in reasons:
                    check_source(decoder.archive)
                yield decoded
    finally:
        quit_asked.request_stop()
        pool.shutdown(cancel_futures=True)


SIZES_READ = 100
"""Images whose sizes decide about the shape of a dataset, spread evenly over the source."""


def decide_shape(
    plan: ImageSettings,
    archive: Archive,
    form: Format,
    samples: Sequence[RawSample],
    control: RunControl,
) -> ImageShape:
    """Return the shape that images are stored in; equal plans and sources give equal shapes.

    Args:
        plan: size and shape, which may be automatic.
        archive: the source.
        form: its format.
        samples: all samples of the source.
        control: asked between images.

    Raises:
        StoppedError: the control asked for it.
        SourceUnreadableError: the source is gone.
    """
    if plan.shape == "square":
        return square(plan.size)
    if plan.shape != "auto":
        width, height = (int(part) for part in plan.shape.split(":"))
        return ImageShape(height, width).scaled(plan.size)
    images = images_of(samples)
    count = min(SIZES_READ, len(images))
    sizes: list[tuple[int, int]] = []
    for number in range(count):
        control.stop_if_asked()
        # What cannot be read is reported when it is decoded.
        with contextlib.suppress(EntryError, *_DAMAGED):
            content = form.load(archive, images[number * len(images) // count])
            is_file = isinstance(content, bytes)
            sizes.append(read_size(content, LIMITS.pixels) if is_file else content.shape[1::-1])
    return common_shape(sizes, plan.size)


def further_shapes(
    plan: ImageSettings,
    archive: Archive,
    form: Format,
    samples: Sequence[RawSample],
    control: RunControl,
) -> dict[str, ImageShape]:
    """Return the shapes of the pictures of further columns, each as ``decide_shape`` does."""
    columns: dict[str, list[RawSample]] = {}
    for sample in with_members(samples):
        for name, ref in sample.pictures.items():
            columns.setdefault(name, []).append(replace(sample, image=ref))
    return {
        name: decide_shape(plan, archive, form, having, control) for name, having in columns.items()
    }


def check_source(archive: Archive) -> None:
    """Check that the source itself is still there after one of its files could not be read.

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


def _result(batch: Future[list[DecodedSample]], control: RunControl) -> list[DecodedSample]:
    while not batch.done() and not control.is_stop_requested:
        wait((batch,), timeout=ASK_EVERY_S)
    # A batch that was cut short by a stop is no result.
    control.stop_if_asked()
    return batch.result()
