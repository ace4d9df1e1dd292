"""Reusable widgets without knowledge of runs or datasets."""
