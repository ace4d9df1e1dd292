"""Forecast of the run that the form describes: speed here, time needed, and a sample."""

from functools import cache

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from engine.config.forecast import (
    MeasuredRun,
    fitting_image_size,
    has_measured_settings,
    images_within,
    measured_run,
    speed_key,
    training_seconds,
    two_digits,
)
from engine.config.presets import PRESETS
from engine.config.run import RunConfig
from engine.events import Outcome
from resources import forecast_folder
from studio.errors.wording import explain
from studio.i18n import translate_engine
from studio.jobs.task import TaskEnded
from studio.models.run_form import RunForm, RunPlan
from studio.models.run_state import count_text, rate_text
from studio.models.setting_text import value_text
from studio.theme import MARGIN, SPACING
from studio.widgets.buttons import push_button
from studio.widgets.labels import fill, plain_label, spaced

_THUMBNAIL = QSize(92, 81)
_SHOWN_FRACTION = 0.39
"""Fraction of the sheet's width that the thumbnail shows: three of its eight columns."""
_GAP = 4


class ForecastView(QWidget):
    """Says before a run what it will be like.

    The speed is measured only when the user asks for it: the first measurement imports torch, and
    none should take the processor from somebody who is still filling in the form. Results are kept
    for each configuration that differs in speed.
    """

    estimate_requested = Signal(object)
    """Emitted with the ``RunPlan`` whose speed is to be measured."""
    cancel_requested = Signal()
    measuring_ended = Signal()
    """A measurement has ended; ``speed_of`` returns its result."""
    edited = Signal()
    """Emitted when a click has changed the form."""

    def __init__(self, form: RunForm, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = form
        self._speeds: dict[RunConfig, float] = {}
        self._plan: RunPlan | None = None
        self._measured: RunConfig | None = None
        """Key of the measurement under way."""
        self._failure: tuple[RunConfig, str] | None = None
        """Key and explanation of the measurement that failed last."""
        self.has_data = False
        """Whether the form names a dataset; without one there is nothing to show."""
        self._shown: MeasuredRun | None = None
        self._size = 0
        self.button = push_button(self.tr("Estimate"), self._on_button, role="small")
        self.sample = QToolButton()
        self.sample.setAutoRaise(True)
        self.sample.setIconSize(_THUMBNAIL)
        self.sample.setAccessibleName(self.tr("Sample of such a run"))
        self.sample.clicked.connect(self._show_sheet)
        self._facts = plain_label()
        self._facts.setToolTip(
            self.tr(
                "The images that runs of our own needed, and the time that follows from the speed "
                "of this computer. Evaluations add some."
            )
        )
        self._basis = plain_label(role="muted")
        self._problem = plain_label(role="problem")
        self._size_text = plain_label()
        self.size_button = push_button("", self._use_size, role="small")
        self._lay_out()
        self.refresh()

    @property
    def is_measuring(self) -> bool:
        """Whether a measurement was requested and has not ended."""
        return self._measured is not None

    def speed_of(self, config: RunConfig) -> float:
        """Return images per second of a configuration, or of the form's if only that is known.

        0 if neither was measured.
        """
        own = self._speeds.get(speed_key(config), 0.0)
        if own or self._plan is None:
            return own
        return self._speeds.get(speed_key(self._plan.config), 0.0)

    @Slot()
    def refresh(self) -> None:
        """Update the forecast from the form; cancel a measurement of other settings."""
        self._plan, data = self._form.draft(), self._form.data_facts()
        self.has_data = data is not None
        self.setEnabled(self._plan is not None)
        if self._plan is None or data is None:
            return
        config = self._plan.config
        key = speed_key(config)
        if self._measured is not None and self._measured != key:
            self._measured = None
            self.cancel_requested.emit()
        is_measured = self._plan.branch is None and not config.init_from
        run = measured_run(data, config.networks.image_size) if is_measured else None
        shown = run if run and has_measured_settings(run, config) else None
        lines = self._lines(config, shown, self._speeds.get(key, 0.0))
        self._facts.setText("\n".join(lines))
        self._facts.setVisible(bool(lines))
        self._show_basis(run, shown)
        # A branch keeps the image size of its run.
        fitting = fitting_image_size(data, config)
        self._show_size(config, data.image_size, 0 if self._plan.branch else fitting)
        failed = self._failure is not None and self._failure[0] == key
        self._problem.setText(self._failure[1] if self._failure and failed else "")
        self._problem.setVisible(failed)
        self._show_button()

    @Slot(object)
    def show_ended(self, event: TaskEnded) -> None:
        """Show the result of the measurement that was requested last."""
        key, self._measured = self._measured, None
        if key is not None:
            self._failure = None
        if key is not None and event.outcome is Outcome.FINISHED:
            self._speeds[key] = event.result
        if key is not None and event.error is not None:
            explanation = explain(event.error)
            self._failure = key, f"{explanation.happened} {explanation.why}"
        self.refresh()
        self.measuring_ended.emit()

    def _lines(self, config: RunConfig, run: MeasuredRun | None, speed: float) -> list[str]:
        lines: list[str] = []
        if run is not None:
            if run.recognisable_images is None:
                lines.append(self.tr("Shapes recognisable: not measured"))
            else:
                need = self._need(run.recognisable_images, speed)
                lines.append(self.tr("Shapes recognisable after {0}").format(need))
            if run.best_images is None:
                lines.append(self.tr("As good as it gets: not measured"))
            else:
                need = self._need(run.best_images, speed)
                lines.append(self.tr("As good as it gets after {0}").format(need))
        if speed:
            lines.append(self.tr("{0} on this computer").format(rate_text(speed)))
        elif self.is_measuring:
            lines.append(self.tr("Measuring the speed…"))
        if speed and config.minutes:
            images = count_text(two_digits(images_within(config.minutes, speed)))
            minutes = value_text(config.minutes)
            lines.append(self.tr("{0} images in {1} min").format(images, minutes))
        return lines

    def _need(self, images: int, speed: float) -> str:
        """Return the time that a number of images takes or, before a measurement, the number."""
        if not speed:
            return self.tr("{0} images").format(count_text(images))
        seconds = training_seconds(images, speed)
        if seconds < 100:
            return self.tr("{0} s").format(two_digits(seconds))
        return self.tr("{0} min").format(count_text(two_digits(seconds / 60)))

    def _show_basis(self, run: MeasuredRun | None, shown: MeasuredRun | None) -> None:
        if self._plan is not None and self._plan.branch:
            text = self.tr("Images needed: not measured for branches.")
        elif self._plan is not None and self._plan.config.init_from:
            text = self.tr("Images needed: not measured for runs that start from another.")
        elif run is None:
            text = self.tr("Images needed: not measured for images like these.")
        elif shown is None:
            text = self.tr(
                "Images needed: not measured with these settings, only with the values of the "
                "preset {0}."
            ).format(translate_engine(PRESETS[run.preset].title))
        else:
            text = self.tr("Measured on {0}.").format(translate_engine(run.subject))
        self._basis.setText(text)
        thumbnail = _thumbnail(shown.sample) if shown else QPixmap()
        self.sample.setVisible(not thumbnail.isNull())
        self.sample.setIcon(thumbnail)
        self._shown = shown
        seen = self.tr("What such a run gave after {0} images; click to enlarge")
        self.sample.setToolTip(seen.format(count_text(shown.sample_images)) if shown else "")

    def _show_size(self, config: RunConfig, data_size: int, fitting: int) -> None:
        side, self._size = config.networks.image_size, fitting
        differs = fitting not in (0, side)
        if differs and fitting > side:
            text = self.tr("The images have {0} px, the run makes {1} px: details are lost.")
        else:
            text = self.tr("The images have {0} px, the run makes {1} px: pixels are invented.")
        self._size_text.setText(text.format(data_size, side))
        self.size_button.setText(self.tr("Use {0} px").format(fitting))
        self.size_button.setToolTip(
            self.tr(
                "Changes the image size, or the preset where there is one for this size; settings "
                "that you changed are kept"
            )
        )
        for widget in (self._size_text, self.size_button):
            widget.setVisible(differs)

    def _show_button(self) -> None:
        is_known = self._plan is not None and speed_key(self._plan.config) in self._speeds
        self.button.setText(self.tr("Cancel") if self.is_measuring else self.tr("Estimate"))
        tip = self.tr("Train for about a second to measure the speed; no run is made")
        self.button.setToolTip(tip)
        self.button.setEnabled(True)
        self.button.setVisible(self.is_measuring or not is_known)

    @Slot()
    def _on_button(self) -> None:
        if self.is_measuring:
            # It ends after the current step, or when torch is loaded.
            self.button.setEnabled(False)
            self.cancel_requested.emit()
        else:
            self.measure()

    @Slot()
    def measure(self) -> None:
        """Measure the speed of the form's settings, unless a measurement is under way."""
        if self._plan is not None and not self.is_measuring:
            self._measured = speed_key(self._plan.config)
            self.refresh()
            self.estimate_requested.emit(self._plan)

    @Slot()
    def _use_size(self) -> None:
        self._form.choose_image_size(self._size)
        self.edited.emit()

    @Slot()
    def _show_sheet(self) -> None:
        shown = self._shown
        if shown is None:
            return
        dialog = QDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(self.tr("Sample of such a run"))
        sheet = QLabel()
        sheet.setPixmap(QPixmap(str(forecast_folder() / shown.sample)))
        margins = (MARGIN, MARGIN, MARGIN, MARGIN)
        seen = self.tr("A run after {0} images.").format(count_text(shown.sample_images))
        text = plain_label(f"{seen} {self._basis.text()}")
        fill(spaced(QVBoxLayout(dialog), SPACING, margins), sheet, text)
        dialog.open()

    def _lay_out(self) -> None:
        title = plain_label(self.tr("What to expect"), role="heading")
        head = fill(spaced(QHBoxLayout(), SPACING), (title, 1), self.button)
        body = fill(spaced(QHBoxLayout(), SPACING), self.sample, (self._facts, 1))
        size = fill(spaced(QHBoxLayout(), SPACING), (self._size_text, 1), self.size_button)
        layout = spaced(QVBoxLayout(self), _GAP, (0, 0, 0, 0))
        fill(layout, head, body, self._basis, size, self._problem)


@cache
def _thumbnail(sample: str) -> QPixmap:
    """Return the top left of a contact sheet; null if there is no such sheet."""
    sheet = QPixmap(str(forecast_folder() / sample)) if sample else QPixmap()
    if sheet.isNull():
        return sheet
    width = round(_SHOWN_FRACTION * sheet.width())
    shown = sheet.copy(0, 0, width, width * _THUMBNAIL.height() // _THUMBNAIL.width())
    return shown.scaled(
        _THUMBNAIL * 2,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
