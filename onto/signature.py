"""The typed edge of domain methods: arguments and results as JSON on one side, as Python on the other.

    of(Account.transfer).bind({"to": "b", "amount": "5.00"}, session)
    →  {"to": Account("b", …), "amount": Decimal("5.00")}

Entities travel as their `doc_id`. What is not annotated is raw JSON.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from onto import domain_model, errors, session
from onto.mapper import dump, load, shape


class BadArgumentsError(errors.OntoError, TypeError):
    """Arguments that the method does not take, or that are not of its types."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; entities are relations here, as they are in documents."""

    name: str
    shape: shape.Shape
    required: bool
    optional: bool  # whether None is among its values
    where: str  # as errors name it


@dataclass(frozen=True, slots=True)
class Signature:
    """What a method takes and returns."""

    name: str
    params: tuple[Parameter, ...]
    returns: shape.Shape
    names: frozenset[str]  # of all parameters
    required: tuple[str, ...]
    relations: tuple[Parameter, ...]  # the parameters that are entities, or lists, sets and dicts of them

    def bind(self, given: Mapping[str, Any], of: session.Session) -> dict[str, Any]:
        """Return Python arguments of JSON ones; BadArgumentsError names the first that does not fit."""
        return self.relate(self.load(given), of)

    def load(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the same with entities as their ids."""
        self._check_names(given)
        return {one.name: self._load(one, given[one.name]) for one in self.params if one.name in given}

    def relate(self, loaded: Mapping[str, Any], of: session.Session) -> dict[str, Any]:
        """Put entities in the place of their ids."""
        if not self.relations:
            return dict(loaded)
        related = [one for one in self.relations if loaded.get(one.name) is not None]
        return {**loaded, **{one.name: of.related(one.shape, loaded[one.name], one.where) for one in related}}

    def dump(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return JSON arguments of Python ones; BadArgumentsError as `bind`."""
        self._check_names(given)
        shapes = {one.name: one.shape for one in self.params}
        try:
            return {name: dump.dump(shapes[name], value, f"{self.name}: {name}") for name, value in given.items()}
        except (load.MappingError, TypeError) as error:
            raise BadArgumentsError(str(error)) from error

    def result(self, value: Any) -> Any:
        """Return what a method returned as JSON; MappingError when it is not of the declared type."""
        if self.returns == shape.RAW:
            return dump.json_form(value, f"{self.name}: its result")
        return dump.dump(self.returns, value, f"{self.name}: its result")

    def read(self, value: Any) -> Any:
        """Return the Python value of a result in JSON."""
        return load.load(self.returns, value, f"{self.name}: its result")

    def _check_names(self, given: Mapping[str, Any]) -> None:
        for name in given:
            if name not in self.names:
                takes = ", ".join(one.name for one in self.params) or "no arguments"
                raise BadArgumentsError(f"{self.name} has no parameter `{name}` (it takes {takes})")
        for name in self.required:
            if name not in given:
                raise BadArgumentsError(f"{self.name} needs `{name}`")

    def _load(self, one: Parameter, value: Any) -> Any:
        if value is None and not one.optional:
            raise BadArgumentsError(f"{one.where} may not be None")
        try:
            return load.load(one.shape, value, one.where)
        except (load.MappingError, TypeError) as error:
            raise BadArgumentsError(str(error)) from error


@functools.lru_cache(maxsize=4096)
def of(function: Callable[..., Any]) -> Signature:
    """Return the signature of a method; TypeError where an annotation cannot be read."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    params = tuple(
        Parameter(
            one.name,
            _shape(annotation := _read(one.annotation, function)),
            one.default is inspect.Parameter.empty,
            _admits_none(annotation) or one.default is None,
            f"{function.__qualname__}: {one.name}",
        )
        for one in parameters
        if one.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    )
    returns = _shape(_read(inspect.signature(function).return_annotation, function))
    return Signature(
        function.__qualname__,
        params,
        returns,
        frozenset(one.name for one in params),
        tuple(one.name for one in params if one.required),
        tuple(one for one in params if shape.relation_of(one.shape) is not None),
    )


def _read(written: Any, function: Callable[..., Any]) -> Any:
    if written is inspect.Signature.empty:
        return Any
    if not isinstance(written, str):
        return written
    known = {one.__name__: one for one in _models()} | vars(sys.modules[function.__module__])
    try:
        return eval(written, known)
    except (NameError, AttributeError) as error:
        raise TypeError(f"{function.__qualname__}: the annotation `{written}` cannot be read: {error}") from error


def _models() -> Iterator[type[domain_model.DomainModel]]:
    pending = [domain_model.DomainModel]
    while pending:
        for one in pending.pop().__subclasses__():
            pending.append(one)
            yield one


def _shape(annotation: Any) -> shape.Shape:
    """Return what an annotation means, entities being relations."""
    if isinstance(annotation, type) and issubclass(annotation, domain_model.DomainModel):
        return shape.RelationTo(annotation)
    if isinstance(annotation, str):  # inside another annotation: list["User"]
        found = next((one for one in _models() if one.__name__ == annotation), None)
        return shape.RAW if found is None else shape.RelationTo(found)
    if isinstance(annotation, typing.ForwardRef):
        return _shape(annotation.__forward_arg__)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        inner = [one for one in arguments if one is not types.NoneType]
        return _shape(inner[0]) if len(inner) == 1 else shape.RAW
    plain = shape.of(annotation)
    match plain:
        case shape.ListOf():
            return shape.ListOf(_shape(arguments[0])) if arguments else plain
        case shape.SetOf():
            return shape.SetOf(_shape(arguments[0])) if arguments else plain
        case shape.DictOf():
            return shape.DictOf(_shape(arguments[1])) if len(arguments) > 1 else plain
    return plain


def _admits_none(annotation: Any) -> bool:
    if annotation is Any or annotation is None:
        return True
    return types.NoneType in typing.get_args(annotation)
