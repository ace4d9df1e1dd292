"""What is done to datasets in a worker's thread: the engine's functions, imported on first use."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.control import RunControl
from engine.data.editing import Edits, ItemState, original_states
from engine.data.index import Index
from engine.data.replacing import Replacement, Search
from engine.data.statistics import Statistics
from engine.data.store import StoredDataset
from engine.importing.item_finding import ItemFinding

Report = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class OpenedDataset:
    """A dataset and what its items can be found by."""

    dataset: StoredDataset
    index: Index
    originals: Sequence[ItemState]
    """``original_states`` of it."""


def _open(folder: Path) -> OpenedDataset:
    from engine.data.store import open_dataset

    dataset = open_dataset(folder)
    return OpenedDataset(dataset=dataset, index=Index(dataset), originals=original_states(dataset))


def _measure(dataset: StoredDataset, edits: Edits, control: RunControl) -> Statistics:
    from engine.data.statistics import measure

    return measure(dataset, edits, control=control)


def _find_changes(
    edits: Edits, search: Search, items: Iterable[int], control: RunControl
) -> Replacement:
    from engine.data.replacing import find_changes

    return find_changes(edits, search, items, control=control)


def _save(
    dataset: StoredDataset, edits: Edits, folder: Path, report: Report, control: RunControl
) -> None:
    from engine.data.versions import save_version

    save_version(dataset, edits, folder, report=report, control=control)


def _export(
    dataset: StoredDataset, edits: Edits, folder: Path, report: Report, control: RunControl
) -> int:
    from engine.data.export import export_image_folder

    return export_image_folder(dataset, folder, edits=edits, report=report, control=control)


def _examine(
    dataset: StoredDataset, edits: Edits, report: Report, control: RunControl
) -> tuple[ItemFinding, ...]:
    from engine.importing.dataset_findings import find_in_dataset

    return find_in_dataset(dataset, edits, report=report, control=control)


@dataclass(frozen=True, kw_only=True)
class DatasetWork:
    """What the workers call; a test hands in its own."""

    open: Callable[[Path], OpenedDataset] = _open
    measure: Callable[[StoredDataset, Edits, RunControl], Statistics] = _measure
    find_changes: Callable[[Edits, Search, Iterable[int], RunControl], Replacement] = _find_changes
    save: Callable[[StoredDataset, Edits, Path, Report, RunControl], None] = _save
    export: Callable[[StoredDataset, Edits, Path, Report, RunControl], int] = _export
    examine: Callable[[StoredDataset, Edits, Report, RunControl], tuple[ItemFinding, ...]] = (
        _examine
    )
