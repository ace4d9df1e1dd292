"""What happened during a run, as marks on its curves, and the words of a changed setting."""

from collections.abc import Sequence
from enum import StrEnum

from PySide6.QtCore import QCoreApplication

from engine.events import AlertChanged, RolledBack, RunEvent, RunResumed, SettingsChanged
from engine.runs.event_reader import Incident
from studio.i18n import translate_engine
from studio.models.run_form import FIELDS
from studio.models.run_state import count_text
from studio.models.setting_text import choice_text, unit_text, value_text
from studio.models.trouble_text import advice, rolled_back_text
from studio.widgets.plot_marks import MarkKind, PlotMark

translate = QCoreApplication.translate


class Mark(StrEnum):
    """Kinds of marks; the last one is in front."""

    CHECKPOINT = "checkpoint"
    SETTING = "setting"
    RATE = "rate"
    ALERT = "alert"


def mark_kinds() -> dict[str, MarkKind]:
    """Return the looks of all kinds."""
    return {
        Mark.CHECKPOINT: MarkKind(
            label=translate("Marks", "Checkpoints"), symbol="s", color="muted"
        ),
        Mark.SETTING: MarkKind(
            label=translate("Marks", "Changes of settings"), symbol="d", color="accent"
        ),
        Mark.RATE: MarkKind(
            label=translate("Marks", "Changes of the learning rate"), symbol="o", color="accent"
        ),
        Mark.ALERT: MarkKind(label=translate("Marks", "Alerts"), symbol="t1", color="danger"),
    }


def change_text(event: SettingsChanged) -> str:
    """Return which setting has changed, from which value to which."""
    if event.field not in FIELDS:
        return f"{event.field}: {event.old} → {event.new}"
    label = translate_engine(FIELDS[event.field].about.label)
    old, new = (_words(event.field, text) for text in (event.old, event.new))
    return translate("Marks", "{0}: {1} → {2}").format(label, old, new)


def _words(name: str, text: str) -> str:
    field = FIELDS[name]
    if field.about.choices:
        return choice_text(field.about, text)
    if field.kind is float:
        text = value_text(float(text))
    return f"{text} {unit_text(field.about)}".strip() or "–"


class RunMarks:
    """The incidents and checkpoints of one run."""

    def __init__(self, incidents: Sequence[Incident] = (), checkpoints: Sequence[int] = ()) -> None:
        self._incidents: list[Incident] = []
        self.checkpoints = tuple(checkpoints)
        """Images seen at the checkpoints that exist, in ascending order."""
        for incident in incidents:
            self.add(incident)

    def add(self, event: RunEvent) -> bool:
        """Add an event; return whether it changes the marks."""
        if isinstance(event, RunResumed | RolledBack):
            # The run repeats everything after this place.
            kept = [e for e in self._incidents if e.images_seen <= event.images_seen]
            self._incidents = kept
        if isinstance(event, AlertChanged) and not event.is_raised:
            return False
        if isinstance(event, AlertChanged | SettingsChanged | RolledBack):
            self._incidents.append(event)
        return isinstance(event, AlertChanged | SettingsChanged | RolledBack | RunResumed)

    def marks(self) -> list[PlotMark]:
        """Return the marks; what happened at one place and is of one kind is one mark."""
        title, lines = translate("Marks", "{0} images"), dict[tuple[int, str], list[str]]()
        for images in self.checkpoints:
            lines[images, Mark.CHECKPOINT] = [translate("Marks", "Checkpoint")]
        for event in self._incidents:
            kind, text = _kind_and_text(event)
            lines.setdefault((event.images_seen, kind), []).append(text)
        return [
            PlotMark(
                x=float(images),
                kind=kind,
                text="\n".join([title.format(count_text(images)), *dict.fromkeys(texts)]),
            )
            for (images, kind), texts in lines.items()
        ]


def _kind_and_text(event: Incident) -> tuple[str, str]:
    match event:
        case AlertChanged():
            return Mark.ALERT, advice(event.alert).trouble
        case RolledBack():
            return Mark.RATE, rolled_back_text(event).trouble
        case SettingsChanged():
            is_rate = event.field.endswith("learning_rate")
            return Mark.RATE if is_rate else Mark.SETTING, change_text(event)
