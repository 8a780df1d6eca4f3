"""Types of attributes that nothing declares, from the literals that the project gives them.

    tok.country = "Japan"; City.new(country="USA")  →  `City.country` is a str

A type is taken only where it is certain: every place that gives the attribute a value gives that one type.
"""

from __future__ import annotations

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

    def type_of(self, owner: hierarchy.ClassInfo, attribute: str, *, alone: bool) -> dtypes.Type:
        """Return the type of all values given to the attribute, else raw JSON.

        `alone` says that no other class of the project has an attribute of the name, so that values given to
        objects of unknown class are this attribute's too.
        """
        found: list[dtypes.Type] = []
        is_told = False
        for gift in self._gifts.get(attribute, ()):
            if gift.owner is not None and not (gift.owner.is_a(owner) or owner.is_a(gift.owner)):
                continue
            is_told = is_told or alone or gift.owner is not None
            found.append(self._value_type(gift.module, gift.given))
        return _one_type(found) if is_told else dtypes.JSON

    def _value_type(self, module: str, given: facts.Given) -> dtypes.Type:
        if given.annotation is not None:
            return self._types.of(module, given.annotation)
        return self._literal(module, given.value)

    def _literal(self, module: str, value: syntax.Expr) -> dtypes.Type:
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
                return dtypes.ListOf(_one_type([self._literal(module, item) for item in items]))
            case syntax.Dict(items=entries):
                return dtypes.DictOf(dtypes.STR, _one_type([self._literal(module, item) for _, item in entries]))
            case syntax.Call(func=func):
                return _CALLS.get(names.qualified(self._names.find_expr(module, func)) or "", dtypes.JSON)
        return dtypes.JSON


def _one_type(found: list[dtypes.Type]) -> dtypes.Type:
    kinds = {dtypes.required(one) for one in found if one != dtypes.NONE}
    return kinds.pop() if len(kinds) == 1 else dtypes.JSON
