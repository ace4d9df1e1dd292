"""Adversarial losses, discriminator regularizers and the multimodal evidence lower bound."""
