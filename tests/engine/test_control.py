from engine.control import RunControl


def test_that_a_stop_stays_requested():
    control = RunControl()
    assert not control.is_stop_requested
    control.request_stop()
    assert control.is_stop_requested
    assert control.is_stop_requested


def test_that_a_checkpoint_request_is_taken_once():
    control = RunControl()
    assert not control.take_checkpoint_request()
    control.request_checkpoint()
    assert control.take_checkpoint_request()
    assert not control.take_checkpoint_request()
