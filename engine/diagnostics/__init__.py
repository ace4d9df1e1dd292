"""Diagnostic reports without personal data."""
