"""An attribute of a model or a view, and the objects that hold such attributes.

    name: str = attrs.nothing  →  Attribute("name", owner=User), whose shape comes from the annotation

An Attribute is a frozen descriptor. Each step of its spelling (`@name.getter`, `.optional`) returns a changed
copy; a class body's copy learns its name and owner when the class is made.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypedDict, TypeVar, Unpack, overload

from onto import condition, errors, related, session
from onto.mapper import declared, frozen, load, names, shape

T = TypeVar("T")
Function = Callable[..., Any]


class Options(TypedDict, total=False):
    """What may be said of an attribute in one call, all by keyword.

    The options of import say what a document of others may set (`update_vals(with_raw=)`), those of export
    what others see (`to_view_dict`). The datastore is neither: `save` and `get` keep the whole entity.
    """

    data_key: str | None  # the key in documents, as it is
    initialize: bool  # call the `init` at construction
    initializer: Function  # the `init`
    validate: Function | Iterable[Function]  # each raises or returns False for a value that it refuses
    import_enabled: bool | None  # None: unless an `init` makes it
    import_required: bool
    import_default: Any  # what a document of others means that lacks it
    export_enabled: bool
    export_required: bool
    export_default: Any  # what is shown while it is unset


@dataclass(frozen=True, slots=True, eq=False)
class Attribute(condition.Comparable, Generic[T]):
    """One attribute; without a getter its value lies in the object's `_attrs`, and reads None when unset."""

    name: str = ""
    owner: type[Holder] | None = None
    explicit: shape.Shape | None = None
    data_name: str | None = None
    required_on_load: bool = False
    defaults: tuple[T, ...] = ()  # what a new object holds: one value, or nothing
    text: str = ""
    imports: bool | None = None  # whether documents of others may set it; None: unless an `init` makes it
    exports: bool = True
    import_defaults: tuple[T, ...] = ()  # what a document of others means that lacks it: one value, or nothing
    export_defaults: tuple[T, ...] = ()  # what is shown while it is unset: one value, or nothing
    required_on_export: bool = False
    checks: tuple[Function, ...] = ()  # each is called with a value, and raises or returns False to refuse it
    drops_none: bool = False
    reserved: bool = False  # declares `doc_id`, `doc_ref` or `obj_type`, which every entity has anyway
    initialize: bool = False
    fget: Function | None = None
    fset: Function | None = None
    finit: Function | None = None

    # ------------------------------------------------------------ spelling

    def __call__(self, **options: Unpack[Options]) -> Self:
        """Return the attribute with these options, as the seed writes `attrs.string(import_enabled=False)`."""
        changes: dict[str, Any] = {}
        for name, value in options.items():
            if name not in _FIELDS:
                raise TypeError(f"an attribute has no option `{name}`{errors.meant(name, _FIELDS)}")
            to = _FIELDS[name]
            if to.endswith("defaults"):
                value = (value,)
            elif to == "checks":
                value = (value,) if callable(value) else tuple(value)  # type: ignore[arg-type] # as Options says
            changes[to] = value
        return dataclasses.replace(self, **changes)

    def getter(self, function: Function) -> Self:
        """Compute the attribute with this function; a domain model then does not store it."""
        return dataclasses.replace(self, fget=function)

    def setter(self, function: Function) -> Self:
        """Call this function with the object and the value on assignment."""
        return dataclasses.replace(self, fset=function)

    def init(self, function: Function) -> Self:
        """Call this function with the object at construction, where `initialize` is set."""
        return dataclasses.replace(self, finit=function)

    def data_key(self, key: str) -> Self:
        """Store the attribute under this key, as it is."""
        return dataclasses.replace(self, data_name=key)

    def validate(self, *checks: Function) -> Self:
        """Refuse values for which a check raises or returns False; marshmallow's validators are checks too."""
        return dataclasses.replace(self, checks=(*self.checks, *checks))

    @property
    def optional(self) -> Self:
        """Say that the attribute may be absent, as any attribute may."""
        return dataclasses.replace(self, required_on_load=False, required_on_export=False)

    @property
    def required(self) -> Self:
        """Refuse stored documents without the attribute."""
        return dataclasses.replace(self, required_on_load=True)

    import_required = required

    @property
    def export_required(self) -> Self:
        """Refuse to show the object while the attribute is unset."""
        return dataclasses.replace(self, required_on_export=True)

    @property
    def import_enabled(self) -> Self:
        """Let documents of others set the attribute, even where an `init` makes it."""
        return dataclasses.replace(self, imports=True)

    @property
    def export_enabled(self) -> Self:
        """Show the attribute in documents for others."""
        return dataclasses.replace(self, exports=True)

    @property
    def internal(self) -> Self:
        """Keep the attribute from documents of others and for others; the datastore has it."""
        return dataclasses.replace(self, imports=False, exports=False)

    @property
    def none_as_missing(self) -> Self:
        """Take None for an attribute never set: it is not stored."""
        return dataclasses.replace(self, drops_none=True)

    def default_value(self, value: Any) -> Self:
        """Give new objects this value."""
        return dataclasses.replace(self, defaults=(value,))

    def doc(self, text: str) -> Self:
        """Describe the attribute."""
        return dataclasses.replace(self, text=text)

    # ------------------------------------------------------------ place in a class

    def __set_name__(self, owner: type[Holder], name: str) -> None:
        """Put a copy that knows its name and owner into the class: `attrs.nothing` itself is shared."""
        if self.reserved and name in names.RESERVED:
            delattr(owner, name)  # what the base class has stands
            return
        setattr(owner, name, dataclasses.replace(self, name=name, owner=owner))

    @property
    def computed(self) -> bool:
        """Tell whether reading calls a getter."""
        return self.fget is not None

    @property
    def assignable(self) -> bool:
        """Tell whether a document of others may set it: never what only a getter or an `init` makes."""
        if self.fget is not None and self.fset is None:
            return False
        return self.imports if self.imports is not None else self.finit is None

    def check(self, value: T) -> None:
        """Raise MappingError, naming the attribute, for a value that one of its checks refuses."""
        for one in self.checks if value is not None else ():
            try:
                refused = one(value) is False
            except Exception as error:  # a check is user code: whatever it raises refuses the value
                raise load.MappingError(f"{self.where}: {value!r} is refused: {error}") from error
            if refused:
                raise load.MappingError(f"{self.where}: {value!r} is refused by {getattr(one, '__name__', one)}")

    @property
    def where(self) -> str:
        """Return `Class.name`, for messages."""
        return f"{self.owner.__name__}.{self.name}" if self.owner else self.name

    def value_shape(self) -> shape.Shape:
        """Return the shape: as spelt, else from the annotation, else from the getter's, else raw JSON."""
        return _shape(self)

    # ------------------------------------------------------------ reading and writing

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> T: ...
    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        """Return the attribute itself on the class, the value on an object."""
        if instance is None:
            return self
        if self.fget is not None:
            return self.fget(instance)
        kept = getattr(instance._attrs, self.name, None)
        if kept is not None and instance._session is not None and shape.relation_of(self.explicit) is not None:
            assert self.explicit is not None  # where there is a relation
            return instance._session.related(self.explicit, kept)
        return kept

    def __set__(self, instance: Any, value: Any) -> None:
        """Call the setter, or keep the value; entities given to a relation are kept as their doc_id."""
        if self.fset is not None:
            self.fset(instance, value)
        elif self.fget is not None:
            raise AttributeError(f"{self.where} is computed and has no setter")
        else:
            kept = related.stored(value) if shape.relation_of(self.explicit) is not None else value
            setattr(instance._attrs, self.name, kept)


