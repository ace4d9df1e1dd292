"""What the import wizard's jobs call: the engine's functions, imported on first use.

They are called in a worker's thread, so that the libraries for images, tables and texts are never
on the way to the first window.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.control import RunControl
from engine.importing.plan import ImportPlan
from engine.job_events import ImportEmit

if TYPE_CHECKING:
    from engine.importing.before_after import BeforeAfter
    from engine.importing.examine import Examination
    from engine.importing.first_look import FirstLook
    from engine.importing.kept_tree import KeptTree
    from engine.importing.preview import PreviewItem
    from engine.importing.scan_facts import ScanFacts

Count = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class ImportLooks:
    """Everything that the wizard asks before it writes; a test hands in its own."""

    first_look: "Callable[[Path, Count, RunControl], FirstLook]"
    preview: "Callable[[ImportPlan, FirstLook, RunControl], tuple[PreviewItem, ...]]"
    scan: "Callable[[ImportPlan, FirstLook, str, Count, RunControl], ScanFacts]"
    fit: "Callable[[ImportPlan, FirstLook, RunControl], tuple[BeforeAfter, ...]]"
    examine: "Callable[[ImportPlan, ImportEmit, RunControl], Examination]"
    is_staged: Callable[[ImportPlan], bool]
    """Whether an import of the plan was cut off, and can be gone on with; quick."""
    close: Callable[[], None]
    """The source is not needed any more."""


def engine_looks() -> ImportLooks:
    """Make looks that share one open source."""
    source = _Source()
    return ImportLooks(
        first_look=source.first_look,
        preview=source.preview,
        scan=source.scan,
        fit=source.fit,
        examine=_examine,
        is_staged=_is_staged,
        close=source.close,
    )


class _Source:
    """The looks that need the source open."""

    def __init__(self) -> None:
        self._tree: KeptTree | None = None

    def first_look(self, source: Path, tell: Count, control: RunControl) -> "FirstLook":
        from engine.importing.first_look import look_at

        with self._kept().lent(source, control) as tree:
            return look_at(tree, tell, control)

    def preview(
        self, plan: ImportPlan, look: "FirstLook", control: RunControl
    ) -> "tuple[PreviewItem, ...]":
        from engine.importing.preview import COUNT, preview

        with self._kept().lent(plan.source, control) as tree:
            return preview(plan, COUNT, control, (tree, look.overview))

    def scan(
        self,
        plan: ImportPlan,
        look: "FirstLook",
        tokenizer: str,
        tell: Count,
        control: RunControl,
    ) -> "ScanFacts":
        from engine.importing.scan_facts import scan_facts

        with self._kept().lent(plan.source, control) as tree:
            return scan_facts(plan, tree, look, tokenizer, tell, control)

    def fit(
        self, plan: ImportPlan, look: "FirstLook", control: RunControl
    ) -> "tuple[BeforeAfter, ...]":
        from engine.importing.before_after import before_and_after

        with self._kept().lent(plan.source, control) as tree:
            return before_and_after(plan, tree, look, control)

    def close(self) -> None:
        if self._tree is not None:
            self._tree.close()

    def _kept(self) -> "KeptTree":
        # The first look comes alone, so no two threads make one at once.
        if self._tree is None:
            from engine.importing.kept_tree import KeptTree

            self._tree = KeptTree()
        return self._tree


def _examine(plan: ImportPlan, emit: ImportEmit, control: RunControl) -> "Examination":
    from engine.importing.examine import examine_source

    return examine_source(plan, emit, control)


def _is_staged(plan: ImportPlan) -> bool:
    from engine.importing.fingerprint import decoding_hash
    from engine.importing.staging import has_staged

    return has_staged(plan.dataset, decoding_hash(plan))
