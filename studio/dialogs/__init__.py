"""Dialogs; all of them open without blocking."""
