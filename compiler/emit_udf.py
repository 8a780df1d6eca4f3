"""Plan to Python modules: the getters that run as functions, with the parts of the project that they need.

The result is a package that a worker imports without the app and without onto. Its `getters` are plain
functions of SQL's arguments (see `udf_contract`), importable without Flink; `functions` makes Flink's of them.

    PyFunction("meeting_session__attending", …)
    →  <package>/functions.py getters.py runtime.py app/views.py app/models.py
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from compiler import dtypes, model, plan, slices, udf_contract, udf_modules
from compiler.slices import Slice
from compiler.sources import Sources


def emit(whole: plan.Plan, app: model.App, version: str = "") -> dict[str, str]:
    """Return the texts of the modules by their path below `udfs/`; empty where no getter needs Python."""
    # Views share the function of a static method.
    functions = list({one.name: one for view in whole.views for one in view.functions}.values())
    if not functions:
        return {}
    sources = Sources(app)
    cuts = {(one.view, one.field): slices.cut(sources, one.view, one.field) for one in functions}
    package = udf_contract.package(app)
    origin = f"Written by onto{' ' + version if version else ''} from {app.name}; changes here are lost."
    runtime = importlib.resources.files("compiler").joinpath("udf_runtime.py").read_text(encoding="utf-8")
    files = {
        "__init__.py": _docstring("Getters that run in Python.", origin),
        "runtime.py": runtime,
        "getters.py": _Getters(sources, package, origin).text(functions, cuts),
        "functions.py": _flink_functions(functions, package, origin),
    }
    files.update(udf_modules.modules(sources, package, tuple(cuts.values())))
    return {f"{package}/{path}": text for path, text in sorted(files.items())}


def _docstring(*lines: str) -> str:
    text = "\n\n".join(lines).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{text}\n"""\n' if len(lines) > 1 else f'"""{text}"""\n'


# ---------------------------------------------------------------- functions of Flink


def _flink_functions(functions: Iterable[plan.PyFunction], package: str, origin: str) -> str:
    lines = [
        _docstring("The getters as functions of Flink.", origin),
        "from __future__ import annotations\n",
        "from pyflink.common import Row",
        "from pyflink.table.udf import udf\n",
        f"from {package} import getters\n\n",
        "def _function(getter, value_type):",
        "    def call(*args):",
        "        return Row(*getter(*args))\n",
        '    return udf(call, result_type=f"ROW<`value` {value_type}, `error` STRING>", name=getter.__name__)\n\n',
    ]
    lines += [
        f'{one.name} = _function(getters.{one.name}, "{_flink_type(udf_contract.returned_type(one.result))}")'
        for one in functions
    ]
    return "\n".join(lines) + "\n"


def _flink_type(one: dtypes.Type) -> str:
    match dtypes.required(one):
        case dtypes.Scalar("bool"):
            return "BOOLEAN"
        case dtypes.Scalar("int" | "timedelta"):
            return "BIGINT"
        case dtypes.Scalar("float"):
            return "DOUBLE"
        case dtypes.Scalar("bytes"):
            return "BYTES"
        case dtypes.Scalar("decimal", precision):
            digits, scale = precision or (38, 18)
            return f"DECIMAL({digits}, {scale})"
    return "STRING"


# ---------------------------------------------------------------- plain functions


@dataclass(slots=True)
class _Getters:
    """Writes `getters.py`: each function makes a store of its arguments and runs the getter on it."""

    sources: Sources
    package: str
    origin: str

    def text(self, functions: list[plan.PyFunction], cuts: Mapping[tuple[str, str], Slice]) -> str:
        parts: list[str] = []
        modules: set[str] = set()
        for one in functions:
            writer = _Function(self.sources, one, cuts[one.view, one.field], modules)
            parts.append(writer.text())
        imports = [f"from {self.package} import runtime"]
        imports += [f"import {self.package}.app.{name} as {_alias(name)}" for name in modules]
        head = [
            _docstring("Getters as plain functions of SQL's arguments.", self.origin),
            "from __future__ import annotations\n",
            "\n".join(sorted(imports, key=lambda line: (line.startswith("from"), line))),
        ]
        return "\n".join(head) + "\n\n\n" + "\n\n".join(parts)


