"""Sampling from checkpoints: pairs, galleries and charts."""
