"""Computing what many operations do in one call.

PyTorch takes Python's lock again after each operation. Beside a thread that trains, which does the
same, the two wait for each other hundreds of times a second. A traced function takes it once.
"""

import warnings
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Compute = Callable[..., Tensor]
"""From tensors with the same number of rows to one with as many."""


def traced(compute: Compute, example: Sequence[Tensor]) -> Compute:
    """Return a function that computes the same in one call; ``compute`` if it cannot be traced.

    Args:
        compute: without side effects; weights that it uses may change in place afterwards.
        example: arguments, at least two rows each. Others may have any number of rows.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        # The result would depend on the example.
        warnings.simplefilter("error", torch.jit.TracerWarning)
        try:
            found: Compute = torch.jit.trace(compute, tuple(example), check_trace=False)
        except (RuntimeError, TypeError, ValueError, torch.jit.TracerWarning):
            return compute

    def run(*arguments: Tensor) -> Tensor:
        # Optimising takes longer than all that it could save here.
        with torch.jit.optimized_execution(False):
            return found(*arguments)

    for rows in (len(example[0]), len(example[0]) - 1):
        part = [tensor[:rows] for tensor in example]
        made, expected = run(*part), compute(*part)
        if made.shape != expected.shape or not torch.allclose(made, expected, atol=1e-4):
            return compute
    return run
