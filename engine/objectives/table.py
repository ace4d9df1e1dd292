"""The objectives by the names that a configuration gives them."""

from collections.abc import Mapping

from engine.objectives import hinge, least_squares, nonsaturating, saturating, wasserstein
from engine.objectives.adversarial import AdversarialLoss, SeparateLoss
from engine.objectives.gradient_penalty import GradientPenalty
from engine.objectives.penalty import Penalty
from engine.objectives.r1 import R1
from engine.objectives.r1_r2 import R1R2
from engine.objectives.relativistic import RelativisticLoss

LOGISTIC = ("non-saturating", "saturating")
"""Losses whose logits are those of a probability."""
ADVERSARIAL: Mapping[str, AdversarialLoss] = {
    **{
        name: SeparateLoss(
            loss.real_loss,
            loss.fake_loss,
            loss.generator_loss,
            is_logistic=name in LOGISTIC,
            has_floor=name != "wasserstein",
        )
        for name, loss in {
            "non-saturating": nonsaturating,
            "saturating": saturating,
            "hinge": hinge,
            "least-squares": least_squares,
            "wasserstein": wasserstein,
        }.items()
    },
    "relativistic": RelativisticLoss(),
}
PENALTIES: Mapping[str, Penalty] = {
    "r1": R1(),
    "r1-r2": R1R2(),
    "gradient-penalty": GradientPenalty(),
}
"""The other regularizers add no term: ``spectral-norm`` changes the critic, ``none`` nothing."""
