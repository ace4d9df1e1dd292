"""Looks into the networks of a run: what the discriminator says, and what one step changes."""
