"""From a bundle to running jobs: local Kafka and Flink, submission to clusters; no decisions of its own."""
