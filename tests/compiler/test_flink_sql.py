"""Trees to text."""

from __future__ import annotations

from sqlglot import exp

from compiler import flink_sql


def test_nested_parentheses_of_several_lines_are_written_once_each() -> None:
    wide = exp.column("a" * 90)
    tree: exp.Expression = exp.and_(wide, wide.copy())
    for _ in range(60):  # written twice at each depth, this would not end
        tree = exp.Or(this=exp.Paren(this=exp.And(this=tree, expression=wide.copy())), expression=wide.copy())
    assert flink_sql.text(tree).count("`" + "a" * 90 + "`") == 2 + 2 * 60
