"""Adversarial losses and regularizers, one file each."""
