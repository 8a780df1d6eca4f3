"""Explanations: tier, reason with its line, way up, lineage; and plans as text."""

from __future__ import annotations

from pathlib import Path

from compiler import dtypes, explain, ir, model, plan, plan_text
from compiler.diagnostics import Span
from tests.compiler import projects

APP = (
    projects.HEADER
    + """
class User(DomainModel):
    name: str = attrs.nothing

class CardStore(Store):
    user = reference(dm_cls=User)

class Card(ViewModel):
    store: CardStore

    @attrs.getter
    def title(self) -> str:
        return self.store.user.name.title()
"""
)


def _plan(app: model.App) -> plan.Plan:
    path = next(iter(app.modules.values())).path
    why = ir.Declined("D360", Span(path, 19, 16, 19, 44), "`.title()` has no exact SQL form")
    name = ir.Column("user", "name", dtypes.optional(dtypes.STR))
    key = ir.Column("user", "doc_id", dtypes.STR)
    query = plan.Project(
        plan.Filter(
            plan.Scan("User", "user", ("doc_id", "name")), ir.Prim("not_none", (name,), dtypes.BOOL)
        ), (("doc_id", key), ("title", name)), "o",
    )  # fmt: skip
    columns = (plan.TableColumn("doc_id", dtypes.STR), plan.TableColumn("title", dtypes.optional(dtypes.STR)))
    function = plan.PyFunction("card__title", "m", "scalar", (("user__name", dtypes.STR),), dtypes.STR, "Card", "title")
    return plan.Plan(
        (
            plan.View(
                "Card", "Card", "User", (plan.Table("Card", None, columns, ("doc_id",), query),),
                (plan.FieldNode("title", "title", "scalar", column="title"),),
                (
                    plan.FieldInfo("title", "udf", ("User.doc_id", "User.name"), (why,)),
                    plan.FieldInfo("constant", "expr", ()),
                ),
                (function,), None,
            ),
        )
    )  # fmt: skip


def test_a_getter_in_python_is_explained_with_its_line(tmp_path: Path) -> None:
    app = projects.resolved(tmp_path, app=APP)
    path = next(iter(app.modules.values())).path
    found = [
        line for line in explain.text(_plan(app), app).splitlines() if not line.startswith(("    to climb", "     "))
    ]
    assert found == [
        "Card (Card), one per document of User",
        "  title       udf          Python on one row",
        f"    D360 `.title()` has no exact SQL form    {path}:19:16",
        "    reads User.doc_id, User.name",
        "  constant    expr         one SQL expression over joined rows",
        "    reads nothing",
    ]


def test_the_line_is_shown_with_a_caret(tmp_path: Path) -> None:
    app = projects.resolved(tmp_path, app=APP)
    lines = explain.text(_plan(app), app).splitlines()
    assert lines[3:5] == [
        "      19 |         return self.store.user.name.title()",
        "         |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
    ]


def test_json_says_the_same(tmp_path: Path) -> None:
    app = projects.resolved(tmp_path, app=APP)
    (view,) = explain.to_json(_plan(app), app)["views"]
    first, second = view["fields"]
    assert (first["tier"], first["why"][0]["code"], first["why"][0]["line"]) == ("udf", "D360", 19)
    assert second == {"name": "constant", "tier": "expr", "reads": [], "why": []}


def test_one_view_may_be_asked_for(tmp_path: Path) -> None:
    app = projects.resolved(tmp_path, app=APP)
    assert explain.to_json(_plan(app), app, "Other")["views"] == []


def test_a_plan_has_a_stable_text(tmp_path: Path) -> None:
    app = projects.resolved(tmp_path, app=APP)
    assert plan_text.show(_plan(app)).splitlines() == [
        "view Card (Card) of User",
        "  table Card, key doc_id",
        "    column doc_id: str",
        "    column title: str | None",
        "    project o: doc_id = user.doc_id, title = user.name",
        "      filter not_none(user.name)",
        "        scan User as user: doc_id, name",
        "  function card__title(user__name: str) -> str, scalar",
        "  field title: scalar column title",
        "  title: udf because D360, reads User.doc_id, User.name",
        "  constant: expr, reads nothing",
    ]
