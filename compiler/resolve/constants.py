"""Which expressions are constants: made of literals and of calls that depend on their arguments alone.

Decimal("0.2")  is one        open("rates").read()  is none
"""

from __future__ import annotations

from collections.abc import Iterable

from compiler import facts, syntax
from compiler.resolve import hierarchy, names

# Calls whose result depends on their arguments alone, so that a name for it is a constant.
_MAKERS = frozenset({
    "decimal.Decimal", "datetime.timedelta", "datetime.date", "datetime.datetime", "builtins.frozenset",
    "builtins.tuple", "builtins.list", "builtins.dict", "builtins.set", "builtins.str", "builtins.int",
    "builtins.float", "builtins.bool", "types.MappingProxyType", "builtins.range", "datetime.time", "re.compile",
    "operator.attrgetter", "operator.itemgetter", "operator.methodcaller", "functools.partial",
})  # fmt: skip

_VALUES = frozenset({"math.pi", "math.e", "datetime.UTC", "datetime.timezone.utc"})


_PURE = ("builtins.", "operator.", "math.", "decimal.", "datetime.timezone.", "functools.partial", "re.")
"""Where functions come from that may be named in a constant."""


def _own_names(value: syntax.Lambda | syntax.FString) -> frozenset[str]:
    return frozenset(one.name for one in value.params) if isinstance(value, syntax.Lambda) else frozenset()


def _is_frozen(info: hierarchy.ClassInfo) -> bool:
    return any(
        ("frozen", syntax.Literal(True)) in decorator.keywords
        for decorator in info.declared.decorators
        if isinstance(decorator, syntax.Call)
    )


class Constants:
    """Tells the project's constants from what only running it would tell."""

    def __init__(self, given: facts.Facts, known: names.Names, classes: hierarchy.Hierarchy) -> None:
        """Note which module-level names some function or statement changes or binds again."""
        self._names = known
        self._classes = classes
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
                site = self._names.find_expr(module, value.func)
                arguments = (*value.args, *(one for _, one in value.keywords))
                made = names.qualified(site) in _MAKERS or self._makes_a_record(site)
                return made and self._all_hold(module, arguments, through)
            case syntax.Name() | syntax.Attribute():
                return self._is_constant_name(module, value, through)
            case syntax.Dict(items=items):
                parts = (part for item in items for part in item if part is not None)
                return self._all_hold(module, parts, through)
            case syntax.Lambda() | syntax.FString():
                return all(
                    self._holds(module, one, through)
                    for one in syntax.walk(value)
                    if isinstance(one, syntax.Name) and one.id not in _own_names(value)
                )
            case syntax.Starred(value=inner):
                return self._holds(module, inner, through)
            case syntax.Subscript(value=inner, index=index):
                return self._all_hold(module, (inner, index), through)
            case syntax.Tuple(items=items) | syntax.List(items=items) | syntax.Set(items=items):
                return self._all_hold(module, items, through)
            case syntax.Unary(value=inner):
                return self._holds(module, inner, through)
            case syntax.Binary(left=left, right=right):
                return self._all_hold(module, (left, right), through)
        return isinstance(value, syntax.Literal)

    def _makes_a_record(self, site: names.Site | None) -> bool:
        """Tell whether a class of the project makes records that nothing can change: its fields are all there is."""
        info = self._classes.info(site) if isinstance(site, names.ClassSite) else None
        if info is None or any(
            isinstance(one, facts.Definition) and one.name.startswith("__")
            for each in info.lineage
            for one in each.declared.members
        ):
            return False
        return info.kind == "namedtuple" or (info.kind == "dataclass" and all(map(_is_frozen, info.lineage)))

    def _all_hold(self, module: str, values: Iterable[syntax.Expr], through: tuple[str, ...]) -> bool:
        return all(self._holds(module, one, through) for one in values)

    def _is_constant_name(self, module: str, value: syntax.Name | syntax.Attribute, through: tuple[str, ...]) -> bool:
        site = self._names.find_expr(module, value)
        if isinstance(site, names.Outside):
            return site.qualified in _VALUES or site.qualified.startswith(_PURE)
        if isinstance(site, names.FunctionSite | names.ClassSite):
            return True
        if site is None and isinstance(value, syntax.Attribute):
            return isinstance(self._names.find_expr(module, value.value), names.ClassSite)  # a member of it
        if not isinstance(site, names.ValueSite) or site.name in through:
            return False
        inner = site.assignments[-1].value
        fixed = len(site.assignments) == 1 and (site.module, site.name) not in self._changed
        return inner is not None and fixed and self._holds(site.module, inner, (*through, site.name))
