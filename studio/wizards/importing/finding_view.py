"""One finding: what it means, what it looks like, and what to do about it."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.events import ImageArray, Outcome
from engine.importing.accounts import Reason
from engine.importing.plan import Finding, Repair
from studio.jobs.importing import ImportJobs
from studio.jobs.latest import LookEnded
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


class FindingView(QWidget):
    """Shows one finding of an examination."""

    repair_chosen = Signal(object)
    """Carries the ``Repair``."""

    def __init__(self, jobs: ImportJobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._shown: tuple[Examination, Finding] | None = None
        self._pictures: Mapping[str, ImageArray] = {}
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
            self._pictures = {}
            self._jobs.thumbnails.request(
                lambda _tell, control: examination.thumbnails(keys, control=control)
            )
        self._show_cards()

    @Slot(object)
    def _take(self, event: LookEnded) -> None:
        if event.outcome is Outcome.FINISHED and self._shown is not None:
            self._pictures = event.result
            self._show_cards()

    def _show_cards(self) -> None:
        if self._shown is None:
            return
        examination, _finding = self._shown
        asked = set(self._keys)
        texts = {
            one.candidate.key: one.candidate.texts
            for one in examination.items
            if one.candidate.key in asked
        }
        reasons = _reasons(examination)
        self.board.show_cards(
            [self._card(key, texts.get(key, ()), reasons.get(key)) for key in self._keys]
        )

    def _card(self, key: str, texts: tuple[str, ...], reason: tuple[Reason, str] | None) -> Card:
        pixels = self._pictures.get(key)
        picture = () if pixels is None else (image_of(pixels),)
        name = PurePosixPath(key).name
        text = f"{name}\n{' / '.join(texts)}" if texts else name
        problem = card_words(reason[0]) if reason and not picture else ""
        detail = reason[1] if reason else ""
        return Card(
            pictures=picture,
            text=" / ".join(texts) or name,
            problem=problem,
            tip="\n".join(filter(None, [key, text if texts else "", problem, detail])),
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


def _reasons(examination: "Examination") -> dict[str, tuple[Reason, str]]:
    found = {s.path: (s.reason, s.detail) for s in examination.accounts.skipped_items()}
    for skipped in examination.accounts.skipped_files():
        found[skipped.path] = (skipped.reason, skipped.detail)
    return found
