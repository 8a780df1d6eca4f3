"""Facts: how declarations are looked up and printed."""

from __future__ import annotations

from compiler import facts, syntax

NAME = facts.Assignment("name", syntax.Name("str"), syntax.Attribute(syntax.Name("attrs"), "nothing"))
FIRST = facts.Assignment("size", None, syntax.Literal(1))
SECOND = facts.Assignment("size", None, syntax.Literal(2))
META = facts.Class("Meta", (), (facts.Assignment("collection_name", None, syntax.Literal("users")),))
GETTER = facts.Definition(
    syntax.Function("name", (syntax.Parameter("self"),), ()), (syntax.Attribute(syntax.Name("name"), "getter"),)
)
USER = facts.Class("User", (syntax.Name("DomainModel"),), (NAME, FIRST, META, GETTER, SECOND))
IMPORTS = (
    facts.Import("math", "math"),
    facts.Import("DomainModel", "onto.domain_model", "DomainModel"),
    facts.Import("late", "shop", "late", local=True),
)
SHOP = facts.Module("shop", "shop.py", (*IMPORTS, USER))
FACTS = facts.Facts("shop", {"shop": SHOP})


def test_the_last_binding_of_a_name_in_a_class_body_counts() -> None:
    assert USER.value("size") is SECOND
    assert USER.inner("Meta") is META
    assert (USER.value("missing"), USER.inner("missing")) == (None, None)


def test_classes_come_with_their_modules_in_source_order() -> None:
    assert list(FACTS.classes()) == [(SHOP, USER)]


def test_facts_print_one_declaration_a_line() -> None:
    assert facts.show(FACTS) == (
        "app shop\n"
        "module shop (shop.py)\n"
        "  import math = math\n"
        "  import DomainModel = onto.domain_model:DomainModel\n"
        "  import late = shop:late (local)\n"
        "  class User(DomainModel)\n"
        "    name: str = attrs.nothing\n"
        "    size = 1\n"
        "    class Meta()\n"
        "      collection_name = 'users'\n"
        "    @name.getter\n"
        "    def name(self)\n"
        "    size = 2\n"
    )
