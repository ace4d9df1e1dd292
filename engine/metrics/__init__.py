"""Metrics of generated pairs, measured by networks that share nothing with the generators."""
