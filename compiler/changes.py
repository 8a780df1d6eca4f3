"""Assignments and changes in place: of names, of items, and of lists and dicts that stand in others.

names.append(x)                    →  names: the list with one more item
groups[kind]["n"] += 1             →  groups: acc.set(acc, kind, {n: int.add(….n, 1)})
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from compiler import accumulators, dtypes, ir, rewrite, syntax, values
from compiler.diagnostics import Span
from compiler.scope import Scope, conditional, unify

_NONE = ir.Const(None, dtypes.NONE)


def assign(scope: Scope, target: syntax.Expr, value: values.Value, span: Span) -> Scope:
    """Return the scope after `target = value`."""
    match target:
        case syntax.Name(name):
            return _bound(scope, {name: value}, span)
        case syntax.Tuple() | syntax.List():
            return _bound(scope, scope.destructure(target, value), span)
        case syntax.Subscript(owner, index):
            key = scope.expr(index)
            now = write(scope, owner, with_item(scope, read(scope, owner), key, value, span), span)
            return _let_go(now, {owner.id}, span) if isinstance(owner, syntax.Name) else now
    scope.decline("D307", span, "assignment to this target has no SQL form")


def _bound(scope: Scope, names: Mapping[str, values.Value], span: Span) -> Scope:
    unmarked = {shared(name): values.Unbound() for name in names}
    return _let_go(scope, names.keys(), span).bind({**names, **unmarked})


def _let_go(scope: Scope, owners: Collection[str], span: Span) -> Scope:
    """Return the scope in which names of entries of these dicts may name what the dicts do not have any more."""
    told = "what a name holds is no entry of its dict any more, and a change of it would not be seen there"
    lost = (name for name, one in scope.names.items() if isinstance(one, values.Held) and one.owner in owners)
    return scope.bind({name: values.Conflict(ir.Declined("D360", span, told)) for name in sorted(lost)})


# ---------------------------------------------------------------- names of entries


def naming(scope: Scope, value: syntax.Expr, span: Span) -> tuple[Scope, values.Held] | None:
    """Return what `row = rows.setdefault(key, …)`, `rows[key]` or `rows.get(key)` names; None for any other value."""
    match value:
        case syntax.Call(syntax.Attribute(syntax.Name(name), method), (index, *rest)) if method in (
            "setdefault",
            "get",
        ):
            if len(rest) > 1 or any(is_mutable(scope.names.get(one)) for each in rest for one in escaping(each)):
                return None
        case syntax.Subscript(syntax.Name(name), index):
            method, rest = "[]", []
        case _:
            return None
    state = _filled(scope, name)
    if state is None or (method == "setdefault" and not rest):
        return None
    key = scope.expr(index)
    missing = scope.expr(rest[0]) if rest else accumulators.default(state)
    if method == "get" and not rest:
        entry = values.Held(name, key, _NONE)
    else:
        entry = values.Held(name, key, _no_key(key, span), owed=method == "get")
        if missing is not None:
            now, _ = with_default(scope, state, key, missing, span)
            scope = scope.bind({name: now})
    return (scope, entry) if is_mutable(held(scope, entry, span)) else None


def owed(scope: Scope) -> bool:
    """Tell whether some name is still to be put where it is the entry of already."""
    return any(isinstance(one, values.Held) and one.owed for one in scope.names.values())


def _filled(scope: Scope, name: str) -> ir.Expr | None:
    state = scope.names.get(name)
    return state if isinstance(state, ir.Expr) and accumulators.is_dict(state) else None


def _no_key(key: ir.Expr, span: Span) -> ir.Raises:
    return ir.Raises("KeyError", repr(ir.python_value(key)) if isinstance(key, ir.Const) else "", span=span)


def held(scope: Scope, one: values.Held, span: Span) -> ir.Expr:
    """Return what an entry holds now that has a name of its own."""
    state = scope.names[one.owner]
    if not isinstance(state, ir.Expr) or not accumulators.is_dict(state):
        scope.decline("D366", span, "what an entry of a dict holds here depends on an earlier pass of a loop")
    found = accumulators.item(scope, state, one.key, one.missing, span)
    if found in scope.known:
        return accumulators.item(scope, state, one.key, _no_key(one.key, span), span)
    return found


def _put(scope: Scope, entry: values.Held, value: values.Value, span: Span) -> ir.Expr:
    state = scope.names[entry.owner]
    if not isinstance(state, ir.Expr) or not accumulators.is_dict(state):
        scope.decline("D366", span, "what an entry of a dict holds here depends on an earlier pass of a loop")
    return accumulators.put(scope, state, entry.key, scope.as_expr(value, span), span)


def keeping(scope: Scope, target: syntax.Expr, value: syntax.Expr) -> dict[str, values.Value]:
    """Return what `rows[key] = row` makes of the name: it is one of the entry from now on."""
    match target, value:
        case syntax.Subscript(syntax.Name(name), index), syntax.Name(row):
            made = scope.names.get(row)
            if isinstance(scope.names.get(shared(row)), values.Escaped) or _filled(scope, name) is None:
                return {}
            if isinstance(made, values.Held) and made.owed and (made.owner, made.key) == (name, scope.expr(index)):
                return {row: replace(made, owed=False)}
            if isinstance(made, ir.MakeRecord) and not _is_outer(scope, row):
                key = scope.expr(index)
                return {row: values.Held(name, key, _no_key(key, index.span))}
    return {}


def _is_outer(scope: Scope, name: str) -> bool:
    """Tell whether a name holds in a pass of a loop what it held before the loop: in each pass the same object."""
    entered = scope.names.get(values.ENTERED)
    return isinstance(entered, values.Entered) and entered.names.get(name) is scope.names.get(name)


def read(scope: Scope, target: syntax.Expr) -> values.Value:
    """Return the list or dict that a target names."""
    match target:
        case syntax.Call(syntax.Attribute(owner, "setdefault"), (key, *rest)) if len(rest) < 2:
            default = scope.expr(rest[0]) if rest else _NONE
            return with_default(scope, read(scope, owner), scope.expr(key), default, target.span)[1]
        case syntax.Name() | syntax.Subscript():
            return scope.build(target)
    scope.decline("D360", target.span, "a change of this value in place has no SQL form")


def write(scope: Scope, target: syntax.Expr, value: values.Value, span: Span) -> Scope:
    """Return the scope after what a target names has become another value."""
    match target:
        case syntax.Name(name):
            if isinstance(scope.names.get(shared(name)), values.Escaped):
                scope.decline("D360", span, f"what `{name}` holds is also held elsewhere, where the change is seen too")
            entry = scope.names.get(name)
            if isinstance(entry, values.Held):
                return write(scope, syntax.Name(entry.owner, span), _put(scope, entry, value, span), span)
            if name not in scope.names:
                scope.decline("D360", span, f"a change of `{name}` in place has no SQL form")
            return scope.bind({name: value})
        case syntax.Subscript(owner, key) | syntax.Call(syntax.Attribute(owner, "setdefault"), (key, *_)):
            item = scope.as_expr(value, span)
            return write(scope, owner, with_item(scope, read(scope, owner), scope.expr(key), item, span, True), span)
    scope.decline("D360", span, "a change of this value in place has no SQL form")


def shared(name: str) -> str:
    """Return under which name a scope keeps that a local's list or dict is held elsewhere too."""
    return f"*{name}"


