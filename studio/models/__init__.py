"""What panels show, without widgets: the form of a run and how far a run has come."""
