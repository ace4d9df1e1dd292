"""Spectral normalisation: every layer of the critic stretches its input at most by one.

Source: Miyato et al. 2018, arXiv:1802.05957, algorithm 1.
"""

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm


def bound_layers(critic: nn.Module) -> None:
    """Divide each weight by its largest singular value, from now on and as the weight changes."""
    layers = [module for module in critic.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    for layer in layers:
        spectral_norm(layer)
