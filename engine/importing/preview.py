"""Previews for the wizard: a few samples as they would be imported, images before and after.

Sounds have a preview of their own in ``sound_preview``.
"""

import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from engine.control import RunControl
from engine.data.image_shape import ImageShape
from engine.data.pixel_values import ValueSummary
from engine.data.table_cells import Cell
from engine.errors import EntryError
from engine.importing.captions import apply_all
from engine.importing.decode import (
    SIZES_READ,
    Decoder,
    decide_shape,
    decode_source_image,
    further_shapes,
    resize_to_shape,
)
from engine.importing.decode_audio import audio_decoder
from engine.importing.formats.format import (
    NOTHING,
    FileListing,
    Format,
    ImageRef,
    Pixels,
    RawSample,
)
from engine.importing.formats.registry import FORMATS
from engine.importing.formats.sounds import with_sounds
from engine.importing.ledger import FileLedger, Reason
from engine.importing.plan import ImportPlan
from engine.importing.scan import QuickScan, check_plan, list_files, with_frames
from engine.importing.sound_preview import PreviewSound, sounds_of
from engine.importing.sources.archive import LIMITS, Archive
from engine.importing.sources.opening import open_archive
from engine.importing.value_range import SourceValues, range_for

COUNT = 12
SCAN_S = 0.4
"""How long items are looked for; what a large source holds beyond that is not previewed."""


@dataclass(frozen=True, kw_only=True)
class PreviewItem:
    """One item as it would be imported."""

    key: str
    texts: tuple[str, ...]
    """After the text plan; rare words are not taken out, for that takes all texts."""
    image: Pixels | None
    """[H, W, C]."""
    problem: Reason | None
    """Why it would be skipped."""
    detail: str = ""
    sounds: tuple[PreviewSound, ...] = ()
    """Of the length that covers those that are shown."""
    cells: Mapping[str, Cell] = field(default_factory=lambda: NOTHING)
    """Of all columns that may become fields, those that are left out too."""


def preview(
    plan: ImportPlan,
    count: int = COUNT,
    control: RunControl | None = None,
    surveyed: tuple[Archive, FileListing] | None = None,
) -> tuple[PreviewItem, ...]:
    """Show a few items, spread over the source.

    Args:
        plan: of the import.
        count: how many.
        control: asked between items.
        surveyed: the open source and its listing, if the caller has them; saves a second listing.

    Raises:
        StoppedError: the control asked for it.
        ConfigError: the plan is invalid, or names what does not exist.
        SourceUnreadableError: the source cannot be read.
    """
    check_plan(plan)
    control = control or RunControl()
    if surveyed is not None:
        return _preview(plan, count, control, *surveyed)
    with open_archive(plan.source) as archive:
        return _preview(plan, count, control, archive, list_files(archive, FileLedger(), control))


def _preview(
    plan: ImportPlan, count: int, control: RunControl, archive: Archive, listing: FileListing
) -> tuple[PreviewItem, ...]:
    form = FORMATS[plan.reading.format]
    found: list[RawSample] = []
    ends_s = time.monotonic() + SCAN_S
    ledger = FileLedger()
    samples = with_sounds(form.scan(archive, listing, plan.reading, ledger), listing, ledger)
    for sample in with_frames(samples, archive, form, plan.images.frame_step):
        control.stop_if_asked()
        found.append(sample)
        if len(found) >= count and time.monotonic() > ends_s:
            break
    chosen = _spread(found, count)
    # Of the few that are shown: reading more files would make the first preview wait.
    shape = decide_shape(plan.images, archive, form, chosen, control)
    values = SourceValues(archive, form, found, plan.images, control)
    audio = audio_decoder(plan, archive, form, chosen, control)
    decoder = Decoder(
        archive=archive,
        form=form,
        settings=plan.images,
        shape=shape,
        values=values,
        audio=audio,
        further_shapes=further_shapes(plan.images, archive, form, chosen, control),
    )
    items: list[PreviewItem] = []
    for sample in chosen:
        control.stop_if_asked()
        items.append(_item(plan, decoder, sample))
    return tuple(items)


def _spread(found: Sequence[RawSample], count: int) -> list[RawSample]:
    """Choose some, from the first to the last, in order; whole pairs where there are enough."""
    whole = [one for one in found if one.image is not None and one.texts]
    chosen = whole if len(whole) >= count else found
    if len(chosen) <= count:
        return list(chosen)
    step = (len(chosen) - 1) / max(1, count - 1)
    return [chosen[round(number * step)] for number in range(count)]


