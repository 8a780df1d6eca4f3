"""The picture of an app: collections, joins, tables; never more nodes than it may have."""

from __future__ import annotations

from compiler import emit_sql, flow, pipeline


def _chart(limit: int, name: str = "examples.shop") -> list[str]:
    made = pipeline.run(name, emit_sql.Settings())
    assert made.plan is not None
    assert made.app is not None
    return flow.chart(made.plan, made.app, limit).splitlines()


def test_collections_flow_into_tables() -> None:
    assert _chart(60, "examples.meeting_room") == [
        "flowchart LR",
        '  c0[("locations")]',
        '  c1[("meetings")]',
        '  c2[("tickets")]',
        '  c3[("users")]',
        '  subgraph v0["MeetingSession"]',
        '    t0["meeting_sessions"]',
        '    t1["meeting_sessions__attending"]',
        "  end",
        '  c0 -->|"meetings.location"| t0',
        '  c1 -->|"root"| t0',
        '  c2 -->|"meetings.tickets"| t0',
        '  c3 -->|"meetings.users"| t0',
        '  c1 -->|"root"| t1',
        '  c2 -->|"meetings.tickets"| t1',
        '  c3 -->|"meetings.users"| t1',
    ]


def test_a_large_picture_leaves_child_tables_out_and_then_views() -> None:
    every = "\n".join(_chart(60))
    without_children = "\n".join(_chart(6))
    one_view = "\n".join(_chart(4))
    assert "shop_dashboards__revenue_by_category" in every
    assert "shop_dashboards__revenue_by_category" not in without_children
    assert "CustomerAccount" in without_children
    assert "CustomerAccount" not in one_view
    assert '  more["and 1 more view"]' in one_view
