"""The lock file of Java libraries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flink_jobs import jars


def test_what_runs_is_locked_with_its_hash() -> None:
    lock = json.loads(jars.LOCK.read_text())
    assert jars.KAFKA in lock["kafka"]
    assert list(lock["connector"]) == [jars.CONNECTOR]
    assert list(lock["sql_gateway"]) == [jars.SQL_GATEWAY]
    assert {len(sha256) for group in lock.values() for sha256 in group.values()} == {64}


def test_an_empty_cache_misses_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("M2_REPO", str(tmp_path))
    lock = json.loads(jars.LOCK.read_text())
    assert jars.missing() == (*lock["kafka"], *lock["connector"])
