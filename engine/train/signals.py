"""Live figures of a run's health, as scalars that stay on the device.

Shapes: B batch.
"""

from torch import Tensor, nn
from torch.nn.utils import get_total_norm

from engine.objectives.adversarial import Verdicts, mean_of

WATCH_EVERY = 16
"""Figures that cost time are taken every so many steps."""

LEAST_REACH = 0.5
"""Logits between real and fake below which a critic is too unsure to know anything by heart."""

Scalars = dict[str, Tensor]


def is_watched(step: int) -> bool:
    """Whether a step takes the figures that cost time."""
    return step % WATCH_EVERY == 0


def score_signals(real: Verdicts, fake: Verdicts) -> Scalars:
    """What the critic believes: probabilities of being real, and the share of right verdicts.

    Returns:
        ``real_score`` and ``fake_score``, mean D in 0 to 1; ``real_sign``, the mean sign of the
        real items' logits in -1 to 1, which nears 1 when a critic knows its items by heart (Karras
        et al. 2020, arXiv:2006.06676, eq. 1).
    """
    real_logits, fake_logits = real.logits.detach(), fake.logits.detach()
    return {
        "real_score": mean_of(real_logits.sigmoid(), real.counts),
        "fake_score": mean_of(fake_logits.sigmoid(), fake.counts),
        "real_sign": mean_of(real_logits.sign(), real.counts),
    }


def overfit_signals(real: Verdicts, fake: Verdicts, held_out: Tensor) -> Scalars:
    """How far real items that are not trained on look like fakes: 0 not at all, 1 just as much.

    Source: r_v of Karras et al. 2020, arXiv:2006.06676, eq. 1.

    Args:
        real: of training items.
        fake: of generated ones.
        held_out: [B] logits of held-out ones.
    """
    believed = mean_of(real.logits.detach(), real.counts)
    reach = believed - mean_of(fake.logits.detach(), fake.counts)
    return {"overfit_gap": (believed - held_out.mean()) / reach.clamp(min=LEAST_REACH)}


def gradient_norm(network: nn.Module) -> Tensor:
    """Length of the gradient of all weights together; a scalar."""
    return get_total_norm([p.grad for p in network.parameters() if p.grad is not None])
