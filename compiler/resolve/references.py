"""References of a store as declared: names, models, `many`, `on=`; nothing joined yet.

users = reference(dm_cls=User, many=True)  →  Declared("users", "User", many=True, on=None)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from compiler import diagnostics, facts, syntax
from compiler.diagnostics import NOWHERE, Log, Span
from compiler.resolve import hierarchy, names, spellings


@dataclass(frozen=True, slots=True)
class Declared:
    """One reference; a model of None is named where the store is built, or not at all."""

    name: str
    model: str | None
    many: bool
    on: syntax.Lambda | None
    module: str
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class References:
    """Reads the references of the project's stores."""

    known: names.Names
    classes: hierarchy.Hierarchy
    spelt: spellings.Spellings
    log: Log

    def of(self, info: hierarchy.ClassInfo, by_hand: Mapping[str, str]) -> list[Declared]:
        """Return a store's references, inherited ones first; `by_hand` are models named in `add_snapshot`."""
        found: dict[str, Declared] = {}
        for one in reversed(info.lineage):
            for member in one.declared.members:
                if isinstance(member, facts.Assignment):
                    call = self._call(one.module, member.value)
                    if call is not None:
                        found[member.name] = self._read(one, member, call)
        return [
            replace(one, model=by_hand[one.name]) if one.model is None and one.name in by_hand else one
            for one in found.values()
        ]

    def models_by_hand(self, view: hierarchy.ClassInfo) -> dict[str, str]:
        """Return what a view's hand-written `new` or `get` names: `add_snapshot("city", dm_cls=City)`."""
        found: dict[str, str] = {}
        for module, call in calls_by_hand(view):
            for name, written in _given_models(call):
                if name not in found:
                    given = self.spelt.model(module, written, "model")
                    if given is not None:
                        found[name] = given
        return found

    def _call(self, module: str, written: syntax.Expr | None) -> syntax.Call | None:
        if isinstance(written, syntax.Call) and names.is_onto(self.known.find_expr(module, written.func), "reference"):
            return written
        return None

    def _read(self, info: hierarchy.ClassInfo, member: facts.Assignment, call: syntax.Call) -> Declared:
        given: dict[str | None, syntax.Expr] = dict(zip(("dm_cls", "many", "on"), call.args, strict=False))
        given.update(dict(call.keywords))
        for name in given:
            if name not in ("dm_cls", "many", "on", "model"):
                hint = diagnostics.alternatives(name or "**", ("dm_cls", "many", "on"), "reference takes")
                self.log.add("E220", call.span, f"`reference` has no argument `{name or '**'}`", hint=hint)
        written = given.get("dm_cls")
        is_none = written is None or (isinstance(written, syntax.Literal) and written.value is None)
        model = None if is_none else self.spelt.model(info.module, written, "model") or ""
        many = given.get("many")
        on = given.get("on")
        return Declared(
            name=member.name,
            model=model,
            many=isinstance(many, syntax.Literal) and many.value is True,
            on=None if on is None else self._predicate(info.module, on),
            module=self._home(info.module, on),
            span=member.span,
        )

    def _predicate(self, module: str, written: syntax.Expr) -> syntax.Lambda:
        if isinstance(written, syntax.Lambda):
            if len(written.params) == 2:
                return written
            hint = "write `lambda store, item: …`; what a relation of the store leads to is found without `on=`"
            self.log.add("E221", written.span, "`on=` takes the store and the item, in this order", hint=hint)
            return syntax.Lambda(_PARAMETERS, _unknown(written), written.span)
        site = self.known.find_expr(module, written)
        if isinstance(site, names.FunctionSite):
            function = site.definition.function
            body = function.body
            if len(function.params) == 2 and len(body) == 1 and isinstance(body[0], syntax.Return) and body[0].value:
                return syntax.Lambda(function.params, body[0].value, written.span)
        message = f"`on={syntax.show(written)}` cannot be read"
        hint = "write a lambda, or name a function of store and item that is one return"
        self.log.add("E221", written.span, message, hint=hint)
        return syntax.Lambda(_PARAMETERS, _unknown(written), written.span)

    def _home(self, module: str, on: syntax.Expr | None) -> str:
        site = None if on is None else self.known.find_expr(module, on)
        return site.module if isinstance(site, names.FunctionSite) else module


_PARAMETERS = (syntax.Parameter("store"), syntax.Parameter("item"))


def calls_by_hand(view: hierarchy.ClassInfo) -> Iterator[tuple[str, syntax.Call]]:
    """Yield the calls in the `new` and `get` that a view or its bases write by hand."""
    for info in view.lineage:
        for member in info.declared.members:
            if isinstance(member, facts.Definition) and member.name in ("new", "get"):
                for node in syntax.walk(member.function):
                    if isinstance(node, syntax.Call):
                        yield info.module, node


def _given_models(call: syntax.Call) -> Iterator[tuple[str, syntax.Expr]]:
    method = call.func.name if isinstance(call.func, syntax.Attribute) else ""
    first = call.args[0] if call.args else dict(call.keywords).get("struct")
    if method == "add_snapshot" and isinstance(first, syntax.Literal) and isinstance(first.value, str):
        written = call.args[1] if len(call.args) > 1 else dict(call.keywords).get("dm_cls")
        if written is not None:
            yield first.value, written
    if method == "from_struct" and isinstance(first, syntax.Dict):
        for key, value in first.items:
            model = _model_in(value)
            if isinstance(key, syntax.Literal) and isinstance(key.value, str) and model is not None:
                yield key.value, model


def _model_in(value: syntax.Expr) -> syntax.Expr | None:
    """Return `User` of `(User, uid)`, `{uid: (User, uid)}` or `{uid: (User, uid) for …}`."""
    match value:
        case syntax.Tuple(items=(first, *_)):
            return first
        case syntax.Dict(items=((_, inner), *_)):
            return _model_in(inner)
        case syntax.Comprehension(kind="dict", element=inner):
            return _model_in(inner)
    return None


def _unknown(written: syntax.Expr) -> syntax.Expr:
    return syntax.Opaque("unreadable predicate", written.span)
