"""Modalities, datasets on disk and the loader that keeps them on the device."""
