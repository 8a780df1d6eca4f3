"""Which expressions are constants: made of literals and of calls that depend on their arguments alone.

Decimal("0.2")  is one        open("rates").read()  is none
"""

from __future__ import annotations

from collections.abc import Iterable

from compiler import facts, syntax
from compiler.resolve import names

# Calls whose result depends on their arguments alone, so that a name for it is a constant.
_MAKERS = frozenset({
    "decimal.Decimal", "datetime.timedelta", "datetime.date", "datetime.datetime", "builtins.frozenset",
    "builtins.tuple", "builtins.list", "builtins.dict", "builtins.set", "builtins.str", "builtins.int",
    "builtins.float", "builtins.bool", "types.MappingProxyType",
})  # fmt: skip

_VALUES = frozenset({"math.pi", "math.e", "datetime.UTC", "datetime.timezone.utc"})


class Constants:
    """Tells the project's constants from what only running it would tell."""

    def __init__(self, given: facts.Facts, known: names.Names) -> None:
        """Note which module-level names some function or statement changes or binds again."""
        self._names = known
        self._changed: set[tuple[str, str]] = set()
        for module in given.modules.values():
            for name in module.changed:
                site = known.find(module.name, name)
                if isinstance(site, names.ValueSite):
                    self._changed.add((site.module, site.name))

    def value(self, site: names.ValueSite) -> syntax.Expr | None:
        """Return the constant that a module-level name stands for."""
        value = site.assignments[-1].value
        fixed = len(site.assignments) == 1 and (site.module, site.name) not in self._changed
        return value if value is not None and fixed and self._holds(site.module, value, (site.name,)) else None

    def is_constant(self, module: str, value: syntax.Expr) -> bool:
        """Tell whether an expression of a class body is a constant."""
        return self._holds(module, value, ())

    def _holds(self, module: str, value: syntax.Expr, through: tuple[str, ...]) -> bool:
        match value:
            case syntax.Call():
                found = names.qualified(self._names.find_expr(module, value.func))
                arguments = (*value.args, *(one for _, one in value.keywords))
                return found in _MAKERS and self._all_hold(module, arguments, through)
            case syntax.Name() | syntax.Attribute():
                return self._is_constant_name(module, value, through)
            case syntax.Dict(items=items):
                return all(key is not None and self._all_hold(module, (key, one), through) for key, one in items)
            case syntax.Tuple(items=items) | syntax.List(items=items) | syntax.Set(items=items):
                return self._all_hold(module, items, through)
            case syntax.Unary(value=inner):
                return self._holds(module, inner, through)
            case syntax.Binary(left=left, right=right):
                return self._all_hold(module, (left, right), through)
        return isinstance(value, syntax.Literal)

    def _all_hold(self, module: str, values: Iterable[syntax.Expr], through: tuple[str, ...]) -> bool:
        return all(self._holds(module, one, through) for one in values)

    def _is_constant_name(self, module: str, value: syntax.Name | syntax.Attribute, through: tuple[str, ...]) -> bool:
        site = self._names.find_expr(module, value)
        if isinstance(site, names.Outside):
            return site.qualified in _VALUES
        if not isinstance(site, names.ValueSite) or site.module != module or site.name in through:
            return False  # a constant's own names are looked up in one module, its home
        inner = site.assignments[-1].value
        fixed = len(site.assignments) == 1 and (site.module, site.name) not in self._changed
        return inner is not None and fixed and self._holds(module, inner, (*through, site.name))
