"""Worker threads: the only code that starts and stops threads."""
