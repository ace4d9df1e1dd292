"""What a reading of a source finds, without opening an image: for the wizard, not for the build."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from engine.control import RunControl
from engine.importing.accounts import Accounts, Reason
from engine.importing.candidate import Candidate
from engine.importing.first_look import FirstLook
from engine.importing.formats.table import FORMATS
from engine.importing.likely_reasons import LikelyReason, likely_reasons
from engine.importing.plan import ImportPlan, TextPlan
from engine.importing.text_facts import TextFacts, describe_texts
from engine.importing.text_plan import apply_all, rare_words, without_rare
from engine.importing.tree import Tree

KEPT_SAMPLES = 8
KEPT_LABELS = 200
ASK_EVERY = 64


@dataclass(frozen=True, kw_only=True)
class ScanFacts:
    """Figures about the items of a source."""

    pairs: int
    """Images with a text."""
    image_only: int
    text_only: int
    several: int
    """Images with more than one caption."""
    emptied: int
    """Texts of which the plan leaves nothing."""
    labels: tuple[str, ...]
    """What images are labelled with, where the source labels them; at most ``KEPT_LABELS``."""
    texts: TextFacts
    """Of the texts as the plan leaves them."""
    samples: tuple[tuple[str, str], ...]
    """Texts before and after the plan, those that it changes first."""
    reasons: tuple[LikelyReason, ...] = ()
    """Why there is no pair, likeliest first; empty where there is one."""


@dataclass
class _Scanned:
    pairs: int = 0
    image_only: int = 0
    text_only: int = 0
    several: int = 0
    emptied: int = 0
    labels: dict[str, None] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    first: list[Candidate] = field(default_factory=list)
    """One with an image, if there is any: what ``likely_reasons`` asks of the items."""


def scan_facts(
    plan: ImportPlan,
    tree: Tree,
    look: FirstLook,
    tokenizer: str,
    tell: Callable[[int], None],
    control: RunControl,
) -> ScanFacts:
    """Scan a source and measure what is found.

    Args:
        plan: how it is read, and what becomes of the texts.
        tree: the source.
        look: what it holds.
        tokenizer: the units in which texts are measured: ``word``, ``bpe`` or ``characters``.
        tell: receives the number of items so far, every few items.
        control: asked every few items.

    Raises:
        StoppedError: the control asked for it.
        ConfigError: the reading names what is not there.
        SourceUnreadableError: the source or its table cannot be read.
    """
    scanned, accounts = _Scanned(), Accounts()
    accounts.find(look.files)
    form = FORMATS[plan.reading.format]
    candidates = form.scan(tree, look.overview, plan.reading, accounts)
    for number, candidate in enumerate(candidates):
        if number % ASK_EVERY == 0:
            control.stop_if_asked()
            tell(number)
        _take(scanned, candidate, plan.texts, accounts)
    control.stop_if_asked()
    return _facts(scanned, plan.texts, tokenizer, look, accounts, control)


def _take(scanned: _Scanned, candidate: Candidate, plan: TextPlan, accounts: Accounts) -> None:
    formed = apply_all(plan, candidate.texts)
    if candidate.image is None:
        scanned.text_only += 1
        accounts.skip_item(candidate.key, Reason.NO_IMAGE)
    elif formed:
        scanned.pairs += 1
    else:
        scanned.image_only += 1
        accounts.skip_item(candidate.key, Reason.NO_TEXT)
    if candidate.image is not None and not scanned.first:
        scanned.first.append(candidate)
    scanned.several += len(candidate.texts) > 1
    scanned.emptied += bool(candidate.texts) and not formed
    scanned.before.extend(candidate.texts[: len(formed)])
    scanned.after.extend(formed)
    label = candidate.extras.get("label")
    if label and len(scanned.labels) < KEPT_LABELS:
        scanned.labels[label] = None


def _facts(
    scanned: _Scanned,
    plan: TextPlan,
    tokenizer: str,
    look: FirstLook,
    accounts: Accounts,
    control: RunControl,
) -> ScanFacts:
    rare = rare_words(scanned.after, plan.min_count)
    after = [without_rare(text, rare) for text in scanned.after]
    control.stop_if_asked()
    reasons = likely_reasons(look.overview, accounts, scanned.first) if not scanned.pairs else ()
    return ScanFacts(
        pairs=scanned.pairs,
        image_only=scanned.image_only,
        text_only=scanned.text_only,
        several=scanned.several,
        emptied=scanned.emptied + sum(not text for text in after),
        labels=tuple(scanned.labels),
        texts=describe_texts([text for text in after if text], tokenizer),
        samples=_samples(scanned.before, after),
        reasons=reasons,
    )


def _samples(before: Sequence[str], after: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Take texts from all over the source, each once, the changed ones first."""
    pairs = list(dict.fromkeys(zip(before, after, strict=True)))
    changed = [pair for pair in pairs if pair[0] != pair[1]]
    same = [pair for pair in pairs if pair[0] == pair[1]]
    return tuple([*_spread(changed), *_spread(same)][:KEPT_SAMPLES])


def _spread(pairs: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    step = max(1, len(pairs) // KEPT_SAMPLES)
    return pairs[::step][:KEPT_SAMPLES]
