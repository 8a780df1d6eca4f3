"""Plan to Flink SQL: the queries, the tables that they read and fill, and the files that hold them.

    emit_query(Project(Scan("meetings", "m", …), …))  →  SELECT `m`.`doc_id`, … FROM `meetings` AS `m`
"""

from __future__ import annotations

from compiler import emit_relations, flink_sql, plan


def emit_query(relation: plan.Relation, stored: emit_relations.StoredNames | None = None) -> str:
    """Return the SELECT of a relation, pretty-printed."""
    return flink_sql.text(emit_relations.query(relation, stored or {}))
