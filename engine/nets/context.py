"""What is known of a pair, as one vector.

Shapes: B batch, F features.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from engine.nets.modality import Modality
from engine.nets.model import Items


class PairContext(nn.Module):
    """Sums the codes of whatever is given; nothing given is a learned code of its own.

    Args:
        modalities: in any order.
        feature_dim: F.
    """

    def __init__(self, modalities: Sequence[Modality], feature_dim: int) -> None:
        super().__init__()
        self.encoders = nn.ModuleDict({m.name: m.build_encoder() for m in modalities})
        self.nothing = nn.Parameter(torch.zeros(feature_dim))

    def forward(
        self, given: Items, count: int, known: Mapping[str, Tensor] | None = None
    ) -> Tensor:
        """Sum up what is known of each pair: [count, F].

        Args:
            given: items by modality.
            count: rows, for when nothing is given.
            known: by modality, [count] booleans: the rows whose item may be seen; by default all.
        """
        if not given:
            return self.nothing.expand(count, -1)
        codes = {name: self.encoders[name](item) for name, item in given.items()}
        if known is None:
            return torch.stack(list(codes.values())).sum(0)
        heard = torch.stack([code.where(known[name][:, None], 0) for name, code in codes.items()])
        is_known = torch.stack([known[name] for name in codes]).any(0)
        return heard.sum(0).where(is_known[:, None], self.nothing)
