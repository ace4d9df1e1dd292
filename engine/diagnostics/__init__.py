"""A report for whoever is to find out what went wrong; what is private stays out."""
