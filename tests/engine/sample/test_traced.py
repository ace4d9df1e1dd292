"""Traced functions compute the same for any number of rows, with the weights of the moment."""

import pytest
import torch
from torch import nn

from engine.sample.traced import traced


def a_network():
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2)).eval()
    return layers.requires_grad_(requires_grad=False)


@torch.inference_mode()
def test_a_traced_network_computes_the_same_for_any_number_of_rows():
    network = a_network()
    found = traced(network, [torch.randn(2, 3)])
    assert found is not network
    for count in (1, 2, 7):
        rows = torch.randn(count, 3)
        assert torch.allclose(found(rows), network(rows), atol=1e-6)


def test_weights_that_are_loaded_later_are_used():
    network, other, rows = a_network(), a_network(), torch.randn(2, 3)

    def compute(rows):
        return network(rows)

    with torch.inference_mode():
        found = traced(compute, [rows])
    before = found(rows)
    assert found is not compute
    for weight in other.parameters():
        weight.data.mul_(-2.0)
    network.load_state_dict(other.state_dict())
    assert not torch.allclose(found(rows), before)
    assert torch.allclose(found(rows), other(rows), atol=1e-6)


def branching(rows):
    return rows + 1 if rows.sum() > 0 else rows - 1


def two_rows_only(rows):
    return torch.cat([rows[0], rows[1]]).view(2, 3)


def not_of_tensors(rows):
    return rows.mean().item() * rows


@pytest.mark.parametrize("compute", [branching, two_rows_only, not_of_tensors])
def test_what_depends_on_the_example_is_not_traced(compute):
    torch.manual_seed(0)

    def tolerant(rows):
        return compute(rows) if len(rows) > 1 or compute is not two_rows_only else rows

    assert traced(tolerant, [torch.randn(2, 3)]) is tolerant