# The options of an attribute, by the names that they have in a call.
_FIELDS = {
    "data_key": "data_name", "initialize": "initialize", "initializer": "finit", "validate": "checks",
    "import_enabled": "imports", "import_required": "required_on_load", "import_default": "import_defaults",
    "export_enabled": "exports", "export_required": "required_on_export", "export_default": "export_defaults",
}  # fmt: skip


class ReadOnlyAttrs(types.SimpleNamespace):
    """The attribute values of an object that a getter may only read."""

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse."""
        frozen.refuse()

    __delattr__ = frozen.refuse


class Holder:
    """An object with attributes: a domain model, a view model, an embedded object."""

    _attributes: ClassVar[Mapping[str, Attribute[Any]]] = types.MappingProxyType({})
    _attrs: types.SimpleNamespace
    _session: session.Session | None = None  # of the call that reached the object, where relations read as entities

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """List the attributes, inherited ones first, in the order of their declaration."""
        super().__init_subclass__(**kwargs)
        _check_body(cls)
        _take_schema(cls)
        found: dict[str, Attribute[Any]] = {}
        for base in reversed(cls.__mro__):
            found.update({name: one for name, one in vars(base).items() if isinstance(one, Attribute)})
        cls._attributes = types.MappingProxyType(found)
        for name in (name for name, one in found.items() if one.reserved):
            known = ", ".join(names.RESERVED)
            raise TypeError(f"{cls.__name__}.{name}: every entity has {known}; give the attribute that name")

    @classmethod
    def json_name(cls, name: str) -> str:
        """Return the key of an attribute in documents."""
        known = cls._attributes.get(name)
        if known is not None and known.data_name is not None:
            return known.data_name
        return names.to_json(name) if meta(cls, "case_conversion", True) else name

    @classmethod
    def excluded(cls) -> frozenset[str]:
        """Return the attributes that `Meta.exclude` keeps out of documents."""
        return frozenset(meta(cls, "exclude", ()))

    @classmethod
    def imported(cls) -> list[Attribute[Any]]:
        """Return the attributes that a document of others may set; `Meta.import_only` names them all."""
        only = meta(cls, "import_only", None)
        return [one for name, one in cls._attributes.items() if one.assignable and (only is None or name in only)]

    @classmethod
    def exported(cls) -> list[Attribute[Any]]:
        """Return the attributes that documents for others show; `Meta.export_only` names them all."""
        only = meta(cls, "export_only", None)
        hidden = cls.excluded()
        return [
            one
            for name, one in cls._attributes.items()
            if one.exports and name not in hidden and (only is None or name in only)
        ]

    def _from_raw(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values that a document of others has, by attribute; other keys are ignored."""
        values: dict[str, Any] = {}
        for one in self.imported():
            key = self.json_name(one.name)
            if key in document and not (one.drops_none and document[key] is None):
                values[one.name] = load.load(one.value_shape(), document[key], one.where)
                one.check(values[one.name])
            elif hasattr(self._attrs, one.name):
                continue  # it is set already: a document may change some attributes and leave the others
            elif one.import_defaults:
                values[one.name] = frozen.thaw(one.import_defaults[0])
            elif one.required_on_load:
                raise load.MappingError(f"{one.where} is required, and the document has no {key!r}")
        return values

    def _initialize(self) -> None:
        for one in self._attributes.values():
            if one.defaults:
                setattr(self._attrs, one.name, frozen.thaw(one.defaults[0]))
            if one.initialize and one.finit is not None:
                one.finit(self)

    def _assign(self, values: Mapping[str, Any]) -> None:
        for name in values:
            if name not in self._attributes:
                raise ValueError(unknown_attribute(type(self), name))
        for name, value in values.items():
            setattr(self, name, value)


