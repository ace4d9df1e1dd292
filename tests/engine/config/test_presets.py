import pytest

from engine.config.presets import AUTO, PRESETS, config_from_preset, suitable_preset
from engine.config.run import RunConfig


@pytest.mark.parametrize("name", PRESETS)
def test_that_every_row_makes_a_run(tmp_path, name):
    config = config_from_preset(name, dataset=tmp_path, run=tmp_path / "run")
    assert isinstance(config, RunConfig)
    assert (config.preset, config.family) == (name, PRESETS[name].family)
    assert AUTO not in PRESETS


@pytest.mark.parametrize(
    ("gigabytes", "pixels", "name", "reason"),
    [
        (0, 256, "cpu-tiny", "no GPU"),
        (4, 256, "cpu-tiny", "4 GB only"),
        (6, 256, "laptop", "6 GB"),
        (24, 64, "laptop", "64 px"),
        (24, 128, "workstation", "128 px"),
        (24, 1024, "workstation", "1024 px"),
        (80, 28, "cpu-tiny", "28 px"),
    ],
)
def test_that_machine_and_dataset_choose_the_row(gigabytes, pixels, name, reason):
    suggestion = suitable_preset(gpu_bytes=int(gigabytes * 1e9), image_size=pixels)
    assert suggestion.name == name
    assert reason in suggestion.reason
