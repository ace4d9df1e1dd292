"""The page about sounds: their sample rate and length."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout

from engine.control import RunControl
from engine.importing.plan import ImportPlan
from studio.errors.wording import Explanation
from studio.jobs.importing import ImportJobs, ImportReader
from studio.jobs.preview_player import PreviewPlayer
from studio.jobs.task import Tell
from studio.models.import_form import ImportForm
from studio.models.import_text import joined
from studio.models.thumbnails import image_of
from studio.theme import SPACING
from studio.widgets.bar_plot import MarkHistogram
from studio.widgets.card_grid import Card, CardGrid
from studio.widgets.labels import fill, plain_label, spaced
from studio.wizards.importing.card_sounds import CardSounds
from studio.wizards.importing.page import PreviewPage, SettingFields, lay_out_columns, stacked

if TYPE_CHECKING:
    from engine.importing.scan import QuickScan
    from engine.importing.sound_preview import PreviewSound, SoundPreview

RATE, SECONDS = "audio.rate", "audio.seconds"
_BINS = 24


class SoundsPage(PreviewPage):
    """Shows how long the sounds are, and some of them as they are stored."""

    def __init__(
        self, form: ImportForm, jobs: ImportJobs, reader: ImportReader, player: PreviewPlayer
    ) -> None:
        super().__init__(form, jobs, reader, jobs.sounds)
        self.fields = SettingFields(form, (RATE, SECONDS), self)
        self.fields.edited.connect(self.update_preview)
        self._headline = plain_label(role="heading")
        self.cut_note = plain_label(role="muted")
        """Tells how many sounds are cut, and how many are padded."""
        self.lengths = MarkHistogram(self.tr("Lengths of the sounds"), self.tr("seconds"))
        self.lengths.setToolTip(self.tr("Drag the line to change the length that is stored"))
        self.lengths.mark_chosen.connect(self._choose_length)
        self.board = CardGrid()
        self._sounds = CardSounds(self.board, player)
        self._lay_out()
        jobs.sounds.ended.connect(self.take_answer)

    def title(self) -> str:
        """Return the title of the page."""
        return self.tr("Sounds")

    def explanation(self) -> str:
        """Return the explanation of the page."""
        return self.tr("All sounds are stored in one length, without the silence around them.")

    def is_needed(self) -> bool:
        """Return whether the source holds sounds."""
        return self.form.has_sounds

    def refusal(self) -> str:
        """Return the first invalid field."""
        return self.fields.problem()

    def enter(self) -> None:
        """Update the fields and the preview."""
        self.fields.refresh()
        super().enter()

    def leave(self) -> None:
        """Stop the sound that is playing."""
        super().leave()
        self._sounds.stop()

    @Slot()
    def update_preview(self) -> None:
        """Request a new preview, and show that it is pending."""
        if not self.refusal():
            self._headline.setText(self.tr("Listening to the sounds…"))
            self.board.set_dimmed(is_dimmed=True)
        super().update_preview()

    def request(self, plan: ImportPlan, scan: "QuickScan") -> None:
        """Request some sounds as planned."""
        reader = self._reader

        def read(_tell: Tell, control: RunControl) -> "SoundPreview | None":
            return reader.sounds(plan, scan, control)

        self.jobs.sounds.request(read)

    def show_failure(self, words: Explanation) -> None:
        """Say why nothing could be read."""
        self._headline.setText(f"{words.happened} {words.why}")

    def show_answer(self, answer: "SoundPreview | None") -> None:
        """Show what was found."""
        is_any = answer is not None and bool(answer.lengths.seconds)
        for widget in (self.cut_note, self.lengths):
            widget.setVisible(is_any)
        if answer is None or not is_any:
            self._headline.setText(self.tr("No sound could be read."))
            self._show_cards(())
            return
        stored = self.tr("Stored: {0} s at {1} Hz")
        rate = self.locale().toString(answer.shape.rate)
        self._headline.setText(stored.format(f"{answer.seconds:.4g}", rate))
        self.cut_note.setText(self._cut_words(answer))
        self._show_lengths(answer)
        self._show_cards(answer.sounds)
        # These sounds may be of older settings, with newer ones requested.
        self.board.set_dimmed(is_dimmed=self.jobs.sounds.is_running)

    def _cut_words(self, found: "SoundPreview") -> str:
        read, cut = len(found.lengths.seconds), found.cut
        parts: list[str] = []
        if read < found.lengths.count:
            count = self.locale().toString(found.lengths.count)
            parts.append(self.tr("%Ln of {0} sounds were read", "", read).format(count))
        parts.append(self.tr("%Ln longer and cut at the end", "", cut))
        parts.append(self.tr("%Ln padded with silence", "", read - cut))
        longest = self.tr("the longest has {0} s")
        parts.append(longest.format(f"{max(found.lengths.seconds):.3g}"))
        return joined(parts)

    def _show_lengths(self, found: "SoundPreview") -> None:
        seconds = np.array(found.lengths.seconds)
        counts, edges = np.histogram(seconds, bins=_BINS, range=(0, float(seconds.max())))
        step = float(edges[1])
        self.lengths.show_numbers([float(e) + step / 2 for e in edges[:-1]], counts.tolist(), step)
        self.lengths.show_mark(found.seconds)

    def _show_cards(self, sounds: "tuple[PreviewSound, ...]") -> None:
        self.board.show_cards([self._card(sound) for sound in sounds])
        self._sounds.show_sounds(sounds)

    def _card(self, sound: "PreviewSound") -> Card:
        stored = len(sound.samples) / sound.rate
        text = self.tr("{0} s, cut") if sound.is_cut else self.tr("{0} s, padded")
        if not sound.is_cut and abs(sound.seconds - stored) < 0.005:
            text = self.tr("{0} s")
        return Card(
            pictures=(image_of(sound.picture),),
            text=text.format(f"{sound.seconds:.2f}"),
            sound=self.tr("Play or stop"),
            tip=sound.key,
        )

    @Slot(float)
    def _choose_length(self, seconds: float) -> None:
        about = max(seconds, 0.05)
        self.form.set_text(SECONDS, f"{about:.2f}")
        self.fields.refresh()
        self.update_preview()

    def _lay_out(self) -> None:
        notes = (
            self.tr(
                "8,000 Hz is enough for speech and trains fastest; 16,000 Hz keeps more of music "
                "and of hissing sounds."
            ),
            self.tr(
                "A length of 0 takes the one that holds 9 of 10 sounds whole, at most 4 seconds."
            ),
        )
        labels = [plain_label(note, role="muted") for note in notes]
        ask = stacked(self.fields.rows(), None, *labels)
        show = spaced(QVBoxLayout(), SPACING)
        fill(show, self._headline, self.cut_note, self.lengths)
        show.addWidget(self.board, stretch=1)
        lay_out_columns(self, ask, show)
