"""The manifest: read, write, and what is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from onto import bundle, errors, plain

MAIN = bundle.ViewTable(
    name="sessions",
    topic="sessions",
    parent=None,
    columns=(("doc_id", "STRING"), ("in_session", "BOOLEAN"), ("attending__null", "BOOLEAN")),
    key=("doc_id",),
    ddl="CREATE TABLE sessions …",
    query="SELECT …",
)
CHILD = bundle.ViewTable(
    name="sessions__attending",
    topic="sessions__attending",
    parent="sessions",
    columns=(("doc_id", "STRING"), ("user_id", "STRING"), ("name", "STRING")),
    key=("doc_id", "user_id"),
    ddl="CREATE TABLE sessions__attending …",
    query="SELECT …",
)
VIEW = bundle.View(
    view_model="Session",
    collection="sessions",
    root="meetings",
    tables=(MAIN, CHILD),
    document=bundle.Document(
        key=("doc_id",),
        fields=(
            bundle.Field("in_session", "inSession", bundle.Scalar("in_session")),
            bundle.Field(
                "attending",
                "attending",
                bundle.ListOf(
                    table="sessions__attending",
                    parent_key=("doc_id",),
                    order=(("user_id", "asc"),),
                    item=bundle.Record((bundle.Field("name", "name", bundle.Scalar("name")),)),
                    null_when="attending__null",
                ),
            ),
        ),
    ),
    fields={"in_session": bundle.FieldInfo("expr", ("meetings.status",), None)},
)
BUNDLE = bundle.Bundle(
    manifest_version=1,
    app="examples.meeting_room",
    onto_version="0.1",
    source_hash="abc",
    functions=(),
    sources=(
        bundle.Source(
            name="meetings",
            model="Meeting",
            topic="meetings",
            columns=(("doc_id", "STRING"), ("is_open", "BOOLEAN")),
            json_names={"is_open": "isOpen"},
            key=("doc_id",),
            ddl="CREATE TABLE meetings …",
        ),
    ),
    views=(VIEW,),
    methods=(),
    jobs=(bundle.Job("sessions", ("sessions", "sessions__attending")),),
    config={"table.exec.mini-batch.enabled": "true"},
)


def test_a_written_bundle_reads_back_equal(tmp_path: Path) -> None:
    bundle.write(BUNDLE, {"sql/10_sources.sql": "CREATE TABLE meetings …;\n"}, tmp_path / "build")
    assert bundle.read(tmp_path / "build") == BUNDLE
    assert (tmp_path / "build/sql/10_sources.sql").read_text() == "CREATE TABLE meetings …;\n"
    assert [path.name for path in tmp_path.iterdir()] == ["build"]


def test_a_field_is_written_flat_with_its_kind() -> None:
    assert plain.dump(VIEW.document.fields[0]) == {
        "name": "in_session",
        "json_name": "inSession",
        "kind": "scalar",
        "column": "in_session",
        "null_when": None,
    }


def test_writing_twice_gives_the_same_bytes_and_drops_stale_files(tmp_path: Path) -> None:
    bundle.write(BUNDLE, {"udfs/old.py": "x = 1\n"}, tmp_path / "build")
    first = (tmp_path / "build/manifest.json").read_bytes()
    bundle.write(BUNDLE, {}, tmp_path / "build")
    assert (tmp_path / "build/manifest.json").read_bytes() == first
    assert not (tmp_path / "build/udfs").exists()


def test_a_failed_write_leaves_the_older_bundle_alone(tmp_path: Path) -> None:
    bundle.write(BUNDLE, {"a.sql": "A"}, tmp_path / "build")
    with pytest.raises(ValueError, match="does not lie inside the bundle"):
        bundle.write(BUNDLE, {"a.sql": "B", "../b.sql": "B"}, tmp_path / "build")
    assert (tmp_path / "build/a.sql").read_text() == "A"
    assert [path.name for path in tmp_path.iterdir()] == ["build"]


def test_a_folder_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/main.py").write_text("x = 1\n")
    with pytest.raises(errors.BundleError, match="exists and is not a bundle"):
        bundle.write(BUNDLE, {}, tmp_path / "src")
    assert (tmp_path / "src/main.py").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "manifest.json:1: not JSON"),
        ("[]", "not an onto manifest"),
        ('{"manifest_version": 2}', "manifest version 2 is newer than this onto reads"),
        ('{"manifest_version": 1}', r"\$: `app` is missing; compile the app again"),
    ],
)
def test_a_broken_manifest_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(errors.BundleError, match=message) as caught:
        bundle.read(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_missing_bundle_says_how_to_write_it(tmp_path: Path) -> None:
    with pytest.raises(errors.BundleError, match=r"not found; `onto compile APP -o .*` writes it"):
        bundle.read(tmp_path)


def test_the_place_of_a_wrong_value_is_named(tmp_path: Path) -> None:
    content = json.loads(bundle.show(BUNDLE))
    content["views"][0]["document"]["fields"][1]["item"]["kind"] = "blob"
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(errors.BundleError, match=r"\$\.views\[0\]\.document\.fields\[1\]\.item\.kind: 'blob'"):
        bundle.read(tmp_path)


def test_keys_of_a_later_onto_are_ignored(tmp_path: Path) -> None:
    content = json.loads(bundle.show(BUNDLE))
    content["lineage"] = {}
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    assert bundle.read(tmp_path) == BUNDLE


def test_a_document_over_an_unknown_column_cannot_be_built() -> None:
    document = bundle.Document(("doc_id",), (bundle.Field("x", "x", bundle.Scalar("nope")),))
    with pytest.raises(ValueError, match="field `x`: table `sessions` has no column `nope`"):
        dataclasses.replace(VIEW, document=document)


def test_a_table_without_a_job_cannot_be_built() -> None:
    with pytest.raises(ValueError, match=r"exactly one job, but not \['sessions__attending'\]"):
        dataclasses.replace(BUNDLE, jobs=(bundle.Job("sessions", ("sessions",)),))


def test_an_unknown_view_lists_those_there_are() -> None:
    assert BUNDLE.view("Session") is VIEW
    with pytest.raises(errors.BundleError, match=r"no view `x` in examples.meeting_room \(views: sessions\)"):
        BUNDLE.view("x")
