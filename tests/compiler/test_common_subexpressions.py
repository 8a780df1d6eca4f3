"""What a SELECT says many times, and when it is said once."""

from __future__ import annotations

import pytest
from sqlglot import exp

from compiler import common_subexpressions, dtypes, flink_sql
from compiler.flink_sql import call, case, cast, number, op

TIMES = 60


def typed(name: str, of: dtypes.Type) -> exp.Expression:
    column = flink_sql.column("t", name)
    column.type = flink_sql.data_type(of)
    return column


A, B, X = typed("a", dtypes.INT), typed("b", dtypes.INT), typed("x", dtypes.FLOAT)
S, L = typed("s", dtypes.STR), typed("l", dtypes.ListOf(dtypes.INT))


def select(*columns: exp.Expression) -> str:
    """Return the SELECT of some columns of a table, on one line."""

    def close(trees: list[exp.Expression]) -> exp.Select:
        return exp.Select(expressions=trees, from_=exp.From(this=exp.Table(this=flink_sql.name_of("t"))))

    made = common_subexpressions.select([(f"c{n}", one.copy()) for n, one in enumerate(columns)], close)
    return " ".join(flink_sql.text(made).split())


def total(tree: exp.Expression, times: int = TIMES) -> exp.Expression:
    """Add a tree up, so that it is written so many times."""
    made = tree.copy()
    for _ in range(times - 1):
        made = op(made, "+", tree.copy())
    return made


def chain(tree: exp.Expression, length: int = 10) -> exp.Expression:
    """Make an expression longer."""
    for _ in range(length):
        tree = call("ABS", tree)
    return tree


def test_what_is_short_or_rare_stays() -> None:
    assert "FROM (" not in select(total(A), total(chain(A), 2))


def test_an_expression_that_is_written_often_is_evaluated_below() -> None:
    found = select(total(chain(A)), B)
    assert found.count("ABS(`t`.`a`)") == 1
    assert found.count("`s`.`shared_1`") == TIMES
    assert found.endswith("END AS `shared_1`, `t`.`b` AS `t.b` FROM `t` ) AS `s`")
    assert "`s`.`t.b` AS `c1`" in found


def test_what_only_a_shared_column_reads_goes_no_further() -> None:
    found = select(total(chain(A)))
    assert "`t.a`" not in found


def test_shared_columns_of_shared_columns_have_a_select_of_their_own() -> None:
    inner = chain(A, 20)
    found = select(total(chain(total(inner, 30))), total(inner, 30))
    assert found.count("ABS(`t`.`a`)") == 1
    assert found.count("FROM (") == found.count("RAND_INTEGER(1) = 0") == 3


@pytest.mark.parametrize(
    "divided",
    [call("MOD", A.copy(), B.copy()), op(A.copy(), "/", B.copy())],
    ids=["a rest", "a quotient"],
)
def test_a_division_that_a_case_guards_divides_by_null_when_it_is_shared(divided: exp.Expression) -> None:
    guarded = case((op(B.copy(), "<>", number(0)), total(chain(divided))))
    found = select(guarded)
    assert "shared_1" in found
    assert "NULLIF(`t`.`b`, 0)" in found


def test_a_division_by_a_constant_stays_as_it_is() -> None:
    found = select(total(chain(call("MOD", A.copy(), number(7)))))
    assert "shared_1" in found
    assert "NULLIF" not in found


@pytest.mark.parametrize(
    "raising",
    [
        cast(S.copy(), dtypes.INT),
        cast(X.copy(), dtypes.DECIMAL),
        flink_sql.item(L.copy(), A.copy()),
        call("a_python_function", A.copy()),
        op(op(S.copy(), "/", A.copy()), "+", A.copy()),
    ],
    ids=["a cast of text", "a cast of what may be infinite", "an item", "Python", "what no types are known of"],
)
def test_what_may_raise_is_evaluated_only_where_it_is_asked_for(raising: exp.Expression) -> None:
    assert "shared_1" not in select(total(chain(raising)))


def test_constants_are_not_shared() -> None:
    assert "shared_1" not in select(total(chain(number(1))))
