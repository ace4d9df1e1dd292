"""Dialogs; every one of them opens without blocking."""
