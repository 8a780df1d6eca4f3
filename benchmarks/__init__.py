"""How fast onto and its jobs are, always as a ratio to something."""
