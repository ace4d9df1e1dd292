"""An import without writing: what the wizard shows before it starts.

``scan_facts`` reads names and texts only; ``dry_run`` also decodes all images and runs the checks.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from engine.config.sections import DataConfig
from engine.control import RunControl
from engine.data.image_shape import ImageShape, square
from engine.data.pixel_values import ValueRange
from engine.data.spectrogram_picture import spectrogram_picture
from engine.data.text_choice import AUTO
from engine.errors import EntryError
from engine.events import ImportEmit, ImportStage
from engine.importing.build import ImportResult, apply_decisions
from engine.importing.captions import apply_all, rare_words, without_rare
from engine.importing.decode import (
    Decoder,
    decide_shape,
    decode_samples,
    decode_source_image,
    further_shapes,
    resize_to_shape,
)
from engine.importing.decode_audio import AudioDecoder, AudioShape, audio_decoder
from engine.importing.empty_import import Cause, diagnose_empty_import
from engine.importing.formats.format import ImageRef, Pixels, RawSample
from engine.importing.formats.registry import FORMATS
from engine.importing.formats.sounds import with_sounds
from engine.importing.ledger import FileLedger, Reason
from engine.importing.packed_samples import PackedItems, with_members
from engine.importing.plan import ImageSettings, ImportPlan, TextSettings, decodes_alike
from engine.importing.progress import ProgressReporter, Tell
from engine.importing.report import ImportCounts, counts_of
from engine.importing.samples import DecodedSample
from engine.importing.scan import (
    QuickScan,
    Scan,
    check_plan,
    scan_source,
    with_frames,
)
from engine.importing.sources.archive import LIMITS, Archive
from engine.importing.sources.opening import open_archive
from engine.importing.text_stats import TextFacts, describe_texts
from engine.importing.value_range import SourceValues, range_of

MAX_THUMBNAILS = 60
THUMBNAIL_SIZE = 64


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """The result of an import that is not written."""

    plan: ImportPlan
    shape: ImageShape
    """Of the stored images."""
    audio_shape: AudioShape | None
    """Of the stored sounds of the first column; None if there are none."""
    value_range: ValueRange | None
    """What became black and white of deep images; None if there are none."""
    result: ImportResult
    """The samples to import and the issues found."""
    ledger: FileLedger
    """What would be left out, and why."""
    counts: ImportCounts
    text_facts: TextFacts
    sizes: tuple[tuple[tuple[int, int], int], ...]
    """((width, height), number of images) before resizing; most frequent first."""
    likely_causes: tuple[Cause, ...]
    """Why there is nothing to train on; empty where there is."""
    scan: Scan
    """With the ledger as it was before the checks."""
    items: PackedItems
    """All samples, those that cannot be used too."""

    @property
    def channels(self) -> int:
        """Of the stored images: 1 or 3."""
        return self.result.channels

    def with_plan(self, plan: ImportPlan) -> "DryRun":
        """Return the dry run of another plan that decodes alike, without decoding.

        Raises:
            ValueError: the plan reads or decodes differently, which takes a new dry run.
        """
        if not decodes_alike(plan, self.plan):
            raise ValueError("the plans read or decode differently")
        return _dry_run(
            plan,
            self.scan,
            self.items,
            self.shape,
            self.audio_shape,
            self.value_range,
            RunControl(),
            lambda _stage, _done, _total: None,
        )

    def thumbnails(
        self, keys: Iterable[str], size: int = THUMBNAIL_SIZE, control: RunControl | None = None
    ) -> Mapping[str, Pixels]:
        """Decode small images of items, such as those with an issue; spectrograms of sounds alone.

        Args:
            keys: of the items; those after the first ``MAX_THUMBNAILS`` are ignored.
            size: side in pixels.
            control: asked between images.

        Returns:
            [size, size, 3] by key; items whose image or sound cannot be decoded are absent.

        Raises:
            StoppedError: the control asked for it.
            SourceUnreadableError: the source is gone.
        """
        asked = list(dict.fromkeys(keys))[:MAX_THUMBNAILS]
        control, images = control or RunControl(), self._images(asked)
        found = thumbnails(self.plan, images, size, self.value_range, control)
        return found | self._spectrograms(set(asked) - images.keys(), size, control)

    def _spectrograms(
        self, keys: Collection[str], size: int, control: RunControl
    ) -> dict[str, Pixels]:
        every = with_members(self.scan.samples)
        samples = [s for s in every if s.sounds and s.key in keys]
        if self.audio_shape is None or not samples:
            return {}
        shape = self.audio_shape
        shapes = {column: shape for sample in samples for column in sample.sounds}
        found: dict[str, Pixels] = {}
        with open_archive(self.plan.source, control=control) as archive:
            decoder = AudioDecoder(archive=archive, form=self.scan.form, shapes=shapes)
            for sample in samples:
                control.stop_if_asked()
                decoded = decoder.add_sounds(DecodedSample(raw=sample))
                for column in islice(decoded.sounds, 1):
                    found[sample.key] = spectrogram_picture(
                        decoded.members[column], shape.rate, height=size, width=size
                    )
        return found

    def _images(self, keys: Sequence[str]) -> dict[str, ImageRef]:
        chosen = set(keys)
        found = {
            sample.key: sample.image
            for sample in self.scan.samples
            if sample.key in chosen and sample.image is not None
        }
        return {key: found[key] for key in keys if key in found}


def dry_run(plan: ImportPlan, emit: ImportEmit, control: RunControl) -> DryRun:
    """Do everything that an import does except writing.

    Args:
        plan: of the import; its dataset's folder is not looked at.
        emit: receives progress, on this thread.
        control: asked ten times a second.

    Raises:
        StoppedError: the control asked for it.
        ConfigError: the plan is invalid, or names what does not exist.
        SourceUnreadableError: the source cannot be read.
    """
    check_plan(plan)
    tell = ProgressReporter(emit, last=ImportStage.EXAMINING)
    with open_archive(plan.source, control=control) as archive:
        scan = scan_source(plan, archive, control, tell)
        shape = decide_shape(plan.images, archive, scan.form, scan.samples, control)
        values = SourceValues(archive, scan.form, scan.samples, plan.images, control)
        audio = audio_decoder(plan, archive, scan.form, scan.samples, control)
        decoder = Decoder(
            archive=archive,
            form=scan.form,
            settings=plan.images,
            shape=shape,
            values=values,
            audio=audio,
            further_shapes=further_shapes(plan.images, archive, scan.form, scan.samples, control),
        )
        items = decode_samples(decoder, scan.samples, scan.ledger, control, tell)
        value_range = range_of(items, values)
    control.stop_if_asked()
    audio_shape = next(iter(audio.shapes.values()), None) if audio else None
    return _dry_run(plan, scan, items, shape, audio_shape, value_range, control, tell)


def _dry_run(
    plan: ImportPlan,
    scan: Scan,
    items: PackedItems,
    shape: ImageShape,
    audio_shape: AudioShape | None,
    value_range: ValueRange | None,
    control: RunControl,
    tell: Tell,
) -> DryRun:
    ledger = scan.ledger.copy()
    result = apply_decisions(plan, items, ledger, shape, control, tell)
    sizes = Counter(map(tuple, items.sizes[items.has_image & items.is_usable].tolist()))
    reasons: tuple[Cause, ...] = ()
    if not result.is_trainable:
        reasons = diagnose_empty_import(scan.listing, ledger, scan.samples, len(result.kept))
    return DryRun(
        plan=plan,
        shape=shape,
        audio_shape=audio_shape,
        value_range=value_range,
        result=result,
        ledger=ledger,
        counts=counts_of(ledger, found=scan.items_found, **result.counts),
        text_facts=describe_texts(
            chain.from_iterable(map(result.outcomes.texts, result.outcomes.left.tolist())),
            DataConfig(tokenizer=AUTO),
        ),
        sizes=tuple(sizes.most_common()),
        likely_causes=reasons,
        scan=scan,
        items=items,
    )


def thumbnails(
    plan: ImportPlan,
    images: Mapping[str, ImageRef],
    size: int,
    value_range: ValueRange | None,
    control: RunControl,
) -> dict[str, Pixels]:
    """Decode small images [size, size, 3] of a plan's source; what cannot be decoded is absent."""
    form, padded = FORMATS[plan.reading.format], ImageSettings()
    found: dict[str, Pixels] = {}
    with open_archive(plan.source, control=control) as archive:
        for key, image in images.items():
            control.stop_if_asked()
            try:
                decoded = decode_source_image(
                    form.load(archive, image),
                    LIMITS,
                    at_least=size,
                    frame=image.frame,
                    band=plan.images.band,
                    value_range=None if value_range is None else lambda: value_range,
                )
            except EntryError:
                continue
            found[key] = resize_to_shape(decoded.picture, square(size), padded, 3)
    return found


