"""From a checkpoint to pairs, galleries and charts."""
