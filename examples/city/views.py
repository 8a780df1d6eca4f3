"""What is shown of a city, with its store built by hand."""

from __future__ import annotations

from examples.city.models import City
from onto import attrs
from onto.context import CTX
from onto.store import Store, reference
from onto.view_model import ViewModel


class CityStore(Store):
    """What the view of a city reads."""

    city = reference(many=False)


class CityView(ViewModel):
    """A city as the front end shows it."""

    name = attrs.bproperty()
    country = attrs.bproperty()

    @classmethod
    def new(cls, snapshot):
        """Return the view of the city in the snapshot."""
        store = CityStore()
        store.add_snapshot("city", dm_cls=City, snapshot=snapshot)
        store.refresh()
        return cls(store=store)

    @name.getter
    def name(self):
        """Return the city's name."""
        return self.store.city.city_name

    @country.getter
    def country(self):
        """Return the country that the city is in."""
        return self.store.city.country

    @property
    def doc_ref(self):
        """Return where the view is saved."""
        return CTX.db.document(f"cityView/{self.store.city.doc_id}")
