"""Between the stored form of a document and Python values: names, shapes, loading, dumping."""
