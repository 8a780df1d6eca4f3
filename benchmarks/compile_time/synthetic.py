"""Write an app of any number of views, each over models of its own, with getters of every tier.

write(Path("/tmp/x"), 25)  →  /tmp/x/synthetic/{__init__,models,views}.py
"""

from __future__ import annotations

from pathlib import Path
from string import Template

PACKAGE = "synthetic"
GETTERS = 7  # of each view: three expr, two agg, one udf, one udf-collect

_MODELS = Template('''

class Place$n(DomainModel):
    """Where things are."""

    class Meta:
        """Where places are stored."""

        collection_name = "places_$n"

    city: str = attrs.nothing
    level: int = attrs.nothing


class Item$n(DomainModel):
    """A thing with a price."""

    class Meta:
        """Where items are stored."""

        collection_name = "items_$n"

    name: str = attrs.nothing
    price: int = attrs.nothing
    active: bool = attrs.nothing

    label: str = attrs.nothing

    @label.getter
    def label(self):
        """Return the name and the price."""
        return f"{self.name}: {self.price}"


class Box$n(DomainModel):
    """Many things at a place."""

    class Meta:
        """Where boxes are stored."""

        collection_name = "boxes_$n"

    title: str = attrs.nothing
    status: str = attrs.nothing
    place = attrs.relation(dm_cls="Place$n")
    items = attrs.list(attrs.relation(dm_cls="Item$n"))
''')

_VIEWS = Template('''

class BoxStore$n(Store):
    """What the view of a box reads."""

    box = reference(dm_cls=Box$n)
    place = reference(dm_cls=Place$n)
    items = reference(dm_cls=Item$n, many=True)


class BoxView$n(ViewModel):
    """A box with what is in it."""

    class Meta:
        """Where the documents go."""

        collection_name = "box_views_$n"

    store: BoxStore$n

    is_open: bool = attrs.nothing
    heading: str = attrs.nothing
    city: str = attrs.nothing
    total: int = attrs.nothing
    contents: list[str] = attrs.nothing
    shouted: str = attrs.nothing
    running: int = attrs.nothing

    @is_open.getter
    def is_open(self):
        """Tell whether things may be added."""
        return self.store.box.status == "open"

    @heading.getter
    def heading(self):
        """Return the title, or what there is instead."""
        if self.store.box.title:
            return self.store.box.title.upper()
        return f"box {self.store.box.status or 'of no status'}"

    @city.getter
    def city(self):
        """Return where the box is, if anybody knows."""
        return self.store.place.city if self.store.place is not None else None

    @total.getter
    def total(self):
        """Add up the prices of what is active."""
        return sum(item.price for item in self.store.items.values() if item.active and item.price is not None)

    @contents.getter
    def contents(self):
        """List the labels of what is active, by price."""
        found = []
        for item in sorted(self.store.items.values(), key=lambda each: each.price or 0):
            if item.active:
                found.append(item.label)
        return found

    @shouted.getter
    def shouted(self):
        """Return the title as a heading has it."""
        return (self.store.box.title or "").title()

    @running.getter
    def running(self):
        """Fold the prices in their order."""
        value = 0
        for item in self.store.items.values():
            value = (value * 31 + (item.price or 0)) % 1000003
        return value
''')


def write(folder: Path, views: int) -> None:
    """Write the package below `folder`."""
    package = folder / PACKAGE
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text('"""A synthetic app."""\n', encoding="utf-8")
    numbers = range(views)
    models = _MODELS_HEAD + "".join(_MODELS.substitute(n=number) for number in numbers)
    names = [f"{kind}{number}" for number in numbers for kind in ("Box", "Item", "Place")]
    imports = "".join(f"    {name},\n" for name in names)
    head = Template(_VIEWS_HEAD).substitute(imports=imports)
    (package / "models.py").write_text(models, encoding="utf-8")
    (package / "views.py").write_text(
        head + "".join(_VIEWS.substitute(n=number) for number in numbers), encoding="utf-8"
    )


_MODELS_HEAD = '''"""The write side."""

from __future__ import annotations

from onto.attrs import attrs
from onto.domain_model import DomainModel
'''
_VIEWS_HEAD = f'''"""The read side."""

from __future__ import annotations

from {PACKAGE}.models import (
$imports)
from onto.attrs import attrs
from onto.store import Store, reference
from onto.view_model import ViewModel
'''
