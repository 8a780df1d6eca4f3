"""View models: store, collection, attributes with their getters.

class MeetingSession(ViewModel):
    store: MeetingSessionStore          →  ViewModel("MeetingSession", store="MeetingSessionStore", …)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from compiler import diagnostics, facts, model, syntax
from compiler.diagnostics import Log
from compiler.resolve import bodies, hierarchy, names, options, references


@dataclass(frozen=True, slots=True)
class Views:
    """Makes the app's views."""

    infos: Sequence[hierarchy.ClassInfo]
    known: names.Names
    classes: hierarchy.Hierarchy
    read: bodies.Bodies
    store_names: Sequence[str]
    log: Log

    def stores(self) -> dict[hierarchy.ClassInfo, hierarchy.ClassInfo]:
        """Return the store of each view that the compiler has to do with.

        A view without a store is left out where nothing is lost: a form without getters, or a base of others.
        """
        found: dict[hierarchy.ClassInfo, hierarchy.ClassInfo] = {}
        bases = {base for info in self.infos for base in info.bases}
        for info in self.infos:
            options.check(info, self.log)
            store = self._annotated(info) or self._built_by_hand(info)
            if store is not None:
                found[info] = store
            elif info not in bases and self._has_getters(info) and not self._is_misnamed(info):
                self.log.add(
                    "E230", info.declared.span, f"view `{info.name}` does not say which store it reads",
                    hint="write `store: …Store` in its body",
                )  # fmt: skip
        return found

    def make(self, info: hierarchy.ClassInfo, store: str) -> model.ViewModel:
        """Return one view; what its document does not show, its getters read as a property."""
        declared = self.read.attributes(info)
        shown = [one for one in declared if one.spelling.exports and options.is_shown(info, one.name)]
        hidden = tuple(
            model.Method(one.name, one.getter, one.spelling.module, "property", one.span, returns=one.type)
            for one in declared
            if one not in shown and one.getter is not None
        )
        attributes = tuple(
            model.ViewAttribute(
                name=one.name,
                json_name=options.json_name(info, one.name, one.spelling.data_key),
                getter=one.getter,
                module=one.spelling.module or one.module,
                declared=one.type,
                span=one.span,
            )
            for one in shown
        )
        return model.ViewModel(
            name=info.name,
            module=info.module,
            collection=self._collection(info),
            store=store,
            attributes=attributes,
            methods=(*hidden, *self.read.methods(info)),
            span=info.declared.span,
            constants=self.read.constants(info),
            layers=self.read.layers(info),
        )

    def _has_getters(self, info: hierarchy.ClassInfo) -> bool:
        return any(one.getter is not None for one in self.read.attributes(info))

    def _annotated(self, info: hierarchy.ClassInfo) -> hierarchy.ClassInfo | None:
        for one, annotation in _store_annotations(info):
            return self._store(one.module, annotation)
        return None

    def _is_misnamed(self, info: hierarchy.ClassInfo) -> bool:
        """Report a `store:` annotation that is no store; tell whether there was one."""
        for one, annotation in _store_annotations(info)[:1]:
            reported = any(each.span == annotation.span for each in self.log.found)
            if not reported and not isinstance(self.known.find_expr(one.module, annotation), names.Missing):
                written = syntax.show(annotation)
                hint = diagnostics.alternatives(written, self.store_names, "the project's stores:")
                message = f"`{written}` is not a store of the project"
                self.log.add("E231", annotation.span, message, hint=hint)
            return True
        return False

    def _built_by_hand(self, info: hierarchy.ClassInfo) -> hierarchy.ClassInfo | None:
        for module, call in references.calls_by_hand(info):
            func = call.func
            if isinstance(func, syntax.Attribute) and func.name in ("from_struct", "from_objects"):
                func = func.value
            found = self._store(module, func)
            if found is not None:
                return found
        return None

    def _store(self, module: str, written: syntax.Expr) -> hierarchy.ClassInfo | None:
        site = self.known.find_expr(module, written)
        info = self.classes.info(site) if isinstance(site, names.ClassSite) else None
        return info if info is not None and info.kind == "store" else None

    def _collection(self, info: hierarchy.ClassInfo) -> str:
        given = options.option(info, "collection_name")
        if given is not None and isinstance(given[0], syntax.Literal) and isinstance(given[0].value, str):
            return given[0].value
        for one in self.read.methods(info):
            if one.name == "doc_ref" and one.kind == "property":
                found = _document_prefix(one.function)
                if found is not None:
                    return found
        return info.name


def _store_annotations(info: hierarchy.ClassInfo) -> list[tuple[hierarchy.ClassInfo, syntax.Expr]]:
    return [
        (one, member.annotation)
        for one in info.lineage
        for member in one.declared.members
        if isinstance(member, facts.Assignment) and member.name == "store" and member.annotation is not None
    ]


def _document_prefix(function: syntax.Function) -> str | None:
    """Return `cityView` of `CTX.db.document(f"cityView/{self.store.city.doc_id}")`."""
    for node in syntax.walk(function):
        if not (isinstance(node, syntax.Call) and isinstance(node.func, syntax.Attribute) and node.args):
            continue
        path = node.args[0]
        if node.func.name == "collection" and isinstance(path, syntax.Literal) and isinstance(path.value, str):
            return path.value
        if node.func.name == "document" and isinstance(path, syntax.FString) and path.parts:
            first = path.parts[0]
            collection, slash, rest = first.partition("/") if isinstance(first, str) else ("", "", "")
            if slash and not rest and len(path.parts) == 2:
                return collection
    return None
