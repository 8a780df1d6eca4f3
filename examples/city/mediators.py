"""What joins the datastore to the view and the form."""

from __future__ import annotations

from examples.city.forms import CityForm
from examples.city.views import CityView
from onto.mediator import ProtocolBase, ViewMediatorDeltaDAV


class CityViewMediator(ViewMediatorDeltaDAV):
    """Keeps `cityView/<id>` for every document of `City/<id>`."""

    def notify(self, obj):
        """Save the view."""
        obj.save()

    class Protocol(ProtocolBase):
        """What to do when cities come and change."""

        @staticmethod
        def on_create(snapshot, mediator):
            """Save a view of the new city."""
            mediator.notify(obj=CityView.new(snapshot=snapshot))

        @staticmethod
        def on_update(snapshot, mediator):
            """Save the view of the changed city."""
            mediator.notify(obj=CityView.new(snapshot=snapshot))


class CityFormMediator(ViewMediatorDeltaDAV):
    """Turns every posted form into a city."""

    def notify(self, obj):
        """Save the city that the form describes."""
        obj.propagate_change()

    class Protocol(ProtocolBase):
        """What to do when a form is posted."""

        @staticmethod
        def on_create(snapshot, mediator):
            """Fill in the form and hand it on."""
            obj = CityForm.new(doc_ref=snapshot.reference)
            obj.update_vals(with_raw=snapshot.to_dict())
            mediator.notify(obj=obj)
