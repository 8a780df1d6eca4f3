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


def _read(attribute: str) -> plan.Read:
    return plan.Read(attribute, "either")


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
                    plan.FieldInfo(
                        "title", "udf", plan.Lineage((_read("User.doc_id"), _read("User.name"))), (why,),
                        function="card__title",
                    ),
                    plan.FieldInfo("constant", "expr", plan.Lineage()),
                ),
                (function,), None,
            ),
        )
    )  # fmt: skip


def test_a_getter_in_python_is_explained_with_its_line(tmp_path: Path) -> None:
    app = projects.resolved(tmp_path, app=APP)
    path = next(iter(app.modules.values())).path
    assert explain.text(_plan(app), app).splitlines() == [
        "Card (Card), one per document of User",
        "  title       udf          Python on one row",
        f"    D360 `.title()` has no exact SQL form    {path}:19:16",
        "      19 |         return self.store.user.name.title()",
        "         |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "    to climb:   names.append(user.name)",
        "    instead of: names.insert(0, user.name)",
        "    may read User.doc_id, User.name",
        "  constant    expr         one SQL expression over joined rows",
        "    depends on nothing",
        "",
        "2 getters: 1 expr, 1 udf; 50 % without Python",
    ]


def test_json_says_the_same(tmp_path: Path) -> None:
    app = projects.resolved(tmp_path, app=APP)
    told = explain.to_json(_plan(app), app, {"Card": "SELECT 1"})
    (view,) = told["views"]
    first, second = view["fields"]
    path = next(iter(app.modules.values())).path
    assert set(told) == {"explain_version", "app", "summary", "views", "mermaid"}
    assert told["summary"]["tiers"] == {"expr": 1, "agg": 0, "udf": 1, "udf-collect": 0}
    assert view["tables"][0]["sql"] == "SELECT 1"
    assert first["why"] == [
        {
            "code": "D360", "message": "`.title()` has no exact SQL form", "file": path, "line": 19, "column": 16,
            "end_line": 19, "end_column": 44, "fix": "names.append(user.name)",
            "example": "names.insert(0, user.name)",
        }
    ]  # fmt: skip
    assert second == {
        "name": "constant", "file": None, "line": None, "column": None, "tier": "expr",
        "what": "one SQL expression over joined rows", "over": [], "tables": [], "reads": [], "lineage": [], "why": [],
        "function": None,
    }  # fmt: skip


def test_one_getter_may_be_asked_for(tmp_path: Path) -> None:
    app = projects.resolved(tmp_path, app=APP)
    whole = _plan(app)
    assert explain.names(whole) == ("Card", "Card.title", "Card.constant")
    (view,) = explain.narrowed(whole, "Card.title").views
    assert ([one.name for one in view.fields], [one.name for one in view.tables]) == (["title"], ["Card"])
    assert [one.name for one in view.functions] == ["card__title"]
    assert explain.narrowed(whole, "Card.constant").views[0].functions == ()


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
