"""The loop, its single step, and what a run leaves on disk."""
