"""From annotations to value types.

    list[Attendee]  →  ListOf(Record((("name", STR), …), "Attendee"))        str | None  →  Optional(STR)

What onto keeps as raw JSON in-process (a union, a class without fields) is `dtypes.JSON` here too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from compiler import diagnostics, dtypes, facts, model, syntax
from compiler.diagnostics import Log
from compiler.resolve import enums, hierarchy, names

_SCALARS: dict[str, dtypes.Type] = {
    "builtins.str": dtypes.STR, "builtins.int": dtypes.INT, "builtins.float": dtypes.FLOAT,
    "builtins.bool": dtypes.BOOL, "builtins.bytes": dtypes.BYTES, "decimal.Decimal": dtypes.DECIMAL,
    "datetime.datetime": dtypes.DATETIME, "datetime.date": dtypes.DATE,
    "datetime.timedelta": dtypes.TIMEDELTA,
    "builtins.object": dtypes.JSON, "typing.Any": dtypes.JSON, "builtins.list": dtypes.ListOf(dtypes.JSON),
    "builtins.tuple": dtypes.ListOf(dtypes.JSON), "builtins.set": dtypes.SetOf(dtypes.JSON),
    "builtins.frozenset": dtypes.SetOf(dtypes.JSON), "builtins.dict": dtypes.DictOf(dtypes.STR, dtypes.JSON),
}  # fmt: skip

_LISTS = frozenset({"list", "List", "Sequence", "MutableSequence", "Iterable", "Collection", "Iterator"})
_SETS = frozenset({"set", "frozenset", "Set", "FrozenSet", "AbstractSet", "MutableSet"})
_DICTS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict", "DefaultDict"})
_TRANSPARENT = frozenset({"Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly"})
_STANDARD = frozenset({"builtins", "typing", "typing_extensions", "collections", "collections.abc"})


class Types:
    """Reads annotations of the project's modules."""

    def __init__(
        self,
        known: names.Names,
        classes: hierarchy.Hierarchy,
        log: Log,
        embedded: Callable[[hierarchy.ClassInfo], tuple[tuple[str, dtypes.Type], ...]],
    ) -> None:
        """Read names through `known`, classes through `classes`, fields of embedded classes by `embedded`."""
        self._names = known
        self._classes = classes
        self._log = log
        self._embedded = embedded
        self._records: dict[hierarchy.ClassInfo, dtypes.Record] = {}
        self._enums: dict[str, model.EnumClass] = {}
        self._open: list[hierarchy.ClassInfo] = []  # records whose fields are being read

    def of(self, module: str, written: syntax.Expr) -> dtypes.Type:
        """Return the type that an annotation means; what cannot be told is reported and raw JSON."""
        return self._untold(self.members(module, written))

    def record(self, info: hierarchy.ClassInfo) -> dtypes.Record:
        """Return the fields of a dataclass, NamedTuple, TypedDict or embedded class."""
        found = self._untold(self._record(info))
        assert isinstance(found, dtypes.Record)
        return found

    def enums(self, one: dtypes.Type) -> tuple[model.EnumClass, ...]:
        """Return the Enums whose members a type of `members` has, by name."""
        return tuple(self._enums[name.partition(":")[0]] for name in sorted(dtypes.enums(one)))

    def members(self, module: str, written: syntax.Expr) -> dtypes.Type:
        """Return the same type, which also says where members of Enums are."""
        match written:
            case syntax.Literal(value=None):
                return dtypes.NONE
            case syntax.Binary(op="|"):
                return self._union([self.members(module, one) for one in _alternatives(written)])
            case syntax.Subscript():
                return self._generic(module, written)
            case syntax.Name() | syntax.Attribute():
                return self._named(module, written)
        return dtypes.JSON

    def _record(self, info: hierarchy.ClassInfo) -> dtypes.Record:
        if info not in self._records:
            self._open.append(info)
            fields = self._embedded(info) if info.kind == "embedded" else self._annotated_fields(info)
            self._open.pop()
            self._records[info] = dtypes.Record(fields, info.name)
        return self._records[info]

    def _annotated_fields(self, info: hierarchy.ClassInfo) -> tuple[tuple[str, dtypes.Type], ...]:
        fields: dict[str, dtypes.Type] = {}
        for one in reversed(info.lineage):
            fields.update({name: self.members(one.module, written) for name, written in annotated(one.declared)})
        return tuple(fields.items())

    def _named(self, module: str, written: syntax.Name | syntax.Attribute) -> dtypes.Type:
        site = self._names.find_expr(module, written)
        match site:
            case names.Outside(qualified=qualified):
                if qualified.startswith("typing.") and qualified[7:8].isupper():
                    return _bare_generic(qualified[7:])
                return _SCALARS.get(qualified, dtypes.JSON)
            case names.ClassSite():
                return self._class(site, written)
            case names.ValueSite():
                return self._alias(site)
            case None if self._names.is_certain(module):
                shown = syntax.show(written)
                hint = diagnostics.alternatives(shown, self._names.all_names(module), "names here:")
                self._log.add("E204", written.span, f"type `{shown}` is not defined", hint=hint)
        return dtypes.JSON

    def _class(self, site: names.ClassSite, written: syntax.Expr) -> dtypes.Type:
        info = self._classes.info(site)
        if info is None:
            return dtypes.JSON
        if info in self._open:
            self._log.add("E205", written.span, f"record `{info.name}` contains itself, so it has no column type")
            return dtypes.JSON
        if info.kind in hierarchy.RECORD_KINDS:
            return self._record(info)
        if info.kind == "model":
            return dtypes.Entity(info.name)
        return self._enum(info) if info.kind == "enum" else dtypes.JSON

    def _enum(self, info: hierarchy.ClassInfo) -> dtypes.Type:
        told = enums.of(info)
        if told is not None and self._enums.setdefault(told.name, told) == told:
            return told.item_type
        # Of other enums, `class Status(str, Enum)` too, the text of a member is not the text of its value.
        return _value_type(info.outside)

    def _untold(self, one: dtypes.Type) -> dtypes.Type:
        """Return the type with that of their values for members which are values themselves, else raw JSON."""

        def untold(name: str) -> dtypes.Type:
            enum = self._enums[name.partition(":")[0]]
            return dtypes.without_enums(enum.type) if enum.kind == "textual" else dtypes.JSON

        return dtypes.replace_enums(one, lambda scalar: untold(scalar.enum))

    def _alias(self, site: names.ValueSite) -> dtypes.Type:
        value = site.assignments[-1].value
        if isinstance(value, syntax.Call) and syntax.show(value.func).endswith("NewType") and len(value.args) == 2:
            value = value.args[1]
        mentions_itself = value is None or any(
            isinstance(one, syntax.Name) and one.id == site.name for one in syntax.walk(value)
        )
        return dtypes.JSON if mentions_itself or value is None else self.members(site.module, value)

    def _generic(self, module: str, written: syntax.Subscript) -> dtypes.Type:
        origin = names.qualified(self._names.find_expr(module, written.value)) or ""
        home, _, name = origin.rpartition(".")
        arguments = written.index.items if isinstance(written.index, syntax.Tuple) else (written.index,)
        if home not in _STANDARD:
            return self.members(module, written.value)
        if name in _TRANSPARENT:
            return self.members(module, arguments[0])
        if name == "Literal":
            return self._union([_literal_type(one) for one in arguments])
        types = [self.members(module, one) for one in arguments]
        if name == "Optional":
            return dtypes.optional(types[0])
        if name == "Union":
            return self._union(types)
        return _container(name, types, arguments)

    def _union(self, types: list[dtypes.Type]) -> dtypes.Type:
        inner = list(dict.fromkeys(dtypes.required(one) for one in types if one != dtypes.NONE))
        if not inner:
            return dtypes.NONE
        one = inner[0] if len(inner) == 1 else dtypes.JSON
        return dtypes.optional(one) if any(dtypes.nullable(each) for each in types) else one


