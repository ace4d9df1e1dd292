import pytest

from engine.augment.changes import MODES, resolve_augmentation
from engine.config.data import AUGMENTATIONS


@pytest.mark.parametrize(
    ("train_images", "mode"), [(1, "diffaugment"), (4_999, "diffaugment"), (5_000, "none")]
)
def test_that_auto_augments_small_sets(train_images, mode):
    assert resolve_augmentation("auto", train_images) == mode


def test_that_a_choice_stands_however_many_images_there_are():
    for choice in MODES:
        assert {resolve_augmentation(choice, count) for count in (10, 10**6)} == {choice}


def test_that_every_setting_becomes_a_mode():
    assert {resolve_augmentation(choice, 100) for choice in AUGMENTATIONS} == set(MODES)
