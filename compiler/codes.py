"""The table of diagnostic codes: what each means, why it is one, an example, what to write instead.

    find("E224").title  →  "ambiguous join"

Numbers by pass: 1xx read, 2xx resolve, 3xx build, 4xx relate, 5xx emit. Letters: E stops, W warns, D declines
to a lower tier. `onto explain E224` prints the page.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding and its page."""

    number: str
    title: str
    why: str
    example: str
    fix: str


CODES: tuple[Code, ...] = (
    # ------------------------------------------------------------ read
    Code(
        "E101", "syntax error",
        "Python itself would not accept the file. The other files are read all the same.",
        "def title(self:", "def title(self):",
    ),
    Code(
        "E102", "app not found",
        "An app is a module name as `import` takes it, a .py file, or a package folder, seen from the "
        "working directory. Nothing is imported to find it.",
        "onto compile shop.view", "onto compile shop.views",
    ),
    Code(
        "E103", "file is not text",
        "Python source is UTF-8 unless its first lines declare another encoding, and this file is neither.",
        "a file saved as UTF-16",
        "save it as UTF-8, or declare `# -*- coding: latin-1 -*-` in its first line",
    ),
    Code(
        "E105", "module of the project not found",
        "The import names a module of a package that belongs to the project, and there is no such file.",
        "from shop.modles import Order", "from shop.models import Order",
    ),
    # ------------------------------------------------------------ resolve: names and types
    Code(
        "E201", "unknown base class",
        "The class derives from a name that nothing in its module binds, so what it inherits is not known.",
        "class User(DomainModle): ...",
        "from onto.domain_model import DomainModel\nclass User(DomainModel): ...",
    ),
    Code(
        "E202", "bases without a consistent order",
        "Python orders a class's bases by one rule (C3), and these bases contradict it or are circular.",
        "class C(A, B): ...   # where B derives from A", "class C(B): ...",
    ),
    Code(
        "E203", "imported name not found",
        "The module is part of the project and does not bind the name.",
        "from shop.models import Oder", "from shop.models import Order",
    ),
    Code(
        "E204", "unknown type",
        "The annotation uses a name that nothing in its module binds.",
        "price: Decimal = attrs.nothing   # without an import",
        "from decimal import Decimal\nprice: Decimal = attrs.nothing",
    ),
    Code(
        "E205", "record that contains itself",
        "A record is a column of fixed width in Flink; one that contains its own kind has no width.",
        "class Node(TypedDict):\n    next: Node | None",
        "class Node(DomainModel):\n    next = attrs.relation(dm_cls=\"Node\")",
    ),
    Code(
        "E206", "unknown attribute spelling",
        "`attrs` does not offer what the declaration asks of it.",
        "name = attrs.strng", "name = attrs.str",
    ),
    Code(
        "E207", "impossible precision",
        "Flink's decimals have at most 38 digits, and no more digits after the point than in all.",
        "price = attrs.decimal(precision=4, scale=6)", "price = attrs.decimal(precision=10, scale=6)",
    ),
    Code(
        "E208", "stored key that is not literal",
        "The key is part of the emitted tables, so it has to be in the text.",
        "name = attrs.str.data_key(KEY)", 'name = attrs.str.data_key("fullName")',
    ),
    Code(
        "E210", "unknown domain model",
        "A relation or reference names a class that is not a domain model of the project.",
        'user = attrs.relation(dm_cls="Usr")', 'user = attrs.relation(dm_cls="User")',
    ),
    Code(
        "E211", "getter of an attribute that is not declared",
        "`@name.getter` needs `name` above it in the same class body, as Python does.",
        "@title.getter\ndef title(self): ...",
        "title: str = attrs.nothing\n@title.getter\ndef title(self): ...",
    ),
    Code(
        "E212", "attribute declared twice",
        "The second declaration or getter would silently replace the first.",
        "@title.getter\ndef title(self): ...\n@title.getter\ndef title(self): ...",
        "keep one of the two",
    ),
    Code(
        "W213", "getter under another name",
        "`@name.getter` over `def other` makes a new attribute `other` and leaves `name` without a getter.",
        "@name.getter\ndef get_name(self): ...", "@name.getter\ndef name(self): ...",
    ),
    Code(
        "E214", "unknown schema",
        "`schema_cls` has to name a Schema class of the project, or its fields cannot be read.",
        "class Meta:\n    schema_cls = make_schema()", "class Meta:\n    schema_cls = CitySchema",
    ),
    Code(
        "W215", "unknown schema field",
        "A field class that onto does not know is stored and copied as raw JSON.",
        "size = fields.Pluck(...)", "size = fields.Integer()",
    ),
    Code(
        "E216", "entity where a relation belongs",
        "A stored document holds the doc_id of another entity, never the entity itself.",
        "user: User = attrs.nothing", "user = attrs.relation(dm_cls=User)",
    ),
    Code(
        "W217", "annotation without attribute",
        "`name: str` alone declares nothing in Python: neither stored nor shown.",
        "class User(DomainModel):\n    name: str", "class User(DomainModel):\n    name: str = attrs.nothing",
    ),
    # ------------------------------------------------------------ resolve: stores and joins
    Code(
        "E220", "unknown argument of reference",
        "`reference` takes dm_cls, many and on.",
        "reference(dm_cls=User, multi=True)", "reference(dm_cls=User, many=True)",
    ),
    Code(
        "E221", "predicate that cannot be read",
        "A join is compiled from its text: a lambda of store and item, or a function that is one return.",
        "on=partial(same, key=1)", "on=lambda store, order: order.meeting == store.meeting",
    ),
    Code(
        "E222", "store without a root",
        "There is one view per entity of the root, the first reference to one entity without `on=`.",
        "users = reference(dm_cls=User, many=True)   # alone", "meeting = reference(dm_cls=Meeting)",
    ),
    Code(
        "E223", "reference without a model",
        "Neither `dm_cls=` nor a hand-written `new` or `get` says what the reference refers to.",
        "city = reference(many=False)", "city = reference(dm_cls=City)",
    ),
    Code(
        "E224", "ambiguous join",
        "Several relations could carry the join, and none of them has the reference's name.",
        "person = reference(dm_cls=User)   # Meeting has host and guest, both users",
        "host = reference(dm_cls=User)",
    ),
    Code(
        "E225", "no way to join",
        "No relation leads from what the store has joined to the reference's model, nor back.",
        "weather = reference(dm_cls=Weather)",
        "weather = reference(dm_cls=Weather, on=lambda store, item: item.city == store.meeting.city)",
    ),
    Code(
        "E226", "circular joins",
        "References that join through each other are never reached from the root.",
        "a = reference(A, on=lambda s, a: a.b == s.b)\nb = reference(B, on=lambda s, b: b.a == s.a)",
        "join one of them through the root",
    ),
    Code(
        "E227", "cross product",
        "Without an equality or `in` between item and store, every item has to be tried for every view.",
        "on=lambda store, order: order.total > 100",
        "on=lambda store, order: order.shop == store.shop and order.total > 100",
    ),
    Code(
        "E228", "unknown reference",
        "The predicate reads a reference that its store does not declare.",
        "on=lambda store, order: order.meeting == store.meting",
        "on=lambda store, order: order.meeting == store.meeting",
    ),
    Code(
        "E229", "unknown attribute in a predicate",
        "The model does not declare the attribute that the predicate reads.",
        "on=lambda store, order: order.meting == store.meeting",
        "on=lambda store, order: order.meeting == store.meeting",
    ),
    # ------------------------------------------------------------ resolve: views and the whole app
    Code(
        "E230", "view without a store",
        "A view's getters read its store; without one there is nothing to compute from.",
        "class Session(ViewModel): ...", "class Session(ViewModel):\n    store: SessionStore",
    ),
    Code(
        "E231", "unknown store",
        "The annotation of `store` is not a Store class of the project.",
        "store: SesionStore", "store: SessionStore",
    ),
    Code(
        "E240", "circular computed attributes",
        "A getter that needs its own value never ends.",
        "a reads self.b, b reads self.a", "let one of them read stored attributes only",
    ),
    Code(
        "E241", "two things in one collection",
        "A collection is one topic and one table; views, models and child tables cannot share.",
        "two views with collection_name = \"sessions\"", "give each its own Meta.collection_name",
    ),
    Code(
        "E242", "two classes of one name",
        "Documents name their class (obj_type), and bundles their views, by the class's name alone.",
        "class Order in shop.py and in stock.py", "rename one of them",
    ),
    Code(
        "E243", "two attributes with one key",
        "Both would be stored or written under the same key of the document.",
        "user_name: str = attrs.nothing\nuserName: str = attrs.nothing",
        'userName = attrs.str.data_key("login")',
    ),
    Code(
        "E244", "one key with two types",
        "Classes that share a collection share its table, where a key is one column of one type.",
        "class A(Base): size: int = attrs.nothing\nclass B(Base): size: str = attrs.nothing",
        "give both the same type, or other names",
    ),
)  # fmt: skip


def find(number: str) -> Code | None:
    """Return the row of a code, whatever the case of its letter."""
    return next((one for one in CODES if one.number == number.upper()), None)


def page(code: Code) -> str:
    """Return a code's page as text."""
    indented = [textwrap.indent(text, "    ") for text in (code.example, code.fix)]
    why = textwrap.fill(code.why, 88)
    parts = [f"{code.number}: {code.title}", why, "For example:", indented[0], "Instead:", indented[1]]
    return "\n\n".join(parts) + "\n"