KEPT_SAMPLES = 8
KEPT_LABELS = 200
ASK_EVERY = 64


@dataclass(frozen=True, kw_only=True)
class ScanFacts:
    """Counts and statistics of the items of a source."""

    pairs: int
    """Images with a text, whatever else they have."""
    image_only: int
    text_only: int
    with_image: int
    with_sound: int = 0
    with_cells: int = 0
    others: int = 0
    """Items with a sound or cells that are no pairs."""
    several: int
    """Images with more than one caption."""
    emptied: int
    """Texts that the plan reduces to nothing."""
    labels: tuple[str, ...]
    """Labels of images, if the source has them; at most ``KEPT_LABELS``."""
    texts: TextFacts
    """Of the texts after normalisation."""
    samples: tuple[tuple[str, str], ...]
    """Texts before and after normalisation, those that change first."""
    reasons: tuple[Cause, ...] = ()
    """Why there is no pair, likeliest first; empty where there is one."""


@dataclass
class _Scanned:
    counts: Counter[str] = field(default_factory=Counter)
    """By the names of ``ScanFacts``."""
    labels: dict[str, None] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    first: list[RawSample] = field(default_factory=list)
    """One with an image, if there is any: what ``likely_causes`` asks of the items."""


def scan_facts(
    plan: ImportPlan,
    archive: Archive,
    look: QuickScan,
    data: DataConfig,
    tell: Callable[[int], None],
    control: RunControl,
) -> ScanFacts:
    """Scan the names and texts of a source and compute statistics.

    Args:
        plan: how the source is read, and how texts are normalised.
        archive: the source.
        look: the listing of the source.
        data: how a run would read the texts; they are measured in its tokens.
        tell: receives the number of items so far, every few items.
        control: asked every few items.

    Raises:
        StoppedError: the control asked for it.
        ConfigError: the spec names what does not exist.
        SourceUnreadableError: the source or its table cannot be read.
    """
    scanned, ledger = _Scanned(), FileLedger()
    ledger.add(look.files)
    form = FORMATS[plan.reading.format]
    found = form.scan(archive, look.listing, plan.reading, ledger)
    samples = with_sounds(found, look.listing, ledger)
    framed = with_frames(samples, archive, form, plan.images.frame_step)
    for number, sample in enumerate(framed):
        if number % ASK_EVERY == 0:
            control.stop_if_asked()
            tell(number)
        _take(scanned, sample, plan.texts, ledger)
    control.stop_if_asked()
    return _facts(scanned, plan.texts, data, look, ledger, control)


