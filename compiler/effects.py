"""Which names a function's body changes in place: what its caller would see changed, and inlining would not.

def add(names, name): names.append(name)   →  {"names"}
"""

from __future__ import annotations

from compiler import syntax

_MUTATORS = frozenset({
    "append", "add", "extend", "sort", "reverse", "update", "insert", "remove", "pop", "clear", "setdefault",
    "discard", "popitem", "subtract",
})  # fmt: skip


def changed(body: tuple[syntax.Stmt, ...]) -> frozenset[str]:
    """Return the names whose values the body changes, but for those to which it gives a value of its own."""
    found: set[str] = set()
    own: set[str] = set()
    for statement in body:
        for node in syntax.walk(statement):
            match node:
                case syntax.Call(syntax.Attribute(syntax.Name(name), method)) if method in _MUTATORS:
                    found.add(name)
                case syntax.Assign(syntax.Subscript(syntax.Name(name))):
                    found.add(name)
                case syntax.AugAssign(syntax.Subscript(syntax.Name(name))):
                    found.add(name)
                case syntax.AugAssign(syntax.Name(name), _, syntax.List() | syntax.Comprehension() | syntax.Set()):
                    found.add(name)
                case syntax.Assign(syntax.Name(name), value) if not isinstance(value, syntax.Name | syntax.BoolOp):
                    own.add(name)
                case syntax.Assign(syntax.Tuple(items)):
                    own.update(one.id for one in items if isinstance(one, syntax.Name))
                case syntax.For(syntax.Name(name)):
                    own.add(name)
    return frozenset(found - own)
