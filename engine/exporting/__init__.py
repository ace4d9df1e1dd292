"""What leaves a run: models, curves and films in files that other programs open."""
