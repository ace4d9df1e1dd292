"""R1 and R2 together: the critic must be flat where the data is and where the generator is.

Source: Mescheder et al. 2018, arXiv:1801.04406, eq. 9 and 10; both at once in R3GAN (Huang et al.
2024, arXiv:2501.05441, section 2.2).
"""

from torch import Tensor

from engine.objectives.penalty import Judged, squared_slope


class R1R2:
    """Half the squared norms of the gradients at the real and at the fake items, summed."""

    watches_real, watches_fake = True, True

    def __call__(self, judged: Judged) -> Tensor:
        """Give the penalty of each row: [B]."""
        real = squared_slope(judged.real, judged.real_scores)
        return (real + squared_slope(judged.fake, judged.fake_scores)) / 2
