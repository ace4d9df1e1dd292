"""Opens a source as a plan says and lists its samples: the first half of every import.

- ``quick_scan`` lists the files of a source and detects formats, for the wizard.
- ``scan_source`` gives the raw samples, before any image is opened.
- ``fingerprint`` decides whether an unfinished import can be resumed: same plan, same source.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.config.setting import problems_in
from engine.control import RunControl
from engine.data.image_decode import count_frames
from engine.data.pixel_values import parse_range
from engine.errors import ConfigError, EngineError, EntryError, Problem
from engine.events import ImportStage
from engine.importing.empty_import import Cause, CauseKind, diagnose_unknown_source
from engine.importing.formats.format import (
    Detection,
    FileEntries,
    FileListing,
    Format,
    RawSample,
    suffix_of,
)
from engine.importing.formats.names import (
    HEAD_BYTES,
    IMAGE_SUFFIXES,
    TEXT_SUFFIXES,
    starts_like_image,
)
from engine.importing.formats.parquet import columnar_alone
from engine.importing.formats.registry import FORMATS
from engine.importing.formats.sounds import sound_paths, with_sounds
from engine.importing.formats.streams import STREAM_ERRORS
from engine.importing.formats.tabular import table_alone
from engine.importing.ledger import FileLedger, Reason, SkipTable
from engine.importing.packed import StringSet
from engine.importing.packed_samples import PackedSamples
from engine.importing.plan import DECODING, ImportPlan, check_fixes
from engine.importing.progress import ProgressReporter
from engine.importing.sources.archive import Archive, FileEntry

ASK_EVERY = 64
"""Entries between two looks at the control: a few milliseconds even on a slow disk."""


def list_files(
    archive: Archive,
    ledger: FileLedger,
    control: RunControl,
    tell: Callable[[int], None] = lambda _count: None,
) -> FileListing:
    """List a source; files without a suffix are opened only if no file is named like an image.

    Args:
        archive: the source.
        ledger: counts the files, and takes what is refused.
        control: asked every few files.
        tell: receives the number of files listed so far, every few files.

    Raises:
        StoppedError: the control asked for it.
        SourceUnreadableError: the source cannot be read, or has too many files.
    """
    entries = FileEntries()
    for number, entry in enumerate(archive.entries(ledger)):
        if number % ASK_EVERY == 0:
            control.stop_if_asked()
            tell(number)
        entries.append(entry)
    control.stop_if_asked()
    suffixes = {suffix: len(places) for suffix, places in entries.places.items()}
    unnamed: frozenset[str] = frozenset()
    if not IMAGE_SUFFIXES & suffixes.keys():
        unnamed = frozenset(_unnamed_images(archive, entries, control))
    return FileListing(entries=entries, suffixes=suffixes, unnamed_images=unnamed)


def _unnamed_images(
    archive: Archive, entries: Iterable[FileEntry], control: RunControl
) -> Iterator[str]:
    """Yield the files without a suffix whose first bytes are those of an image."""
    for number, entry in enumerate(entries):
        if number % ASK_EVERY == 0:
            control.stop_if_asked()
        if suffix_of(entry.path):
            continue
        with contextlib.suppress(EntryError, *STREAM_ERRORS), archive.open(entry.path) as stream:
            if starts_like_image(stream.read(HEAD_BYTES)):
                yield entry.path


def detect_formats(archive: Archive, listing: FileListing) -> tuple[Detection, ...]:
    """Ask every format whether it can read the source; the most confident comes first."""
    found: list[Detection] = []
    for form in FORMATS.values():
        # The scan will report a file that cannot be read.
        with contextlib.suppress(EngineError):
            if (detection := form.detect(archive, listing)) is not None:
                found.append(detection)
    # Sorting is stable: between equals the order of the table decides.
    return tuple(sorted(found, key=lambda detection: -detection.confidence))


def detect_rows_alone(archive: Archive, listing: FileListing) -> tuple[Detection, ...]:
    """Detect a table whose rows are items of their own, in a source without images or sounds."""
    found = table_alone(archive, listing) or columnar_alone(archive, listing)
    return () if found is None else (found,)


COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, kw_only=True)
class Scan:
    """The samples of a source, before any image is opened."""

    form: Format
    listing: FileListing
    ledger: FileLedger
    samples: PackedSamples
    """With unique keys."""
    items_found: int
    """Samples, and rows that make none."""


def check_plan(plan: ImportPlan) -> None:
    """Check a plan against the ranges of its settings.

    Raises:
        ConfigError: names everything that is wrong.
    """
    problems = problems_in(plan)
    if not COLOUR.fullmatch(plan.images.background):
        message = f"must be # and six hex digits, not {plan.images.background}"
        problems.append(Problem("images.background", message))
    try:
        parse_range(plan.images.value_range)
    except ValueError:
        message = f"must be auto or two numbers such as 0:4095, not {plan.images.value_range}"
        problems.append(Problem("images.value_range", message))
    if plan.reading.format not in FORMATS:
        message = f"must be one of {', '.join(FORMATS)}, not {plan.reading.format}"
        problems.append(Problem("reading.format", message))
    if problems:
        raise ConfigError(problems)
    check_fixes(plan)


def scan_source(
    plan: ImportPlan, archive: Archive, control: RunControl, tell: ProgressReporter
) -> Scan:
    """List the files of a source and pair its images, texts and sounds.

    Raises:
        StoppedError: the control asked for it.
        ConfigError: the spec names what does not exist.
        SourceUnreadableError: the source, or its table, cannot be read.
    """
    ledger, form = FileLedger(), FORMATS[plan.reading.format]
    listing = list_files(archive, ledger, control, lambda done: tell(ImportStage.LISTING, done, 0))
    tell.expect(listing, lambda: _items_detected(form, archive, listing))
    samples = PackedSamples()
    found = with_sounds(form.scan(archive, listing, plan.reading, ledger), listing, ledger)
    frames = with_frames(found, archive, form, plan.images.frame_step)
    for number, sample in enumerate(frames):
        control.stop_if_asked()
        tell(ImportStage.SCANNING, number, 0)
        samples.append(sample)
    control.stop_if_asked()
    refused = ledger.skipped_items()
    _give_own_keys(samples, refused)
    return Scan(
        form=form,
        listing=listing,
        ledger=ledger,
        samples=samples,
        items_found=len(samples) + len(refused),
    )


def _items_detected(form: Format, archive: Archive, listing: FileListing) -> int:
    """Return the number of items that a format expects; 0 if it cannot tell."""
    # The scan will report a file that cannot be read.
    with contextlib.suppress(EngineError):
        detection = form.detect(archive, listing)
        return detection.images if detection else 0
    return 0


def with_frames(
    samples: Iterable[RawSample], archive: Archive, form: Format, step: int
) -> Iterator[RawSample]:
    """Yield samples, and after each one those of further frames or pages of its image.

    Args:
        samples: as the format yields them.
        archive: the source.
        form: its format.
        step: of so many frames one is taken; 0 takes the first alone and opens no image.
    """
    for sample in samples:
        yield sample
        if not step or sample.image is None:
            continue
        # What cannot be read is reported when it is decoded.
        with contextlib.suppress(EntryError):
            content = form.load(archive, sample.image)
            frames = count_frames(content) if isinstance(content, bytes) else 1
            for frame in range(step, frames, step):
                image = replace(sample.image, frame=frame)
                yield replace(sample, key=f"{sample.key}#{frame + 1}", image=image)


def _give_own_keys(samples: PackedSamples, refused: SkipTable) -> None:
    """Tell apart the items that share a key, such as an image that is named in two places."""
    if not samples.may_share_keys and not refused:
        return
    known = StringSet(skipped.path for skipped in refused)
    counts: Counter[str] = Counter()
    for number in range(len(samples)):
        own = key = samples.key(number)
        while key in known:
            counts[own] += 1
            key = f"{own} ({counts[own] + 1})"
        known.add(key)
        if key != own:
            samples.rename(number, key)


@dataclass(frozen=True, kw_only=True)
class QuickScan:
    """The listing of a source, and the formats that can read it."""

    source: Path
    listing: FileListing
    detections: tuple[Detection, ...]
    """Best first."""
    files: int
    """All that were found, those that are left out included."""
    left_out: Mapping[Reason, int]
    """Files that no format will see, such as hidden ones, by reason."""
    causes: tuple[Cause, ...]
    """The likely reasons where no format finds images or sounds."""

    @property
    def images(self) -> int:
        """Files that are named like an image."""
        return sum(self.listing.suffixes.get(suffix, 0) for suffix in IMAGE_SUFFIXES)

    @property
    def sounds(self) -> int:
        """Files that are named like a sound that can be read."""
        return len(sound_paths(self.listing))

    @property
    def texts(self) -> int:
        """Files that are named like a caption."""
        return sum(self.listing.suffixes.get(suffix, 0) for suffix in TEXT_SUFFIXES)


def quick_scan(archive: Archive, tell: Callable[[int], None], control: RunControl) -> QuickScan:
    """List a source and detect its formats; opens at most a few small files.

    A table alone is detected where no format finds images or sounds.

    Args:
        archive: the source.
        tell: receives the number of files listed so far, every few files.
        control: asked every few files.

    Raises:
        StoppedError: the control asked for it.
        SourceUnreadableError: the source cannot be read, or has too many files.
    """
    ledger = FileLedger()
    listing = list_files(archive, ledger, control, tell)
    offers = detect_formats(archive, listing)
    causes = () if offers else diagnose_unknown_source(archive, listing, ledger)
    # The rows of a table of web addresses are images that have to be downloaded first.
    if not offers and not any(cause.kind is CauseKind.ADDRESSES for cause in causes):
        offers = detect_rows_alone(archive, listing)
    return QuickScan(
        source=archive.source,
        listing=listing,
        detections=offers,
        files=ledger.files_found,
        left_out=ledger.skip_counts(),
        causes=causes,
    )


def plan_table(plan: ImportPlan) -> dict[str, Any]:
    """Write a plan as what JSON can hold; the order of the fields is always the same."""
    table = {field.name: getattr(plan, field.name) for field in dataclasses.fields(plan)}
    for name in ("reading", "texts", "images", "audio"):
        table[name] = dataclasses.asdict(table[name])
    table["source"], table["dataset"] = str(plan.source), str(plan.dataset)
    table["repairs"] = {str(k): str(v) for k, v in sorted(plan.repairs.items())}
    table["excluded"] = sorted(plan.excluded)
    return table


def fingerprint(plan: ImportPlan, archive: Archive, listing: FileListing) -> dict[str, str]:
    """Hash what decides about decoding in a plan, and the names, sizes and times of a source.

    The text plan, fixes and so on may change in between.
    """
    return {"plan": decoding_hash(plan), "source": _source_hash(archive, listing)}


def decoding_hash(plan: ImportPlan) -> str:
    """Hash what decides about decoding in a plan."""
    table = plan_table(plan)
    text = json.dumps([table[name] for name in DECODING], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _source_hash(archive: Archive, listing: FileListing) -> str:
    digest = hashlib.sha256()
    root = None
    if archive.source.is_dir():
        root = archive.source
    elif archive.selected_entry:
        root = archive.source.parent
    else:
        # The time of an archive covers all its files.
        status = archive.source.stat()
        digest.update(f"{status.st_size} {status.st_mtime_ns}\n".encode())
    for entry in listing.entries:
        time_ns = 0
        if root is not None:
            try:
                time_ns = os.lstat(f"{root}/{entry.path}").st_mtime_ns
            except (OSError, ValueError):
                time_ns = -1
        line = f"{entry.path}\0{entry.size}\0{time_ns}\n"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
