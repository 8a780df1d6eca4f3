"""Write an example's data to the topics of its collections: first what is stored, then, on request, what changes.

python -m examples.feed shop               →  every document of the shop, to the Kafka that `onto up` started
python -m examples.feed shop --changes 2   →  its changes as well, one every two seconds
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click

from flink_jobs import feed
from onto import bundle, errors, settings, wire

EXAMPLES = ("meeting_room", "city", "shop", "chat")


def stored(data: ModuleType) -> list[wire.Change]:
    """Return the documents that an example's data begins with."""
    return [
        wire.Change(collection, document["doc_id"], None, document)
        for collection, documents in data.ENTITIES.items()
        for document in documents
    ]


def steps(data: ModuleType) -> Iterator[wire.Change]:
    """Yield the changes that come after, each with the document before it."""
    before = {(one.collection, one.doc_id): one.after for one in stored(data)}
    for collection, doc_id, after in data.CHANGES:
        yield wire.Change(collection, doc_id, before.get((collection, doc_id)), after)
        before[collection, doc_id] = after


@click.command()
@click.argument("example", type=click.Choice(EXAMPLES))
@click.option("--changes", type=float, metavar="SECONDS", help="Change the data too, at this pace.")
def main(example: str, changes: float | None) -> None:
    """Write the data of EXAMPLE to Kafka."""
    data = importlib.import_module(f"examples.{example}.data")
    chosen = settings.load(Path.cwd(), os.environ, {})
    try:
        count = feed.send(_records(stored(data), chosen), chosen.bootstrap_servers, chosen.kafka).count
        click.echo(f"wrote {count} documents to {chosen.bootstrap_servers}")
        for change in steps(data) if changes is not None else ():
            time.sleep(changes or 0)
            feed.send(_records([change], chosen), chosen.bootstrap_servers, chosen.kafka)
            click.echo(f"{change.op} {change.collection}/{change.doc_id}")
    except errors.OntoError as error:
        click.echo(f"feed: {error}", err=True)
        sys.exit(error.exit_code)


def _records(changes: list[wire.Change], chosen: settings.Settings) -> list[wire.Record]:
    return [
        wire.encode(one, chosen.topic_prefix, chosen.formats.get(one.collection, bundle.DEBEZIUM)) for one in changes
    ]


if __name__ == "__main__":
    main()