def _call(head: str, arguments: list[str], tail: str, width: int) -> list[str]:
    """Lay `head(arguments)tail` out, on one line where it fits; a tuple where the head ends in a space."""
    is_tuple = head.endswith(" ")
    line = f"{head}({', '.join(arguments)}{',' if is_tuple and len(arguments) == 1 else ''}){tail}"
    if len(line) <= width:
        return [line]
    return [f"{head}(", *(f"    {one}," for one in arguments), f"){tail}"]


def _alias(module: str) -> str:
    return module.replace(".", "_")


@dataclass(slots=True)
class _Function:
    """Writes one function; notes in `modules` which modules of the project its text names."""

    sources: Sources
    function: plan.PyFunction
    cut: Slice
    modules: set[str]

    def text(self) -> str:
        """Return the function, after the constants that it uses."""
        app = self.sources.app
        view = app.views[self.function.view]
        store = app.stores[view.store]
        given = [name for name, _ in self.function.params]
        if self.function.is_method:
            called = f"return {self._class(view.module, view.name)}.{self.function.field}"
            return "\n".join(self._lines(view, given, _call(called, given, "", 100))) + "\n"
        constants: list[str] = []
        body: list[str] = [f"store = {self._class(store.module, store.name)}()"]
        for reference in store.references:
            if reference.name in self.cut.references and (not reference.many or reference.name in given):
                make, arguments = self._reference(reference, constants)
                body += _call(f"store.{reference.name} = {make}", arguments, "", 100)
        body.append(f"return {self._class(view.module, view.name)}(store).{self.function.field}")
        function = "\n".join(self._lines(view, given, body)) + "\n"
        return "\n".join(constants) + "\n\n\n" + function if constants else function

    def _lines(self, view: model.ViewModel, given: list[str], body: list[str]) -> list[str]:
        return [
            *_call(f"def {self.function.name}", given, ":", 108),
            f'    """{self._place(view)}."""',
            "",
            "    def compute():",
            *(f"        {line}" for line in body),
            "",
            f"    return runtime.result(compute, {_packer(self.function.result)})",
        ]

    def _place(self, view: model.ViewModel) -> str:
        attribute = view.attribute(self.function.field)
        where = attribute.getter.span if attribute is not None and attribute.getter is not None else view.span
        if self.function.is_method:
            where = next(one.span for one in view.methods if one.name == self.function.field)
        return f"{view.name}.{self.function.field}, {where.file}:{where.line}".replace("\\", "/")

    def _class(self, module: str, name: str) -> str:
        self.modules.add(module)
        return f"{_alias(module)}.{name}"

    def _reference(self, reference: model.Reference, constants: list[str]) -> tuple[str, list[str]]:
        """Return what makes a reference of the arguments, and with what; constants that it takes are added."""
        app = self.sources.app
        domain = app.models[reference.model]
        names = slices.attributes_read(app, self.cut)[reference.name] if reference.many else self._parameters(reference)
        read = [one for one in slices.stored(app, reference.model) if one.name in names]
        types = {one.name: one.type for one in read}
        spell = _decoder if reference.many else _parameter_decoder
        spelled = {one.name: self._member(one) or spell(one.held or one.type, self) for one in read}
        decoders = [f'("{name}", {text})' for name, text in spelled.items() if text]
        constant = f"_{self.function.name}__{reference.name}".upper()
        arguments = [self._class(domain.module, domain.name)]
        if reference.many:
            arguments.append(reference.name)
        else:
            values = (f'"{name}": {udf_contract.parameter(reference.name, name)}' for name in names)
            arguments.append("{" + ", ".join(values) + "}")
        arguments.append(constant if decoders else "()")
        if decoders:
            constants += _call(f"{constant} = ", decoders, "", 108)
        if domain.subclasses:
            kinds = [f'"{name}": {self._class(app.models[name].module, name)}' for name in domain.subclasses]
            constants.append(f"{constant}__KINDS = {{{', '.join(kinds)}}}")
            arguments.append(f"{constant}__KINDS")
        if reference.many and any(_has_decimal(one) for one in types.values()):
            arguments.append("exact=True")
        return f"runtime.{'many' if reference.many else 'one'}", arguments

    def _member(self, one: model.StoredAttribute) -> str:
        """Spell the Enum whose members an attribute holds: calling it decodes a value."""
        return "" if one.enum is None else self._class(one.enum.module, one.enum.name)

    def _parameters(self, reference: model.Reference) -> tuple[str, ...]:
        """Return the attributes of a to-one reference for which the function has parameters."""
        every = [one.name for one in slices.stored(self.sources.app, reference.model)]
        given = {name for name, _ in self.function.params}
        return tuple(name for name in every if udf_contract.parameter(reference.name, name) in given)

    def enum_class(self, name: str) -> str:
        """Return the Enum in the generated modules that a member's type names: calling it decodes a value."""
        models = self.sources.app.models.values()
        enums = {one.name: one for each in models for attribute in each.stored for one in attribute.enums}
        found = enums[name.partition(":")[0]]
        return self._class(found.module, found.name)

    def record_class(self, name: str) -> tuple[str, str] | None:
        """Return the class of a record in the generated modules, and how it is made; None for a plain dict."""
        for module in self.sources.app.modules.values():
            bound = module.names.get(name)
            if isinstance(bound, model.RecordClass) and (module.name, name) in self.cut.definitions:
                return self._class(module.name, name), bound.kind
        return None


