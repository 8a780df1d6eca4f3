"""Small apps, written as teams write them: the corpus that both engines and Flink have to agree on."""
