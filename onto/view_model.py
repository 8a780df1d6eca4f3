"""View models: documents that are computed from a store.

class MeetingSession(ViewModel):
    store: MeetingSessionStore

    @attrs.getter
    def in_session(self) -> bool:
        return self.store.meeting.status == "in-session"

view.to_view_dict()   →  {"inSession": True}
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from onto import attribute, calling, context
from onto import store as stores
from onto.database import client
from onto.mapper import dump, load

if TYPE_CHECKING:
    from onto import ref


@dataclass(frozen=True, slots=True)
class FieldError:
    """A getter that raised: its field is None in the document."""

    field: str
    exception: str  # the name of the exception's class
    message: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A view's document, by JSON name, and what went wrong on the way."""

    document: dict[str, Any]
    errors: tuple[FieldError, ...]


class ViewModel(attribute.Holder):
    """A document computed from a store; each attribute's getter says how, its setter what a write means."""

    _collection_name: str | None = None
    store: Any  # a view names its own Store class here; Any lets every one do so
    timepoint: int | None = None  # the version of the last commit that a live view has seen

    def __init__(self, store: stores.Store | None = None, doc_ref: client.DocumentReference | None = None) -> None:
        """Make a view of a store, or one that is to be saved at `doc_ref`."""
        self._attrs = types.SimpleNamespace()
        self._given_ref = doc_ref
        if store is not None:
            self.store = store
        self._initialize()

    @classmethod
    def new(cls, *args: Any, **kwargs: Any) -> Self:
        """Return a view; classes whose store is built by hand override this."""
        return cls(*args, **kwargs)

    @classmethod
    def get(cls, doc_id: str, once: bool = True, f_notify: Callable[..., Any] | None = None) -> Self | None:
        """Return the view of a root in the context's datastore, None where there is no such root.

        `f_notify(obj=view)` is called with it, and unless `once` again after each commit that changes anything that
        the view reads, until `release`. A class has one live view per root: a second `get` replaces its `f_notify`.
        With `once` the view is the caller's own: its setters may change entities, and `propagate_change` saves them.
        The first `get` of a class reads the collections that its store names; they are followed from then on.
        """
        from onto import live  # the engine knows view models: only this one way back is needed

        return live.get(cls, doc_id, once, f_notify)

    @classmethod
    def ref(
        cls, doc_id: str, *, through: calling.Caller | None = None, request_id: str | None = None,
        seconds: float = calling.SECONDS,
    ) -> ref.ViewRef:  # fmt: skip
        """Refer to the view of a root, to write its attributes where methods run, each time as one transaction.

        `MeetingSession.ref("m1").set(in_session=True).result()` runs the setters of what is given, then
        `propagate_change` where the class has its own. `through`, `request_id` and `seconds` are those of
        `DomainModel.ref`.
        """
        from onto import ref

        return ref.ViewRef(cls, doc_id, through=through, request_id=request_id, seconds=seconds)

    @classmethod
    def release(cls, doc_id: str | None = None) -> None:
        """End the live view of a root; without a `doc_id` all of the class, and let go of what they read."""
        from onto import live

        live.release(cls, doc_id)

    @property
    def _view_refs(self) -> Iterable[client.DocumentReference]:
        """Return where a sink keeps copies of the view, one for each reader; to be overridden."""
        return (self.doc_ref,)

    @classmethod
    def collection_name(cls) -> str:
        """Return the collection: as given here or in a base class, else the class's name."""
        given = attribute.meta(cls, "collection_name", None)
        return cls.__name__ if given is None else str(given)

    @property
    def doc_id(self) -> str:
        """Return the view's key: the doc_id of its root."""
        if self._given_ref is not None:
            return self._given_ref.id
        root = next(name for name, one in self.store.references.items() if not one.many and one.on is None)
        return str(self.store.read(root).doc_id)

    @property
    def doc_ref(self) -> client.DocumentReference:
        """Return where `save` writes: as given, else `<collection>/<key>`."""
        if self._given_ref is not None:
            return self._given_ref
        return client.DocumentReference(context.Context.database, f"{self.collection_name()}/{self.doc_id}")

    def evaluate(self) -> Evaluation:
        """Call every getter; one that raises gives None for its field and an error, and the others go on.

        Attributes without a getter are part of the document once they have been set; MappingError where one that is
        required there has not been.
        """
        document: dict[str, Any] = {}
        errors: list[FieldError] = []
        for one in self.exported():
            if not (one.computed or hasattr(self._attrs, one.name)):
                if one.required_on_export:
                    raise load.MappingError(f"{one.where} is required in what is shown, and has not been set")
                if one.export_defaults:
                    document[self.json_name(one.name)] = dump.plain(one.export_defaults[0])
                continue
            try:
                value = dump.shown(dump.plain(getattr(self, one.name)))
            except Exception as error:  # whatever user code raises is the field's news
                value = None
                errors.append(FieldError(one.name, type(error).__name__, str(error)))
            document[self.json_name(one.name)] = value
        return Evaluation(document, tuple(errors))

    def to_view_dict(self) -> dict[str, Any]:
        """Return the document for the front end: values by JSON name, without reserved names."""
        return self.evaluate().document

    def to_dict(self) -> dict[str, Any]:
        """Return the stored form: the document as JSON, with `doc_ref` and `obj_type`."""
        values: dict[str, Any] = dump.json_form(self.to_view_dict())
        return {**values, "doc_ref": str(self.doc_ref), "obj_type": type(self).__name__}

    def to_snapshot(self) -> client.DocumentSnapshot:
        """Return the stored form with its place, as sinks write it."""
        return client.DocumentSnapshot(self.doc_ref, self.to_dict(), self.timepoint)

    def save(self) -> None:
        """Write the stored form to `doc_ref`."""
        self.doc_ref.set(self.to_dict())

    def update_vals(self, with_raw: Mapping[str, Any] | None = None, **values: Any) -> None:
        """Set attributes through their setters: by name, or from the keys of a document of others.

        What only a getter or an `init` makes, and what is internal, no such document can set; a value that does not
        fit is refused before any is set.
        """
        self._assign({**({} if with_raw is None else self._from_raw(with_raw)), **values})

    def propagate_change(self) -> None:
        """Save what the setters changed: every entity of the store, unless a class says otherwise."""
        self.store.propagate_back()
