"""What the studio remembers between two starts."""
