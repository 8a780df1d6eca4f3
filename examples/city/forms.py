"""The form that users post to create a city."""

from __future__ import annotations

from examples.city.models import City
from onto import attrs
from onto.view_model import ViewModel


class CityForm(ViewModel):
    """A form at `users/<user_id>/cityForms/<city_id>`; its setters fill in a new city."""

    name = attrs.bproperty()
    country = attrs.bproperty()
    city_id = attrs.bproperty()

    city = attrs.bproperty(initialize=True)

    @city.init
    def city(self):
        """Begin with a blank city whose id is the form's."""
        self._attrs.city = City.new(doc_id=self.doc_ref.id)

    @name.setter
    def name(self, val: str) -> None:
        """Name the city."""
        self.city.city_name = val

    @country.setter
    def country(self, val: str) -> None:
        """Say which country the city is in."""
        self.city.country = val

    def propagate_change(self):
        """Save the city."""
        self.city.save()
