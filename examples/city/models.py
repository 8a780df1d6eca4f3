"""Cities of several kinds, in one collection."""

from __future__ import annotations

from onto import attrs
from onto.domain_model import DomainModel


class City(DomainModel):
    """Any city."""

    city_name = attrs.bproperty()
    country = attrs.bproperty()
    capital = attrs.bproperty()

    class Meta:
        """Where cities of every kind are stored."""

        collection_name = "City"


class Municipality(City):
    """A city that is its own state."""


class StandardCity(City):
    """A city in a state."""

    city_state = attrs.bproperty()
    regions = attrs.bproperty()
