"""An app whose models have no methods: all that commands run are setters of a view, beside what every model has."""

from __future__ import annotations

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel


class Fuse(DomainModel):
    """What several lamps hang on."""

    class Meta:
        """Where it is kept."""

        collection_name = "fuses"

    blown: bool = attrs.nothing
    watts: int = attrs.nothing


class Lamp(DomainModel):
    """A lamp on its fuse."""

    class Meta:
        """Where it is kept."""

        collection_name = "lamps"

    lit: bool = attrs.nothing
    watts: int = attrs.nothing
    fuse = attrs.relation(dm_cls="Fuse")


class LampStore(Store):
    """A lamp and its fuse."""

    lamp = reference(dm_cls=Lamp)
    fuse = reference(dm_cls=Fuse)


class LampView(ViewModel):
    """A lamp as its switch sees it."""

    class Meta:
        """Where the documents go."""

        collection_name = "lamp_views"

    store: LampStore

    lit: bool = attrs.nothing
    tested: bool = attrs.nothing

    @lit.getter
    def lit(self) -> bool:
        """Tell whether it shines."""
        return self.store.lamp.lit

    @lit.setter
    def lit(self, value):
        """Switch the lamp, which its fuse has to carry."""
        if self.store.fuse.blown:
            raise ValueError("the fuse is blown")
        if value != self.store.lamp.lit:
            self.store.fuse.watts += self.store.lamp.watts if value else -self.store.lamp.watts
            self.store.lamp.lit = value

    @tested.setter
    def tested(self, value):
        """Say whether the fuse is as expected; nothing changes."""
        if self.store.fuse.blown == value:
            raise ValueError("the fuse is not as expected")
