"""What is no function of its store is refused: a code, the place, the reason, and the nearest pure spelling.

The kinds are those of the language: input and output, the clock, randomness, changes, code and names made at run time,
what never ends. Each way is compiled from end to end, and the caret stands under what is written in `at`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from compiler import codes, emit_sql, pipeline, render
from tests.compiler import projects

MODELS = """
class User(DomainModel):
    name: str = attrs.nothing
    tags: list[str] = attrs.nothing
    limits: dict[str, int] = attrs.nothing

    def rename(self, name):
        self.name = name

class Team(DomainModel):
    field: str = attrs.nothing
    lead = attrs.relation(dm_cls="User")
    users = attrs.list(attrs.relation(dm_cls="User"))

class TeamStore(Store):
    team = reference(dm_cls=Team)
    lead = reference(dm_cls=User)
    users = reference(dm_cls=User, many=True)

class Page(ViewModel):
    store: TeamStore
"""


@dataclass(frozen=True)
class Way:
    """One way to write something that is refused: a getter's body, what stands above, what the caret is under."""

    code: str
    body: str
    at: str
    above: str = ""


IO = (
    Way("E320", "return open(self.store.team.field).read()", "open"),
    Way("E320", "return input()", "input"),
    Way("E320", "return os.environ['HOME']", "os.environ", "import os\n"),
    Way("E320", "return os.getenv('HOME')", "os.getenv", "import os\n"),
    Way("E320", "return Path('x').read_text()", "Path('x').read_text", "from pathlib import Path\n"),
    Way("E320", "return requests.get('http://x').text", "requests.get", "import requests\n"),
    Way("E320", "return urlopen('http://x').read()", "urlopen", "from urllib.request import urlopen\n"),
    Way("E320", "return subprocess.run(['ls'])", "subprocess.run", "import subprocess\n"),
    Way("E320", "return sqlite3.connect('x')", "sqlite3.connect", "import sqlite3\n"),
    Way("E320", "with open('x') as f:\n    return f.read()", "open"),
    Way("E320", "return sys.stdin.read()", "sys.stdin.read", "import sys\n"),
)
CLOCK = (
    Way("E321", "return datetime.now()", "datetime.now", "from datetime import datetime\n"),
    Way("E321", "return dt.datetime.utcnow()", "dt.datetime.utcnow", "import datetime as dt\n"),
    Way("E321", "return date.today()", "date.today", "from datetime import date\n"),
    Way("E321", "return time.time()", "time.time", "import time\n"),
    Way("E321", "return monotonic()", "monotonic", "from time import monotonic\n"),
    Way("E321", "now = datetime.now\nreturn now()", "datetime.now", "from datetime import datetime\n"),
    Way(
        "E321",
        "return later()",
        "datetime.now",
        "from datetime import datetime\ndef later(at=datetime.now()): return at\n",
    ),
    Way("E321", "return [datetime.now() for _ in self.store.users]", "datetime.now", "from datetime import datetime\n"),
    Way(
        "E321",
        "return stamp()",
        "datetime.now",
        "from datetime import datetime\nnow = datetime.now\ndef stamp(): return now()\n",
    ),
)
RANDOMNESS = (
    Way("E322", "return random.random()", "random.random", "import random\n"),
    Way("E322", "return choice(['a', 'b'])", "choice", "from random import choice\n"),
    Way("E322", "return str(uuid.uuid4())", "uuid.uuid4", "import uuid\n"),
    Way("E322", "return secrets.token_hex()", "secrets.token_hex", "import secrets\n"),
    Way("E322", "return os.urandom(4)", "os.urandom", "import os\n"),
    Way("E322", "return id(self.store.lead)", "id"),
    Way("E322", "return sorted(self.store.users, key=lambda _: random.random())", "random.random", "import random\n"),
)
CHANGES = (
    Way("E324", "self.store.lead.name = 'x'", "self.store.lead.name"),
    Way("E324", "self.store.lead.name += 'x'", "self.store.lead.name"),
    Way("E324", "del self.store.lead.name", "self.store.lead.name"),
    Way("E324", "self.store.lead.tags.append('x')", "self.store.lead.tags.append('x')"),
    Way("E324", "self.store.lead.limits['a'] = 1", "self.store.lead.limits['a']"),
    Way("E324", "self.store.lead.limits.update(a=1)", "self.store.lead.limits.update(a=1)"),
    Way("E324", "self.store.lead.rename('x')", "self.name"),
    Way("E324", "setattr(self.store.lead, 'name', 'x')", "setattr(self.store.lead, 'name', 'x')"),
    Way("E324", "delattr(self.store.lead, 'name')", "delattr(self.store.lead, 'name')"),
    Way("E324", "for user in self.store.users.values():\n    user.name = 'x'", "user.name"),
    Way("E324", "self.cached = 1\nreturn 1", "self.cached"),
    Way("E324", "tags = self.store.lead.tags\ntags.sort()\nreturn tags", "tags.sort()"),
    Way("E323", "SEEN.append(1)\nreturn 1", "SEEN.append(1)", "SEEN = []\n"),
    Way("E323", "global COUNT\nCOUNT = 1\nreturn COUNT", "global COUNT", "COUNT = 0\n"),
)
DYNAMIC = (
    Way("E325", "return eval(self.store.team.field)", "eval"),
    Way("E325", "exec('x = 1')", "exec"),
    Way("E325", "return compile('1', '', 'eval')", "compile"),
    Way("E325", "return __import__('math').pi", "__import__"),
    Way("E325", "return importlib.import_module('math')", "importlib.import_module", "import importlib\n"),
    Way("E325", "return globals()['User']", "globals"),
    Way(
        "E331",
        "return getattr(self.store.lead, self.store.team.field)",
        "getattr(self.store.lead, self.store.team.field)",
    ),
    Way(
        "E331",
        "key = self.store.team.field\nreturn getattr(self.store.lead, key, None)",
        "getattr(self.store.lead, key, None)",
    ),
    Way(
        "E331",
        "return hasattr(self.store.lead, f'x_{self.store.team.field}')",
        "hasattr(self.store.lead, f'x_{self.store.team.field}')",
    ),
)
ENDLESS = (
    Way("E327", "return loop(1)", "def loop", "def loop(n): return loop(n + 1)\n"),
    Way("E327", "return a(1)", "def a", "def a(n): return b(n)\ndef b(n): return a(n)\n"),
    Way("E327", "n = 0\nwhile True:\n    n += 1", "while"),
)
CONCURRENT = (
    Way("E326", "return asyncio.run(None)", "asyncio.run", "import asyncio\n"),
    Way("E326", "return Thread()", "Thread", "from threading import Thread\n"),
    Way("E326", "time.sleep(1)", "time.sleep", "import time\n"),
)
WAYS = (*IO, *CLOCK, *RANDOMNESS, *CHANGES, *DYNAMIC, *ENDLESS, *CONCURRENT)


