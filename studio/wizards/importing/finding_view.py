"""One finding: what it means, what it looks like, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.control import RunControl
from engine.events import ImageArray, Outcome
from engine.importing.accounts import Reason
from engine.importing.plan import Finding, Repair
from studio.jobs.importing import ImportJobs
from studio.jobs.latest import TaskEnded
from studio.models.finding_text import finding_sentence, finding_title, repair_words
from studio.models.import_text import card_words
from studio.models.pictures import image_of
from studio.theme import SPACING
from studio.widgets.choice_field import ChoiceField
from studio.widgets.labels import plain_label
from studio.widgets.pair_board import Card, PairBoard

if TYPE_CHECKING:
    from engine.importing.examine import Examination

SHOWN = 24
"""Items of a finding that are shown."""
_REPAIR_WIDTH = 320


@dataclass(frozen=True, kw_only=True)
class _Details:
    """What is known of the items that are shown, by their keys."""

    pictures: Mapping[str, ImageArray] = field(default_factory=dict[str, ImageArray])
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    reasons: Mapping[str, tuple[Reason, str]] = field(default_factory=dict[str, tuple[Reason, str]])


class FindingView(QWidget):
    """Shows one finding of an examination."""

    repair_chosen = Signal(object)
    """Carries the ``Repair``."""

    def __init__(self, jobs: ImportJobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._shown: tuple[Examination, Finding] | None = None
        self._details = _Details()
        self._keys: tuple[str, ...] = ()
        self._title = plain_label(role="heading")
        self._sentence = plain_label()
        self._ask = QLabel(self.tr("What to do"))
        self.repairs = ChoiceField()
        self.repairs.setFixedWidth(_REPAIR_WIDTH)
        self.repairs.set_help(self.tr("What to do about this finding"), self.tr("What to do"))
        self.repairs.text_edited.connect(lambda key: self.repair_chosen.emit(Repair(key)))
        self._ask.setBuddy(self.repairs)
        self._some = plain_label(role="muted")
        self.board = PairBoard()
        self._lay_out()
        jobs.thumbnails.ended.connect(self._take)

    def show_finding(self, examination: "Examination", finding: Finding) -> None:
        """Show a finding; its pictures follow."""
        report = examination.settled.diagnosis.report(finding)
        self._title.setText(finding_title(finding))
        self._sentence.setText(finding_sentence(finding))
        self.repairs.set_choices((one.value, repair_words(finding, one)) for one in report.offered)
        self.repairs.set_text(report.repair.value)
        for widget in (self.repairs, self._ask):
            widget.setVisible(len(report.offered) > 1)
        grouped = tuple(dict.fromkeys(key for group in report.groups for key in group))
        keys = (grouped or report.keys)[:SHOWN]
        is_other = self._shown is None or keys != self._keys or self._shown[1] is not finding
        self._shown, self._keys = (examination, finding), keys
        some = self.tr("The first %Ln of them:", "", len(keys))
        self._some.setText(some if len(grouped or report.keys) > len(keys) else "")
        self._some.setVisible(bool(self._some.text()))
        if is_other:
            self._details = _Details()
            # In the worker: there may be a million items to search through.
            self._jobs.thumbnails.request(
                lambda _tell, control: _details(examination, keys, control)
            )
        self._show_cards()

    @Slot(object)
    def _take(self, event: TaskEnded) -> None:
        if event.outcome is Outcome.FINISHED and self._shown is not None:
            self._details = event.result
            self._show_cards()

    def _show_cards(self) -> None:
        self.board.show_cards([self._card(key) for key in self._keys])

    def _card(self, key: str) -> Card:
        details, name = self._details, PurePosixPath(key).name
        pixels = details.pictures.get(key)
        picture = () if pixels is None else (image_of(pixels),)
        texts = " / ".join(details.texts.get(key, ()))
        reason, detail = details.reasons.get(key, (None, ""))
        problem = card_words(reason) if reason and not picture else ""
        return Card(
            pictures=picture,
            text=texts or name,
            problem=problem,
            tip="\n".join(filter(None, [key, texts, problem, detail])),
        )

    def _lay_out(self) -> None:
        ask = QHBoxLayout()
        ask.setSpacing(SPACING)
        ask.addWidget(self._ask)
        ask.addWidget(self.repairs)
        ask.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING)
        for widget in (self._title, self._sentence):
            layout.addWidget(widget)
        layout.addLayout(ask)
        layout.addWidget(self._some)
        layout.addWidget(self.board, stretch=1)
        self._title.setAlignment(Qt.AlignmentFlag.AlignLeft)


def _details(examination: "Examination", keys: tuple[str, ...], control: RunControl) -> _Details:
    asked = set(keys)
    items = examination.items
    accounts = examination.accounts
    skipped = [*accounts.skipped_items(), *accounts.skipped_files()]
    return _Details(
        pictures=examination.thumbnails(keys, control=control),
        texts={i.candidate.key: i.candidate.texts for i in items if i.candidate.key in asked},
        reasons={s.path: (s.reason, s.detail) for s in skipped if s.path in asked},
    )