def _take(scanned: _Scanned, sample: RawSample, plan: TextSettings, ledger: FileLedger) -> None:
    formed, counts = apply_all(plan, sample.texts), scanned.counts
    if sample.image is not None and formed:
        counts["pairs"] += 1
    elif sample.sounds or sample.cells:
        counts["others"] += 1
    elif sample.image is None:
        counts["text_only"] += 1
        ledger.mark_item_skipped(sample.key, Reason.NO_IMAGE)
    else:
        counts["image_only"] += 1
        ledger.mark_item_skipped(sample.key, Reason.NO_TEXT)
    if sample.image is not None and not scanned.first:
        scanned.first.append(sample)
    counts["with_image"] += sample.image is not None
    counts["with_sound"] += bool(sample.sounds)
    counts["with_cells"] += bool(sample.cells)
    counts["several"] += len(sample.texts) > 1
    counts["emptied"] += bool(sample.texts) and not formed
    scanned.before.extend(sample.texts[: len(formed)])
    scanned.after.extend(formed)
    label = sample.extras.get("label")
    if label and len(scanned.labels) < KEPT_LABELS:
        scanned.labels[label] = None


def _facts(
    scanned: _Scanned,
    plan: TextSettings,
    data: DataConfig,
    look: QuickScan,
    ledger: FileLedger,
    control: RunControl,
) -> ScanFacts:
    rare = rare_words(scanned.after, plan.min_count)
    after = [without_rare(text, rare) for text in scanned.after]
    control.stop_if_asked()
    counts = scanned.counts
    reasons = (
        ()
        if counts["pairs"] or counts["others"]
        else diagnose_empty_import(look.listing, ledger, scanned.first)
    )
    pairs = dict.fromkeys(zip(scanned.before, after, strict=True))
    shown: list[tuple[str, str]] = []
    for is_changed in (True, False):
        some = [pair for pair in pairs if (pair[0] != pair[1]) is is_changed]
        shown += some[:: max(1, len(some) // KEPT_SAMPLES)][:KEPT_SAMPLES]
    return ScanFacts(
        pairs=counts["pairs"],
        image_only=counts["image_only"],
        text_only=counts["text_only"],
        with_image=counts["with_image"],
        with_sound=counts["with_sound"],
        with_cells=counts["with_cells"],
        others=counts["others"],
        several=counts["several"],
        emptied=counts["emptied"] + sum(not text for text in after),
        labels=tuple(scanned.labels),
        texts=describe_texts([text for text in after if text], data),
        samples=tuple(shown[:KEPT_SAMPLES]),
        reasons=reasons,
    )