# ---------------------------------------------------------------- items


def with_item(
    scope: Scope, owner: values.Value, key: ir.Expr, value: values.Value, span: Span, there: bool = False
) -> values.Value:
    """Return a dict or list with an item set; `there`: the key is known to be in it."""
    item = scope.as_expr(value, span)
    match owner:
        case _ if isinstance(owner, ir.Expr) and accumulators.is_dict(owner):
            return accumulators.put(scope, owner, key, item, span)
        case values.EmptyDict() | ir.MakeRecord() if isinstance(key, ir.Const) and isinstance(key.value, str):
            fields = dict(owner.fields) if isinstance(owner, ir.MakeRecord) else {}
            return _record({**fields, key.value: item}, span)
        case ir.MakeRecord(fields) if there and dtypes.required(key.type) == dtypes.STR:
            return _record({name: _where(scope, key, name, item, old, span) for name, old in fields}, span)
        case ir.MakeList(items) if isinstance(key, ir.Const) and isinstance(key.value, int):
            if -len(items) <= key.value < len(items):
                changed = list(items)
                changed[key.value] = item
                return accumulators.listed(tuple(changed), span)
        case ir.If(test, then, orelse) if isinstance(owner.type, dtypes.Record | dtypes.ListOf):
            one, other = (with_item(scope, each, key, item, span, there) for each in (then, orelse))
            if isinstance(one, ir.Expr) and isinstance(other, ir.Expr):
                both = unify(one, other)
                if both is not None:
                    return conditional(test, *both, span)
    scope.decline("D307", span, "filling a dict by computed keys outside a loop has no SQL form")


def _record(fields: dict[str, ir.Expr], span: Span) -> ir.MakeRecord:
    kind = dtypes.Record(tuple((one, part.type) for one, part in fields.items()))
    return ir.MakeRecord(tuple(fields.items()), kind, span)


