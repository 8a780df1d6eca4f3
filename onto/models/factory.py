"""Domain models made by a call.

City = ClsFactory.create_customized(name="City", fieldnames=["name", "state"], additional_base=(CityBase,))
City.new(doc_id="SF", name="San Francisco").save()
"""

from __future__ import annotations

import keyword
import sys
from collections.abc import Sequence
from typing import Any

import marshmallow

from onto import attrs
from onto.domain_model import DomainModel


class ClsFactory:
    """Makes classes of domain models."""

    @staticmethod
    def create(name: str, schema: type[marshmallow.Schema], base: type[DomainModel] = DomainModel) -> Any:
        """Return a class of that name with the attributes of a marshmallow schema."""
        return _made(name, (base,), {"Meta": type("Meta", (), {"schema_cls": schema})})

    @staticmethod
    def create_customized(
        name: str,
        fieldnames: Sequence[str],
        auto_initialized: bool = False,
        importable: bool = True,
        exportable: bool = True,
        additional_base: Sequence[type] = (),
    ) -> Any:
        """Return a class of that name with attributes of raw JSON, on the given bases.

        `auto_initialized`: new entities hold None in each of them, and store it. `importable`, `exportable`: whether
        documents of others may set them, and show them; the datastore keeps them either way. TypeError for a base that
        is no class, ValueError for a name that no attribute can have.
        """
        body: dict[str, Any] = {}
        for field in fieldnames:
            if not field.isidentifier() or keyword.iskeyword(field):
                raise ValueError(f"{name}: {field!r} cannot be the name of an attribute")
            made = attrs.bproperty(import_enabled=importable, export_enabled=exportable)
            body[field] = made.default_value(None) if auto_initialized else made
        return _made(name, tuple(additional_base), body)


def _made(name: str, bases: tuple[Any, ...], body: dict[str, Any]) -> type[DomainModel]:
    for one in bases:
        if not isinstance(one, type):
            shown = getattr(one, "__name__", repr(one))
            raise TypeError(f"{name}: the base {shown} is no class: write `class {shown}(DomainModel):`")
    if not any(issubclass(one, DomainModel) for one in bases):
        bases = (*bases, DomainModel)
    # As of an Enum made by a call, its module is the caller's: there apps and annotations look for it.
    return type(name, bases, {"__module__": sys._getframe(2).f_globals["__name__"], **body})
