"""Dialogs of several pages."""
