"""Relativistic pairing: a real item shall look more real than the fake one beside it, and back.

No generator can win by one mode that fools everywhere: each fake is held against another real
item.
Source: Jolicoeur-Martineau 2018, arXiv:1807.00734, section 4.1; Huang et al. 2024 (R3GAN),
arXiv:2501.05441, eq. 2, which adds R1 and R2.
"""

from torch import Tensor
from torch.nn.functional import softplus

from engine.objectives.adversarial import Verdicts, mean_of


class RelativisticLoss:
    """Judges row by row by the difference of two logits; a row counts where both its items do."""

    reads_real = True
    is_logistic = False
    has_floor = True

    def critic(self, real: Verdicts, fake: Verdicts) -> Tensor:
        """Mean of ``softplus(D(G(z)) - D(x))``."""
        return self.fake(fake, real)

    def fake(self, fake: Verdicts, real: Verdicts) -> Tensor:
        """Mean of the same over further fakes."""
        return mean_of(softplus(fake.logits - real.logits), fake.counts & real.counts)

    def generator(self, fake: Verdicts, real: Verdicts | None) -> Tensor:
        """Mean of ``softplus(D(x) - D(G(z)))``.

        Raises:
            ValueError: there is nothing real to be held against.
        """
        if real is None:
            raise ValueError("relativistic pairing needs the real items' logits")
        return mean_of(softplus(real.logits - fake.logits), fake.counts & real.counts)