@pytest.mark.parametrize("way", WAYS, ids=[one.body.replace("\n", "; ") for one in WAYS])
def test_what_is_no_function_of_the_store_is_refused(way: Way, tmp_path: Path) -> None:
    lines = "".join(f"        {line}\n" for line in way.body.splitlines())
    text = f"{projects.HEADER}{way.above}{MODELS}\n    @attrs.getter\n    def value(self):\n{lines}"
    (tmp_path / "app.py").write_text(text, encoding="utf-8")
    made = pipeline.run(str(tmp_path / "app.py"), emit_sql.Settings())
    errors = [one for one in made.found if one.is_error]
    assert [one.code for one in errors] == [way.code]
    (error,) = errors
    line = text.splitlines()[error.span.line - 1]
    assert line[error.span.column - 1 :].startswith(way.at)
    assert error.hint
    assert made.bundle is None
    shown = render.text(errors, made.sources)
    assert "^" in shown
    page = codes.find(way.code)
    assert page is not None
    assert page.fix


PURE = (
    "from pathlib import Path\nreturn Path(self.store.team.field).suffix",
    "return getattr(self.store.lead, 'na' + 'me')",
    "return [getattr(self.store.lead, one) for one in ('name', 'tags')]",
    "n = 0\nwhile True:\n    n += 1\n    if n > 3:\n        return n",
    "found = {}\nfor user in self.store.users.values():\n    found[user.name] = 1\nreturn found",
)


@pytest.mark.parametrize("body", PURE)
def test_what_only_looks_like_it_is_not(body: str, tmp_path: Path) -> None:
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    text = f"{projects.HEADER}{MODELS}\n    @attrs.getter\n    def value(self):\n{lines}"
    (tmp_path / "app.py").write_text(text, encoding="utf-8")
    made = pipeline.run(str(tmp_path / "app.py"), emit_sql.Settings())
    assert [one.code for one in made.found if one.is_error] == []
