"""Domain methods on StateFun against functions written by hand for the same runtime."""