def _where(scope: Scope, key: ir.Expr, name: str, item: ir.Expr, old: ir.Expr, span: Span) -> ir.Expr:
    both = accumulators.unify_states(item, old)
    if both is None:
        scope.decline("D313", span, "the items of the dict have different types")
    test = ir.Prim("eq", (key, ir.Const(name, dtypes.STR)), dtypes.BOOL, span)
    return conditional(test, _of_key(both[0], key, name), both[1], both[2], span)


def _of_key(item: ir.Expr, key: ir.Expr, name: str) -> ir.Expr:
    """Return the value that is set, given that the key is this one of those of the dict."""

    def known(one: ir.Expr) -> ir.Expr | None:
        match one:
            case ir.If(ir.Prim("eq", (other, ir.Const(str(text)))), then, orelse) if other == key:
                return rewrite.transform(then if text == name else orelse, known)
        return None

    return rewrite.transform(item, known)


def with_default(
    scope: Scope, owner: values.Value, key: ir.Expr, default: ir.Expr, span: Span
) -> tuple[values.Value, ir.Expr]:
    """Return a dict after `setdefault`, and what that gives."""
    if isinstance(owner, ir.Expr) and accumulators.is_dict(owner):
        held = accumulators.item(scope, owner, key, default, span)
        return accumulators.put(scope, owner, key, held, span), held
    if isinstance(owner, ir.MakeRecord | values.EmptyDict) and isinstance(key, ir.Const) and isinstance(key.value, str):
        fields = dict(owner.fields) if isinstance(owner, ir.MakeRecord) else {}
        held = fields.get(key.value, default)
        return _record({**fields, key.value: held}, span), held
    scope.decline("D360", span, "`.setdefault()` on this value has no SQL form")


# ---------------------------------------------------------------- methods that change their object


def changed(scope: Scope, call: syntax.Call, method: str, owner: syntax.Expr) -> tuple[Scope, tuple[values.Value, ...]]:
    """Return the scope after `owner.method(…)`, and what was evaluated for it."""
    args, span = call.args, call.span
    if method in ("sort", "reverse"):
        function = "sorted" if method == "sort" else "reversed"
        ordered = syntax.Call(syntax.Name(function, span), (owner, *args), call.keywords, span)
        value = scope.build(ordered)
        return write(scope, owner, value, span), (value,)
    state = read(scope, owner)
    if method == "update" and call.keywords and not args:
        given = [(ir.Const(str(name), dtypes.STR), scope.expr(value)) for name, value in call.keywords]
        return _updated(scope, owner, state, given, span)
    if call.keywords or any(isinstance(one, syntax.Starred) for one in args):
        scope.decline("D360", span, f"`.{method}()` with these arguments has no SQL form")
    parts = tuple(scope.build(one) for one in args)
    match method, parts:
        case "append" | "add", (item,):
            one = scope.as_expr(item, span)
            return write(scope, owner, _appended(scope, state, one, method, span), span), (one,)
        case "extend" | "update", (items,) if _is_list(state):
            assert isinstance(state, ir.Expr)
            new = accumulators.extended(scope, state, items, span)
            return write(scope, owner, new, span), (items,)
        case "update", (ir.MakeRecord(fields),):
            return _updated(scope, owner, state, [(ir.Const(name, dtypes.STR), one) for name, one in fields], span)
        case "discard", (item,) if not accumulators.is_filled(state):
            without = scope.operate("-", state, values.Several("set", (values.Item(item),)), span)
            return write(scope, owner, without, span), (item,)
        case "setdefault", (key, *rest) if len(rest) < 2:
            default = scope.as_expr(rest[0], span) if rest else _NONE
            new_state, _ = with_default(scope, state, scope.as_expr(key, span), default, span)
            return write(scope, owner, new_state, span), (key, default)
        case "insert", (ir.Const(int(at)), item) if isinstance(state, ir.MakeList):
            one = scope.as_expr(item, span)
            longer = list(state.items)
            longer.insert(at, one)
            return write(scope, owner, accumulators.listed(tuple(longer), span), span), (one,)
    scope.decline("D360", span, f"`.{method}()` on this value has no SQL form")


def _appended(scope: Scope, state: values.Value, item: ir.Expr, method: str, span: Span) -> ir.Expr:
    is_set = method == "add"
    kind = dtypes.required(state.type) if isinstance(state, ir.Expr) else None
    fits = isinstance(kind, dtypes.SetOf if is_set else dtypes.ListOf)
    if (
        not fits
        or not isinstance(state, ir.Expr)
        or not (_is_list(state))
        or (is_set and isinstance(state, ir.MakeList) and state.items)
    ):
        scope.decline("D360", span, f"`.{method}()` on this value has no SQL form")
    if is_set and isinstance(dtypes.required(item.type), dtypes.Entity | dtypes.Record | dtypes.Pair):
        scope.decline("D359", span, f"a set of `{dtypes.show(item.type)}` has no SQL form")
    return accumulators.appended(scope, state, item, span)


