"""What the compiler says of domain methods holds in every run: what is read-only, local, always reached."""

from __future__ import annotations

import datetime
import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compiler import diagnostics, methods, reach
from onto import methods as running
from tests.compiler import projects

APP = Path(__file__).with_name("bank.py.txt").read_text(encoding="utf-8")
NOON = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], reach.Method]:
    app = projects.resolved(tmp_path_factory.mktemp("bank"), app=APP)
    log = diagnostics.Log()
    found = methods.find(app, log).methods
    assert [one for one in log.found if one.is_error] == []
    return {(one.model, one.name): one for one in found}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> running.Models:
    folder = tmp_path_factory.mktemp("bank_run")
    (folder / "bank_of_methods.py").write_text(APP, encoding="utf-8")
    sys.path.insert(0, str(folder))
    try:
        module = importlib.import_module("bank_of_methods")
    finally:
        sys.path.remove(str(folder))
    return running.Models.around([module.Holder])


ACCOUNTS, HOLDERS = ("a", "b", "c", "gone"), ("ann", "bob", "gone")


@st.composite
def documents(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for doc_id in ACCOUNTS[:3]:
        found[f"accounts/{doc_id}"] = {
            "doc_id": doc_id, "obj_type": draw(st.sampled_from(["Account", "Savings"])),
            "balance": draw(st.integers(0, 9)), "tags": draw(st.lists(st.sampled_from("xy"), max_size=2)),
            "owner": draw(st.sampled_from([*HOLDERS, None])),
        }  # fmt: skip
    for doc_id in HOLDERS[:2]:
        found[f"holders/{doc_id}"] = {
            "doc_id": doc_id, "obj_type": "Holder", "name": draw(st.sampled_from(["", "Ann"])),
            "boss": draw(st.sampled_from([*HOLDERS, None])),
            "accounts": draw(st.lists(st.sampled_from(ACCOUNTS), max_size=3)),
            "byName": draw(st.dictionaries(st.sampled_from("xy"), st.sampled_from(ACCOUNTS), max_size=2)),
        }  # fmt: skip
    return found


ARGUMENTS = {
    "to": st.sampled_from(ACCOUNTS[:3]), "other": st.sampled_from(ACCOUNTS[:3]),
    "account": st.sampled_from(ACCOUNTS[:3]),
    "into": st.sampled_from(ACCOUNTS[:3]), "others": st.lists(st.sampled_from(ACCOUNTS[:3]), max_size=2),
    "amount": st.integers(0, 5), "name": st.sampled_from("xy"), "doc_id": st.sampled_from(ACCOUNTS),
}  # fmt: skip


def _run(
    models: running.Models, request: running.Request, ref: str, stored: dict[str, Any], prefetch: running.Prefetch
) -> tuple[Any, list[str], int]:
    """Return the outcome, what was looked up, and in how many rounds."""
    touched: list[str] = []
    rounds = 0

    def lookup(refs: tuple[str, ...]) -> dict[str, Any]:
        nonlocal rounds
        new = [one for one in refs if one not in touched]
        rounds += bool(new)
        touched.extend(new)
        return {one: stored.get(one) for one in refs}

    try:
        return running.run(models, request, ref, lookup, NOON, "x", prefetch), touched, rounds
    except (Exception, RecursionError) as error:
        return (type(error), str(error)), touched, rounds


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_said_of_a_method_holds_in_every_run(
    data: st.DataObject, known: dict[tuple[str, str], reach.Method], models: running.Models
) -> None:
    stored = data.draw(documents())
    (model, name), told = data.draw(st.sampled_from(sorted(known.items(), key=lambda item: item[0])))
    function = running.method_of(models.named(model), name)  # type: ignore[arg-type]  # it is there
    assert function is not None
    params = [one.name for one in running.signature.of(function).params]
    args = {one: data.draw(ARGUMENTS[one], label=one) for one in params}
    ids = {"holders": HOLDERS[:2], "accounts": ACCOUNTS[:3]}["holders" if model == "Holder" else "accounts"]
    ref = f"{'holders' if model == 'Holder' else 'accounts'}/{data.draw(st.sampled_from(ids))}"
    request = running.Request(name, args, model)
    own = known.get((stored[ref]["obj_type"], name), told)
    plain, touched, rounds = _run(models, request, ref, stored, {})
    prefetch = {key: one.prefetch for key, one in known.items()}
    ahead, touched_ahead, rounds_ahead = _run(models, request, ref, stored, prefetch)
    assert ahead == plain
    assert rounds_ahead <= rounds
    if not isinstance(plain, running.Done):
        return  # an exception that nothing in the text shows may have ended it before
    assert set(touched_ahead) == set(touched)
    if told.read_only:
        assert plain.writes == {}
    for one in (told, own):
        assert one.changes is None or {ref.partition("/")[0] for ref in plain.writes} <= set(one.changes)
        if one.tier == "W1":
            assert touched == [ref]
        if one.tier != "W3":
            assert set(touched) <= {ref, *_reached(one, args, stored[ref])}


def _reached(one: reach.Method, args: dict[str, Any], root: dict[str, Any]) -> set[str]:
    """Return the places behind the paths of a method, in whatever collection."""
    found: set[str] = set()
    for path in one.reaches:
        key = {"self.by_name": "byName"}.get(path, path.removeprefix("self."))
        value = root.get(key) if path.startswith("self.") else args.get(path)
        ids = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
        found |= {f"{collection}/{doc_id}" for collection in ("accounts", "holders") for doc_id in ids}
    return found


def test_the_rounds_of_a_method_with_several_relations_are_one(
    known: dict[tuple[str, str], reach.Method], models: running.Models
) -> None:
    stored = {
        "holders/ann": {
            "doc_id": "ann",
            "obj_type": "Holder",
            "boss": "bob",
            "accounts": ["a", "b"],
            "byName": {"x": "c"},
        },
        "holders/bob": {"doc_id": "bob", "obj_type": "Holder", "name": "Bob"},
        **{f"accounts/{one}": {"doc_id": one, "obj_type": "Account", "balance": 1} for one in "abc"},
    }
    request = running.Request("everything", {"account": "c"}, "Holder")
    prefetch = {key: one.prefetch for key, one in known.items()}
    done, _, rounds = _run(models, request, "holders/ann", stored, prefetch)
    assert done.result == ["Bob", 2, 1, 1]
    assert rounds == 2  # its own document, then all others
    assert _run(models, request, "holders/ann", stored, {})[2] == 4


VIEW = """
import time
from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel

class Lamp(DomainModel):
    lit: bool = attrs.nothing
    since: float = attrs.nothing

class LampStore(Store):
    lamp = reference(dm_cls=Lamp)

class LampView(ViewModel):
    store: LampStore
    lit: bool = attrs.nothing

    @lit.getter
    def lit(self):
        return self.store.lamp.lit

    @lit.setter
    def lit(self, value):
        self.store.lamp.lit = value
        self.store.lamp.since = time.time()

    def propagate_change(self):
        open("log").read()
"""


def test_what_a_setter_may_not_do_is_told_with_its_place(tmp_path: Path) -> None:
    app = projects.resolved(tmp_path, app=VIEW)
    log = diagnostics.Log()
    methods.find(app, log)
    assert [(one.code, one.span.line, one.message) for one in log.found] == [
        ("E554", 26, "`time.time` in `LampView.lit` reads the clock"),
        ("E555", 29, "`open('log').read` in `LampView.propagate_change` does input or output"),
    ]