def meta(cls: type, name: str, default: Any) -> Any:
    """Return an option of `class Meta`, or the seed's `_option`, from the nearest class that gives it."""
    return _meta(cls, name, default)


@functools.lru_cache(maxsize=4096)
def _meta(cls: type, name: str, default: Any) -> Any:
    for base in cls.__mro__:
        options = vars(base).get("Meta")
        found = getattr(options, name, vars(base).get(f"_{name}"))
        if found is not None:
            return found
    return default


META = ("collection_name", "schema_cls", "case_conversion", "exclude", "import_only", "export_only")
_FORMER_META = {
    "unwrap": "; annotate with the inner type where the class is held, and make the object in a getter",
    "union": "; annotate with the base class, or leave the attribute raw JSON",
}


def _check_body(cls: type) -> None:
    """Refuse options of `class Meta` that there are not, and builders of attributes that are not called."""
    for name in vars(vars(cls).get("Meta", object)):
        if not name.startswith("_") and name not in META:
            raise TypeError(
                f"{cls.__name__}.Meta has no option `{name}`{_FORMER_META.get(name) or errors.meant(name, META)}"
            )
    for name, value in vars(cls).items():
        if isinstance(value, types.FunctionType) and value.__module__ == "onto.attrs":
            raise TypeError(f"{cls.__name__}.{name}: write `attrs.{value.__name__}(...)`, which makes the attribute")


def _take_schema(cls: type[Holder]) -> None:
    """Give the class the attributes that its own schema declares, beside those of its body."""
    schema = getattr(vars(cls).get("Meta"), "schema_cls", vars(cls).get("_schema_cls"))
    for name, one in ({} if schema is None else declared.fields_of(schema)).items():
        if name not in vars(cls):
            made: Attribute[Any] = Attribute(
                explicit=one.shape,
                data_name=one.data_key,
                required_on_load=one.required,
                imports=one.imports,
                exports=one.exports,
                import_defaults=one.import_defaults,
                export_defaults=one.export_defaults,
                checks=one.checks,
            )
            made.__set_name__(cls, name)


def unknown_attribute(cls: type[Holder], name: str) -> str:
    """Say that the class has no such attribute, and which one may be meant."""
    return f"{cls.__name__} has no attribute `{name}`{errors.meant(name, cls._attributes)}"


class Closed(Holder):
    """A holder that has its attributes and no others: a mistyped name is told, never kept in silence."""

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse a public name that the class does not know."""
        if not name.startswith("_") and not hasattr(type(self), name):
            raise AttributeError(unknown_attribute(type(self), name))
        super().__setattr__(name, value)


@functools.lru_cache(maxsize=16384)
def _shape(one: Attribute[Any]) -> shape.Shape:
    """Return an attribute's shape; kept, for every document that is read or written asks."""
    owner = one.owner
    if owner is None:
        return shape.RAW if one.explicit is None else one.explicit
    found = _annotated(one, owner) if one.explicit is None else one.explicit
    return shape.resolved(found, lambda name: _resolve(name, owner, one.where))


def _annotated(one: Attribute[Any], owner: type) -> shape.Shape:
    """Return the shape that an attribute's annotation means."""
    written = inspect.get_annotations(owner).get(one.name)
    if written is None and one.fget is not None:
        written = inspect.get_annotations(one.fget).get("return")
    return shape.of(_resolve(written, owner, one.where)) if isinstance(written, str) else shape.of(written)


def _resolve(written: str, owner: type, where: str) -> Any:
    """Evaluate an annotation in its module; then among the names of its class, which may shadow types."""
    known = vars(sys.modules[owner.__module__])
    try:
        return eval(written, dict(known))
    except NameError:
        pass
    try:
        return eval(written, dict(known), dict(vars(owner)))
    except NameError as error:
        raise TypeError(f"{where}: the type `{written}` cannot be read: {error}") from error
