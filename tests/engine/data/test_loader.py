import torch

from engine.data.class_balance import class_balanced_weights
from engine.data.loader import DeviceLoader, StoredRows
from engine.data.seeds import mix_seed


def loader(count: int = 10, batch: int = 4, seed: int = 1) -> DeviceLoader:
    rows = torch.arange(count)
    stored = {"a": StoredRows(rows=rows), "b": StoredRows(rows=rows * 10)}
    return DeviceLoader(stored, batch, seed)


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


def test_that_nothing_is_missing_from_a_whole_dataset():
    batch = loader().batch(0)
    assert batch.is_complete
    assert batch.present["a"].tolist() == [True] * 4


def test_that_missing_items_are_masked_and_some_other_row_stands_there():
    places = torch.tensor([0, -1, 1, -1, 2])
    stored = {
        "a": StoredRows(rows=torch.arange(5)),
        "b": StoredRows(rows=torch.tensor([70, 71, 72]), first_row=places),
    }
    made = DeviceLoader(stored, 5, 1)
    batch = made.batch(0)
    assert not batch.is_complete
    assert batch.present["a"].all()
    for item, content, is_there in zip(
        batch.items["a"], batch.items["b"], batch.present["b"], strict=True
    ):
        assert bool(is_there) == (places[item] >= 0)
        if is_there:
            assert content == 70 + places[item]
        else:
            assert content.item() in {70, 71, 72}


def test_that_weights_decide_how_often_items_come():
    keys = ["rare"] * 10 + ["common"] * 990
    stored = {"a": StoredRows(rows=torch.arange(1000))}
    for alpha in (0.0, 0.5, 1.0):
        made = DeviceLoader(stored, 1000, 3, class_balanced_weights(keys, alpha))
        rows = torch.cat([made.rows(step) for step in range(20)])
        rare, common = 10 ** (1 - alpha), 990 ** (1 - alpha)
        expected = rare / (rare + common)
        share = (rows < 10).float().mean().item()
        assert abs(share - expected) < 4 * (expected * (1 - expected) / 20_000) ** 0.5
        assert torch.equal(
            made.rows(7), DeviceLoader(stored, 1000, 3, class_balanced_weights(keys, alpha)).rows(7)
        )


def test_that_one_of_several_captions_is_drawn_each_time():
    # Item 0 has captions 0 to 2, item 1 has none, item 2 has caption 3.
    stored = {
        "image": StoredRows(rows=torch.arange(3)),
        "text": StoredRows(
            rows=torch.arange(4),
            first_row=torch.tensor([0, -1, 3]),
            num_captions=torch.tensor([3, 0, 1]),
        ),
    }
    made = DeviceLoader(stored, 300, 1)
    batch = made.batch(0)
    of_first = batch.items["text"][batch.items["image"] == 0]
    shares = of_first.bincount(minlength=4) / len(of_first)
    assert shares[3] == 0
    assert all(abs(share - 1 / 3) < 0.15 for share in shares[:3])
    assert (batch.items["text"][batch.items["image"] == 2] == 3).all()
    assert torch.equal(batch.present["text"], batch.items["image"] != 1)
    assert torch.equal(made.batch(0).items["text"], batch.items["text"])
    assert not torch.equal(made.batch(1).items["text"], batch.items["text"])


def test_that_several_captions_leave_a_dataset_whole():
    places, choices = torch.tensor([0, 2]), torch.tensor([2, 1])
    stored = {"text": StoredRows(rows=torch.arange(3), first_row=places, num_captions=choices)}
    assert DeviceLoader(stored, 4, 1).batch(0).is_complete
