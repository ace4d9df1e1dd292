"""Tests of the orders in which items are trained on."""

from collections import Counter

import numpy as np
import pytest

from engine.data.class_balance import class_balanced_weights
from engine.data.order import BlockOrder, FreeOrder


def blocks(count=100, batch=8, seed=1, weights=None):
    return BlockOrder(count, batch, seed, weights, block=8, window=3)


def all_rows(order, steps):
    return np.concatenate([order.rows(step) for step in range(steps)])


@pytest.mark.parametrize("count", [1, 7, 8, 24, 25, 100, 101])
def test_that_every_item_comes_once_in_each_epoch(count):
    rows = all_rows(blocks(count), 3 * count // 8 + 2)
    for epoch in range(3):
        assert sorted(rows[epoch * count : (epoch + 1) * count]) == list(range(count))


def test_that_any_step_can_be_asked_for_by_itself():
    used = blocks(101)
    for step in range(60):
        # Also over the end of an epoch and of a window.
        assert np.array_equal(blocks(101).rows(step), used.rows(step))
    assert np.array_equal(used.rows(3), blocks(101).rows(3))


def test_that_epochs_and_seeds_differ():
    rows = all_rows(blocks(), 25)
    assert not np.array_equal(rows[:100], rows[100:200])
    assert not np.array_equal(blocks(seed=2).rows(0), blocks().rows(0))


def test_that_a_window_has_whole_blocks_of_neighbours():
    rows = all_rows(blocks(), 13)[:100]
    for start in (0, 24, 48, 72):
        window = rows[start : start + 24]
        numbers = Counter((window // 8).tolist())
        assert len(numbers) == 3
        assert set(numbers.values()) == {8}
        assert not np.array_equal(window, np.sort(window))
    # The block that is not full comes last.
    assert sorted(rows[96:]) == [96, 97, 98, 99]


def test_that_what_is_needed_is_announced_before():
    order, announced = blocks(101), set()
    for step in range(30):
        for rows in order.upcoming(step, is_first=step == 0):
            announced |= set(rows.tolist())
        assert set(order.rows(step).tolist()) <= announced
        if len(announced) == 101:
            break
    assert len(announced) == 101
    # A later start announces its own window first.
    first = np.concatenate(order.upcoming(5, is_first=True))
    assert set(order.rows(5).tolist()) <= set(first.tolist())


def test_that_no_window_is_announced_twice():
    order = blocks(96)
    announced = [rows for step in range(12) for rows in order.upcoming(step, is_first=step == 0)]
    assert len(announced) == 96 // 24 + 1
    assert sorted(np.concatenate(announced[:4])) == list(range(96))


def test_that_a_free_order_announces_the_steps_ahead():
    order = FreeOrder(50, 4, 1)
    first = order.upcoming(2, is_first=True)
    assert np.array_equal(first[0], order.rows(2))
    (later,) = order.upcoming(3, is_first=False)
    assert np.array_equal(later, order.rows(11))
    assert np.array_equal(first[-1], order.rows(10))


def test_that_weights_are_followed_in_blocks_too():
    keys = ["rare"] * 100 + ["common"] * 9_900
    for alpha, share in ((0.0, 0.01), (0.5, 1 / (1 + 99**0.5)), (1.0, 0.5)):
        weights = class_balanced_weights(keys, alpha)
        order = BlockOrder(10_000, 100, 3, weights, block=16, window=8)
        rows = all_rows(order, 200)
        found = (rows < 100).mean()
        assert abs(found - share) < 4 * (share * (1 - share) / 20_000) ** 0.5
        again = BlockOrder(10_000, 100, 3, weights, block=16, window=8)
        assert np.array_equal(again.rows(107), order.rows(107))


def test_that_an_epoch_has_the_same_draws_in_both_orders():
    weights = class_balanced_weights(["a"] * 90 + ["b"] * 10, 1.0)
    free, in_blocks = FreeOrder(100, 10, 5, weights), blocks(100, 10, 5, weights)
    assert sorted(all_rows(free, 10)) == sorted(all_rows(in_blocks, 10))


def test_that_copies_of_a_rare_item_are_spread():
    # One item is drawn for half of an epoch of 512; a window has 24 places.
    weights = np.full(512, 0.5 / 511)
    weights[7] = 0.5
    rows = all_rows(blocks(512, 8, 1, weights), 64)
    copies = [(rows[start : start + 24] == 7).sum() for start in range(0, 512, 24)]
    assert sum(copies) > 200
    assert max(copies) <= 24
