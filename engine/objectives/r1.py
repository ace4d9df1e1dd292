"""The R1 penalty: the critic must be flat where the data is.

Lazy regularisation (Karras et al. 2020, arXiv:1912.04958, section 3.1) computes it every k steps
and multiplies it by k; that is the step's business.
"""

from torch import Tensor

from engine.objectives.penalty import Judged, squared_slope


class R1:
    """Half the squared norm of the gradient at the real items.

    Source: Mescheder et al. 2018, arXiv:1801.04406, eq. 9.
    """

    watches_real, watches_fake = True, False

    def __call__(self, judged: Judged) -> Tensor:
        """Give the penalty of each real row: [B]."""
        return squared_slope(judged.real, judged.real_scores) / 2
