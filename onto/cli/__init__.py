"""The `onto` command: one module per subcommand, each imported when it is called."""
