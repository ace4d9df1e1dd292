"""Events between two threads: bounded, in order, and none of importance lost."""

import threading

import pytest

from studio.jobs import mailbox as module
from studio.jobs.mailbox import KEPT, ROOM, Mailbox


class Report:
    """Of which only the newest matter."""

    def __init__(self, number: int) -> None:
        self.number = number


def taken(mailbox: Mailbox) -> list[object]:
    events = []
    while (event := mailbox.take()) is not None:
        events.append(event)
    return events


def test_that_of_a_flood_of_reports_the_newest_wait():
    mailbox = Mailbox((Report,))
    for number in range(10_000):
        mailbox.put(Report(number))
        assert len(mailbox) <= KEPT
    numbers = [event.number for event in taken(mailbox) if isinstance(event, Report)]
    assert numbers == list(range(10_000 - KEPT, 10_000))


def test_that_no_other_event_is_lost_and_the_order_holds():
    mailbox = Mailbox((Report,))
    for number in range(ROOM - KEPT):
        mailbox.put(f"important {number}")
        mailbox.put(Report(number))
    events = taken(mailbox)
    important = [event for event in events if isinstance(event, str)]
    assert important == [f"important {number}" for number in range(ROOM - KEPT)]
    # Each report that is left stands behind the event that it followed.
    for place, event in enumerate(events):
        if isinstance(event, Report):
            assert events[place - 1] == f"important {event.number}"


def test_that_reports_taken_in_between_make_room_for_others():
    mailbox = Mailbox((Report,))
    for number in range(3 * KEPT):
        mailbox.put(Report(number))
        assert len(taken(mailbox)) == 1


def test_that_a_full_mailbox_holds_up_whoever_fills_it():
    mailbox = Mailbox()
    for number in range(ROOM):
        mailbox.put(number)
    is_in = threading.Event()
    worker = threading.Thread(target=lambda: (mailbox.put("one more"), is_in.set()))
    worker.start()
    assert len(mailbox) == ROOM
    assert not is_in.is_set()
    assert mailbox.take() == 0
    worker.join()
    assert is_in.is_set()
    assert len(mailbox) == ROOM
    assert taken(mailbox)[-1] == "one more"


def test_that_a_receiver_that_hangs_slows_a_run_and_never_ends_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "PATIENCE_S", 0.001)
    mailbox = Mailbox()
    for number in range(ROOM + 3):
        mailbox.put(number)
    assert taken(mailbox) == list(range(ROOM + 3))


def test_that_nobody_is_held_up_by_a_receiver_that_waits_for_the_end():
    mailbox = Mailbox()
    mailbox.open_wide()
    for number in range(3 * ROOM):
        mailbox.put(number)
    assert len(mailbox) == 3 * ROOM


def test_that_the_receiver_is_told_once_until_it_rests_again():
    mailbox = Mailbox()
    assert mailbox.put("first")
    assert not mailbox.put("second")
    assert not mailbox.rest(), "something waits: no reason to ask for a call"
    assert not mailbox.put("third")
    assert taken(mailbox) == ["first", "second", "third"]
    assert mailbox.rest()
    assert mailbox.put("fourth")
