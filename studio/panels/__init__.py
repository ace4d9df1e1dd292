"""Panels shown in the docks; they do not import each other."""
