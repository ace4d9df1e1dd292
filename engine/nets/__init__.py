"""Networks, built from plain arguments: no configuration reaches in here."""
