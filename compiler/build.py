"""Model → getter IR: each getter's meaning, or the reason why SQL cannot say it.

    MeetingSession.in_session  →  eq($meeting.status, 'in-session')

`RULES` is the whole list of rules for expressions, in the order in which they are asked; statements are
`statements.run`'s matter.
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler import displays, dtypes, ir, model, rewrite, sequences, statements, syntax, unpacking, values
from compiler.diagnostics import Log
from compiler.rules import attributes, calls, comprehensions, names, operators, texts
from compiler.scope import Rule, Scope, Shared, Stop

RULES: tuple[Rule, ...] = (
    names.literal,
    names.name,
    names.member,
    attributes.attribute,
    calls.call,
    operators.comparison,
    operators.logical,
    operators.conditional_expression,
    operators.subscript,
    operators.arithmetic,
    comprehensions.comprehension,
    comprehensions.display,
    comprehensions.function,
    texts.f_string,
)


@dataclass(frozen=True, slots=True)
class Getter:
    """One getter's IR, or why there is none."""

    view: str
    name: str
    result: ir.Expr | ir.Declined


@dataclass(frozen=True, slots=True)
class Join:
    """An `on=` predicate's IR over `EntryValue(ir.JOINED)` and the store's to-one references."""

    store: str
    reference: str
    test: ir.Expr | ir.Declined


@dataclass(frozen=True, slots=True)
class Program:
    """All getters and predicates of an app, in source order."""

    getters: tuple[Getter, ...]
    joins: tuple[Join, ...]


def build(app: model.App, log: Log) -> Program:
    """Build every getter and every `on=` predicate."""
    getters: list[Getter] = []
    joins: dict[tuple[str, str], Join] = {}
    for view in app.views.values():
        store = app.stores[view.store]
        shared = Shared(app, view, store, log, RULES, statements.run, calls.apply, displays.show, unpacking.unpack)
        for attribute in view.attributes:
            if attribute.getter is not None:
                getters.append(Getter(view.name, attribute.name, _getter(shared, attribute)))
        for reference in store.references:
            if isinstance(reference.via, model.On) and (store.name, reference.name) not in joins:
                test = _join(shared, reference, reference.via)
                joins[store.name, reference.name] = Join(store.name, reference.name, test)
    return Program(tuple(getters), tuple(joins.values()))


def show(program: Program) -> str:
    """Spell all getters, one a line."""
    lines: list[str] = []
    for one in program.joins:
        test = one.test.message if isinstance(one.test, ir.Declined) else ir.show(one.test)
        lines.append(f"{one.store}.{one.reference} on {test}")
    for getter in program.getters:
        found = getter.result
        text = f"declined {found.code} {found.message}" if isinstance(found, ir.Declined) else ir.show(found)
        lines.append(f"{getter.view}.{getter.name} = {text}")
    return "\n".join(lines)


def _getter(shared: Shared, attribute: model.ViewAttribute) -> ir.Expr | ir.Declined:
    scope = Scope(shared, attribute.module, {"self": values.SelfView()})
    read = syntax.Attribute(syntax.Name("self", attribute.span), attribute.name, attribute.span, attribute.span)
    try:
        return displays.without_enums(_one_list(scope, displays.without_tuples(scope.expr(read))))
    except Stop as stop:
        shared.getters[attribute.name] = stop.declined
        shared.running.clear()
        return stop.declined
    except RecursionError:
        declined = ir.Declined("D365", attribute.span, "the getter is too deep to be one SQL expression")
        shared.getters[attribute.name] = declined
        shared.running.clear()
        return declined


def _one_list(scope: Scope, result: ir.Expr) -> ir.Expr:
    """Return lists one after the other, or one of two lists, as one list: of the rows of all of them."""
    if not isinstance(result, ir.If | ir.Prim) or not _is_of_lists(result):
        return result
    branches = sequences.branches(result)
    made = any(isinstance(one, ir.Comp) for one in rewrite.walk(result))
    return scope.comprehend(result, result.span) if branches is not None and len(branches) > 1 and made else result


def _is_of_lists(made: ir.Expr) -> bool:
    match made:
        case ir.If(_, then, orelse) | ir.Prim("list.add", (then, orelse)):
            return _is_of_lists(then) and _is_of_lists(orelse)
    return isinstance(made, ir.MakeList | ir.Comp) and isinstance(made.type, dtypes.ListOf)


def _join(shared: Shared, reference: model.Reference, via: model.On) -> ir.Expr | ir.Declined:
    item = ir.EntryValue(ir.JOINED, dtypes.Entity(reference.model), reference.span)
    store_name, item_name = (one.name for one in via.function.params)
    scope = Scope(shared, via.module, {store_name: values.StoreValue(), item_name: item})
    try:
        return displays.without_enums(scope.test(via.function.body))
    except Stop as stop:
        return stop.declined
