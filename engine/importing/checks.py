"""The data checks: find issues in the samples of an import, and decide what becomes of each sample.

Checks of images: size, shape, equal and similar images. Checks of texts: encoding, length,
repetition. Checks across samples: leaks from the training into the validation split, group sizes.
Checks of sounds and fields are in ``member_checks``.

The result is a pure function of samples, ledger and plan, so a fix is undone by checking again with
a plan without it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from engine.control import RunControl
from engine.data.image_shape import ImageShape
from engine.data.store import TRAIN, VALIDATION
from engine.data.words import split_words
from engine.importing.captions import apply_all, cut, rare_words, without_rare
from engine.importing.check_context import CheckContext, CheckReport, SampleOutcome
from engine.importing.encoding import looks_like_mojibake, repair_mojibake
from engine.importing.ledger import FileLedger, Reason
from engine.importing.member_checks import check_fields, check_same_sounds, check_sounds
from engine.importing.near_duplicates import NearDuplicateIndex, near_duplicate_groups
from engine.importing.plan import Fix, ImportPlan, Issue, check_fixes
from engine.importing.samples import DecodedSample, ImageFacts
from engine.importing.table import build_table
from engine.importing.text_stats import covering

SIMILAR_BITS = 4
"""Bits of 64 in which the hashes of similar images may differ."""
MAX_RATIO = 3
REPEATED_LEAST = 20
"""Images that must at least share a text for it to be called repeated."""
_USUAL_SHARE = 0.95
_LONG_TIMES, _LONG_MORE = 2, 8
LEAK_BITS, LEAK_TOLERANCE = 2, 8
"""Stricter than for similar images, because leaks are fixed by default."""
_ALIKE_SHARE, _ALIKE_LEAST = 0.2, 50
_MAX_TIMES = 10
UNREADABLE = frozenset(
    {
        Reason.EMPTY,
        Reason.NOT_AN_IMAGE,
        Reason.NOT_AUDIO,
        Reason.UNSUPPORTED,
        Reason.TRUNCATED,
        Reason.DAMAGED,
        Reason.TOO_LARGE,
        Reason.UNREADABLE,
        Reason.UNSAFE_PATH,
        Reason.LOCKED,
        Reason.LINK,
        Reason.SPECIAL_FILE,
        Reason.WEB_ADDRESS,
        Reason.BAD_ROW,
        Reason.BAD_ENCODING,
    }
)
"""Reasons that are reported as unreadable: files that may have been meant to be imported."""


_WithImage = tuple[SampleOutcome, ImageFacts]
_Leak = tuple[SampleOutcome, SampleOutcome]


def check_samples(
    samples: Sequence[DecodedSample],
    ledger: FileLedger,
    plan: ImportPlan,
    shape: ImageShape,
    control: RunControl | None = None,
) -> CheckReport:
    """Check all samples that could be read, and report the files that could not.

    Args:
        samples: in the order of the source, with unique keys; of equal images the first is kept.
        ledger: what was skipped before; only read.
        plan: chooses the fixes.
        shape: of the stored images.
        control: may ask for a stop.

    Raises:
        ConfigError: the plan chooses a fix that its issue does not offer.
        StoppedError: the control asked for it.
    """
    check_fixes(plan)
    context = CheckContext(samples, plan, shape, control)
    skipped = [*ledger.skipped_files(), *ledger.skipped_items(), *ledger.skipped_members()]
    for issue, reasons in ((Issue.UNREADABLE, UNREADABLE), (Issue.HIDDEN, {Reason.HIDDEN})):
        paths = dict.fromkeys(one.path for one in skipped if one.reason in reasons)
        context.report(issue, list(paths))
    # A sound alone is skipped with its item, and has one path for both.
    context.silent_files = list(
        dict.fromkeys(one.path for one in skipped if one.reason is Reason.SILENT)
    )
    for outcome in context.outcomes:
        if outcome.key in plan.excluded:
            outcome.skip(Reason.EXCLUDED)
    # Encodings are repaired before texts are normalised, and samples without text or image are
    # skipped before images are compared. Each check sees what those before it have left.
    for check in (
        check_mojibake,
        normalise_texts,
        check_missing,
        check_originals,
        check_sizes,
        check_same,
        check_similar,
        check_long_texts,
        check_repeated_texts,
        check_leaks,
        check_balance,
        check_sounds,
        check_same_sounds,
        check_fields,
    ):
        check(context)
    reports = tuple(context.reports[issue] for issue in Issue)
    return CheckReport(reports=reports, outcomes=context.outcomes, table=context.table)


def check_mojibake(context: CheckContext) -> None:
    """Find texts that were read in the wrong encoding; runs before any other check."""
    is_bad = {t: looks_like_mojibake(t) for one in context.left() for t in set(one.texts)}
    found = [one for one in context.left() if any(is_bad[text] for text in one.texts)]
    repairable = sum(bad and repair_mojibake(text) != text for text, bad in is_bad.items())
    keys = [outcome.key for outcome in found]
    context.report(Issue.MOJIBAKE, keys, detail={"repairable": repairable})
    fix = context.fix(Issue.MOJIBAKE)
    for outcome in found if fix != Fix.KEEP else ():
        if fix == Fix.FIX:
            outcome.texts = tuple(repair_mojibake(text) for text in outcome.texts)
        else:
            _drop_texts(outcome, is_bad, Reason.MOJIBAKE)


def normalise_texts(context: CheckContext) -> None:
    """Apply the text plan; rare words are removed last, because they depend on all texts."""
    plan = context.plan.texts
    for outcome in context.left():
        outcome.texts = apply_all(plan, outcome.texts)
        if outcome.further_texts:
            further = {name: apply_all(plan, t) for name, t in outcome.further_texts.items()}
            outcome.further_texts = {name: texts for name, texts in further.items() if texts}
    rare = rare_words((text for one in context.left() for text in one.texts), plan.min_count)
    for outcome in context.left() if rare else ():
        changed = (without_rare(text, rare) for text in outcome.texts)
        outcome.texts = tuple(dict.fromkeys(text for text in changed if text))


def check_missing(context: CheckContext) -> None:
    """Find images without text and texts without image; samples without anything are skipped.

    A sample with a sound, a further image or text, or cells lacks nothing: any column may be
    absent. Cells count only if a column of them becomes a field.
    """
    no_text: list[SampleOutcome] = []
    no_image: list[SampleOutcome] = []
    left = [
        outcome
        for outcome in context.left()
        if not (outcome.sample.sounds or outcome.sample.pictures or outcome.further_texts)
    ]
    have_cells = any(one.sample.raw.cells and not (one.image and one.texts) for one in left)
    if have_cells:
        cells = [outcome.sample.raw.cells for outcome in context.left()]
        table = build_table(cells, dict(context.plan.field_kinds))
        have_cells = table is not None and bool(table.fields)
    for outcome in left:
        is_row_alone = outcome.image is None and not outcome.texts
        if outcome.sample.raw.cells and (have_cells or is_row_alone):
            continue
        if outcome.image is None and not outcome.texts:
            outcome.skip(Reason.EMPTY, "neither image nor text")
        elif not outcome.texts:
            no_text.append(outcome)
        elif outcome.image is None:
            no_image.append(outcome)
    context.report_and_skip(Issue.NO_TEXT, no_text, Reason.NO_TEXT)
    context.report_and_skip(Issue.NO_IMAGE, no_image, Reason.NO_IMAGE)


def check_originals(context: CheckContext) -> None:
    """Find images that hold more than is stored: bits, channels or frames."""
    found = context.left_with_image()
    takes_band = context.plan.images.band > 0
    takes_all_frames = context.plan.images.frame_step == 1
    for issue, has_more in (
        (Issue.DEEP_PIXELS, lambda image: image.is_deep),
        (Issue.MORE_BANDS, lambda image: image.bands not in (1, 3) and not takes_band),
        (Issue.MORE_FRAMES, lambda image: image.has_more_frames and not takes_all_frames),
    ):
        context.report(issue, [outcome.key for outcome, image in found if has_more(image)])


def check_sizes(context: CheckContext) -> None:
    """Find images smaller than the stored ones, and those of a very different aspect ratio."""
    shape = context.shape
    # A padded image is inside the stored one; a cropped or stretched one covers it.
    is_enlarged = all if context.plan.images.fit == "pad" else any
    tiny: list[SampleOutcome] = []
    long: list[SampleOutcome] = []
    for outcome, image in context.left_with_image():
        if min(image.width, image.height) < 1:
            continue
        if is_enlarged((image.width < shape.width, image.height < shape.height)):
            tiny.append(outcome)
        ratios = (image.width * shape.height, image.height * shape.width)
        if max(ratios) > MAX_RATIO * min(ratios):
            long.append(outcome)
    context.report_and_skip(Issue.TINY_IMAGE, tiny, Reason.TINY_IMAGE)
    context.report_and_skip(Issue.EXTREME_RATIO, long, Reason.EXTREME_RATIO)


def check_same(context: CheckContext) -> None:
    """Find images with equal pixels; items with other further members are not the same."""
    by_digest: dict[tuple[Any, ...], list[SampleOutcome]] = {}
    for outcome, image in context.left_with_image():
        if image.pixel_digest:
            sample = outcome.sample
            members = [*sample.sounds.items(), *sample.pictures.items()]
            key = (
                image.pixel_digest,
                *((name, found.digest) for name, found in members),
                *outcome.further_texts.items(),
                *sample.raw.cells.items(),
            )
            by_digest.setdefault(key, []).append(outcome)
    groups = [group for group in by_digest.values() if len(group) > 1]
    context.report_and_merge(Issue.SAME_IMAGE, groups, Reason.SAME_IMAGE)


def check_similar(context: CheckContext) -> None:
    """Find images that look the same; of those with equal pixels only the first is compared."""
    first_of: dict[bytes, _WithImage] = {}
    for outcome, image in context.left_with_image():
        key = image.pixel_digest or outcome.key.encode(errors="surrogatepass")
        first_of.setdefault(key, (outcome, image))
    left = list(first_of.values())
    hashes = [image.phash for _outcome, image in left]
    groups = near_duplicate_groups(hashes, SIMILAR_BITS, [image.colours for _o, image in left])
    found = [[left[place][0] for place in group] for group in groups]
    context.report_and_merge(Issue.SIMILAR_IMAGE, found, Reason.SIMILAR_IMAGE)


def check_long_texts(context: CheckContext) -> None:
    """Find texts of more than twice the length that covers 95 % of all, and a few words more."""
    sizes = {t: len(split_words(t)) for one in context.left() for t in set(one.texts)}
    lengths = Counter(sizes[text] for one in context.left() for text in one.texts)
    usual = covering(lengths, _USUAL_SHARE)
    most = max(_LONG_TIMES * usual, usual + _LONG_MORE)
    is_long = {text: size > most for text, size in sizes.items()}
    found = [one for one in context.left() if any(is_long[text] for text in one.texts)]
    detail = {"usual": usual, "most": most, "longest": max(lengths, default=0)}
    context.report(Issue.LONG_TEXT, [outcome.key for outcome in found], detail=detail)
    fix = context.fix(Issue.LONG_TEXT)
    for outcome in found if fix != Fix.KEEP else ():
        if fix == Fix.FIX:
            texts = (cut(text, usual) if is_long[text] else text for text in outcome.texts)
            outcome.texts = tuple(dict.fromkeys(texts))
        else:
            _drop_texts(outcome, is_long, Reason.LONG_TEXT)


def check_repeated_texts(context: CheckContext) -> None:
    """Find texts that very many images share where most texts are unique; not class names.

    When such a text is skipped, only its first image keeps it.
    """
    outcomes = [outcome for outcome, _image in context.left_with_image()]
    counts = Counter(text for outcome in outcomes for text in set(outcome.texts))
    unique = sum(count == 1 for count in counts.values())
    least = REPEATED_LEAST if 2 * unique >= len(counts) else len(outcomes) + 1
    is_repeated = {text: count >= least for text, count in counts.items()}
    seen: set[str] = set()
    found: list[tuple[SampleOutcome, dict[str, bool]]] = []
    for outcome in outcomes:
        again = {text: is_repeated[text] and text in seen for text in outcome.texts}
        seen.update(outcome.texts)
        if any(again.values()):
            found.append((outcome, again))
    detail = {"texts": sum(is_repeated.values()), "most": max(counts.values(), default=0)}
    context.report(Issue.REPEATED_TEXT, [outcome.key for outcome, _ in found], detail=detail)
    if context.fix(Issue.REPEATED_TEXT) == Fix.SKIP:
        for outcome, again in found:
            _drop_texts(outcome, again, Reason.REPEATED_TEXT)


def _drop_texts(outcome: SampleOutcome, is_bad: Mapping[str, bool], reason: Reason) -> None:
    """Remove bad texts from a sample; skip the sample if it has no others."""
    texts = tuple(text for text in outcome.texts if not is_bad[text])
    if texts:
        outcome.texts = texts
    else:
        outcome.skip(reason)


def check_leaks(context: CheckContext) -> None:
    """Find validation images that nearly equal a training image.

    If a fifth of the validation images have such a twin, images are similar by nature (drawn
    shapes, for instance), and only equal pixels count: otherwise hardly any would remain for
    validation.
    """
    left = context.left_with_image()
    held = [one for one in left if one[0].split == VALIDATION]
    train = [one for one in left if one[0].split == TRAIN]
    leaks = _find_leaks(held, train, exact=False)
    if len(leaks) > max(_ALIKE_LEAST, _ALIKE_SHARE * len(held)):
        leaks = _find_leaks(held, train, exact=True)
    keys = [(twin.key, outcome.key) for outcome, twin in leaks]
    context.report(Issue.LEAK, [key for _twin, key in keys], keys, {"validation": len(held)})
    fix = context.fix(Issue.LEAK)
    for outcome, twin in leaks:
        if fix == Fix.SKIP:
            outcome.skip(Reason.LEAK, f"like {twin.key}, which is trained on")
        elif fix == Fix.FIX:
            outcome.split = TRAIN


def _find_leaks(
    held: Sequence[_WithImage], train: Sequence[_WithImage], *, exact: bool
) -> list[_Leak]:
    """Pair validation samples with a training twin, in order.

    A leak moves to the training split, so its own twins leak too: repeated until none is new.
    """
    leaks: dict[int, _Leak] = {}
    fresh = train
    while fresh:
        twins = _Twins(fresh, exact=exact)
        fresh = []
        for place, (outcome, image) in enumerate(held):
            twin = None if place in leaks else twins.find(image)
            if twin is not None:
                leaks[place] = (outcome, twin)
                fresh.append((outcome, image))
    return [leaks[place] for place in sorted(leaks)]


class _Twins:
    """An index of samples by their images: equal ones first, then near duplicates."""

    def __init__(self, samples: Sequence[_WithImage], *, exact: bool) -> None:
        self._samples = samples
        self._by_digest: dict[bytes, SampleOutcome] = {}
        self._index = NearDuplicateIndex(LEAK_BITS, LEAK_TOLERANCE)
        for number, (outcome, image) in enumerate(samples):
            if image.pixel_digest:
                self._by_digest.setdefault(image.pixel_digest, outcome)
            if not exact:
                self._index.add(number, image.phash, image.colours)

    def find(self, image: ImageFacts) -> SampleOutcome | None:
        same = self._by_digest.get(image.pixel_digest)
        number = self._index.find(image.phash, image.colours) if same is None else None
        return same if number is None else self._samples[number][0]


def check_balance(context: CheckContext) -> None:
    """Find samples of groups with less than a tenth of the samples of the largest group."""
    counts = Counter(outcome.group for outcome in context.left() if outcome.group)
    largest = max(counts.values(), default=0)
    small = {group for group, count in counts.items() if count * _MAX_TIMES < largest}
    keys = [outcome.key for outcome in context.left() if outcome.group in small]
    detail = {
        "groups": len(counts),
        "small_groups": len(small),
        "largest": largest,
        "smallest": min(counts.values(), default=0),
    }
    context.report(Issue.IMBALANCE, keys, detail=detail)
