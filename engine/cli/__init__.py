"""Command line, with one module per subcommand. Does not use Qt; torch is imported on use."""
