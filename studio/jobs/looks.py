"""What the import wizard's jobs call: the engine's functions, imported on first use.

They are called in a worker's thread, so that the libraries for images, tables and texts are never
on the way to the first window.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.control import RunControl
from engine.events import ImportEmit
from engine.importing.plan import ImportPlan

if TYPE_CHECKING:
    from engine.importing.before_after import BeforeAfter
    from engine.importing.examine import Examination
    from engine.importing.first_look import FirstLook
    from engine.importing.preview import PreviewItem
    from engine.importing.scan_facts import ScanFacts

Count = Callable[[int], None]


def _first_look(source: Path, tell: Count, control: RunControl) -> "FirstLook":
    from engine.importing.first_look import look_at

    return look_at(source, tell, control)


def _preview(plan: ImportPlan, look: "FirstLook", control: RunControl) -> "tuple[PreviewItem, ...]":
    from engine.importing.opening import open_tree
    from engine.importing.preview import COUNT, preview

    with open_tree(plan.source, control=control) as tree:
        return preview(plan, COUNT, control, (tree, look.overview))


def _scan(
    plan: ImportPlan, look: "FirstLook", tokenizer: str, tell: Count, control: RunControl
) -> "ScanFacts":
    from engine.importing.scan_facts import scan_facts

    return scan_facts(plan, look, tokenizer, tell, control)


def _fit(plan: ImportPlan, look: "FirstLook", control: RunControl) -> "tuple[BeforeAfter, ...]":
    from engine.importing.before_after import before_and_after

    return before_and_after(plan, look, control)


def _examine(plan: ImportPlan, emit: ImportEmit, control: RunControl) -> "Examination":
    from engine.importing.examine import examine_source

    return examine_source(plan, emit, control)


def _is_staged(plan: ImportPlan) -> bool:
    from engine.importing.fingerprint import decoding_hash
    from engine.importing.staging import has_staged

    return has_staged(plan.dataset, decoding_hash(plan))


@dataclass(frozen=True, kw_only=True)
class ImportLooks:
    """Everything that the wizard asks before it writes; a test hands in its own."""

    first_look: Callable[[Path, Count, RunControl], "FirstLook"] = _first_look
    preview: "Callable[[ImportPlan, FirstLook, RunControl], tuple[PreviewItem, ...]]" = _preview
    scan: "Callable[[ImportPlan, FirstLook, str, Count, RunControl], ScanFacts]" = _scan
    fit: "Callable[[ImportPlan, FirstLook, RunControl], tuple[BeforeAfter, ...]]" = _fit
    examine: "Callable[[ImportPlan, ImportEmit, RunControl], Examination]" = _examine
    is_staged: Callable[[ImportPlan], bool] = _is_staged
    """Whether an import of the plan was cut off, and can be gone on with; quick."""
