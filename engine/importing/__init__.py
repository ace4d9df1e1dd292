"""Brings people's own files in: sources, formats, the doctor, the build."""
