from tests.helpers.kill_train import differences, kill_train, preset_config
from tests.helpers.tiny import tiny_dataset


def test_that_a_run_survives_kills_at_any_moment_and_loses_nothing_that_was_saved(tmp_path):
    dataset = tiny_dataset(tmp_path / "data")
    killed = preset_config("cpu-tiny", dataset, tmp_path / "killed")
    straight = preset_config("cpu-tiny", dataset, tmp_path / "straight")
    report = kill_train(killed, kills=6, seed=5)
    assert report.kills == 6
    assert report.complaints == []
    assert report.in_saves > 0
    assert differences(killed, straight) == []
