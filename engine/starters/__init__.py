"""Content of the starters with named columns: pure functions from a seed to arrays."""
