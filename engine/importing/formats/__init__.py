"""One file for each way in which people keep images and texts together."""
