"""Alarms in plain words, in the run panel and in a run's events."""

from typing import cast

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.events import Alarm, HealthChanged
from studio.models.health_text import advice
from studio.panels.run.health import HealthNotes


def changed(alarm: Alarm, *, is_raised: bool = True) -> HealthChanged:
    return HealthChanged(
        alarm=alarm, is_raised=is_raised, images_seen=100, evidence={"image_diversity": 0.123456}
    )


@pytest.fixture
def notes(qtbot: QtBot) -> HealthNotes:
    made = HealthNotes()
    qtbot.addWidget(made)
    return made


def texts(notes: HealthNotes) -> list[str]:
    labels = notes.findChildren(QLabel)
    return [
        label.text() for label in labels if not cast("QWidget", label.parentWidget()).isHidden()
    ]


def test_that_every_alarm_has_words_and_a_remedy():
    words = [advice(alarm) for alarm in Alarm]
    assert len({word.trouble for word in words}) == len(Alarm)
    assert all("Try " in word.remedy for word in words)


def test_that_alarms_come_and_go(notes: HealthNotes):
    assert notes.isHidden()
    notes.show_health(changed(Alarm.MODE_COLLAPSE))
    notes.show_health(changed(Alarm.OVERFITTING))
    assert not notes.isHidden()
    assert advice(Alarm.MODE_COLLAPSE).trouble in texts(notes)
    assert advice(Alarm.OVERFITTING).remedy in texts(notes)
    notes.show_health(changed(Alarm.MODE_COLLAPSE, is_raised=False))
    assert advice(Alarm.MODE_COLLAPSE).trouble not in texts(notes)
    notes.show_health(changed(Alarm.OVERFITTING, is_raised=False))
    assert notes.isHidden()


def test_that_the_evidence_is_a_glance_away(notes: HealthNotes):
    notes.show_health(changed(Alarm.MODE_COLLAPSE))
    assert notes.findChildren(QLabel)[0].toolTip() == "image_diversity 0.123"


def test_that_an_alarm_that_comes_again_stands_once(notes: HealthNotes):
    notes.show_health(changed(Alarm.MODE_COLLAPSE))
    notes.show_health(changed(Alarm.MODE_COLLAPSE))
    assert texts(notes).count(advice(Alarm.MODE_COLLAPSE).trouble) == 1


def test_that_a_new_run_has_none(notes: HealthNotes):
    notes.show_health(changed(Alarm.NON_FINITE))
    notes.clear()
    assert notes.isHidden()
    assert texts(notes) == []
