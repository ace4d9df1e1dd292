"""What the run panel says beforehand: speed, time, and a sample of such a run."""

import pytest
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
)

from engine.errors import DeviceUnavailableError
from studio.app import Studio
from studio.models.run_form import FIELDS
from studio.models.run_state import Command
from studio.panels.run.forecast import ForecastView
from tests.helpers.tiny import tiny_dataset
from tests.helpers.windows import ask, child, press, says, start


def forecast_says(studio: Studio, text: str) -> bool:
    return says(studio.window.run.forecast, text)


def choose_data(studio: Studio, starter: str) -> None:
    """Choose a starter as the field does; nothing starts."""
    fields = studio.window.run._subject
    fields.dataset.text_edited.emit(f"starter:{starter}")


@pytest.fixture
def forecast(studio: Studio) -> ForecastView:
    studio.window.show_docks()
    return studio.window.run.forecast


def test_that_times_follow_from_the_measured_speed(qtbot, studio, engine, forecast):
    assert forecast_says(studio, "Shapes recognisable after 60,000 images")
    assert forecast_says(studio, "Measured on 60,000 handwritten digits")
    engine.speed = 1_043.0
    press(qtbot, forecast, "Estimate")
    qtbot.waitUntil(lambda: forecast_says(studio, "1,043 images/s on this computer"))
    assert forecast_says(studio, "Shapes recognisable after 58 s")
    assert forecast_says(studio, "As good as it gets after 4 min")
    assert forecast_says(studio, "310,000 images in 5 min")
    # The starter was built for it, as for a run.
    assert engine.starters == ["digits"]
    [config] = engine.measured
    assert config.dataset == studio.workspace / "datasets" / "digits"
    assert not engine.configs


def test_that_a_speed_is_kept_for_settings_of_equal_speed(qtbot, studio, engine, forecast):
    press(qtbot, forecast, "Estimate")
    qtbot.waitUntil(lambda: not forecast.is_measuring)
    form = studio.window.run._form
    form.set_text("minutes", "1")
    form.set_text("training.learning_rate", "0.003")
    studio.window.run.refresh()
    assert forecast_says(studio, "60,000 images in 1 min")
    assert not forecast.button.isVisible()
    # Another learning rate was not measured for how soon it learns.
    assert forecast_says(studio, "not measured with these settings")
    form.set_text("training.batch_size", "32")
    studio.window.run.refresh()
    assert not forecast_says(studio, "images/s")
    assert forecast.button.isVisible()
    form.set_text("training.batch_size", "64")
    studio.window.run.refresh()
    assert forecast_says(studio, "1,000 images/s")
    assert len(engine.measured) == 1


def test_that_a_measurement_can_be_cancelled(qtbot, studio, engine, forecast):
    engine.holds_measurement.set()
    press(qtbot, forecast, "Estimate")
    qtbot.waitUntil(lambda: len(engine.measured) == 1)
    assert forecast_says(studio, "Measuring the speed")
    press(qtbot, forecast, "Cancel")
    qtbot.waitUntil(lambda: not forecast.is_measuring)
    assert forecast.button.text() == "Estimate"
    assert forecast.button.isEnabled()
    assert not forecast_says(studio, "images/s")


def test_that_an_edit_cancels_the_measurement_of_other_settings(qtbot, studio, engine, forecast):
    engine.holds_measurement.set()
    press(qtbot, forecast, "Estimate")
    qtbot.waitUntil(lambda: len(engine.measured) == 1)
    choose_data(studio, "emoji")
    assert not forecast.is_measuring
    engine.holds_measurement.clear()
    press(qtbot, forecast, "Estimate")
    qtbot.waitUntil(lambda: forecast_says(studio, "1,000 images/s"))
    assert [config.dataset.name for config in engine.measured] == ["digits", "emoji"]
    choose_data(studio, "digits")
    assert not forecast_says(studio, "images/s")


