"""From libcst's tree to the body syntax: expressions, statements, functions.

    store.meeting.status  →  Attribute(Attribute(Name("store"), "meeting"), "status")

Whatever has no node becomes `Opaque` with a reason; it is still searched for values given to attributes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import libcst as cst

from compiler import facts, syntax
from compiler.diagnostics import Span

_OPERATORS: dict[type[cst.CSTNode], str] = {
    cst.Add: "+", cst.Subtract: "-", cst.Multiply: "*", cst.Divide: "/", cst.FloorDivide: "//",
    cst.Modulo: "%", cst.Power: "**", cst.MatrixMultiply: "@", cst.BitAnd: "&", cst.BitOr: "|",
    cst.BitXor: "^", cst.LeftShift: "<<", cst.RightShift: ">>",
    cst.AddAssign: "+", cst.SubtractAssign: "-", cst.MultiplyAssign: "*", cst.DivideAssign: "/",
    cst.FloorDivideAssign: "//", cst.ModuloAssign: "%", cst.PowerAssign: "**", cst.MatrixMultiplyAssign: "@",
    cst.BitAndAssign: "&", cst.BitOrAssign: "|", cst.BitXorAssign: "^", cst.LeftShiftAssign: "<<",
    cst.RightShiftAssign: ">>",
    cst.Not: "not", cst.Minus: "-", cst.Plus: "+", cst.BitInvert: "~",
    cst.Equal: "==", cst.NotEqual: "!=", cst.LessThan: "<", cst.LessThanEqual: "<=", cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=", cst.In: "in", cst.NotIn: "not in", cst.Is: "is", cst.IsNot: "is not",
}  # fmt: skip

_REASONS: dict[type[cst.CSTNode], str] = {
    cst.Try: "try statement", cst.TryStar: "except*", cst.With: "with statement",
    cst.FunctionDef: "nested function", cst.ClassDef: "nested class",
    cst.Del: "del statement", cst.Global: "global statement", cst.Nonlocal: "nonlocal statement",
    cst.Import: "import inside a function", cst.ImportFrom: "import inside a function",
    cst.Await: "await", cst.Yield: "yield", cst.Imaginary: "complex number",
}  # fmt: skip

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement

_CONSTRUCTORS = frozenset({"new", "create", "get", "get_or_create"})

_CHANGES = frozenset({
    "append", "extend", "insert", "remove", "pop", "popitem", "clear", "sort", "reverse", "add", "discard",
    "update", "setdefault",
})  # fmt: skip

_LINE_END = re.compile(r"\r\n|\r|\n")
_ESCAPE_OR_QUOTE = re.compile(r"(\\.)|[\"']", re.DOTALL)


@dataclass(slots=True)
class Frame:
    """What is known inside one function (or module) body while it is converted."""

    owner: str | None = None  # the class whose method this is
    assigned: dict[str, syntax.Expr] = field(default_factory=dict)
    annotated: dict[str, syntax.Expr] = field(default_factory=dict)
    has_yield: bool = False


class Bodies:
    """Converts the bodies of one file and keeps what it noticed on the way.

    One method per kind of node, found in two tables by the node's own type; `Any` below is that type.
    """

    def __init__(self, module: str, path: str, source: str, positions: Mapping[cst.CSTNode, Any]) -> None:
        """Convert nodes of the tree whose positions are given (libcst's `CodeRange`, columns from 0)."""
        self.givens: list[facts.Given] = []
        self.changed: set[str] = set()
        self.local_imports: list[cst.Import | cst.ImportFrom] = []
        self.frame = Frame()
        self._module = module
        self._path = path
        self._source = source
        self._lines = _LINE_END.split(source)
        self._positions = positions

    # ---- places

    def span(self, node: cst.CSTNode) -> Span:
        """Return the place of a node."""
        where = self._positions[node]
        start, end = where.start, where.end
        return Span(self._path, start.line, start.column + 1, end.line, end.column + 1)

    def source(self, node: Statement) -> str:
        """Return the text of a statement as it would stand at the left margin, without its decorators."""
        where = self._positions[node]
        first, last = where.start.line - 1, where.end.line - 1
        if isinstance(node, cst.FunctionDef | cst.ClassDef) and node.decorators:
            node = node.with_changes(decorators=(), leading_lines=(), lines_after_decorators=())
            return cst.Module(body=[node]).code.strip("\n") + "\n"
        lines = self._lines[first : last + 1]
        lines[-1] = lines[-1][: where.end.column]
        margin = where.start.column
        lines[0] = lines[0][margin:]
        if margin and any('"""' in line or "'''" in line or line.endswith("\\") for line in lines):
            # Removing the margin line by line would change a string that spans lines.
            return cst.Module(body=[node.with_changes(leading_lines=())]).code.strip("\n") + "\n"
        rest = [line[margin:] if not line[:margin].strip() else line.lstrip() for line in lines[1:]]
        return "\n".join([lines[0], *rest]).rstrip("\n") + "\n"

    # ---- functions

    def function(self, node: cst.FunctionDef, owner: str | None = None) -> syntax.Function:
        """Convert a function; `owner` names the class whose method it is."""
        outer, self.frame = self.frame, Frame(owner)
        params = self._parameters(node.params)
        self.frame.annotated = {one.name: one.annotation for one in params if one.annotation is not None}
        body = self._suite(node.body, drop_docstring=True)
        function = syntax.Function(
            name=node.name.value,
            params=params,
            body=body,
            returns=None if node.returns is None else self.annotation(node.returns.annotation),
            is_async=node.asynchronous is not None,
            is_generator=self.frame.has_yield,
            source=self.source(node),
            span=self.span(node),
            module=self._module,
        )
        self.frame = outer
        return function

    def _parameters(self, node: cst.Parameters) -> tuple[syntax.Parameter, ...]:
        found = [self._parameter(one, "plain") for one in (*node.posonly_params, *node.params)]
        if isinstance(node.star_arg, cst.Param):
            found.append(self._parameter(node.star_arg, "args"))
        found.extend(self._parameter(one, "keyword") for one in node.kwonly_params)
        if node.star_kwarg is not None:
            found.append(self._parameter(node.star_kwarg, "kwargs"))
        return tuple(found)

    def _parameter(self, node: cst.Param, kind: Any) -> syntax.Parameter:
        return syntax.Parameter(
            name=node.name.value,
            annotation=None if node.annotation is None else self.annotation(node.annotation.annotation),
            default=None if node.default is None else self.expr(node.default),
            kind=kind,
            span=self.span(node.name),
        )

    def annotation(self, node: cst.BaseExpression) -> syntax.Expr:
        """Convert an annotation; one that is written as a string is parsed."""
        if isinstance(node, cst.SimpleString):
            place = self.span(node)
            try:
                text = node.evaluated_value
                inner = cst.parse_expression(text if isinstance(text, str) else "")
            except (
                cst.ParserSyntaxError,
                SyntaxError,
                UnicodeEncodeError,
            ):  # half a surrogate pair is no text to parse
                return syntax.Opaque("annotation that is no expression", place)
            return _TextBodies(self._module, place).annotation(inner)
        if isinstance(node, cst.BinaryOperation | cst.Subscript):
            return self._quoted_parts(node)
        return self.expr(node)

    def _quoted_parts(self, node: cst.BinaryOperation | cst.Subscript) -> syntax.Expr:
        place = self.span(node)
        if isinstance(node, cst.BinaryOperation):
            operator = _OPERATORS[type(node.operator)]
            return syntax.Binary(operator, self.annotation(node.left), self.annotation(node.right), place)
        value = self.expr(node.value)
        literal = isinstance(value, syntax.Name | syntax.Attribute) and syntax.show(value).endswith("Literal")
        convert = self.expr if literal else self.annotation
        parts = [self._index(part.slice, convert) for part in node.slice]
        many = len(parts) > 1
        return syntax.Subscript(value, syntax.Tuple(tuple(parts), place) if many else parts[0], place)

    # ---- statements

    def _suite(self, node: cst.BaseSuite, *, drop_docstring: bool = False) -> tuple[syntax.Stmt, ...]:
        body: list[syntax.Stmt] = []
        for at, one in enumerate(node.body):
            body.extend(self.statement(one, is_docstring=drop_docstring and at == 0))
        return tuple(body)

    def statement(self, node: cst.CSTNode, *, is_docstring: bool = False) -> list[syntax.Stmt]:
        """Convert a statement; a line of several gives several."""
        if isinstance(node, cst.SimpleStatementLine):
            return [
                one
                for at, small in enumerate(node.body)
                for one in self.statement(small, is_docstring=is_docstring and at == 0)
            ]
        if is_docstring and isinstance(node, cst.Expr) and _is_text(node.value):
            return []
        convert = self._STATEMENTS.get(type(node))
        if convert is None:
            return [self._opaque_statement(node)]
        return convert(self, node)

    def _opaque_statement(self, node: cst.CSTNode) -> syntax.Stmt:
        if isinstance(node, cst.Import | cst.ImportFrom):
            self.local_imports.append(node)
        elif isinstance(node, cst.Global):
            self.changed.update(one.name.value for one in node.names)
        else:
            self._search(node)
        return syntax.OpaqueStmt(_REASONS.get(type(node), _spoken(node)), self.span(node))

    def _search(self, node: cst.CSTNode) -> None:
        # Nothing here becomes syntax, but values given to attributes count wherever they stand.
        for child in node.children:
            if type(child) in self._EXPRESSIONS:
                self.expr(child)
            elif type(child) in self._STATEMENTS:
                self.statement(child)
            elif isinstance(child, cst.FunctionDef):
                self.function(child, self.frame.owner)
            else:
                self._search(child)

    def _assign(self, node: cst.Assign) -> list[syntax.Stmt]:
        value = self.expr(node.value)
        place = self.span(node)
        targets = [self.expr(one.target) for one in node.targets]
        for target in targets:
            self._notice(target, value, place)
        # A name first, so that all targets get the one object: `rows[key] = row = {}`.
        targets.sort(key=lambda one: not isinstance(one, syntax.Name) or _is_read(one.id, targets))
        first = targets[0]
        again = value if isinstance(value, syntax.Literal) or not isinstance(first, syntax.Name) else first
        return [syntax.Assign(first, value, place), *(syntax.Assign(one, again, place) for one in targets[1:])]

    def _annotated_assign(self, node: cst.AnnAssign) -> list[syntax.Stmt]:
        target = self.expr(node.target)
        if isinstance(target, syntax.Name):
            self.frame.annotated[target.id] = self.annotation(node.annotation.annotation)
        if node.value is None:
            return [syntax.Pass(self.span(node))]
        value = self.expr(node.value)
        self._notice(target, value, self.span(node))
        return [syntax.Assign(target, value, self.span(node))]

    def _augmented_assign(self, node: cst.AugAssign) -> list[syntax.Stmt]:
        target, value = self.expr(node.target), self.expr(node.value)
        place = self.span(node)
        operator = _OPERATORS[type(node.operator)]
        self._notice(target, syntax.Binary(operator, target, value, place), place)
        return [syntax.AugAssign(target, operator, value, place)]

    def _if(self, node: cst.If) -> list[syntax.Stmt]:
        test, body = self.expr(node.test), self._suite(node.body)
        return [syntax.If(test, body, self._orelse(node.orelse), self.span(node))]

    def _orelse(self, node: cst.If | cst.Else | None) -> tuple[syntax.Stmt, ...]:
        return tuple(self._if(node)) if isinstance(node, cst.If) else self._else(node)

    def _for(self, node: cst.For) -> list[syntax.Stmt]:
        if node.asynchronous is not None:
            self._search(node)
            return [syntax.OpaqueStmt("async for", self.span(node))]
        target, each = self.expr(node.target), self.expr(node.iter)
        return [syntax.For(target, each, self._suite(node.body), self._else(node.orelse), self.span(node))]

    def _while(self, node: cst.While) -> list[syntax.Stmt]:
        test, body = self.expr(node.test), self._suite(node.body)
        return [syntax.While(test, body, self._else(node.orelse), self.span(node))]

    def _else(self, node: cst.Else | None) -> tuple[syntax.Stmt, ...]:
        return () if node is None else self._suite(node.body)

    def _expression_statement(self, node: cst.Expr) -> list[syntax.Stmt]:
        if isinstance(node.value, cst.Ellipsis) or _is_text(node.value):
            return [syntax.Pass(self.span(node))]
        return [syntax.ExprStmt(self.expr(node.value), self.span(node))]

    def _return(self, node: cst.Return) -> list[syntax.Stmt]:
        return [syntax.Return(self._maybe(node.value), self.span(node))]

    def _raise(self, node: cst.Raise) -> list[syntax.Stmt]:
        return [syntax.Raise(self._maybe(node.exc), self.span(node))]

    def _assert(self, node: cst.Assert) -> list[syntax.Stmt]:
        return [syntax.Assert(self.expr(node.test), self._maybe(node.msg), self.span(node))]

    def _break(self, node: cst.Break) -> list[syntax.Stmt]:
        return [syntax.Break(self.span(node))]

    def _continue(self, node: cst.Continue) -> list[syntax.Stmt]:
        return [syntax.Continue(self.span(node))]

    def _pass(self, node: cst.Pass) -> list[syntax.Stmt]:
        return [syntax.Pass(self.span(node))]

    def _delete(self, node: cst.Del) -> list[syntax.Stmt]:
        target = self.expr(node.target)
        if isinstance(target, syntax.Name):
            return [syntax.Delete(target.id, self.span(node))]
        self._notice(target, target, self.span(node))
        return [syntax.OpaqueStmt("del statement", self.span(node))]

    def _function_definition(self, node: cst.FunctionDef) -> list[syntax.Stmt]:
        function = self.function(node, self.frame.owner)
        if node.decorators or function.is_async or function.is_generator:
            return [syntax.OpaqueStmt(_REASONS[cst.FunctionDef], self.span(node))]
        return [syntax.Define(function, self.span(node))]

    def _try(self, node: cst.Try) -> list[syntax.Stmt]:
        body = self._suite(node.body)
        handlers = tuple(self._handler(one) for one in node.handlers)
        final = () if node.finalbody is None else self._suite(node.finalbody.body)
        return [syntax.Try(body, handlers, self._else(node.orelse), final, self.span(node))]

    def _handler(self, node: cst.ExceptHandler) -> syntax.Handler:
        name = node.name.name if node.name is not None else None
        named = name.value if isinstance(name, cst.Name) else None
        return syntax.Handler(self._maybe(node.type), named, self._suite(node.body), self.span(node))

    def _match(self, node: cst.Match) -> list[syntax.Stmt]:
        subject = self.expr(node.subject)
        cases = tuple(
            syntax.Case(self._pattern(one.pattern), self._maybe(one.guard), self._suite(one.body), self.span(one))
            for one in node.cases
        )
        return [syntax.Match(subject, cases, self.span(node))]

    def _pattern(self, node: cst.MatchPattern) -> syntax.Pattern:
        place = self.span(node)
        match node:
            case cst.MatchValue() | cst.MatchSingleton():
                return syntax.ValuePattern(self.expr(node.value), place)
            case cst.MatchAs():
                inner = None if node.pattern is None else self._pattern(node.pattern)
                return syntax.Capture(inner, None if node.name is None else node.name.value, place)
            case cst.MatchOr():
                return syntax.OrPattern(tuple(self._pattern(one.pattern) for one in node.patterns), place)
            case cst.MatchList() | cst.MatchTuple():
                return syntax.SequencePattern(tuple(self._part(one) for one in node.patterns), place)
            case cst.MatchMapping():
                items = tuple((self.expr(one.key), self._pattern(one.pattern)) for one in node.elements)
                rest = None if node.rest is None else syntax.Rest(node.rest.value, self.span(node.rest))
                return syntax.MappingPattern(items, rest, place)
            case cst.MatchClass():
                positional = tuple(self._pattern(one.value) for one in node.patterns)
                keywords = tuple((one.key.value, self._pattern(one.pattern)) for one in node.kwds)
                return syntax.ClassPattern(self.expr(node.cls), positional, keywords, place)
        raise AssertionError(f"libcst has no other pattern: {type(node).__name__}")

    def _part(self, node: cst.MatchSequenceElement | cst.MatchStar) -> syntax.Pattern | syntax.Rest:
        if isinstance(node, cst.MatchSequenceElement):
            return self._pattern(node.value)
        return syntax.Rest(None if node.name is None else node.name.value, self.span(node))

    _STATEMENTS: ClassVar[dict[type[cst.CSTNode], Callable[[Bodies, Any], list[syntax.Stmt]]]] = {
        cst.Assign: _assign, cst.AnnAssign: _annotated_assign, cst.AugAssign: _augmented_assign, cst.If: _if,
        cst.For: _for, cst.While: _while, cst.Expr: _expression_statement, cst.Return: _return,
        cst.Raise: _raise, cst.Assert: _assert, cst.Break: _break, cst.Continue: _continue, cst.Pass: _pass,
        cst.Del: _delete, cst.FunctionDef: _function_definition, cst.Try: _try, cst.Match: _match,
        cst.SimpleStatementLine: statement,
    }  # fmt: skip

    # ---- values given to attributes

    def _notice(self, target: syntax.Expr, value: syntax.Expr, place: Span) -> None:
        match target, value:
            case syntax.Tuple() | syntax.List(), syntax.Tuple() | syntax.List() if len(target.items) == len(
                value.items
            ):
                for one, given in zip(target.items, value.items, strict=True):
                    self._notice(one, given, place)
            case syntax.Tuple() | syntax.List(), _:
                for one in target.items:
                    self._notice(one, syntax.Opaque("unpacked value", place), place)
            case syntax.Name(id=name), _:
                self.frame.assigned[name] = value
            case syntax.Subscript(value=syntax.Name(id=name)), _:
                self.changed.add(name)
            case syntax.Attribute(), _:
                self._give(self._owner(target.value), target.name, value)

    def _give(self, owner: syntax.Expr | None, attribute: str, value: syntax.Expr) -> None:
        annotation = self.frame.annotated.get(value.id) if isinstance(value, syntax.Name) else None
        self.givens.append(facts.Given(owner, attribute, value, annotation, value.span))

    def _owner(self, target: syntax.Expr) -> syntax.Expr | None:
        if not isinstance(target, syntax.Name):
            return None
        if target.id in ("self", "cls") and self.frame.owner is not None:
            return syntax.Name(self.frame.owner, target.span)
        if target.id in self.frame.annotated:
            return self.frame.annotated[target.id]
        made = self.frame.assigned.get(target.id)
        return self._made_class(made.func) if isinstance(made, syntax.Call) else None

    def _made_class(self, func: syntax.Expr) -> syntax.Expr | None:
        if isinstance(func, syntax.Attribute) and func.name in _CONSTRUCTORS:
            func = func.value
        if isinstance(func, syntax.Name) and func.id == "cls" and self.frame.owner is not None:
            return syntax.Name(self.frame.owner, func.span)
        return func if isinstance(func, syntax.Name | syntax.Attribute) else None

    # ---- expressions

    def expr(self, node: cst.CSTNode) -> syntax.Expr:
        """Convert an expression."""
        convert = self._EXPRESSIONS.get(type(node))
        if convert is None:
            if isinstance(node, cst.Yield):
                self.frame.has_yield = True
            self._search(node)
            return syntax.Opaque(_REASONS.get(type(node), _spoken(node)), self.span(node))
        return convert(self, node)

    def _maybe(self, node: cst.BaseExpression | None) -> syntax.Expr | None:
        return None if node is None else self.expr(node)

    def _name(self, node: cst.Name) -> syntax.Expr:
        place = self.span(node)
        constants: dict[str, bool | None] = {"None": None, "True": True, "False": False}
        if node.value in constants:
            return syntax.Literal(constants[node.value], place)
        return syntax.Name(node.value, place)

    def _constant(self, node: cst.Integer | cst.Float) -> syntax.Expr:
        return syntax.Literal(node.evaluated_value, self.span(node))

    def _text(self, node: cst.SimpleString | cst.ConcatenatedString) -> syntax.Expr:
        value = node.evaluated_value
        if value is not None:
            return syntax.Literal(value, self.span(node))
        assert isinstance(node, cst.ConcatenatedString)  # a simple string always has a value
        parts: list[str | syntax.Formatted] = []
        for piece in (self.expr(node.left), self.expr(node.right)):
            if isinstance(piece, syntax.FString):
                parts.extend(piece.parts)
            elif isinstance(piece, syntax.Literal) and isinstance(piece.value, str):
                parts.append(piece.value)
            else:
                return piece
        return syntax.FString(tuple(parts), self.span(node))

    def _fstring(self, node: cst.FormattedString) -> syntax.Expr:
        place = self.span(node)
        parts = self._formatted_parts(node.parts, node)
        return syntax.Opaque("f-string with `=`", place) if parts is None else syntax.FString(parts, place)

    def _formatted_parts(
        self, nodes: Sequence[cst.BaseFormattedStringContent], string: cst.FormattedString
    ) -> tuple[str | syntax.Formatted, ...] | None:
        parts: list[str | syntax.Formatted] = []
        for node in nodes:
            if isinstance(node, cst.FormattedStringExpression):
                if node.equal is not None:
                    self._search(node)
                    return None
                parts.append(self._formatted(node, string))
            elif isinstance(node, cst.FormattedStringText):
                parts.append(_unescape(node.value, string))
        return tuple(parts)

    def _formatted(self, node: cst.FormattedStringExpression, string: cst.FormattedString) -> syntax.Formatted:
        place = self.span(node)
        spec: str | syntax.FString | None = None
        if node.format_spec is not None:
            parts = self._formatted_parts(node.format_spec, string) or ()
            texts = [one for one in parts if isinstance(one, str)]
            spec = "".join(texts) if len(texts) == len(parts) else syntax.FString(parts, place)
        return syntax.Formatted(self.expr(node.expression), node.conversion, spec, place)

    def _attribute(self, node: cst.Attribute) -> syntax.Expr:
        return syntax.Attribute(self.expr(node.value), node.attr.value, self.span(node), self.span(node.attr))

    def _subscript(self, node: cst.Subscript) -> syntax.Expr:
        place = self.span(node)
        parts = [self._index(part.slice, self.expr) for part in node.slice]
        index = parts[0] if len(parts) == 1 else syntax.Tuple(tuple(parts), place)
        return syntax.Subscript(self.expr(node.value), index, place)

    def _index(self, node: cst.BaseSlice, convert: Callable[[Any], syntax.Expr]) -> syntax.Expr:
        if isinstance(node, cst.Slice):
            lower, upper, step = self._maybe(node.lower), self._maybe(node.upper), self._maybe(node.step)
            return syntax.Slice(lower, upper, step, self.span(node))
        assert isinstance(node, cst.Index)  # libcst has no third kind
        if node.star is not None:
            return syntax.Opaque("star in an index", self.span(node))
        return convert(node.value)

    def _call(self, node: cst.Call) -> syntax.Expr:
        func = self.expr(node.func)
        args: list[syntax.Expr] = []
        keywords: list[tuple[str | None, syntax.Expr]] = []
        for one in node.args:
            value = self.expr(one.value)
            if one.keyword is not None:
                keywords.append((one.keyword.value, value))
            elif one.star == "**":
                keywords.append((None, value))
            else:
                args.append(syntax.Starred(value, self.span(one)) if one.star else value)
        if isinstance(func, syntax.Attribute) and isinstance(func.value, syntax.Name) and func.name in _CHANGES:
            self.changed.add(func.value.id)
        owner = self._made_class(func) if keywords else None
        if owner is not None:
            for key, value in keywords:
                if key is not None:
                    self._give(owner, key, value)
        return syntax.Call(func, tuple(args), tuple(keywords), self.span(node))

    def _binary(self, node: cst.BinaryOperation) -> syntax.Expr:
        operator = _OPERATORS[type(node.operator)]
        return syntax.Binary(operator, self.expr(node.left), self.expr(node.right), self.span(node))

    def _unary(self, node: cst.UnaryOperation) -> syntax.Expr:
        return syntax.Unary(_OPERATORS[type(node.operator)], self.expr(node.expression), self.span(node))

    def _boolean(self, node: cst.BooleanOperation) -> syntax.Expr:
        conjunction = isinstance(node.operator, cst.And)
        values: list[syntax.Expr] = []
        for side in (node.left, node.right):
            # `a and b and c` is one node; parentheses around a part do not change its value.
            same = isinstance(side, cst.BooleanOperation) and isinstance(side.operator, cst.And) == conjunction
            one = self.expr(side)
            values.extend(one.values if same and isinstance(one, syntax.BoolOp) else (one,))
        return syntax.BoolOp("and" if conjunction else "or", tuple(values), self.span(node))

    def _comparison(self, node: cst.Comparison) -> syntax.Expr:
        rest = tuple((_OPERATORS[type(one.operator)], self.expr(one.comparator)) for one in node.comparisons)
        return syntax.Compare(self.expr(node.left), rest, self.span(node))

    def _if_expression(self, node: cst.IfExp) -> syntax.Expr:
        test, body, orelse = self.expr(node.test), self.expr(node.body), self.expr(node.orelse)
        return syntax.IfExp(test, body, orelse, self.span(node))

    def _lambda(self, node: cst.Lambda) -> syntax.Expr:
        params = self._parameters(node.params)
        body = self.expr(node.body)
        return syntax.Lambda(params, body, self.span(node))

    def _tuple(self, node: cst.Tuple) -> syntax.Expr:
        return syntax.Tuple(self._elements(node.elements), self.span(node))

    def _list(self, node: cst.List) -> syntax.Expr:
        return syntax.List(self._elements(node.elements), self.span(node))

    def _set(self, node: cst.Set) -> syntax.Expr:
        return syntax.Set(self._elements(node.elements), self.span(node))

    def _elements(self, nodes: Sequence[cst.BaseElement]) -> tuple[syntax.Expr, ...]:
        return tuple(
            syntax.Starred(self.expr(one.value), self.span(one))
            if isinstance(one, cst.StarredElement)
            else self.expr(one.value)
            for one in nodes
        )

    def _dict(self, node: cst.Dict) -> syntax.Expr:
        items = tuple(
            (self.expr(one.key) if isinstance(one, cst.DictElement) else None, self.expr(one.value))
            for one in node.elements
        )
        return syntax.Dict(items, self.span(node))

    def _comprehension(self, node: cst.ListComp | cst.SetComp | cst.GeneratorExp) -> syntax.Expr:
        kinds = {cst.ListComp: "list", cst.SetComp: "set", cst.GeneratorExp: "generator"}
        kind: Any = kinds[type(node)]  # one of the literals of `Comprehension.kind`
        return self._generators(node.for_in, kind, node.elt, None, node)

    def _dict_comprehension(self, node: cst.DictComp) -> syntax.Expr:
        return self._generators(node.for_in, "dict", node.value, node.key, node)

    def _generators(
        self,
        first: cst.CompFor,
        kind: Any,
        element: cst.BaseExpression,
        key: cst.BaseExpression | None,
        node: cst.CSTNode,
    ) -> syntax.Expr:
        generators: list[syntax.Generator] = []
        each: cst.CompFor | None = first
        while each is not None:
            if each.asynchronous is not None:
                return syntax.Opaque("async comprehension", self.span(node))
            conditions = tuple(self.expr(one.test) for one in each.ifs)
            generators.append(syntax.Generator(self.expr(each.target), self.expr(each.iter), conditions))
            each = each.inner_for_in
        value = self.expr(element)
        return syntax.Comprehension(kind, value, tuple(generators), self._maybe(key), self.span(node))

    def _named(self, node: cst.NamedExpr) -> syntax.Expr:
        value = self.expr(node.value)
        if not isinstance(node.target, cst.Name):
            return syntax.Opaque("assignment expression", self.span(node))
        return syntax.Named(node.target.value, value, self.span(node))

    _EXPRESSIONS: ClassVar[dict[type[cst.CSTNode], Callable[[Bodies, Any], syntax.Expr]]] = {
        cst.Name: _name, cst.Integer: _constant, cst.Float: _constant, cst.SimpleString: _text,
        cst.ConcatenatedString: _text, cst.FormattedString: _fstring, cst.Attribute: _attribute,
        cst.Subscript: _subscript, cst.Call: _call, cst.BinaryOperation: _binary, cst.UnaryOperation: _unary,
        cst.BooleanOperation: _boolean, cst.Comparison: _comparison, cst.IfExp: _if_expression,
        cst.Lambda: _lambda, cst.Tuple: _tuple, cst.List: _list, cst.Set: _set, cst.Dict: _dict,
        cst.ListComp: _comprehension, cst.SetComp: _comprehension, cst.GeneratorExp: _comprehension,
        cst.DictComp: _dict_comprehension, cst.NamedExpr: _named,
    }  # fmt: skip


class _TextBodies(Bodies):
    """Converts an expression that stood in a string: every node has the string's place."""

    def __init__(self, module: str, place: Span) -> None:
        super().__init__(module, place.file, "", {})
        self._place = place

    def span(self, node: cst.CSTNode) -> Span:
        """Return the place of the string."""
        return self._place


def _is_read(name: str, targets: list[syntax.Expr]) -> bool:
    """Tell whether assigning to other targets reads the name."""
    others = [one for one in targets if not isinstance(one, syntax.Name)]
    return any(isinstance(part, syntax.Name) and part.id == name for one in others for part in syntax.walk(one))


def _is_text(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.SimpleString | cst.ConcatenatedString)


def _unescape(text: str, string: cst.FormattedString) -> str:
    text = _LINE_END.sub("\n", text.replace("{{", "{").replace("}}", "}"))
    if "\\" not in text or "r" in string.prefix.lower():
        return text
    quoted = _ESCAPE_OR_QUOTE.sub(lambda found: found[0] if found[1] else "\\" + found[0], text)
    value = ast.literal_eval(f'"""{quoted}"""')
    assert isinstance(value, str)  # an f-string holds no bytes
    return value


def _spoken(node: cst.CSTNode) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).lower()
