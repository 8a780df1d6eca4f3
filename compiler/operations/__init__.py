"""Rows of the table of operations, by the kind of value that they work on."""
