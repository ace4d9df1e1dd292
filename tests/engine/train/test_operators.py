"""What a training step asks of a device: how many operations, and no wait for a value."""

from collections import Counter
from typing import Any

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from engine.data.loader import Batch
from engine.train.families import build_step
from engine.train.metrics import MetricAccumulator
from engine.train.state import update_ema
from engine.train.step import complete_batch
from tests.helpers.tiny import tiny_pairs, tiny_state, tiny_step_config

LIMITS = {"hybrid": 7_000, "adversarial": 5_500, "mvae": 2_150, "mopoe": 1_700}
"""Operations of a step with the penalty, nested ones included; a tenth more than it takes now."""
WAITS = ("aten::_local_scalar_dense", "aten::item", "aten::is_nonzero", "aten::nonzero")
"""What makes the program wait for a device until it has computed a value."""


def partial_batch() -> Batch:
    """A batch whose rows lack their text or image, as rows of incomplete datasets do."""
    pairs = tiny_pairs()
    present = {
        "text": torch.tensor([True] * 6 + [False] * 2),
        "image": torch.tensor([False] * 2 + [True] * 6),
    }
    return Batch(items=pairs, present=present)


def operations(family: str, batch: Batch, number: int) -> Counter[str]:
    """Count the operations of a step and of what the loop does after it, up to the report."""
    config = tiny_step_config(family, reg_interval=2)
    state, meter = tiny_state(family, reg_interval=2), MetricAccumulator()
    step = build_step(state, config)

    def take(number: int) -> None:
        meter.add(step(batch, number), number)
        update_ema(state.ema, state.generator, images_seen=8, batch=8, half_life=100.0)

    for earlier in range(2):
        take(earlier)
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        take(number)
    return Counter(
        event.name
        for event in profiler.events() or []
        if event.name.startswith("aten::") and not is_of_the_cpu(event)
    )


CPU_ONLY = ("aten::_fused_adam_", "aten::one_hot")
"""Operations that read values on the CPU alone: the fused optimizer the number of each parameter's
step, and ``one_hot`` its argument, to check it."""


def is_of_the_cpu(event: Any) -> bool:
    """Whether an operation is a part of one that does without it on an accelerator."""
    while (event := event.cpu_parent) is not None:
        if event.name in CPU_ONLY:
            return True
    return False


@pytest.mark.parametrize("family", LIMITS)
@pytest.mark.parametrize("is_complete", [True, False], ids=["complete", "partial"])
def test_that_no_step_waits_for_a_value(family, is_complete):
    batch = complete_batch(tiny_pairs()) if is_complete else partial_batch()
    for number in (2, 3):
        found = operations(family, batch, number)
        assert found.total() > 0
        assert {name: found[name] for name in WAITS if found[name]} == {}


@pytest.mark.parametrize("family", LIMITS)
def test_that_a_step_takes_no_more_operations_than_it_did(family):
    with_penalty = operations(family, complete_batch(tiny_pairs()), 2).total()
    assert with_penalty <= LIMITS[family]
    # A limit far above what a step takes would not notice much.
    assert with_penalty > LIMITS[family] / 1.3
