"""What a run leaves on disk, and how it is read again. The run folder is the truth."""
