"""Lets networks compute in float64, for comparisons that rounding must not decide.

Only for processes of their own: it changes PyTorch for good.
"""

import torch


def use_float64() -> None:
    """Make float64 the default, also where the engine asks for float32."""
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    torch.Tensor.float = lambda tensor: tensor.to(  # pyright: ignore[reportAttributeAccessIssue]
        torch.float32 if tensor.dtype == torch.bool else torch.float64
    )
