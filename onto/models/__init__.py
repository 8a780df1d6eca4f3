"""Ways to make domain models other than by a class statement."""
