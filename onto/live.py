"""Live views of the context's datastore: what `ViewModel.get` gives.

    get(MeetingSession, "m1", once=False, f_notify=show)
    →  show(obj=view) now, and after each commit that changes what the view reads

One engine per view class follows the datastore; it goes with `release`, or when another datastore is put in place.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from onto import boiler, context, view_model

V = TypeVar("V", bound=view_model.ViewModel)

ONCE: contextvars.ContextVar[bool] = contextvars.ContextVar("once", default=False)
"""Set where nobody is there to hear of later changes: every view is then told of once."""

_LOCK = threading.RLock()
_ENGINES: dict[type[view_model.ViewModel], boiler.Engine] = {}


def get(cls: type[V], doc_id: str, once: bool, f_notify: Callable[..., Any] | None) -> V | None:
    """Return the view of a root, None without one; tell `f_notify` now and, unless `once`, after each change."""
    engine = _engine(cls)
    is_live = not (once or ONCE.get())

    def tell() -> V | None:
        # What is told of once is the caller's own, to set and save; all that is live reads the same entities.
        view = engine.view(cls, doc_id) if is_live else engine.own_view(cls, doc_id)
        if view is not None and f_notify is not None:
            f_notify(obj=view)
        return view

    with engine.transaction():  # no commit between the first telling and the next
        if is_live:
            engine.watch(cls, doc_id, tell)
        return tell()


def release(cls: type[view_model.ViewModel], doc_id: str | None) -> None:
    """End the live view of a root, or all of a class."""
    with _LOCK:
        engine = _ENGINES.get(cls)
        if engine is None:
            return
        if doc_id is not None:
            engine.watch(cls, doc_id, None)
        else:
            del _ENGINES[cls]
            engine.close()


def _engine(cls: type[view_model.ViewModel]) -> boiler.Engine:
    with _LOCK:
        database = context.Context.database
        engine = _ENGINES.get(cls)
        if engine is None or engine.database is not database:
            if engine is not None:
                engine.close()
            engine = _ENGINES[cls] = boiler.Engine([cls], database)
        return engine
