"""Files on disk: atomic writes, files that may be hostile, locks."""
