"""The compiler: a Python app in, a bundle out. It never imports user code."""
