"""What stands in the docks; panels are strangers to each other."""
