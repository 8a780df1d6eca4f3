"""Four small apps written with onto; each also compiles to Flink (`onto compile examples.shop`)."""
