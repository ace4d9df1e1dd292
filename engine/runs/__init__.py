"""Run folders: configuration, checkpoints, event log, notes; listing, branching and deleting."""
