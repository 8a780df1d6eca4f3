"""Domain models: what is stored, one class per kind of entity.

class User(DomainModel):
    first_name: str = attrs.nothing

User.new(doc_id="ann", first_name="Ann").to_dict()
→  {"firstName": "Ann", "obj_type": "User", "doc_id": "ann", "doc_ref": "User/ann"}
"""

from __future__ import annotations

import copy
import datetime
import functools
import types
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

from onto import attribute, calling, context, former, query, session
from onto.database import client
from onto.mapper import dump, frozen, load, names, shape

if TYPE_CHECKING:
    from onto import ref

M = TypeVar("M", bound="DomainModel")


class DomainModel(attribute.Closed):
    """An entity: attributes, a `doc_id`, and methods that change it. Unset attributes read None.

    It equals its `doc_id` and hashes like it, so that a relation compares with what it points at.
    """

    method_proxy = former.Member("write `{owner}.ref(doc_id).method(...)`")
    upsert_method_proxy = former.Member(
        "write `{owner}.ref(doc_id).new(...)` for what may not be there yet, then `{owner}.ref(doc_id).method(...)`"
    )
    initializer_proxy = former.Member("write `{owner}.ref(doc_id).new(...)`")

    def __init__(self, doc_id: str | None = None, **values: Any) -> None:
        """Make an unsaved entity; ValueError for a value whose attribute does not exist."""
        self._attrs = types.SimpleNamespace()
        self._session = session.current()
        self._doc_id = _new_id(self._session) if doc_id is None else doc_id
        self._initialize()
        self._assign(values)

    # ------------------------------------------------------------ making and finding

    @classmethod
    def new(cls, doc_id: str | None = None, **values: Any) -> Self:
        """Return an unsaved entity; without a `doc_id` it is given one."""
        return cls(doc_id=doc_id, **values)

    @classmethod
    def create(cls, doc_id: str | None = None, **values: Any) -> Self:
        """Return an unsaved entity, as `new` does."""
        return cls.new(doc_id=doc_id, **values)

    @classmethod
    def get(cls, doc_id: str) -> Self | None:
        """Return the stored entity of this class or a subclass; None where there is none."""
        running = session.current()
        if running is not None:
            found: Self | None = running.get(cls, doc_id)
            return found
        document = context.Context.database.get(f"{cls.collection_name()}/{doc_id}")
        return None if document is None else cls.from_stored(document, doc_id)

    @classmethod
    def ref(
        cls, doc_id: str, *, through: calling.Caller | None = None, request_id: str | None = None,
        seconds: float = calling.SECONDS,
    ) -> ref.Ref[Self]:  # fmt: skip
        """Refer to an entity whose methods are called where they run, each call one transaction.

        `Ticket.ref("t1").mark(attending=True).result()` blocks, `await Ticket.ref("t1").mark(attending=True)` does not.
        Calls go `through` a Gateway or Engine, else through the one of `CTX.call_through`. A call made again with its
        `request_id` is applied once; one not begun within `seconds` never is.
        """
        from onto import ref

        return ref.Ref(cls, doc_id, through=through, request_id=request_id, seconds=seconds)

    @classmethod
    def all(cls) -> Iterator[Self]:
        """Yield the stored entities of this class and its subclasses, by doc_id."""
        return iter(cls.get_query())

    @classmethod
    def where(cls, *given: Any, **equal: Any) -> query.Query[Self]:
        """Return the entities that meet all conditions.

        `City.where(capital=True)`, `City.where(City.population < 9)`, `City.where("cityState", "=", "CA")`.
        """
        return cls.get_query().where(*given, **equal)

    @classmethod
    def get_query(cls) -> query.Query[Self]:
        """Return the query for all entities of this class and its subclasses; TypeError inside of a domain method."""
        if session.current() is not None:
            raise TypeError(f"{cls.__name__}: a domain method cannot search a collection; reach entities by relations")
        return query.Query(context.Context.database, cls.collection_name(), cls._of_path, cls._field_of)

    # ------------------------------------------------------------ stored form

    @classmethod
    def upgrade(cls, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a stored document as this version of the class has it; to be overridden.

        Whatever reads stored documents calls it first. It may be given any version, this one too, which it returns as
        it is; the document is a copy of its own, so it may be changed in place. What it raises is a MappingError.
        """
        return document

    @classmethod
    def collection_name(cls) -> str:
        """Return the collection: as given here or in a base class, else the name of the topmost model."""
        return _collection(cls)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any], doc_id: str | None = None) -> Self:
        """Return the entity that a document describes, of the class that its `obj_type` names.

        MappingError when a value does not fit its attribute; keys that are no attributes are ignored.
        """
        found = cls.from_stored(document, doc_id)
        if found is None:
            raise load.MappingError(f"{cls.__name__}: a document of type {document.get('obj_type')!r} is not one")
        return found

    @classmethod
    def from_stored(
        cls, document: Mapping[str, Any], doc_id: str | None = None, *, read_only: bool = False
    ) -> Self | None:
        """Return the same; None when the document is of another class."""
        return cls.from_upgraded(upgraded(cls, document), doc_id, read_only=read_only)

    @classmethod
    def from_upgraded(
        cls, document: Mapping[str, Any], doc_id: str | None = None, *, read_only: bool = False
    ) -> Self | None:
        """Return the same of a document that is in this version already."""
        kind = cls.class_of(document.get("obj_type"))
        if kind is None:
            return None
        made = kind.__new__(kind)
        if type(doc_id) is not str:
            doc_id = load.text(document.get("doc_id") if doc_id is None else doc_id, f"{kind.__name__}.doc_id")
        attrs = _load_attrs(kind, document, read_only)
        vars(made).update(_session=session.current(), _doc_id=doc_id, _attrs=attrs)
        return made

    @classmethod
    def class_of(cls, obj_type: str | None) -> type[Self] | None:
        """Return this class or the subclass of that name, None for another class of the collection.

        A document without a type, or of one that no class has, is of the collection's topmost class.
        """
        if cls.__name__ == obj_type and not cls.__subclasses__():
            return cls
        named = [one for one in cls.family() if one.__name__ == obj_type]
        if named:
            return named[-1]
        return cls if _base_of_collection(cls) is cls else None

    @classmethod
    def family(cls) -> list[type[Self]]:
        """Return this class and all below it that share its collection."""
        below = [one for child in cls.__subclasses__() for one in child.family()]
        return [cls, *(one for one in below if one.collection_name() == cls.collection_name())]

    def to_dict(self) -> dict[str, Any]:
        """Return the stored form; attributes never set are absent. MappingError when a value does not fit."""
        kept = vars(self._attrs)
        document: dict[str, Any] = {}
        for slot in _slots(type(self)):
            if slot.hidden or slot.name not in kept:
                continue
            value = kept[slot.name]
            if value is None:
                if not slot.attribute.drops_none:
                    document[slot.key] = None
                continue
            if slot.attribute.checks:
                slot.attribute.check(value)
            document[slot.key] = value if slot.is_stored(value) else dump.dump(slot.shape, value, slot.where)
        document["obj_type"] = type(self).__name__
        document["doc_id"] = doc_id = self.doc_id
        document["doc_ref"] = f"{self.collection_name()}/{doc_id}"
        return document

    @classmethod
    def from_snapshot(
        cls, snapshot: client.DocumentSnapshot, ref: client.DocumentReference | None = None
    ) -> Self | None:
        """Return the entity that a snapshot holds, of the class that it names; None where there was no document."""
        document = snapshot.to_dict()
        return None if document is None else cls.from_dict(document, doc_id=(ref or snapshot.reference).id)

    def to_snapshot(self) -> client.DocumentSnapshot:
        """Return the stored form with its place."""
        return client.DocumentSnapshot(self.doc_ref, self.to_dict())

    @classmethod
    def ref_from_id(cls, doc_id: str) -> client.DocumentReference:
        """Return where the entity of that id is stored."""
        return client.DocumentReference(context.Context.database, f"{cls.collection_name()}/{doc_id}")

    def to_view_dict(self) -> dict[str, Any]:
        """Return what others may see of the entity: exported attributes, computed ones too, by document key.

        Raises MappingError where one that is required there has not been set.
        """
        shown: dict[str, Any] = {}
        for one in self.exported():
            if one.computed or hasattr(self._attrs, one.name):
                shown[self.json_name(one.name)] = dump.plain(getattr(self, one.name))
            elif one.export_defaults:
                shown[self.json_name(one.name)] = dump.plain(one.export_defaults[0])
            elif one.required_on_export:
                raise load.MappingError(f"{one.where} is required in what is shown, and has not been set")
        return shown

    # ------------------------------------------------------------ one entity

    @property
    def doc_id(self) -> str:
        """Return the id, unique in the collection."""
        return self._doc_id

    @property
    def doc_ref(self) -> client.DocumentReference:
        """Return where the entity is stored: `<collection>/<doc_id>`."""
        return self.ref_from_id(self.doc_id)

    @property
    def obj_type(self) -> str:
        """Return the name of the class."""
        return type(self).__name__

    def save(self) -> None:
        """Write the entity to the context's datastore, or with the running call, replacing what is there."""
        if self._session is None:
            self.doc_ref.set(self.to_dict())
        else:
            self._session.save(self)

    def delete(self) -> None:
        """Remove the entity from the context's datastore, or with the running call."""
        if self._session is None:
            self.doc_ref.delete()
        else:
            self._session.delete(self)

    @property
    def now(self) -> datetime.datetime:
        """Return when the running call arrived, in UTC: the same however often it is run again."""
        return context.Context.now

    def update_vals(self, with_raw: Mapping[str, Any] | None = None, **values: Any) -> None:
        """Set attributes by name, or from the keys of a document of others, of which only some may set one."""
        self._assign({**({} if with_raw is None else self._from_raw(with_raw)), **values})

    def __eq__(self, other: object) -> bool:
        """Compare by doc_id, with an entity or with a relation's value."""
        if isinstance(other, DomainModel):
            return self.doc_id == other.doc_id
        return self.doc_id == other if isinstance(other, str) else NotImplemented

    def __hash__(self) -> int:
        """Hash like the doc_id."""
        return hash(self.doc_id)

    def __repr__(self) -> str:
        """Show class, id and what is set."""
        kept = "".join(f", {name}={value!r}" for name, value in vars(self._attrs).items())
        return f"{type(self).__name__}({self.doc_id!r}{kept})"

    @classmethod
    def _of_path(cls, path: str, document: Mapping[str, Any]) -> Self | None:
        return cls.from_stored(document, path.rpartition("/")[2])

    @classmethod
    def _field_of(cls, field: str) -> query.Field:
        """Return the attribute that some class of the family declares under that name or document key."""
        if field in names.RESERVED:
            return query.Field(field, None)
        for one in cls.family():
            for name in one._attributes:
                if field in (name, one.json_name(name)):
                    found = one._attributes[name]
                    return query.Field(name, cls._key_of(name), found.where, found.value_shape())
        raise ValueError(attribute.unknown_attribute(cls, field))

    @classmethod
    def _key_of(cls, name: str) -> str | None:
        if _has_upgrades(_base_of_collection(cls)):
            return None  # documents of older versions may hold the value elsewhere
        owners = [one for one in cls.family() if name in one._attributes]
        keys = {one.json_name(name) for one in owners}
        plain = all(
            isinstance(one._attributes[name].value_shape(), shape.Plain) and not one._attributes[name].computed
            for one in owners
        )
        return keys.pop() if plain and len(keys) == 1 else None


class Embedded(attribute.Closed):
    """An object inside a document, made of attributes; compares by its values."""

    def __init__(self, **values: Any) -> None:
        """Make one; ValueError for a value whose attribute does not exist."""
        self._attrs = types.SimpleNamespace()
        self._assign(values)

    @classmethod
    def embedded_fields(cls) -> tuple[tuple[str, shape.Shape], ...]:
        """Return the stored attributes with their shapes."""
        return tuple((name, one.value_shape()) for name, one in cls._attributes.items() if not one.computed)

    def __eq__(self, other: object) -> bool:
        """Compare class and values."""
        return type(self) is type(other) and vars(self._attrs) == vars(other._attrs)

    __hash__ = None  # type: ignore[assignment]  # values may change


def _new_id(running: session.Session | None) -> str:
    return uuid.uuid4().hex if running is None else running.uuid()


@dataclass(frozen=True, slots=True)
class _Slot:
    """What it takes to read and to write one stored attribute of a class, worked out once."""

    attribute: attribute.Attribute[Any]
    name: str
    key: str  # in documents
    shape: shape.Shape
    where: str
    hidden: bool  # kept out of documents
    verbatim: type | None  # values of this type are stored as they are; ints if they fit 64 bits
    plain: bool  # what is stored is the value itself, where it is of the right type

    def is_stored(self, value: Any) -> bool:
        """Tell whether a value is its own stored form; False where that takes a closer look."""
        if self.verbatim is int:
            return type(value) is int and load.INT_MIN <= value <= load.INT_MAX
        return type(value) is self.verbatim


def _slots(cls: type) -> tuple[_Slot, ...]:
    return _slots_once(cls)


@functools.lru_cache(maxsize=4096)
def _slots_once(cls: type) -> tuple[_Slot, ...]:
    assert issubclass(cls, DomainModel)
    hidden = cls.excluded()
    found = []
    for name, one in cls._attributes.items():
        if one.computed:
            continue
        to = one.value_shape()
        kind = to.type if isinstance(to, shape.Plain) else None
        verbatim = kind if kind in (str, bool, int) else None
        plain = kind in (str, bool, int, float)
        found.append(_Slot(one, name, cls.json_name(name), to, one.where, name in hidden, verbatim, plain))
    return tuple(found)


def _collection(cls: type) -> str:
    return _collection_once(cls)


@functools.lru_cache(maxsize=4096)
def _collection_once(cls: type) -> str:
    assert issubclass(cls, DomainModel)
    given = attribute.meta(cls, "collection_name", None)
    return _topmost(cls).__name__ if given is None else str(given)


def differs_plainly(cls: type[DomainModel], document: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    """Tell whether a document differs from a stored one where that can be seen without reading the stored one."""
    for slot in _slots(cls):
        if slot.plain and not slot.hidden and document.get(slot.key) != stored.get(slot.key):
            return True
    return False


def writable(entity: M) -> M:
    """Return a copy of an entity that may be changed and saved, where the entity itself may only be read."""
    made = type(entity).__new__(type(entity))
    values = {name: copy.deepcopy(frozen.thaw(value)) for name, value in vars(entity._attrs).items()}
    vars(made).update(_session=entity._session, _doc_id=entity.doc_id, _attrs=types.SimpleNamespace(**values))
    return made


def upgraded(cls: type[DomainModel], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a stored document of the class's collection in this version; MappingError where that fails.

    The class that its `obj_type` names upgrades it, the collection's topmost one where none has that name: every class
    through which it is read sees the same.
    """
    base = _base_of_collection(cls)
    if not _has_upgrades(base):
        return document
    kind = base.class_of(document.get("obj_type"))
    assert kind is not None  # the topmost class takes every document of its collection
    try:
        found = kind.upgrade(frozen.thaw(dict(document)))
    except Exception as error:  # user code: whatever it raises, this document cannot be read
        raise load.MappingError(f"{kind.__name__}.upgrade: {type(error).__name__}: {error}") from error
    if not isinstance(found, Mapping):
        raise load.MappingError(
            f"{kind.__name__}.upgrade returns {found!r}, which is no document; end it with `return`"
        )
    return found


def _has_upgrades(cls: type) -> bool:
    """Tell whether the class or one below it overrides `upgrade`."""
    return _overrides_upgrade(cls) or any(map(_has_upgrades, cls.__subclasses__()))


@functools.lru_cache(maxsize=4096)
def _overrides_upgrade(cls: type) -> bool:
    return next(base for base in cls.__mro__ if "upgrade" in vars(base)) is not DomainModel


def _load_attrs(kind: type[DomainModel], document: Mapping[str, Any], read_only: bool) -> types.SimpleNamespace:
    values: dict[str, Any] = {}
    for slot in _slots(kind):
        if slot.key in document:
            value = document[slot.key]
            values[slot.name] = value if slot.is_stored(value) else load.load(slot.shape, value, slot.where)
        elif slot.attribute.required_on_load:
            raise load.MappingError(f"{slot.where} is required, and the document has no {slot.key!r}")
    if read_only:
        return attribute.ReadOnlyAttrs(**{name: frozen.freeze(value) for name, value in values.items()})
    return types.SimpleNamespace(**values)


def _topmost(cls: type[DomainModel]) -> type[DomainModel]:
    return [one for one in cls.__mro__ if issubclass(one, DomainModel) and one is not DomainModel][-1]


def _base_of_collection(cls: type) -> type[DomainModel]:
    return _base_of_collection_once(cls)


@functools.lru_cache(maxsize=4096)
def _base_of_collection_once(cls: type) -> type[DomainModel]:
    assert issubclass(cls, DomainModel)
    collection = cls.collection_name()
    above = [one for one in cls.__mro__ if issubclass(one, DomainModel) and one is not DomainModel]
    return [one for one in above if one.collection_name() == collection][-1]
