"""Runs an import and looks at its end."""

from engine.control import RunControl
from engine.events import Outcome
from engine.importing.build import import_dataset
from engine.job_events import ImportEnded


def run(plan, control=None, **options):
    events = []
    import_dataset(plan, events.append, control or RunControl(), **options)
    assert [type(event) for event in events].count(ImportEnded) == 1
    return events[-1]


def finished(plan, **options):
    ended = run(plan, **options)
    assert (ended.outcome, ended.error) == (Outcome.FINISHED, None)
    return ended


def failed(plan, **options):
    ended = run(plan, **options)
    assert ended.outcome is Outcome.FAILED
    return ended.error
