"""Adversarial losses and regularizers, one file each; ``table`` names them."""
