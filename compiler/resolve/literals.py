"""Types of attributes that nothing declares, from the literals that the project gives them.

    tok.country = "Japan"; City.new(country="USA")  →  `City.country` is a str

A type is taken where all literals that the project gives the attribute are of it. A value whose type the text
does not tell, such as a parameter without annotation, neither confirms nor contradicts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from compiler import dtypes, facts, syntax
from compiler.resolve import hierarchy, hints, names

_CALLS: dict[str, dtypes.Type] = {
    "builtins.str": dtypes.STR, "builtins.int": dtypes.INT, "builtins.float": dtypes.FLOAT,
    "builtins.bool": dtypes.BOOL, "builtins.len": dtypes.INT, "decimal.Decimal": dtypes.DECIMAL,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Gift:
    module: str
    owner: hierarchy.ClassInfo | None  # None: any object
    given: facts.Given


class Literals:
    """The values that the project's text gives to attributes."""

    def __init__(
        self, given: facts.Facts, known: names.Names, classes: hierarchy.Hierarchy, types: hints.Types
    ) -> None:
        """Index the values by the attribute's name."""
        self._names = known
        self._types = types
        self._gifts: dict[str, list[_Gift]] = {}
        for module in given.modules.values():
            for one in module.givens:
                owner = None
                if one.owner is not None:
                    site = known.find_expr(module.name, one.owner)
                    owner = classes.info(site) if isinstance(site, names.ClassSite) else None
                    if owner is None:
                        continue  # a call of something else: its keywords are no attributes
                self._gifts.setdefault(one.attribute, []).append(_Gift(module.name, owner, one))

    def type_of(self, owners: Collection[hierarchy.ClassInfo], attribute: str, *, alone: bool) -> dtypes.Type:
        """Return the type of the values given to an attribute that all the owners declare, else raw JSON.

        `alone` says that no other class of the project has an attribute of the name, so that values given to
        objects of unknown class are this attribute's too.
        """
        found = [
            self._value_type(gift.module, gift.given)
            for gift in self._gifts.get(attribute, ())
            if (alone if gift.owner is None else _is_related(gift.owner, owners))
        ]
        told = [one for one in found if one is not None]
        return _one_type(told)

    def _value_type(self, module: str, given: facts.Given) -> dtypes.Type | None:
        if given.annotation is not None:
            return self._types.of(module, given.annotation)
        return self._literal(module, given.value)

    def _literal(self, module: str, value: syntax.Expr) -> dtypes.Type | None:
        match value:
            case syntax.Literal(value=None):
                return dtypes.NONE
            case syntax.Literal(value=constant):
                kinds: dict[type, dtypes.Type] = {
                    bool: dtypes.BOOL, int: dtypes.INT, float: dtypes.FLOAT, str: dtypes.STR,
                    bytes: dtypes.BYTES,
                }  # fmt: skip
                return kinds[type(constant)]
            case syntax.FString():
                return dtypes.STR
            case syntax.Compare() | syntax.Unary(op="not"):
                return dtypes.BOOL
            case syntax.Unary(op="-", value=inner):
                return self._literal(module, inner)
            case syntax.List(items=items):
                return dtypes.ListOf(self._items(module, items))
            case syntax.Dict(items=entries):
                return dtypes.DictOf(dtypes.STR, self._items(module, [item for _, item in entries]))
            case syntax.Call(func=func):
                return _CALLS.get(names.qualified(self._names.find_expr(module, func)) or "")
        return None

    def _items(self, module: str, items: Iterable[syntax.Expr]) -> dtypes.Type:
        return _one_type([self._literal(module, item) or dtypes.JSON for item in items])


def _is_related(owner: hierarchy.ClassInfo, owners: Collection[hierarchy.ClassInfo]) -> bool:
    return any(owner.is_a(one) or one.is_a(owner) for one in owners)


def _one_type(found: list[dtypes.Type]) -> dtypes.Type:
    kinds = {dtypes.required(one) for one in found if one != dtypes.NONE}
    return kinds.pop() if len(kinds) == 1 else dtypes.JSON
