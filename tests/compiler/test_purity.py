"""Purity: what is refused, where, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler import diagnostics, purity
from tests.compiler import projects

MODELS = """
class User(DomainModel):
    name: str = attrs.nothing
    tags: list[str] = attrs.nothing
    seen: datetime = attrs.nothing
    users = attrs.list(attrs.relation(dm_cls="User"))

    def rename(self, name):
        self.name = name

class ThingStore(Store):
    user = reference(dm_cls=User)
    users = reference(dm_cls=User, many=True)

class Thing(ViewModel):
    store: ThingStore
"""


def found(folder: Path, body: str, above: str = "", **texts: str) -> list[tuple[str, str]]:
    """Return the code and message of what is found in a getter with that body."""
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    getter = f"\n    @attrs.getter\n    def value(self):\n{lines}"
    head = projects.HEADER + "from datetime import date, datetime, timedelta\nimport datetime as dt\n" + above
    app = projects.resolved(folder, app=head + MODELS + getter, **texts)
    log = diagnostics.Log()
    purity.check(app, log)
    return [(one.code, one.message) for one in log.found]


REFUSED = [
    ("return datetime.now()", "", "E321", "`datetime.now` in `Thing.value` reads the clock"),
    ("return dt.date.today()", "", "E321", "`dt.date.today` in `Thing.value` reads the clock"),
    ("return time.time()", "import time\n", "E321", "`time.time` in `Thing.value` reads the clock"),
    ("from time import time as t\nreturn t()", "", "E321", "`t` in `Thing.value` reads the clock"),
    (
        "return random.random()",
        "import random\n",
        "E322",
        "`random.random` in `Thing.value` gives another value each time",
    ),
    (
        "return uuid4().hex",
        "from uuid import uuid4\n",
        "E322",
        "`uuid4` in `Thing.value` gives another value each time",
    ),
    ("return open('x').read()", "", "E320", "`open` in `Thing.value` does input or output"),
    ("return os.environ['x']", "import os\n", "E320", "`os.environ` in `Thing.value` does input or output"),
    ("return eval('1')", "", "E325", "`eval` in `Thing.value` runs code that is not in the source"),
    ("global N\nN = 1\nreturn N", "N = 0\n", "E323", "`global N` in `Thing.value` changes the module"),
    ("CACHE[1] = 2\nreturn 1", "CACHE = {}\n", "E323", "`CACHE[1]` in `Thing.value` changes the module's `CACHE`"),
    (
        "CACHE.append(2)\nreturn 1",
        "CACHE = []\n",
        "E323",
        "`CACHE.append(2)` in `Thing.value` changes the module's `CACHE`",
    ),
    (
        "self.store.user.name = 'x'",
        "",
        "E324",
        "`self.store.user.name` in `Thing.value` changes what the getter only reads",
    ),
    ("self.seen = 1", "", "E324", "`self.seen` in `Thing.value` changes what the getter only reads"),
    (
        "self.store.user.tags.append('x')",
        "",
        "E324",
        "`self.store.user.tags.append('x')` in `Thing.value` changes what the getter only reads",
    ),
    (
        "for u in sorted(self.store.users.values()):\n    u.name = 'x'",
        "",
        "E324",
        "`u.name` in `Thing.value` changes what the getter only reads",
    ),
    (
        "tags = self.store.user.tags\ntags += ['x']\nreturn tags",
        "",
        "E324",
        "`tags += ['x']` in `Thing.value` changes what the getter only reads",
    ),
    (
        "tags = self.store.user.tags\ntags.sort()\nreturn tags",
        "",
        "E324",
        "`tags.sort()` in `Thing.value` changes what the getter only reads",
    ),
    (
        "out = {}\nfor u in self.store.users.values():\n    entry = out.setdefault(u.name, u.tags)\n"
        "    entry.append('x')",
        "",
        "E324",
        "`entry.append('x')` in `Thing.value` changes what the getter only reads",
    ),
    (
        "out = {}\nfor u in self.store.users.values():\n    entry = out.setdefault(u.name, {'tags': [], 'n': 0})\n"
        "    entry['tags'] = u.tags\n    out[u.name]['tags'].append('x')",
        "",
        "E324",
        "`out[u.name]['tags'].append('x')` in `Thing.value` changes what the getter only reads",
    ),
    (
        "new, held = [], self.store.user.tags\nnew.append('x')\nheld.append('x')",
        "",
        "E324",
        "`held.append('x')` in `Thing.value` changes what the getter only reads",
    ),
    ("return print('x')", "", "W329", "`print` in `Thing.value` writes to the worker's log, once per change"),
    (
        "return helper()",
        "def helper():\n    return datetime.now()\n",
        "E321",
        "`datetime.now` in `helper` reads the clock, reached from `Thing.value`",
    ),
    (
        "return NOW",
        "NOW = datetime.now()\n",
        "E321",
        "`datetime.now` in `NOW` reads the clock, reached from `Thing.value`",
    ),
    (
        "self.store.user.rename('x')",
        "",
        "E324",
        "`self.name` in `User.rename` changes what the getter only reads, reached from `Thing.value`",
    ),
    (
        "return loop(1)",
        "def loop(n):\n    return loop(n + 1)\n",
        "E327",
        "`loop` calls itself without end: `loop` → `loop`",
    ),
    (
        "return a(1)",
        "def a(n):\n    return b(n)\ndef b(n):\n    return a(n)\n",
        "E327",
        "`a` calls itself without end: `a` → `b` → `a`",
    ),
    (
        "return Context.db",
        "from onto.context import Context\n",
        "E328",
        "`Context` of onto, used for `Thing.value`, is not there where getters run",
    ),
]


@pytest.mark.parametrize(("body", "above", "code", "message"), REFUSED, ids=[one[0] for one in REFUSED])
def test_an_impure_getter_is_reported(body: str, above: str, code: str, message: str, tmp_path: Path) -> None:
    assert found(tmp_path, body, above) == [(code, message)]


PURE = [
    (
        "names = [u.name for u in self.store.users.values()]\nnames.append('x')\nnames.sort()\nreturn names",
        "",
    ),
    ("out = {}\nfor u in self.store.users.values():\n    out[u.name] = 1\nreturn out", ""),
    ("tags = list(self.store.user.tags)\ntags += ['x']\nreturn tags", ""),
    ("number, (tags, more) = 1, ([], [])\ntags.append('x')\nmore.append('y')\nreturn tags + more", ""),
    ("rows = sorted(self.store.users.values())\nrows.reverse()\nreturn rows", ""),
    ("n = 0\nfor u in self.store.users.values():\n    n += 1\nreturn n", ""),
    ("out = {}\nfor u in self.store.users.values():\n    out.setdefault(u.name, []).append(u.doc_id)\nreturn out", ""),
    (
        "out = {}\nfor u in self.store.users.values():\n    entry = out.setdefault(u.name, {'n': 0})\n"
        "    entry['n'] += 1\nreturn out",
        "",
    ),
    (
        "out = {}\nfor u in self.store.users.values():\n"
        "    entry = out.setdefault(u.name, {'names': [], 'of': u.tags})\n"
        "    entry['names'].append(u.name)\n    entry['last'] = u.tags\nreturn out",
        "",
    ),
    (
        "out = {}\nfor u in self.store.users.values():\n    if u.name not in out:\n"
        "        entry = {'names': []}\n        out[u.name] = entry\n"
        "    out[u.name]['names'].append(u.name)\nreturn out",
        "",
    ),
    ("out = {'a': [], 'b': []}\nfor u in self.store.users.values():\n    out['a'].append(u.name)\nreturn out", ""),
    ("return fact(3)", "def fact(n):\n    if n < 2:\n        return 1\n    return n * fact(n - 1)\n"),
    ("return fact(3)", "def fact(n):\n    return n * fact(n - 1) if n > 1 else 1\n"),
    ("return random.Random(1).random()", "import random\n"),
    ("return datetime.fromisoformat('2026-01-01') + timedelta(days=1)", ""),
    ("return getattr(self.store.user, 'na' + 'me')", ""),
    ("acc = Acc()\nacc.total = 1\nreturn acc.total", "class Acc:\n    total = 0\n"),
    ("add(out := [], 1)\nreturn out", "def add(to, one):\n    to.append(one)\n"),
    ("open = 1\nreturn open", ""),
    ("return os.path.join('a', 'b')", "import os\n"),
    ("def inner():\n    found.append(1)\nfound = []\ninner()\nreturn found", ""),
    ("return TABLE['a']", "TABLE = {}\nTABLE['a'] = 1\n"),
]


@pytest.mark.parametrize(("body", "above"), PURE, ids=[one[0] for one in PURE])
def test_a_pure_getter_is_not(body: str, above: str, tmp_path: Path) -> None:
    assert found(tmp_path, body, above) == []


def test_a_function_of_another_module_is_looked_at(tmp_path: Path) -> None:
    assert found(
        tmp_path,
        "return clock.now()",
        "import clock\n",
        clock="import time\ndef now():\n    return time.time()\n",
    ) == [("E321", "`time.time` in `now` reads the clock, reached from `Thing.value`")]