def test_that_a_run_ends_the_measurement_and_hides_the_forecast(qtbot, studio, engine, forecast):
    engine.holds_measurement.set()
    press(qtbot, forecast, "Estimate")
    qtbot.waitUntil(lambda: len(engine.measured) == 1)
    start(qtbot, studio)
    qtbot.waitUntil(lambda: not studio.speed.is_running)
    assert not forecast.isVisible()
    # Even if something asked for it, nothing is measured beside a run.
    forecast.estimate_requested.emit(studio.window.run._form.draft())
    assert not studio.speed.is_running
    ask(studio, Command.STOP_SAVE)
    qtbot.waitUntil(forecast.isVisible)
    assert not forecast.is_measuring
    assert len(engine.measured) == 1


def test_that_a_failed_measurement_says_why(qtbot, studio, engine, forecast):
    engine.speed = DeviceUnavailableError("cuda", "there is none")
    press(qtbot, forecast, "Estimate")
    qtbot.waitUntil(lambda: forecast_says(studio, "The chosen device is not available."))
    assert forecast_says(studio, "there is none")
    # It is about these settings alone.
    choose_data(studio, "emoji")
    assert not forecast_says(studio, "not available")
    choose_data(studio, "digits")
    assert forecast_says(studio, "not available")
    engine.speed = 1_000.0
    press(qtbot, forecast, "Estimate")
    qtbot.waitUntil(lambda: forecast_says(studio, "1,000 images/s"))
    assert not forecast_says(studio, "not available")


def test_that_one_click_fits_the_image_size_and_keeps_what_was_changed(qtbot, studio, forecast):
    form = studio.window.run._form
    assert not forecast.size_button.isVisible()
    choose_data(studio, "emoji")
    assert forecast_says(studio, "The images have 64 px, the run makes 32 px: details are lost.")
    form.set_text("networks.latent_dim", "48")
    press(qtbot, forecast, "Use 64 px")
    assert form.preset == "cpu-colour-64"
    form.set_text("networks.latent_dim", "64")
    studio.window.run.refresh()
    assert forecast_says(studio, "As good as it gets: not measured")
    assert forecast_says(studio, "Measured on 1,810")
    form.set_text("networks.latent_dim", "48")
    studio.window.run.refresh()
    assert [name for name in FIELDS if form.is_modified(name)] == ["networks.latent_dim"]
    assert form.text("networks.image_size") == "64"
    assert not forecast.size_button.isVisible()
    assert forecast_says(studio, "only with the values of the preset Colour")
    # No preset has this size and differs in nothing else, so nothing else changes.
    form.choose_preset("cpu-tiny")
    before = {name: form.text(name) for name in FIELDS}
    studio.window.run.refresh()
    assert forecast_says(studio, "The images have 64 px, the run makes 32 px: details are lost.")
    press(qtbot, forecast, "Use 64 px")
    assert {name: form.text(name) for name in FIELDS} == before | {"networks.image_size": "64"}


def test_that_images_unlike_the_measured_ones_have_no_forecast(studio, forecast, tmp_path):
    folder = tiny_dataset(tmp_path / "mine", channels=1)
    studio.window.run.choose_dataset(folder)
    assert forecast_says(studio, "not measured for images like these")
    assert not forecast_says(studio, "recognisable")
    assert not forecast.sample.isVisible()
    # Without a dataset there is nothing to forecast.
    studio.window.run.choose_dataset(tmp_path / "none")
    assert not forecast.isVisible()


def test_that_the_sample_can_be_enlarged(qtbot, studio, forecast):
    assert forecast.sample.isVisible()
    forecast.sample.click()
    dialog = child(forecast, QDialog)
    assert dialog.isVisible()
    sheet = max(dialog.findChildren(QLabel), key=lambda label: label.pixmap().width())
    assert sheet.pixmap().width() > 4 * forecast.sample.iconSize().width()
    assert says(dialog, "A run after 364,864 images.")
    dialog.reject()


def test_that_an_invalid_field_disables_the_forecast(studio, forecast):
    studio.window.run._form.set_text("training.batch_size", "-1")
    studio.window.run.refresh()
    assert not forecast.isEnabled()
    studio.window.run._form.set_text("training.batch_size", "64")
    studio.window.run.refresh()
    assert forecast.isEnabled()
