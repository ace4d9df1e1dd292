"""The kinds of data: one file each, and the registry."""
