"""Shops, their products and orders: money, grouping, rankings, conditional counts."""
