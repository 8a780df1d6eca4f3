"""Datastores behind one small protocol, one file each."""
