"""A view's topics as a stream of documents: 1NF rows in, inserts, updates and deletions of documents out.

    with consume.Consumer(bundle.view("meeting_sessions"), "localhost:9092") as consumer:
        for event in consumer.events():
            event       →  Event(op="insert", key=("m1",), document={"inSession": True, …}, before=None)

`Consumer` reads with confluent-kafka or kafka-python, whichever is asked for; `Assembly` puts rows together
and knows no Kafka, so that any other consumer of the topics can use it.
"""

from onto.consume.assembly import Assembly, Event
from onto.consume.consumer import CONFLUENT, KAFKA_PYTHON, Consumer

__all__ = ("CONFLUENT", "KAFKA_PYTHON", "Assembly", "Consumer", "Event")
