"""A bundle written by hand: the meeting view in the SQL shape that the compiler emits.

meetings ⟕ locations, meetings ⋈ tickets ⋈ users
→  sessions (doc_id, in_session, latitude, hearing_aids)  and  sessions__attending (doc_id, user_id, name)
"""

from __future__ import annotations

from onto import bundle

KAFKA = "'properties.bootstrap.servers' = 'localhost:9092'"
MINI_BATCH = {
    "table.exec.source.cdc-events-duplicate": "true",
    "table.exec.mini-batch.enabled": "true",
    "table.exec.mini-batch.allow-latency": "100 ms",
    "table.exec.mini-batch.size": "1000",
    "execution.checkpointing.interval": "2 s",
}


def source(name: str, model: str, columns: bundle.Columns, form: str = bundle.DEBEZIUM) -> bundle.Source:
    """Declare a collection whose columns are stored under their own names."""
    declared = ", ".join(f"`{column}` {kind}" for column, kind in columns)
    options = (
        "'connector' = 'kafka', 'scan.startup.mode' = 'earliest-offset', 'format' = 'debezium-json', "
        "'debezium-json.ignore-parse-errors' = 'true'"
        if form == bundle.DEBEZIUM
        else "'connector' = 'upsert-kafka', 'key.format' = 'raw', 'value.format' = 'json', "
        "'value.fields-include' = 'EXCEPT_KEY'"
    )
    ddl = (
        f"CREATE TABLE `{name}` ({declared}, PRIMARY KEY (`doc_id`) NOT ENFORCED) "
        f"WITH ({options}, 'topic' = '{name}', {KAFKA})"
    )
    return bundle.Source(name, model, name, columns, {}, ("doc_id",), ddl, form)


def table(name: str, parent: str | None, columns: bundle.Columns, key: tuple[str, ...], query: str) -> bundle.ViewTable:
    """Declare a view table that is written by upserts."""
    declared = ", ".join(f"`{column}` {kind}" for column, kind in columns)
    keys = ", ".join(f"`{column}`" for column in key)
    ddl = (
        f"CREATE TABLE `{name}` ({declared}, PRIMARY KEY ({keys}) NOT ENFORCED) "
        f"WITH ('connector' = 'upsert-kafka', 'topic' = '{name}', {KAFKA}, 'key.format' = 'json', "
        "'value.format' = 'json', 'value.fields-include' = 'EXCEPT_KEY', "
        "'sink.buffer-flush.max-rows' = '1000', 'sink.buffer-flush.interval' = '100 ms')"
    )
    return bundle.ViewTable(name, name, parent, columns, key, ddl, query)


MAIN = """
SELECT g.doc_id, g.s.a AS in_session, g.s.b AS latitude, COALESCE(g.n, 0) AS hearing_aids
FROM (
  SELECT doc_id, LAST_VALUE(s) AS s, SUM(n) AS n
  FROM (
    SELECT m.doc_id, CAST(ROW(m.status = 'in-session', l.latitude) AS ROW<a BOOLEAN, b DOUBLE>) AS s,
      CAST(NULL AS BIGINT) AS n
    FROM meetings AS m LEFT JOIN locations AS l ON m.location = l.doc_id
    UNION ALL
    SELECT m.doc_id, CAST(NULL AS ROW<a BOOLEAN, b DOUBLE>),
      CASE WHEN u.aid THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END
    FROM meetings AS m CROSS JOIN UNNEST(m.tickets) AS x(k, id)
    JOIN tickets AS t ON t.doc_id = x.id JOIN users AS u ON u.doc_id = x.k
    WHERE t.attendance
  )
  GROUP BY doc_id HAVING COUNT(s) > 0
) AS g
"""
ATTENDING = """
SELECT g.doc_id, g.user_id, g.s.a AS name
FROM (
  SELECT doc_id, user_id, LAST_VALUE(s) AS s
  FROM (
    SELECT m.doc_id, x.k AS user_id, CAST(ROW(u.name, TRUE) AS ROW<a STRING, b BOOLEAN>) AS s
    FROM meetings AS m CROSS JOIN UNNEST(m.tickets) AS x(k, id)
    JOIN tickets AS t ON t.doc_id = x.id JOIN users AS u ON u.doc_id = x.k
    WHERE t.attendance
  )
  GROUP BY doc_id, user_id
) AS g
"""
SOURCES = (
    source(
        "meetings",
        "Meeting",
        (
            ("doc_id", "STRING"),
            ("status", "STRING"),
            ("location", "STRING"),
            ("tickets", "MAP<STRING, STRING>"),
        ),
    ),
    source("tickets", "Ticket", (("doc_id", "STRING"), ("attendance", "BOOLEAN"))),
    source("users", "User", (("doc_id", "STRING"), ("name", "STRING"), ("aid", "BOOLEAN"))),
    source("locations", "Location", (("doc_id", "STRING"), ("latitude", "DOUBLE")), bundle.UPSERT),
)
VIEW = bundle.View(
    view_model="Session",
    collection="sessions",
    root="meetings",
    tables=(
        table(
            "sessions",
            None,
            (
                ("doc_id", "STRING"),
                ("in_session", "BOOLEAN"),
                ("latitude", "DOUBLE"),
                ("hearing_aids", "BIGINT"),
            ),
            ("doc_id",),
            MAIN,
        ),
        table(
            "sessions__attending",
            "sessions",
            (("doc_id", "STRING"), ("user_id", "STRING"), ("name", "STRING")),
            ("doc_id", "user_id"),
            ATTENDING,
        ),
    ),
    document=bundle.Document(
        key=("doc_id",),
        fields=(
            bundle.Field("in_session", "inSession", bundle.Scalar("in_session")),
            bundle.Field("latitude", "latitude", bundle.Scalar("latitude")),
            bundle.Field("hearing_aids", "hearingAids", bundle.Scalar("hearing_aids")),
            bundle.Field(
                "attending",
                "attending",
                bundle.ListOf(
                    table="sessions__attending",
                    parent_key=("doc_id",),
                    order=(("user_id", "asc"),),
                    item=bundle.Record((bundle.Field("name", "name", bundle.Scalar("name")),)),
                ),
            ),
        ),
    ),
    fields={},
)
BUNDLE = bundle.Bundle(
    manifest_version=bundle.MANIFEST_VERSION,
    app="hand_written",
    onto_version="0",
    source_hash="",
    functions=(),
    sources=SOURCES,
    views=(VIEW,),
    methods=(),
    jobs=(bundle.Job("sessions", ("sessions", "sessions__attending")),),
    config=MINI_BATCH,
)
