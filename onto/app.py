"""An app: the domain models and view models that a module or package defines.

    load("examples.shop").views   →  (ShopDashboard, CustomerAccount)

Loading imports the app, and for a package every module in it; the compiler never does.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pathlib
import pkgutil
import sys
import textwrap
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from onto import domain_model, errors, joins, store, view_model


class AppError(errors.OntoError):
    """An app that cannot be found or has no views."""


@dataclass(frozen=True, slots=True)
class App:
    """What an app defines, in the order of its modules' names and of the definitions in them."""

    name: str
    models: tuple[type[domain_model.DomainModel], ...]
    views: tuple[type[view_model.ViewModel], ...]


def load(target: str) -> App:
    """Import a module by its name, or a file or folder by its path, with all that is below it.

    Views without a store, such as forms, are left out. AppError when the app is not found or has no models.
    """
    modules = list(_modules(_import(target)))
    classes = {one: None for module in modules for one in vars(module).values() if _defined_in(one, modules)}
    models = tuple(one for one in classes if issubclass(one, domain_model.DomainModel))
    views = tuple(one for one in classes if issubclass(one, view_model.ViewModel) and has_store(one))
    if not models:
        raise AppError(f"{target} defines no domain models: name the module or folder that does")
    return App(modules[0].__name__, models, views)


def has_store(view: type[view_model.ViewModel]) -> bool:
    """Tell whether the view says which store it reads, by annotation or in a hand-written `new` or `get`."""
    return _store_class(view) is not None


def joins_of(view: type[view_model.ViewModel]) -> tuple[type[store.Store], dict[str, joins.Join]]:
    """Return the view's store class with its joins; JoinError where either cannot be told."""
    cls = _store_class(view)
    if cls is None:
        raise joins.JoinError(f"{view.__name__} does not say which store it reads: annotate `store: …Store`")
    return cls, joins.resolve(cls, _given_models(view))


def _store_class(view: type[view_model.ViewModel]) -> type[store.Store] | None:
    for base in view.__mro__:
        written = vars(base).get("__annotations__", {}).get("store")
        if base is view_model.ViewModel:
            break
        if written is not None:
            return _store_named(written, sys.modules[base.__module__], vars(base), f"{base.__name__}.store")
    for call, known in _calls_by_hand(view):
        func = call.func
        if isinstance(func, ast.Attribute) and func.attr in ("from_struct", "from_objects"):
            func = func.value
        found = known.get(func.id) if isinstance(func, ast.Name) else None
        if isinstance(found, type) and issubclass(found, store.Store):
            return found
    return None


def _store_named(written: Any, module: types.ModuleType, local: Any, where: str) -> type[store.Store]:
    found = written
    if isinstance(written, str):
        try:
            found = eval(written, dict(vars(module)), dict(local))
        except NameError as error:
            raise joins.JoinError(f"{where}: the annotation `{written}` cannot be read: {error}") from error
    if not isinstance(found, type) or not issubclass(found, store.Store):
        raise joins.JoinError(f"{where}: `{written}` is not a Store")
    return found


def _given_models(view: type[view_model.ViewModel]) -> dict[str, joins.Model]:
    """Return the models that hand-written `add_snapshot` and `from_struct` calls name, by reference."""
    given: dict[str, joins.Model] = {}
    for call, known in _calls_by_hand(view):
        for name, written in _models_in(call):
            model = known.get(written.id) if isinstance(written, ast.Name) else None
            if isinstance(name, ast.Constant) and isinstance(model, type):
                given.setdefault(str(name.value), model)
    return given


def _models_in(call: ast.Call) -> Iterator[tuple[ast.expr | None, ast.expr | None]]:
    """Yield name and model of `add_snapshot("city", dm_cls=City)` and `from_struct({"city": (City, id)})`."""
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if method == "add_snapshot" and call.args:
        yield call.args[0], next((one.value for one in call.keywords if one.arg == "dm_cls"), call.args[-1])
    if method == "from_struct" and call.args and isinstance(call.args[0], ast.Dict):
        for name, value in zip(call.args[0].keys, call.args[0].values, strict=True):
            yield name, _model_in(value)


def _model_in(value: ast.expr) -> ast.expr | None:
    """Return `User` of `(User, uid)`, `{uid: (User, uid)}` or `{uid: (User, uid) for …}`."""
    match value:
        case ast.Tuple(elts=[first, *_]):
            return first
        case ast.Dict(values=[inner, *_]) | ast.DictComp(value=inner):
            return _model_in(inner)
    return None


def _calls_by_hand(view: type[view_model.ViewModel]) -> Iterator[tuple[ast.Call, dict[str, Any]]]:
    """Yield the calls in the view's own `new` and `get`, with the names that they can see."""
    for name in ("new", "get"):
        function = getattr(getattr(view, name, None), "__func__", None)
        if function is None or function.__module__ == view_model.__name__:
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        known = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
        yield from ((one, known) for one in ast.walk(tree) if isinstance(one, ast.Call))


def _import(target: str) -> types.ModuleType:
    path = pathlib.Path(target)
    name, root = target, pathlib.Path.cwd()  # as the compiler does: a script's path begins with where it is installed
    if path.suffix == ".py" or path.is_dir():
        name, root = _name_of(path.resolve())
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    first = name.partition(".")[0]
    if first in sys.stdlib_module_names and ((root / first).is_dir() or (root / f"{first}.py").is_file()):
        raise AppError(
            f"{target}: the module `{first}` has the name of one of Python's own, which may be found in its place: "
            "give the file or folder another name"
        )
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise AppError(f"{target}: no such module, file or folder") from error
        raise


def _name_of(path: pathlib.Path) -> tuple[str, pathlib.Path]:
    """Return the module's name and the folder to import it from, above all packages that it lies in."""
    parts = [path.stem]
    folder = path.parent
    while (folder / "__init__.py").is_file():
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts), folder


def _modules(module: types.ModuleType) -> Iterator[types.ModuleType]:
    yield module
    for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
        if found.name != "__main__":
            yield from _modules(importlib.import_module(f"{module.__name__}.{found.name}"))


def _defined_in(one: object, modules: list[types.ModuleType]) -> bool:
    return isinstance(one, type) and one.__module__ in {module.__name__ for module in modules}
