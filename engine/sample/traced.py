"""Computing what many operations do in one call.

PyTorch takes Python's lock again after each operation. Beside a thread that trains, which does the
same, the two wait for each other hundreds of times a second. A traced function takes it once.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor
from torch.jit import TracerWarning, optimized_execution  # pyright: ignore[reportPrivateImportUsage]

Compute = Callable[..., Tensor]
"""From tensors with the same number of rows to one with as many."""

_TOLERANCE = 1e-4


def traced(compute: Compute, example: Sequence[Tensor]) -> Compute:
    """Return a function that computes the same in one call; ``compute`` if it cannot be traced.

    Args:
        compute: without side effects; weights that it uses may change in place afterwards.
        example: arguments, at least two rows each. Others may have any number of rows.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        # The result would depend on the example.
        warnings.simplefilter("error", TracerWarning)
        try:
            made = torch.jit.trace(compute, tuple(example), check_trace=False)
        except (RuntimeError, TypeError, ValueError, TracerWarning):
            return compute
    found = cast("Compute", made)

    def run(*arguments: Tensor) -> Tensor:
        # Optimising takes longer than all that it could save here.
        with optimized_execution(should_optimize=False):
            return found(*arguments)

    few = [tensor[:-1] for tensor in example]
    return run if _is_equal(run, compute, example) and _is_equal(run, compute, few) else compute


def _is_equal(found: Compute, compute: Compute, arguments: Sequence[Tensor]) -> bool:
    try:
        made = found(*arguments)
    except RuntimeError:
        return False  # It holds for one number of rows only.
    expected = compute(*arguments)
    return made.shape == expected.shape and torch.allclose(made, expected, atol=_TOLERANCE)
