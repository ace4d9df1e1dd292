"""Networks, built from plain arguments."""
