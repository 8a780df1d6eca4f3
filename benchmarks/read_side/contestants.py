"""The jobs that are compared: the bundle that onto emits, and others with the same sources and tables.

    bundle_of("hand", Path("/tmp/x"))  →  the folder of a bundle whose queries come from sql/hand

Each contestant is the emitted bundle with other queries, so that sources, sinks and settings are the same.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path

from compiler import emit_sql, pipeline
from onto import bundle

HERE = Path(__file__).parent
APP = "examples.meeting_room"
MAIN, CHILD = "meeting_sessions", "meeting_sessions__attending"
ERRORS = "meeting_room-errors"
CONTESTANTS: Mapping[str, str] = {
    "onto": "what onto emits",
    "onto_no_errors": "what onto emits, without the table of errors",
    "hand": "SQL by hand",
    "hand_plain": "SQL by hand, where the sink materializes the child table",
    "hand_joins": "SQL by hand, in the usual shape of joined groups",
    "python": "SQL by hand, with Python for the expressions on one row",
    "decode": "reads and decodes the sources, counts them",
}
_FUNCTIONS = ("display_name", "in_session", "attends")
_COUNTS = (("collection", "STRING"), ("documents", "BIGINT"), ("total", "BIGINT"))


def emitted() -> bundle.Bundle:
    """Compile the meeting room."""
    made = pipeline.run(APP, emit_sql.Settings())
    if made.bundle is None:
        raise SystemExit(f"{APP} does not compile")
    return made.bundle


def write(name: str, base: bundle.Bundle, folder: Path, sources: str, views: str) -> bundle.Bundle:
    """Write the contestant's bundle to `folder`, reading topics under one prefix and filling those under another."""
    made = _contestant(name, base)
    made = dataclasses.replace(
        made,
        app=f"{views}{name}",
        sources=tuple(dataclasses.replace(one, topic=sources + one.topic) for one in made.sources),
        views=tuple(
            dataclasses.replace(view, tables=tuple(_under(views, one) for one in view.tables)) for view in made.views
        ),
        error_table=None if made.error_table is None else _under(views, made.error_table),
    )
    shutil.rmtree(folder, ignore_errors=True)
    files = {}
    if name == "python":
        files["udfs/benchmark_functions.py"] = (HERE / "sql" / "python" / "functions.py").read_text(encoding="utf-8")
    bundle.write(made, files, folder)
    return made


def _under(prefix: str, table: bundle.ViewTable) -> bundle.ViewTable:
    return dataclasses.replace(table, topic=prefix + table.topic)


def _contestant(name: str, base: bundle.Bundle) -> bundle.Bundle:
    if name == "onto":
        return base
    tables = (MAIN, CHILD)
    jobs = (bundle.Job(name, tables),)
    made = dataclasses.replace(base, jobs=jobs, error_table=None)
    if name == "onto_no_errors":
        return made
    if name == "decode":
        return _decoding(made)
    view = made.views[0]
    queries = {
        MAIN: (HERE / "sql" / name / "main.sql").read_text(encoding="utf-8"),
        CHILD: (HERE / "sql" / name / "attending.sql").read_text(encoding="utf-8"),
    }
    view = dataclasses.replace(
        view, tables=tuple(dataclasses.replace(one, query=queries[one.name]) for one in view.tables)
    )
    functions = tuple(
        bundle.Function(
            one,
            f"CREATE TEMPORARY FUNCTION `{one}` AS 'benchmark_functions.{one}' LANGUAGE PYTHON",
            "udfs/benchmark_functions.py",
        )
        for one in (_FUNCTIONS if name == "python" else ())
    )
    return dataclasses.replace(made, views=(view,), functions=functions)


def _decoding(made: bundle.Bundle) -> bundle.Bundle:
    """Count each source into the main table's place: without a primary key nothing is kept of the documents."""
    keyless = tuple(
        dataclasses.replace(one, ddl=one.ddl.replace(",\n  PRIMARY KEY (`doc_id`) NOT ENFORCED", ""))
        for one in made.sources
    )
    view = made.views[0]
    main = view.tables[0]
    ddl = main.ddl[main.ddl.index("WITH") :]
    columns = ", ".join(f"`{name}` {kind}" for name, kind in _COUNTS)
    counts = dataclasses.replace(
        main,
        columns=_COUNTS,
        key=("collection",),
        ddl=f"CREATE TABLE `{MAIN}` ({columns}, PRIMARY KEY (`collection`) NOT ENFORCED) {ddl}",
        query=(HERE / "sql" / "decode" / "main.sql").read_text(encoding="utf-8"),
    )
    view = dataclasses.replace(view, tables=(counts,), document=bundle.Document(("collection",), ()), fields={})
    return dataclasses.replace(
        made,
        sources=keyless,
        views=(view,),
        jobs=(bundle.Job("decode", (MAIN,)),),
        config={**made.config, "table.exec.source.cdc-events-duplicate": "false"},
    )
