"""Getters of every tier against the same written by hand."""
