"""The command line: one module a subcommand. Runs without Qt and imports torch only to work."""
