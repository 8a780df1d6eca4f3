"""The quickstart: cities, a view of each, and a form that creates them."""
