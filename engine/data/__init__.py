"""Datasets: storage, editing, tokenizers and the loader."""