def annotated(declared: facts.Class) -> list[tuple[str, syntax.Expr]]:
    """Return the annotated names of a class body, class variables aside."""
    return [
        (member.name, member.annotation)
        for member in declared.members
        if isinstance(member, facts.Assignment)
        and member.annotation is not None
        and not is_class_variable(member.annotation)
    ]


def is_class_variable(annotation: syntax.Expr) -> bool:
    """Tell whether an annotation is `ClassVar[…]`."""
    written = annotation.value if isinstance(annotation, syntax.Subscript) else annotation
    return syntax.show(written).rpartition(".")[2] == "ClassVar"


def _value_type(outside: Sequence[str]) -> dtypes.Type:
    if "enum.StrEnum" in outside:
        return dtypes.STR
    return dtypes.INT if "enum.IntEnum" in outside else dtypes.JSON


def _alternatives(written: syntax.Expr) -> list[syntax.Expr]:
    if isinstance(written, syntax.Binary) and written.op == "|":
        return [*_alternatives(written.left), *_alternatives(written.right)]
    return [written]


def _bare_generic(name: str) -> dtypes.Type:
    return _container(name, [dtypes.STR, dtypes.JSON] if name in _DICTS else [dtypes.JSON], ())


def _container(name: str, types: list[dtypes.Type], arguments: tuple[syntax.Expr, ...]) -> dtypes.Type:
    if name in ("tuple", "Tuple"):
        endless = len(arguments) == 2 and isinstance(arguments[1], syntax.Opaque)  # tuple[T, ...]
        return dtypes.ListOf(types[0]) if endless or not arguments else dtypes.Pair(tuple(types))
    if name in _LISTS:
        return dtypes.ListOf(types[0])
    if name in _SETS:
        return dtypes.SetOf(types[0])
    if name in _DICTS and len(types) == 2:
        return dtypes.DictOf(types[0], types[1])
    return dtypes.JSON


def _literal_type(one: syntax.Expr) -> dtypes.Type:
    if not isinstance(one, syntax.Literal):
        return dtypes.JSON
    kinds: dict[type, dtypes.Type] = {
        str: dtypes.STR, bool: dtypes.BOOL, int: dtypes.INT, bytes: dtypes.BYTES, type(None): dtypes.NONE,
    }  # fmt: skip
    return kinds.get(type(one.value), dtypes.JSON)
