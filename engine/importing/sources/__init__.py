"""Sources of files to import: folders, ZIP and tar archives, single tables."""
