"""The earlier run that the next run starts from, and what would be taken over from it."""

from collections.abc import Hashable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFormLayout, QWidget

from engine.config.run import RunConfig
from engine.errors import ConfigError
from engine.events import Outcome, WeightsTransferred
from engine.runs.listing import ListedRun
from engine.runs.status import Status
from studio.errors.wording import explain
from studio.jobs.runs import RunList
from studio.jobs.task import TaskEnded
from studio.models.run_form import RunForm, RunPlan
from studio.models.run_state import count_text
from studio.panels.run.rows import add_row
from studio.widgets.buttons import push_button
from studio.widgets.fields import ChoiceField
from studio.widgets.folder_dialog import pick_folder

_OTHER = "other"
MAX_OFFERED = 30
"""Runs in the list, latest first; any other is found through its folder."""


class InitialRunRow(QObject):
    """A field for the earlier run, with a sentence that says what is taken over.

    The sentence follows from the shapes of both networks, which a worker compares: the studio
    imports no torch, and none is imported while no run is chosen.
    """

    edited = Signal()
    preview_requested = Signal(object)
    """Emitted with the ``RunPlan`` to compare with its earlier run."""

    def __init__(self, form: RunForm, parent: QWidget) -> None:
        super().__init__(parent)
        self._form, self._window = form, parent
        self._runs: tuple[ListedRun, ...] = ()
        self._found: dict[Hashable, str] = {}
        """By what decides it, the sentence that is known already."""
        self._asked: Hashable = None
        """What decides the comparison under way."""
        self.field = ChoiceField()
        self.field.text_edited.connect(self._on_chosen)
        self.adopt = push_button(
            self.tr("Use its networks"),
            self._use_networks,
            role="small",
            tip=self.tr("Set the sizes and the kind of the networks as the earlier run has them"),
        )

    def add_to(self, layout: QFormLayout) -> None:
        """Add the rows to a layout."""
        label = self.tr("Start from")
        help_text = self.tr(
            "An earlier run whose networks and words the new run starts from; dataset, vocabulary "
            "and schedule are its own"
        )
        add_row(layout, label, self.field).setToolTip(help_text)
        self.field.set_help(help_text, label)
        layout.addRow("", self.adopt)
        self._layout = layout

    @Slot(object)
    def show_listed(self, found: RunList) -> None:
        """Set the runs of the workspace from their listing."""
        self.show_runs(found.runs)

    def show_runs(self, runs: Sequence[ListedRun]) -> None:
        """Set the runs of the workspace."""
        if tuple(runs) != self._runs:
            self._runs = tuple(runs)
            # An earlier run may have been trained further.
            self._found.clear()
            self.edited.emit()

    def refresh(self, problems: dict[str, str], *, is_running: bool) -> None:
        """Update the field from the form, and request a comparison that is not known yet."""
        folder, problem = self._form.initial_run, problems.get("init_from", "")
        self.field.set_choices(self._choices(folder))
        self.field.set_text("" if folder is None else str(folder))
        self.field.set_problem(problem)
        is_shown = self._form.branch is None
        self._layout.setRowVisible(self.field, is_shown)
        differs = is_shown and not problem and bool(self._form.differing_networks())
        self._layout.setRowVisible(self.adopt, differs)
        plan = self._form.draft()
        if folder is None or problem or "dataset" in problems or plan is None or is_running:
            self._asked = None
            self.field.set_hint("")
            return
        key = _key(plan)
        self.field.set_hint(self._found.get(key, self.tr("Comparing the networks…")))
        if key not in self._found and key != self._asked:
            self._asked = key
            self.preview_requested.emit(plan)

    @Slot(object)
    def show_ended(self, event: TaskEnded) -> None:
        """Show the result of the comparison that was requested last."""
        key, self._asked = self._asked, None
        if key is None or event.outcome is Outcome.STOPPED:
            return
        self._found[key] = self._sentence(event)
        self.edited.emit()

    def _sentence(self, event: TaskEnded) -> str:
        found = event.result
        if isinstance(found, WeightsTransferred):
            text = self.tr("Takes over {0} of {1} tensors; {2} of {3} words are known.")
            counts = (found.tensors, found.all_tensors, found.words, found.all_words)
            return text.format(*map(count_text, counts))
        if isinstance(event.error, ConfigError):
            return self.tr("Nothing can be taken over: its networks have other sizes.")
        words = explain(event.error) if event.error is not None else None
        return f"{words.happened} {words.why}" if words else ""

    def _choices(self, folder: Path | None) -> list[tuple[str, str]]:
        family = self._form.text("family")
        fitting = [
            run.folder
            for run in sorted(self._runs, key=lambda run: -run.changed_s)
            if run.family == family and run.checkpoints and not _is_active(run)
        ][:MAX_OFFERED]
        if folder is not None and folder not in fitting:
            fitting.insert(0, folder)
        runs = [(str(path), path.name) for path in fitting]
        none, other = self.tr("None (from scratch)"), self.tr("Other run…")
        return [("", none), *runs, (_OTHER, other)]

    @Slot(str)
    def _on_chosen(self, key: str) -> None:
        if key == _OTHER:
            folder = self._form.initial_run
            self.field.set_text("" if folder is None else str(folder))
            caption = self.tr("Folder of the run to start from")
            pick_folder(self._window, caption, self._form.runs, self._on_folder)
            return
        self._form.start_from(Path(key) if key else None)
        self.edited.emit()

    def _on_folder(self, folder: Path) -> None:
        self._form.start_from(folder)
        self.edited.emit()

    @Slot()
    def _use_networks(self) -> None:
        self._form.use_initial_networks()
        self.edited.emit()


def _is_active(run: ListedRun) -> bool:
    return run.is_held or run.status is Status.RUNNING


def _key(plan: RunPlan) -> Hashable:
    """Return what decides which weights and words are taken over."""
    config: RunConfig = plan.config
    return (
        plan.starter,
        config.dataset,
        config.family,
        config.init_from,
        config.init_checkpoint,
        config.networks,
        config.data,
        config.training.regularizer,
    )
