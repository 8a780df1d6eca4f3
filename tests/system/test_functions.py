"""Python functions of a bundle run on the TaskManager, shipped with the job."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from onto import bundle, consume, wire
from tests.conftest import Road
from tests.system import hand_written

MODULE = """
from pyflink.table import DataTypes, Row
from pyflink.table.udf import udf

from . import words


TEXT = DataTypes.STRING()


@udf(result_type=DataTypes.ROW([DataTypes.FIELD("value", TEXT), DataTypes.FIELD("error", TEXT)]))
def greeting(name):
    try:
        return Row(words.greet(name), None)
    except Exception as error:
        return Row(None, f"{type(error).__name__}: {error}")
"""
WORDS = """
def greet(name):
    return f"Hello, {name.title()}"
"""
FUNCTION = bundle.Function(
    name="greeting",
    ddl="CREATE TEMPORARY FUNCTION greeting AS 'onto_udfs_test.functions.greeting' LANGUAGE PYTHON",
    module="udfs/onto_udfs_test/functions.py",
)
GREETINGS = hand_written.table(
    "greetings",
    None,
    (("doc_id", "STRING"), ("text", "STRING"), ("problem", "STRING")),
    ("doc_id",),
    "SELECT doc_id, r.`value` AS text, r.error AS problem FROM (SELECT doc_id, greeting(name) AS r FROM users)",
)
VIEW = bundle.View(
    view_model="Greeting",
    collection="greetings",
    root="users",
    tables=(GREETINGS,),
    document=bundle.Document(
        ("doc_id",),
        (
            bundle.Field("text", "text", bundle.Scalar("text")),
            bundle.Field("problem", "problem", bundle.Scalar("problem")),
        ),
    ),
    fields={},
)
BUNDLE = dataclasses.replace(
    hand_written.BUNDLE,
    app="greetings",
    functions=(FUNCTION,),
    sources=tuple(each for each in hand_written.SOURCES if each.name == "users"),
    views=(VIEW,),
    jobs=(bundle.Job("greetings", ("greetings",)),),
)


def test_a_function_with_its_own_modules_runs_on_the_cluster(road: Road, tmp_path: Path) -> None:
    files = {
        "udfs/onto_udfs_test/__init__.py": "",
        "udfs/onto_udfs_test/functions.py": MODULE,
        "udfs/onto_udfs_test/words.py": WORDS,
    }
    bundle.write(BUNDLE, files, tmp_path / "build")
    road.submit(tmp_path / "build")
    road.feed(
        wire.Change("users", "u1", None, {"doc_id": "u1", "name": "ann"}),
        wire.Change("users", "u2", None, {"doc_id": "u2", "name": None}),
    )
    with consume.Consumer(VIEW, road.kafka, prefix=road.prefix) as consumer:
        documents = dict(road.read_until(consumer, lambda found: len(found) == 2))
        road.feed(wire.Change("users", "u2", {"doc_id": "u2", "name": None}, None))
        road.read_until(consumer, lambda found: list(found) == [("u1",)])
    assert documents == {
        ("u1",): {"text": "Hello, Ann", "problem": None},
        ("u2",): {
            "text": None,
            "problem": "AttributeError: 'NoneType' object has no attribute 'title'",
        },
    }