def _is_list(state: values.Value) -> bool:
    return accumulators.is_made(state) or (accumulators.is_filled(state) and not accumulators.is_dict(state))


def _updated(
    scope: Scope, owner: syntax.Expr, state: values.Value, given: list[tuple[ir.Const, ir.Expr]], span: Span
) -> tuple[Scope, tuple[values.Value, ...]]:
    for key, value in given:
        state = with_item(scope, state, key, value, span)
    return write(scope, owner, state, span), tuple(value for _, value in given)


# ---------------------------------------------------------------- who else holds a list or dict


def escaping(node: syntax.Node | None) -> set[str]:
    """Return the names whose objects an expression hands on as they are: `rows.append(row)`, `copy = row`."""
    match node:
        case syntax.Name(name):
            return {name}
        case syntax.Tuple(items) | syntax.List(items) | syntax.Set(items):
            return set().union(*map(escaping, items))
        case syntax.Dict(entries):
            return set().union(*(escaping(value) for _, value in entries))
        case syntax.IfExp(_, body, orelse):
            return escaping(body) | escaping(orelse)
        case syntax.BoolOp(_, parts):
            return set().union(*map(escaping, parts))
        case syntax.Named(target, value):
            return {target} | escaping(value)
        case syntax.Starred():
            return set()
        case syntax.Subscript(syntax.Name(name)) | syntax.Call(
            syntax.Attribute(syntax.Name(name), "get" | "setdefault")
        ):
            return {f"{name}[]"}
        case syntax.Call(func, args, keywords):
            copies = isinstance(func, syntax.Name) and func.id in _COPYING
            return set() if copies else set().union(*map(escaping, args), *(escaping(one) for _, one in keywords))
    return set()


def is_borrowed(node: syntax.Node) -> bool:
    """Tell whether an expression gives an object that a collection holds: `rows[0]`, `max(rows, key=…)`."""
    match node:
        case syntax.Subscript(_, index):
            return not isinstance(index, syntax.Slice)
        case syntax.Call(syntax.Attribute(_, "get" | "setdefault")) | syntax.Call(syntax.Name("max" | "min" | "next")):
            return True
        case syntax.IfExp(_, body, orelse):
            return is_borrowed(body) or is_borrowed(orelse)
        case syntax.BoolOp(_, parts):
            return any(map(is_borrowed, parts))
        case syntax.Named(_, value):
            return is_borrowed(value)
    return False


def keeps_shared(scope: Scope, target: syntax.Expr, value: syntax.Expr) -> bool:
    """Tell whether `rows[key] = row` puts one object under several keys, and a loop changes what is there in place."""
    match target, value:
        case syntax.Subscript(syntax.Name(name)), syntax.Name(row) if is_mutable(scope.names.get(row)):
            entered = scope.names.get(values.ENTERED)
            return isinstance(entered, values.Entered) and name in entered.changed and _is_outer(scope, row)
    return False


_COPYING = frozenset({
    "len", "sum", "min", "max", "any", "all", "sorted", "list", "set", "dict", "tuple", "frozenset", "str", "repr",
    "enumerate", "zip", "range", "bool",
})  # fmt: skip


def is_mutable(value: values.Value | None) -> bool:
    """Tell whether a value can be changed in place."""
    if isinstance(value, values.EmptyDict | values.Held):
        return True
    kind = dtypes.required(value.type) if isinstance(value, ir.Expr) else None
    return isinstance(kind, dtypes.ListOf | dtypes.SetOf | dtypes.DictOf | dtypes.Record)


def _has_mutable(value: values.Value | None) -> bool:
    """Tell whether entries of a collection can be changed in place."""
    kind = dtypes.required(value.type) if isinstance(value, ir.Expr) else None
    match kind:
        case dtypes.ListOf(item) | dtypes.DictOf(_, item):
            return is_mutable(ir.Acc("", item))
        case dtypes.Record(fields):
            return any(is_mutable(ir.Acc("", item)) for _, item in fields)
    return False


def handed_on(scope: Scope, names: set[str]) -> Scope:
    """Return the scope in which what these names hold, or for `name[]` the entries of that, is held elsewhere too."""
    marks = {
        shared(name.removesuffix("[]")): values.Escaped()
        for name in sorted(names)
        if (_has_mutable(scope.names.get(name[:-2])) if name.endswith("[]") else is_mutable(scope.names.get(name)))
    }
    return scope.bind(marks) if marks else scope
