import itertools

import torch

from engine.objectives.elbo import BoundWeights
from engine.train.variational_step import all_subsets, mvae_bound, mvae_subsets
from tests.helpers.linear_pairs import linear_items, linear_vae


def test_that_all_sets_are_listed_the_largest_first():
    assert all_subsets("ab") == [("a", "b"), ("a",), ("b",)]
    for count in (1, 2, 3, 4):
        names = "abcd"[:count]
        subsets = all_subsets(names)
        assert subsets[0] == tuple(names)
        assert len(set(subsets)) == len(subsets) == 2**count - 1


def test_that_mvae_takes_all_each_and_random_sets_between():
    assert mvae_subsets("ab", 5, 0) == [("a", "b"), ("a",), ("b",)]
    assert mvae_subsets("abc", 0, 0) == [("a", "b", "c"), ("a",), ("b",), ("c",)]
    pairs = set(itertools.combinations("abc", 2))
    drawn = [mvae_subsets("abc", 2, seed)[4:] for seed in range(20)]
    assert all(len(set(sets)) == 2 and set(sets) <= pairs for sets in drawn)
    assert {subset for sets in drawn for subset in sets} == pairs
    assert mvae_subsets("abc", 2, 7) == mvae_subsets("abc", 2, 7)
    assert len(mvae_subsets("abc", 99, 0)) == 7


def test_that_random_sets_add_their_bounds():
    model = linear_vae(1, 2, 2)
    items = linear_items(model, 4)
    subsets = mvae_subsets(model.order, 3, 0)
    more = mvae_bound(model, items, {}, subsets, BoundWeights(), torch.Generator().manual_seed(5))
    fewer = mvae_bound(
        model, items, {}, subsets[:4], BoundWeights(), torch.Generator().manual_seed(5)
    )
    assert not torch.allclose(more.loss, fewer.loss)
    torch.testing.assert_close(more.whole.surprise, fewer.whole.surprise)
