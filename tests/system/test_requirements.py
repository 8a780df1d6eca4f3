"""Getters that import packages: shipped with the job, from the requirements in the project's pyproject.toml."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from compiler import emit_sql, pipeline
from flink_jobs import cluster, topics
from onto import app as apps
from onto import boiler, bundle, consume, errors, settings, wire
from tests import wheels
from tests.conftest import Road

MODELS = """
from onto.attrs import attrs
from onto.domain_model import DomainModel

class Release(DomainModel):
    class Meta:
        collection_name = "releases"
    version: str = attrs.nothing
    notes: list[str] = attrs.nothing
"""
VIEWS = """
import onto_shouting
from sortedcontainers import SortedSet

from cardshop.models import Release
from onto.attrs import attrs
from onto.store import Store, reference
from onto.view_model import ViewModel

class CardStore(Store):
    release = reference(dm_cls=Release)

class Card(ViewModel):
    class Meta:
        collection_name = "cards"
    store: CardStore

    @attrs.getter
    def loud(self) -> str:
        return onto_shouting.shout(self.store.release.version)

    @attrs.getter
    def notes(self) -> list[str]:
        return list(SortedSet(self.store.release.notes, key=len))

    @attrs.getter
    def version(self) -> str | None:
        return self.store.release.version
"""
SHOUTING = "def shout(text):\n    return text.upper() + '!'\n"


@pytest.fixture(name="project")
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a project whose getters need a package that the environment has and one that it has not."""
    package = tmp_path / "project" / "cardshop"
    package.mkdir(parents=True)
    for name, text in {"__init__": "", "models": MODELS, "views": VIEWS}.items():
        (package / f"{name}.py").write_text(text)
    shouting = wheels.write(tmp_path, "onto_shouting", "1.0", SHOUTING)
    listed = f'[tool.onto]\nrequirements = ["sortedcontainers==2.4.0", "{shouting}"]\n'
    (tmp_path / "project" / "pyproject.toml").write_text(listed)
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def compiled(project: Path, folder: Path) -> bundle.Bundle:
    """Compile the project into a bundle."""
    chosen = settings.load(project, os.environ, {})
    made = pipeline.run("cardshop", emit_sql.Settings(), chosen.requirements)
    assert [one for one in made.found if one.is_error] == []
    assert made.bundle is not None
    assert made.files is not None
    bundle.write(made.bundle, made.files, folder)
    return made.bundle


def test_getters_run_with_the_packages_that_the_project_declares(road: Road, project: Path, tmp_path: Path) -> None:
    made = compiled(project, tmp_path / "build")
    assert {name: one.tier for name, one in made.views[0].fields.items()} == {
        "loud": "udf", "notes": "udf", "version": "expr",
    }  # fmt: skip
    changes = (
        wire.Change("releases", "r1", None, {"doc_id": "r1", "version": "1.2-rc", "notes": ["ccc", "a", "bb", "a"]}),
        wire.Change("releases", "r2", None, {"doc_id": "r2", "version": None, "notes": []}),
    )
    expected = in_process(project, tmp_path, changes)
    assert expected["r1"] == {"loud": "1.2-RC!", "notes": ["a", "bb", "ccc"], "version": "1.2-rc"}
    road.submit(tmp_path / "build")
    road.feed(*changes)
    with consume.Consumer(made.views[0], road.kafka, prefix=road.prefix) as consumer:
        documents = dict(road.read_until(consumer, lambda found: len(found) == 2))
    assert {key: dict(one) for (key,), one in documents.items()} == expected


def in_process(project: Path, tmp_path: Path, changes: tuple[wire.Change, ...]) -> dict[str, object]:
    """Return what the same code gives in this process, with the package beside it."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "onto_shouting.py").write_text(SHOUTING)
    sys.path[:0] = [str(tmp_path / "here"), str(project)]
    try:
        loaded = apps.load("cardshop")
        engine = boiler.Engine(loaded.views)
        engine.apply(*changes)
        return dict(engine.documents(loaded.views[0]))
    finally:
        sys.path.remove(str(tmp_path / "here"))
        sys.path.remove(str(project))
        for name in ("cardshop", "cardshop.models", "cardshop.views", "onto_shouting"):
            sys.modules.pop(name, None)


def test_nothing_is_submitted_when_a_package_cannot_be_imported(road: Road, project: Path, tmp_path: Path) -> None:
    wheels.write(tmp_path, "onto_shouting", "1.0", "raise ImportError('libshout.so is missing')\n")
    made = compiled(project, tmp_path / "build")
    before = {job.job_id for job in cluster.jobs(road.chosen.flink)}
    with pytest.raises(errors.RequirementsError) as raised:
        road.submit(tmp_path / "build")
    head, *lines = str(raised.value).splitlines()
    assert head == "functions of cardshop cannot be imported; nothing was submitted"
    package = made.functions[0].module.split("/")[1]
    assert lines == [
        f"  `Card.loud`, `Card.notes`: udfs/{package}/app/cardshop/views.py:5: ImportError: libshout.so is missing"
    ]
    assert {job.job_id for job in cluster.jobs(road.chosen.flink)} == before
    wanted = topics.wanted(made, road.prefix)
    road.create(made)
    assert road.topics == {one.name for one in wanted}  # none of them was there
