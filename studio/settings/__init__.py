"""Persistent settings of the studio."""
