"""The table of diagnostic codes: what each means, why it is one, an example, what to write instead.

    find("E224").title  →  "ambiguous join"

Numbers by pass: 1xx read, 2xx resolve, 3xx build, 4xx relate, 5xx emit and domain methods. Letters: E stops, W warns,
D declines to a lower tier. `onto explain E224` prints the page.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from compiler import declines


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding and its page."""

    number: str
    title: str
    why: str
    example: str
    fix: str


_ROWS: tuple[Code, ...] = (
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
    Code(
        "E106", "module named like one of Python's own",
        "Which of the two an import finds depends on what has been imported before, so the app would be another one in "
        "each process that runs it. Modules inside a package may have any name.",
        "calendar.py", "shop/calendar.py, imported as `from shop import calendar`",
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
        "E209", "unknown option of a class",
        "`class Meta` says something that neither the engine nor the compiler reads.",
        "class Meta:\n    collection = \"users\"", "class Meta:\n    collection_name = \"users\"",
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
        "E233", "aggregator without one of its functions",
        "An aggregator says what no item is, what one more and one fewer does, and what comes of it. A job takes rows "
        "back whenever one of them changes, so none of the four can be left out.",
        "class Total(Aggregator):   # without retract",
        "@classmethod\ndef retract(cls, total, visit):\n    return total - visit.days",
    ),
    Code(
        "E234", "function of an aggregator that gives nothing",
        "The functions of an aggregator are called of its class, and what they return is the accumulator from then on.",
        "def accumulate(self, days, visit):\n    days.append(visit.days)",
        "@classmethod\ndef accumulate(cls, days, visit):\n    return [*days, visit.days]",
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
    Code(
        "W245", "long chain of joins",
        "Each join is a state that the job keeps, and a wait before a change arrives.",
        "nation = reference(dm_cls=Nation)   # order → line → product → maker → city → nation",
        "keep the nation's name in the maker, where it is written once",
    ),
    Code(
        "W246", "roots that read one another",
        "Where every view reads all entities that share something with its own, a change of one of them computes all "
        "their views anew: the work for all of them grows with the square of their number.",
        "orders = reference(dm_cls=Order, many=True)   # of store.customer, in a view of each order",
        "class CustomerView(ViewModel): ...   # one view for each customer, with its orders",
    ),
    Code(
        "W247", "mediator that runs in its process only",
        "The job of a view writes it whenever something that it reads changes, to its collection, and does nothing "
        "else. A mediator that decides what is written, or does more, goes on doing so where it is started, and its "
        "views are compiled all the same.",
        'if obj.status == "open":\n    View.get(obj.doc_id).save()', "View.get(obj.doc_id).save()",
    ),
    # ------------------------------------------------------------ build: names
    Code(
        "E311", "unknown name", "Nothing in the function, its module or Python binds the name.",
        "return titel", "return title",
    ),
    Code(
        "E312", "unknown attribute",
        "The class does not declare the attribute, nor inherit it. Attributes that are set elsewhere are not stored.",
        "return self.store.user.full_name", "return self.store.user.display_name",
    ),
    Code(
        "E314", "attribute without a type",
        "SQL's columns have types, and nothing in the project says which one this attribute has. It may be copied as "
        "it is, or compared for equality, but not computed with.",
        "size = attrs.nothing   # and `store.city.size + 1`", "size: int = attrs.nothing",
    ),
    # ------------------------------------------------------------ build: getters that are no functions of their store
    Code(
        "E320", "input or output in a getter",
        "A getter is computed again whenever something that it reads changes, on a worker that shares nothing with "
        "the place where the app was written. What it needs has to be in its store.",
        'rate = requests.get("https://rates.example/eur").json()',
        "rates: store them in a model, and read `self.store.rate.value`",
    ),
    Code(
        "E321", "clock read in a getter",
        "A view changes when its store changes, not when time passes: the value would be wrong a moment later, and "
        "different on each worker.",
        "return self.store.order.due < datetime.now()",
        "return self.store.order.due   # and let the reader compare it with its own clock",
    ),
    Code(
        "E322", "randomness in a getter",
        "The same store must give the same value, or retractions would not match what they take back.",
        "return uuid.uuid4().hex", "make the value in a domain method and store it as an attribute",
    ),
    Code(
        "E323", "getter that changes a module",
        "Workers come and go and each has its own copy of the module, so what a getter leaves there is lost or mixed.",
        "CACHE[self.store.user.doc_id] = total", "total = …   # a local name",
    ),
    Code(
        "E324", "getter that changes its store",
        "Entities belong to their domain methods; a getter sees them as they are.",
        'self.store.user.tags.append("new")', 'tags = [*self.store.user.tags, "new"]',
    ),
    Code(
        "E325", "code made at run time",
        "Only what stands in the source can be compiled, or shipped to a worker.",
        "return eval(self.store.rule.text)", "return RULES[self.store.rule.name](self.store)",
    ),
    Code(
        "E326", "concurrency in a getter",
        "A getter runs on a worker's own thread, once per change, and has to return before the next one.",
        "async def total(self): ...", "def total(self): ...",
    ),
    Code(
        "E327", "unbounded recursion",
        "Every path through the function calls it again, so it can only end in RecursionError; or nothing in a loop "
        "ends it.",
        "def depth(node):\n    return 1 + depth(node)",
        "def depth(node):\n    return 1 + depth(node[0]) if node else 0",
    ),
    Code(
        "E328", "part of onto in a getter",
        "Getters run where onto is not installed; all that is there of it is the view, its store and the entities.",
        "return CTX.db.document(...)", "return self.store.order.doc_id",
    ),
    Code(
        "W329", "getter that writes to the log",
        "It runs once per change on some worker, and is computed by SQL where that is possible, without any output.",
        "print(self.store.order)", "leave it out, or log in a domain method",
    ),
    Code(
        "E331", "attribute that the store names",
        "Which attributes a getter reads decides what its job reads, joins and keeps; so their names have to be in the "
        "source, not in the documents.",
        "return getattr(self.store.user, self.store.form.field)",
        'return {"name": self.store.user.name, "mail": self.store.user.mail}[self.store.form.field]',
    ),
    # ------------------------------------------------------------ relate
    Code(
        "E401", "join that SQL cannot say",
        "A join runs in Flink for every row, so its predicate cannot fall back to Python as a getter does.",
        "on=lambda store, order: order.code.title() == store.shop.code",
        "on=lambda store, order: order.code == store.shop.code",
    ),
    Code(
        "W420", "cross product in a getter",
        "Two loops with no condition between them give one row for each pair of their entries.",
        "[(u.name, o.kind) for u in users.values() for o in orders.values()]",
        "[(u.name, o.kind) for u in users.values() for o in orders.values() if o.user == u]",
    ),
    # ------------------------------------------------------------ emit
    Code(
        "E501", "package that is not declared",
        "The getter runs in Python on Flink's workers, which have Python's own library and the project's modules that "
        "getters need. Any other package is installed beside them if the project's pyproject.toml names it.",
        "import semver", '[tool.onto]\nrequirements = ["semver>=3"]',
    ),
    # ------------------------------------------------------------ domain methods
    Code(
        "E551", "asynchronous domain method",
        "A domain method is one transaction; calls of other entities in it look like plain calls.",
        "async def load(self): ...", "def load(self): ...",
    ),
    Code(
        "E552", "domain method that is a generator",
        "A command has one reply, and a generator has not run when it is returned.",
        "def lines(self):\n    for line in self.items:\n        yield line",
        "def lines(self):\n    return [line for line in self.items]",
    ),
    Code(
        "E553", "domain methods that call each other without end",
        "Every path through the method calls it again, so it can only end in RecursionError.",
        "def size(self):\n    return 1 + self.parent.size()",
        "def size(self):\n    return 1 + self.parent.size() if self.parent else 1",
    ),
    Code(
        "E554", "clock or randomness in a domain method",
        "A method runs again when it meets an entity that has to be fetched first, and each run has to be the same.",
        "self.paid_at = datetime.now(UTC)", "self.paid_at = CTX.now",
    ),
    Code(
        "E555", "input or output in a domain method",
        "A method may run several times, and what it does outside of its entities is not undone when it fails.",
        "requests.post(self.hook, json=...)",
        "store that it is to be sent, and let a reader of the change topic send it",
    ),
    Code(
        "W555", "domain method that writes to the log",
        "It runs once more for each entity that has to be fetched, and writes each time.",
        "print(self.balance)", "leave it out, or read the change topic",
    ),
    Code(
        "E556", "domain method that changes a module or a class",
        "Workers come and go and each has its own copy of the module, so what a method leaves there is lost or mixed.",
        "COUNTS[self.name] = 1", "self.count = 1",
    ),
    Code(
        "E557", "domain method that catches everything",
        "When an entity has to be fetched first, a signal that is no error drops the run, and nothing may catch it.",
        "try:\n    to.take(5)\nexcept:\n    pass", "try:\n    to.take(5)\nexcept ValueError:\n    pass",
    ),
    Code(
        "E558", "unknown method or attribute of an entity",
        "Neither the model nor any below it declares the name.",
        "owner.walk_dog()", "owner.walk()",
    ),
    Code(
        "W559", "parameter without a type",
        "Arguments of commands are JSON; only a parameter whose type is a model gets the entity of its doc_id.",
        "def buy(self, item):\n    item.reserve()", "def buy(self, item: Item):\n    item.reserve()",
    ),
    Code(
        "E560", "what a domain method cannot do",
        "Arguments go by name, and every run on every worker has to do the same: no star parameters, no code that is "
        "made at run time, no threads, nothing that differs between processes.",
        "def add(self, *items): ...", "def add(self, items: list[str]): ...",
    ),
    Code(
        "E561", "search in a domain method",
        "A transaction locks the entities that it reads, and a search would have to lock the whole collection.",
        "for account in Account.all(): ...", "for account in self.accounts: ...   # a list of relations",
    ),
    Code(
        "E563", "reference that a setter cannot reach",
        "A setter runs as one transaction that begins at the view's root and follows relations; what `on=` or a "
        "relation that points back finds would have to be searched for.",
        "notes = reference(dm_cls=Note, many=True, on=lambda store, note: note.house == store.house)\n"
        "def read(self, value):\n    for note in self.store.notes.values(): ...",
        "notes = reference(dm_cls=Note, many=True)   # through House.notes, a list of relations",
    ),
    Code(
        "W562", "one lookup a round",
        "An entity that a method does not have yet is asked for by a message, and the method waits for it; a loop over "
        "a relation asks for all of them in one.",
        "for name in self.tickets:\n    total += self.tickets[name].price",
        "for ticket in self.tickets.values():\n    total += ticket.price",
    ),
    # ------------------------------------------------------------ declines, in build and relate
    *(Code(*row) for row in declines.ROWS),
)  # fmt: skip

CODES = tuple(sorted(_ROWS, key=lambda one: (one.number[1:], one.number[0])))


def find(number: str) -> Code | None:
    """Return the row of a code, whatever the case of its letter."""
    return next((one for one in CODES if one.number == number.upper()), None)


def page(code: Code) -> str:
    """Return a code's page as text."""
    indented = [textwrap.indent(text, "    ") for text in (code.example, code.fix)]
    why = textwrap.fill(code.why, 88)
    parts = [f"{code.number}: {code.title}", why, "For example:", indented[0], "Instead:", indented[1]]
    return "\n\n".join(parts) + "\n"
