"""Error reporting and user-facing error texts."""
