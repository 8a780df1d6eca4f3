"""How far a store reaches: warnings about joins whose cost grows with more than the view's own entities.

order → customer → orders        each order's view reads all orders of its customer: one change of an order
                                 computes the views of all of them anew
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from compiler import model, syntax
from compiler.diagnostics import Log
from compiler.resolve import predicates

LAYERS = 4  # joins from the root that nobody has to think about


def check(store: str, references: Sequence[model.Reference], log: Log) -> None:
    """Warn of chains with more than `LAYERS` joins (W245), and of roots that read one another (W246)."""
    by_name = {one.name: one for one in references}
    paths: dict[str, tuple[str, ...]] = {}
    for one in references:
        before = max((paths[name] for name in _through(one) if name in paths), key=len, default=())
        paths[one.name] = (*before, one.name)
        path = " → ".join(paths[one.name])
        if len(paths[one.name]) - 1 > LAYERS:
            message = f"`{store}.{one.name}` is {len(paths[one.name]) - 1} joins away from the root: {path}"
            hint = "each layer is one more state to keep and one more wait for a change; store what is needed nearer"
            log.add("W245", one.span, message, hint=hint)
        shared = _shared(one, by_name)
        if shared is not None:
            root = references[0].name
            log.add(
                "W246", one.span, f"every view reads all `{one.name}` of {shared}: {path}",
                hint=f"a change of one {root} computes anew the views of all that share them; "
                f"if there may be many, make a view of what they share",
            )  # fmt: skip


def _through(one: model.Reference) -> set[str]:
    match one.via:
        case model.Root():
            return set()
        case model.On(function):
            return predicates.store_names(function) - {one.name}
        case via:
            return {via.reference}


def _shared(one: model.Reference, by_name: Mapping[str, model.Reference]) -> str | None:
    """Say what roots have in common that read one another; None where the items are others than roots, or its own."""
    root = next(iter(by_name))
    if one.model != by_name[root].model:
        return None
    match one.via:
        case model.PointsBack(_, reference) if reference != root and one.many:
            return f"its `{reference}`, which other roots have too"
        case model.On(function) if one.many and not _is_own(function, root):
            return f"the same {_key(function)}"
    return None


def _is_own(function: syntax.Lambda, root: str) -> bool:
    """Tell whether a key is the root's id, or the item's: then an item belongs to few roots, or a root names them."""
    store, item = (one.name for one in function.params)
    for left, right in predicates.keys(function):
        for side in (left, right):
            if _names(side, item) in ((), ("doc_id",)) or _names(side, store) in ((root,), (root, "doc_id")):
                return True
    return False


def _key(function: syntax.Lambda) -> str:
    item = function.params[1].name
    found = [_names(side, item) for pair in predicates.keys(function) for side in pair]
    return " and ".join(f"`{'.'.join(names)}`" for names in found if names) or "key"


def _names(side: syntax.Expr, owner: str) -> tuple[str, ...] | None:
    """Return the attributes that are read one after another from a parameter: `store.shop.id` → ("shop", "id")."""
    if isinstance(side, syntax.Name):
        return () if side.id == owner else None
    if isinstance(side, syntax.Attribute):
        before = _names(side.value, owner)
        return None if before is None else (*before, side.name)
    return None
