"""Compile time against the number of views."""
