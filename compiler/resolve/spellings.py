"""What an attribute's spelling says: its type, relation, stored key.

    attrs.list(attrs.relation(dm_cls="User"))  →  Spelling(ListOf(STR), relation="User")
    attrs.str.data_key("fullName")             →  Spelling(STR, data_key="fullName")

`from onto import attrs`, `from onto.attrs import attrs`, `from onto.attrs import relation` are one builder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from compiler import diagnostics, dtypes, syntax
from compiler.diagnostics import Log
from compiler.resolve import hierarchy, hints, names


@dataclass(frozen=True, slots=True)
class Spelling:
    """What is known of an attribute; a type of None leaves it to the annotation."""

    type: dtypes.Type | None = None  # with members of Enums as such
    relation: str | None = None
    data_key: str | None = None
    getter: syntax.Function | None = None
    module: str = ""  # of the getter
    has_setter: bool = False
    exports: bool = True  # whether a view's document shows it


@dataclass(frozen=True, slots=True)
class _Step:
    """One link of the chain after `attrs`: a name, and its call where it is called."""

    name: str
    span: diagnostics.Span
    call: syntax.Call | None = None

    def argument(self, position: int, keyword: str) -> syntax.Expr | None:
        """Return an argument given by position or keyword."""
        if self.call is None:
            return None
        if position < len(self.call.args):
            return self.call.args[position]
        return dict(self.call.keywords).get(keyword)


_PLAIN: dict[str, dtypes.Type] = {
    "str": dtypes.STR, "string": dtypes.STR, "int": dtypes.INT, "integer": dtypes.INT, "float": dtypes.FLOAT,
    "bool": dtypes.BOOL, "bytes": dtypes.BYTES, "date": dtypes.DATE, "datetime": dtypes.DATETIME,
    "local_time": dtypes.LOCAL_DATETIME, "timedelta": dtypes.TIMEDELTA, "raw": dtypes.JSON,
    "doc_id": dtypes.STR, "doc_ref": dtypes.STR, "object_type": dtypes.STR, "node_id": dtypes.STR,
}  # fmt: skip

# Said about loading, documentation or display; none of it changes what a view reads.
_SILENT = frozenset({
    "nothing", "optional", "required", "import_required", "import_enabled", "export_required", "export_enabled",
    "default_value", "doc", "none_as_missing", "validate",
})  # fmt: skip

_MAKES = "which makes the attribute"


class Spellings:
    """Reads attribute spellings of the project's modules."""

    def __init__(
        self,
        known: names.Names,
        classes: hierarchy.Hierarchy,
        types: hints.Types,
        models: Mapping[str, hierarchy.ClassInfo],
        log: Log,
    ) -> None:
        """Look up the names of relations' targets among `models`."""
        self._names = known
        self._classes = classes
        self._types = types
        self._models = models
        self._log = log
        self._steps: dict[str, Callable[[Spelling, str, _Step], Spelling]] = {
            "bproperty": self._bproperty, "action": self._bproperty, "of_type": self._of_type, "decimal": self._decimal,
            "relation": self._relation, "list": self._list, "set": self._set, "dict": self._dict,
            "bdict": self._dict, "embed": self._of_type, "enum": self._of_type, "data_key": self._data_key,
            "internal": self._internal,
        }  # fmt: skip

    def of(self, module: str, written: syntax.Expr, body: Mapping[str, Spelling]) -> Spelling | None:
        """Return what an expression in a class body spells; None when it is no attribute at all."""
        chain = self._chain(module, written, body)
        if chain is None:
            return None
        spelling, steps = chain
        for step in steps:
            spelling = self._apply(spelling, module, step)
        return spelling

    def model(self, module: str, written: syntax.Expr | None, what: str) -> str | None:
        """Return the name of the domain model that `dm_cls=` gives, as a class or as text."""
        if isinstance(written, syntax.Literal) and isinstance(written.value, str):
            name = written.value.rpartition(".")[2]
            if name in self._models:
                return name
            if not self._names.is_whole:
                return None  # it may be in a file that could not be read
        elif isinstance(written, syntax.Name | syntax.Attribute):
            site = self._names.find_expr(module, written)
            info = self._classes.info(site) if isinstance(site, names.ClassSite) else None
            if info is not None and info.kind == "model":
                return info.name
            if isinstance(site, names.Missing):
                return None
            name = syntax.show(written)
        else:
            return None
        hint = diagnostics.alternatives(name, self._models, "the project's models:")
        self._log.add("E210", written.span, f"{what} `{name}` is not a domain model of the project", hint=hint)
        return None

    # ---- chains

    def _chain(
        self, module: str, written: syntax.Expr, body: Mapping[str, Spelling]
    ) -> tuple[Spelling, list[_Step]] | None:
        call = written if isinstance(written, syntax.Call) else None
        link = written.func if isinstance(written, syntax.Call) else written
        if isinstance(link, syntax.Name):
            if link.id in body:
                return body[link.id], []
            found = names.qualified(self._names.find(module, link.id)) or ""
            home, _, name = found.rpartition(".")
            if found in ("onto.attrs", "onto.attrs.attrs"):
                return Spelling(), []
            return (Spelling(), [_Step(name, link.span, call)]) if home == "onto.attrs" else None
        if not isinstance(link, syntax.Attribute):
            return None
        below = self._chain(module, link.value, body)
        if below is None:
            found = names.qualified(self._names.find_expr(module, link)) or ""
            return (Spelling(), []) if found in ("onto.attrs", "onto.attrs.attrs") else None
        spelling, steps = below
        return spelling, [*steps, _Step(link.name, link.name_span, call)]

    def _apply(self, spelling: Spelling, module: str, step: _Step) -> Spelling:
        if step.name in _PLAIN:
            return self._options(replace(spelling, type=_PLAIN[step.name], relation=None), step)
        if step.name in _SILENT:
            return spelling
        if step.name in self._steps and (step.call is not None or step.name == "internal"):
            return self._options(self._steps[step.name](spelling, module, step), step)
        if step.name in self._steps:
            message, hint = f"`attrs.{step.name}` is not called", f"write `attrs.{step.name}(...)`, {_MAKES}"
        elif step.name == "executable":
            message = "`attrs` has no `executable`"
            hint = "write a method in the class; of a domain model `Model.ref(doc_id).method(...)` calls it"
        else:
            message = f"`attrs` has no `{step.name}`"
            hint = diagnostics.alternatives(step.name, (*_PLAIN, *self._steps, *_SILENT), "attrs offers") or ""
        self._log.add("E206", step.span, message, hint=hint)
        return spelling

    def _options(self, spelling: Spelling, step: _Step) -> Spelling:
        """Take what keywords of a call say of the attribute's key and of who sees it."""
        given = {} if step.call is None else dict(step.call.keywords)
        if step.name != "data_key" and "data_key" in given:
            spelling = replace(spelling, data_key=self._text(given["data_key"]))
        shown = given.get("export_enabled")
        if isinstance(shown, syntax.Literal) and shown.value is False:
            spelling = replace(spelling, exports=False)
        return spelling

    def _bproperty(self, spelling: Spelling, module: str, step: _Step) -> Spelling:
        written = step.argument(0, "type_cls")
        return spelling if written is None else self._typed(spelling, module, written)

    def _internal(self, spelling: Spelling, module: str, step: _Step) -> Spelling:
        return replace(spelling, exports=False)

    def type_of(self, module: str, written: syntax.Expr | None) -> dtypes.Type:
        """Return the type that a class given as an argument means; raw JSON where there is none."""
        return (None if written is None else self._typed(Spelling(), module, written).type) or dtypes.JSON

    def _of_type(self, spelling: Spelling, module: str, step: _Step) -> Spelling:
        keyword = "cls" if step.name in ("embed", "enum") else "type_cls"
        written = step.argument(0, keyword)
        return spelling if written is None else self._typed(spelling, module, written)

    def _typed(self, spelling: Spelling, module: str, written: syntax.Expr) -> Spelling:
        if isinstance(written, syntax.Literal) and isinstance(written.value, str):
            written = syntax.Name(written.value, written.span)  # a class declared further down
        return replace(spelling, type=dtypes.required(self._types.members(module, written)), relation=None)

    def _decimal(self, spelling: Spelling, module: str, step: _Step) -> Spelling:
        precision = _whole(step.argument(0, "precision"), 38)
        scale = _whole(step.argument(1, "scale"), 18)
        if not 0 <= scale <= precision <= 38:
            message = f"a decimal has 0 ≤ scale ≤ precision ≤ 38, not precision {precision}, scale {scale}"
            self._log.add("E207", step.span, message)
            return replace(spelling, type=dtypes.DECIMAL)
        plain = (precision, scale) == (38, 18)
        return replace(spelling, type=dtypes.DECIMAL if plain else dtypes.Scalar("decimal", (precision, scale)))

    def _relation(self, spelling: Spelling, module: str, step: _Step) -> Spelling:
        written = step.argument(0, "dm_cls")
        if written is None:
            self._log.add("E210", step.span, "relation without `dm_cls`", hint='write attrs.relation(dm_cls="User")')
        target = self.model(module, written, "related model")
        collection = step.argument(2, "collection")
        kinds: dict[str, dtypes.Type] = {
            "list": dtypes.ListOf(dtypes.STR),
            "set": dtypes.SetOf(dtypes.STR),
            "dict": dtypes.DictOf(dtypes.STR, dtypes.STR),
        }
        kind: dtypes.Type | None = kinds.get(collection.id) if isinstance(collection, syntax.Name) else None
        return replace(spelling, type=kind or dtypes.STR, relation=target)

    def _list(self, spelling: Spelling, module: str, step: _Step) -> Spelling:
        item = self._item(module, step.argument(0, "item") or step.argument(0, "value"))
        return replace(spelling, type=dtypes.ListOf(item.type or dtypes.JSON), relation=item.relation)

    def _set(self, spelling: Spelling, module: str, step: _Step) -> Spelling:
        item = self._item(module, step.argument(0, "item") or step.argument(0, "value"))
        return replace(spelling, type=dtypes.SetOf(item.type or dtypes.JSON), relation=item.relation)

    def _dict(self, spelling: Spelling, module: str, step: _Step) -> Spelling:
        value = self._item(module, step.argument(0, "value"))
        return replace(spelling, type=dtypes.DictOf(dtypes.STR, value.type or dtypes.JSON), relation=value.relation)

    def _item(self, module: str, written: syntax.Expr | None) -> Spelling:
        if written is None:
            return Spelling()
        if isinstance(written, syntax.Lambda) and len(written.params) == 1:  # `lambda a: a.of_type(str)`
            return self._of_builder(module, written.body, written.params[0].name)
        return self.of(module, written, {}) or self._typed(Spelling(), module, written)

    def _of_builder(self, module: str, written: syntax.Expr, builder: str) -> Spelling:
        """Read a chain that begins with a lambda's parameter, which is the builder."""
        steps: list[_Step] = []
        link = written
        while not isinstance(link, syntax.Name):
            call = link if isinstance(link, syntax.Call) else None
            link = link.func if isinstance(link, syntax.Call) else link
            if not isinstance(link, syntax.Attribute):
                return Spelling()
            steps.insert(0, _Step(link.name, link.name_span, call))
            link = link.value
        spelling = Spelling()
        for step in steps if link.id == builder else ():
            spelling = self._apply(spelling, module, step)
        return spelling

    def _data_key(self, spelling: Spelling, module: str, step: _Step) -> Spelling:
        written = step.argument(0, "key")
        return spelling if written is None else replace(spelling, data_key=self._text(written))

    def _text(self, written: syntax.Expr) -> str | None:
        if isinstance(written, syntax.Literal) and (written.value is None or isinstance(written.value, str)):
            return written.value
        self._log.add("E208", written.span, "a stored key has to be literal text")
        return None


def _whole(written: syntax.Expr | None, default: int) -> int:
    if isinstance(written, syntax.Literal) and isinstance(written.value, int):
        return written.value
    return default
