"""Where files to import come from: folders, ZIP and tar archives, single tables."""