def _has_decimal(one: dtypes.Type) -> bool:
    match one:
        case dtypes.Scalar(name):
            return name == "decimal"
        case dtypes.ListOf(item) | dtypes.SetOf(item) | dtypes.DictOf(_, item) | dtypes.Optional(item):
            return _has_decimal(item)
        case dtypes.Record(fields):
            return any(_has_decimal(inner) for _, inner in fields)
        case dtypes.Pair(items):
            return any(map(_has_decimal, items))
    return False


def _parameter_decoder(one: dtypes.Type, function: _Function) -> str:
    """Spell the decoder of a parameter; "" where it arrives as it is."""
    match dtypes.required(one):
        case dtypes.Scalar("str" | "bool" | "int" | "float") | dtypes.Entity() | dtypes.NoneType():
            return ""
        case dtypes.Scalar("timedelta") | dtypes.Json():
            return _decoder(one, function)
    exact = ", exact=True" if _has_decimal(one) else ""
    return f"runtime.parsed({_decoder(one, function) or 'runtime.same'}{exact})"


def _decoder(one: dtypes.Type, function: _Function) -> str:
    """Spell the decoder of a value in parsed JSON; "" where JSON holds it as it is."""
    match one:
        case dtypes.Optional(inner):
            return _decoder(inner, function)
        case dtypes.Scalar("decimal", precision):
            return f"runtime.money({precision[1] if precision else None})"
        case dtypes.Scalar(enum=enum) if enum:
            return function.enum_class(enum)
        case dtypes.Scalar(name):
            return _SCALAR_DECODERS.get(name, "")
        case dtypes.Json():
            return "runtime.raw"
        case dtypes.ListOf(item):
            known = _decoder(item, function)
            return f"runtime.items({known})" if known else ""
        case dtypes.SetOf(item):
            return f"runtime.items({_decoder(item, function) or 'runtime.same'}, set)"
        case dtypes.Pair():
            return "runtime.items(runtime.same, tuple)"
        case dtypes.DictOf(_, item):
            return f"runtime.entries({_decoder(item, function) or 'runtime.same'})"
        case dtypes.Record():
            return _record_decoder(one, function)
    return ""


_SCALAR_DECODERS = {
    "float": "runtime.number",
    "datetime": "runtime.moment",
    "local_datetime": "runtime.moment",
    "date": "runtime.day",
    "timedelta": "runtime.span",
    "bytes": "runtime.binary",
}


def _record_decoder(one: dtypes.Record, function: _Function) -> str:
    made = function.record_class(one.name) if one.name else None
    make = "dict" if made is None or made[1] == "typeddict" else made[0]
    members = "".join(f'("{name}", {_decoder(inner, function) or "runtime.same"}), ' for name, inner in one.fields)
    return f"runtime.record({make}, ({members.rstrip()}))"


def _packer(result: dtypes.Type) -> str:
    match dtypes.required(result):
        case dtypes.Scalar("decimal", precision):
            digits, scale = precision or (38, 18)
            return f"runtime.fixed({digits}, {scale})"
        case dtypes.Scalar(name):
            return f"runtime.{_PACKERS[name]}"
    return "runtime.json_text"


_PACKERS = {
    "str": "text",
    "bool": "boolean",
    "int": "integer",
    "float": "floating",
    "datetime": "aware",
    "local_datetime": "naive",
    "date": "calendar",
    "timedelta": "microseconds",
    "bytes": "octets",
}
