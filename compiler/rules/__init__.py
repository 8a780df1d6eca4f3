"""The rules of `build`, one family a file; `RULES` in `compiler.build` lists them in order.

A rule takes a scope and a syntax node and answers a value, None (not mine) or `Declined` (mine, but SQL cannot say it).
"""
