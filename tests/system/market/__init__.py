"""Accounts, a shop, trips, auctions, a ward and a chain: methods that reach several entities."""
