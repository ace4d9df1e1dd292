"""The R1 penalty: the critic must be flat where the data is."""

from collections.abc import Mapping

import torch
from torch import Tensor


def r1_penalty(real: Mapping[str, Tensor], scores: Tensor) -> Tensor:
    """Squared norm of the critic's gradient at the real items, per item.

    Lazy regularisation (Karras et al. 2020, arXiv:1912.04958, section 3.1) computes it every k
    steps and multiplies it by k; that is the caller's business.

    Shapes: B batch.
    Source: Mescheder et al. 2018, arXiv:1801.04406, eq. 9.

    Args:
        real: by modality, tensors of B items with ``requires_grad`` set.
        scores: [B] sum of the critic's logits for those items.

    Returns:
        [B] penalty, not yet weighted by gamma / 2.
    """
    # Summing first keeps one backward pass. Minibatch deviation lets a score depend a little on
    # its neighbours, which the penalty then counts as well.
    gradients = torch.autograd.grad(scores.sum(), list(real.values()), create_graph=True)
    return torch.stack([g.square().flatten(1).sum(1) for g in gradients]).sum(0)
