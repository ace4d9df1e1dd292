"""From an exception to words that help."""