def _item(plan: ImportPlan, decoder: Decoder, sample: RawSample) -> PreviewItem:
    (decoded,) = decoder.decode([sample])
    texts = apply_all(plan.texts, sample.texts)
    is_pair = not sample.sounds and not sample.cells
    problems = itertools.chain(
        [decoded.reason],
        [Reason.EXCLUDED] if sample.key in plan.excluded else [],
        [Reason.NO_TEXT] if is_pair and not texts and not plan.keep_image_only else [],
        [Reason.NO_IMAGE] if is_pair and sample.image is None and not plan.keep_text_only else [],
    )
    shapes = decoder.audio.shapes if decoder.audio else {}
    return PreviewItem(
        key=sample.key,
        texts=texts,
        image=decoded.pixels,
        problem=next((problem for problem in problems if problem is not None), None),
        detail=decoded.detail,
        sounds=tuple(sounds_of(decoded, shapes)),
        cells=sample.cells,
    )


BEFORE_AFTER_COUNT = 6
LOOKED_AT = 2_000
"""Items from which the few are chosen."""
BEFORE_SIDE = 256
"""Longest side of an image as it is, shrunk for showing."""


@dataclass(frozen=True, kw_only=True)
class BeforeAfter:
    """One image twice."""

    key: str
    before: Pixels
    """[H, W, 4] with its transparency, at most ``BEFORE_SIDE`` long."""
    after: Pixels
    """[H, W, C] as stored."""
    width: int
    """Of the original, in pixels."""
    height: int


@dataclass(frozen=True, kw_only=True)
class PlannedImages:
    """What an import decides about all images of a source together."""

    shape: ImageShape
    """That images are stored in."""
    values: ValueSummary | None
    """Of deep images; None if the first few that were looked at are not deep."""


def planned_images(
    plan: ImportPlan, archive: Archive, look: QuickScan, control: RunControl
) -> PlannedImages:
    """Decide what holds for all images, as an import would.

    Raises:
        StoppedError: the control asked for it.
        ConfigError: the spec names what does not exist.
        SourceUnreadableError: the source or its table cannot be read.
    """
    form = FORMATS[plan.reading.format]
    samples: list[RawSample] = []
    for sample in form.scan(archive, look.listing, plan.reading, FileLedger()):
        control.stop_if_asked()
        samples.append(sample)
    values = SourceValues(archive, form, samples, plan.images, control)
    return PlannedImages(
        shape=decide_shape(plan.images, archive, form, samples, control),
        values=values.summary(SIZES_READ),
    )


def before_and_after(
    plan: ImportPlan,
    planned: PlannedImages,
    archive: Archive,
    look: QuickScan,
    control: RunControl,
) -> tuple[BeforeAfter, ...]:
    """Fit a few images, spread over the beginning of a source; unreadable ones are passed over.

    Args:
        plan: of the import.
        planned: from ``planned_images``.
        archive: the source.
        look: its listing.
        control: asked between images.

    Raises:
        StoppedError: the control asked for it.
        ConfigError: the spec names what does not exist.
        SourceUnreadableError: the source or its table cannot be read.
    """
    shown: list[BeforeAfter] = []
    form = FORMATS[plan.reading.format]
    samples = islice(form.scan(archive, look.listing, plan.reading, FileLedger()), LOOKED_AT)
    images = [(item.key, item.image) for item in samples if item.image is not None]
    # In an order whose first few images are spread over all.
    step = max(1, len(images) // BEFORE_AFTER_COUNT)
    for key, image in (image for start in range(step) for image in images[start::step]):
        control.stop_if_asked()
        both = _both(plan, planned, archive, form, key, image)
        if both is not None:
            shown.append(both)
        if len(shown) == BEFORE_AFTER_COUNT:
            break
    return tuple(shown)


def _both(
    plan: ImportPlan,
    planned: PlannedImages,
    archive: Archive,
    form: Format,
    key: str,
    image: ImageRef,
) -> BeforeAfter | None:
    try:
        decoded = decode_source_image(
            form.load(archive, image),
            LIMITS,
            at_least=BEFORE_SIDE,
            band=plan.images.band,
            value_range=lambda: range_for(plan.images, planned.values),
        )
        channels = 1 if plan.images.channels == "grey" else 3
        after = resize_to_shape(decoded.picture, planned.shape, plan.images, channels)
    except EntryError:
        return None
    width, height = decoded.original.size
    small = decoded.picture.convert("RGBA")
    small.thumbnail((BEFORE_SIDE, BEFORE_SIDE))
    return BeforeAfter(key=key, before=np.asarray(small), after=after, width=width, height=height)
