"""What compiling costs grows as the source does: many views, and many statements one after the other in a getter."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from benchmarks.compile_time import synthetic
from compiler import emit_sql, pipeline

_APP = '''"""One box."""

from __future__ import annotations

from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel


class Box(DomainModel):
    """A box."""

    class Meta:
        """Where boxes are stored."""

        collection_name = "boxes"

    size: int = attrs.nothing
    tags: list[str] = attrs.nothing


class BoxStore(Store):
    """What the view reads."""

    box = reference(dm_cls=Box)


class BoxView(ViewModel):
    """A box as it is seen."""

    class Meta:
        """Where the documents go."""

        collection_name = "box_views"

    store: BoxStore

    field: int = attrs.nothing

    @field.getter
    def field(self):
        """Compute a number."""
        x, listed = 1, []
{body}
        return x + len(listed)
'''

FORMS = {
    "branches that add": "        if self.store.box.size == {n}:\n            x += {n}",
    "branches that add one of two": (
        "        if self.store.box.size == {n}:\n            x += {n}\n        else:\n            x += 1"
    ),
    "branches that multiply": "        if self.store.box.size == {n}:\n            x = x * 3",
    "branches on what earlier ones made": "        if x < {n}:\n            x = self.store.box.size + {n}",
    "branches that append": "        if self.store.box.size == {n}:\n            listed.append({n})",
    "values read twice": "        x = x * x",
    "loops": "        for tag in self.store.box.tags:\n            x += {n}",
    "returns": "        if self.store.box.size == {n}:\n            return {n}",
    "tests": "        x += 1 if self.store.box.size == {n} or self.store.box.size == -{n} else 0",
}


def _calls(package: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many Python functions compiling an app calls: the same on every machine, however busy."""
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    called = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:  # Any: what the interpreter hands over
        nonlocal called
        called += event == "call"

    before: Callable[..., Any] | None = sys.getprofile()
    sys.setprofile(count)
    try:
        made = pipeline.run(package, emit_sql.Settings())
    finally:
        sys.setprofile(before)
    assert not made.failed
    return called


def test_views_cost_the_same_however_many_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    costs = []
    for views in (4, 16):
        synthetic.write(tmp_path / str(views), views)
        costs.append(_calls(synthetic.PACKAGE, tmp_path / str(views), monkeypatch) / views)
    assert costs[1] < 1.1 * costs[0]


@pytest.mark.parametrize("form", FORMS)
def test_a_getter_costs_no_more_than_the_square_of_its_length(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = []
    for length in (24, 48):
        body = "\n".join(FORMS[form].format(n=number) for number in range(2, length + 2))
        package = tmp_path / str(length) / "boxes_app"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(_APP.format(body=body), encoding="utf-8")
        costs.append(_calls("boxes_app", package.parent, monkeypatch))
    assert costs[1] < 4.4 * costs[0]
