"""What an adversarial loss is: what critic and generator pay for their logits.

Each head of the critic gives a logit for every row, but not every row counts: an item may be
missing from its pair, or may have been kept real in a fake pair. So a loss takes ``Verdicts``:
logits together with the rows that count.

Shapes: B batch.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

Loss = Callable[[Tensor], Tensor]
"""From logits [B] to what they cost, [B]."""


@dataclass(frozen=True)
class Verdicts:
    """What one head says of a batch."""

    logits: Tensor
    """[B]."""
    counts: Tensor
    """[B] booleans; rows without it change no loss and get no gradient."""


class AdversarialLoss(Protocol):
    """What the two players pay; every result is a scalar, a mean over the rows that count."""

    @property
    def reads_real(self) -> bool:
        """Whether the generator's loss looks at the real items too."""
        ...

    @property
    def is_logistic(self) -> bool:
        """Whether a logit, squashed, is a probability."""
        ...

    @property
    def has_floor(self) -> bool:
        """Whether what the critic pays is bounded below, however many fakes it is shown."""
        ...

    def critic(self, real: Verdicts, fake: Verdicts) -> Tensor:
        """What the critic pays for real and fake items."""
        ...

    def fake(self, fake: Verdicts, real: Verdicts) -> Tensor:
        """What the critic pays for further fakes alone, beside the same real items."""
        ...

    def generator(self, fake: Verdicts, real: Verdicts | None) -> Tensor:
        """What the generator pays; ``real`` is given when ``reads_real``."""
        ...


@dataclass(frozen=True)
class SeparateLoss:
    """A loss that judges real and fake items apart from each other."""

    real_loss: Loss
    fake_loss: Loss
    generator_loss: Loss
    reads_real: bool = False
    is_logistic: bool = True
    """Whether a logit, squashed, is a probability."""
    has_floor: bool = True

    def critic(self, real: Verdicts, fake: Verdicts) -> Tensor:
        """Sum of the means over the real and over the fake items."""
        return mean_of(self.real_loss(real.logits), real.counts) + self.fake(fake, real)

    def fake(self, fake: Verdicts, real: Verdicts) -> Tensor:  # noqa: ARG002 (the protocol's)
        """Mean over the fake items."""
        return mean_of(self.fake_loss(fake.logits), fake.counts)

    def generator(self, fake: Verdicts, real: Verdicts | None) -> Tensor:  # noqa: ARG002 (as above)
        """Mean over the fake items."""
        return mean_of(self.generator_loss(fake.logits), fake.counts)


def mean_of(values: Tensor, counts: Tensor) -> Tensor:
    """Mean of [B] values over the rows that count; 0 where none does.

    What stands in the other rows, even infinity, changes neither the mean nor its gradient.
    """
    return values.where(counts, 0.0).sum() / counts.sum().clamp(min=1)
