import torch

from engine.data.loader import DeviceLoader, mix_seed


def loader(count: int = 10, batch: int = 4, seed: int = 1) -> DeviceLoader:
    rows = torch.arange(count)
    return DeviceLoader({"a": rows, "b": rows * 10}, batch, seed)


def test_that_every_row_comes_once_in_each_epoch():
    rows = torch.cat([loader().rows(step) for step in range(5)])
    assert sorted(rows[:10].tolist()) == list(range(10))
    assert sorted(rows[10:].tolist()) == list(range(10))
    assert rows[:10].tolist() != rows[10:].tolist()


def test_that_modalities_stay_paired():
    items = loader().batch(3).items
    assert torch.equal(items["b"], items["a"] * 10)


def test_that_the_order_needs_no_history():
    fresh, used = loader(), loader()
    for step in range(7):
        used.rows(step)
    assert torch.equal(fresh.rows(7), used.rows(7))


def test_that_a_seed_decides_the_order():
    assert torch.equal(loader(seed=1).rows(0), loader(seed=1).rows(0))
    assert not torch.equal(loader(100, 50, seed=1).rows(0), loader(100, 50, seed=2).rows(0))


def test_that_a_batch_may_be_larger_than_the_dataset():
    rows = loader(count=3, batch=8).rows(0)
    assert len(rows) == 8
    assert set(rows.tolist()) == {0, 1, 2}


def test_that_mixed_seeds_do_not_collide():
    seeds = {mix_seed(seed, step) for seed in range(30) for step in range(300)}
    assert len(seeds) == 9000
    assert mix_seed(1, 2) != mix_seed(2, 1)
    assert all(0 <= seed < 2**63 for seed in seeds)
