"""The only code that starts and stops threads: one thin worker for each long job."""
