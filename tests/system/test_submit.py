"""Submission: what does not fit is one clear line, and nothing is half done."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from flink_jobs import broker, cluster, ports, submit, topics
from onto import bundle, errors
from tests.conftest import Road
from tests.system import hand_written


def written(made: bundle.Bundle, folder: Path) -> Path:
    """Write the bundle and return its folder."""
    bundle.write(made, {}, folder / "build")
    return folder / "build"


def test_a_topic_that_loses_documents_is_refused_by_name(road: Road, tmp_path: Path) -> None:
    name = f"{road.prefix}users"
    road.topics |= set(topics.ensure((topics.Topic(name, "delete", ""),), road.kafka, {}, 1))
    with pytest.raises(errors.TopicError) as caught:
        road.submit(written(hand_written.BUNDLE, tmp_path))
    assert str(caught.value) == (
        f"topic {name} (collection users) has cleanup.policy=delete and so loses documents with time; set it to compact"
    )
    existing = broker.client(road.kafka, {}).list_topics(timeout=10).topics
    assert [each for each in existing if each.startswith(road.prefix)] == [name]


def test_a_broker_that_is_not_there_is_one_line(road: Road, tmp_path: Path) -> None:
    nobody = f"localhost:{ports.free()}"
    chosen = dataclasses.replace(road.chosen, bootstrap_servers=nobody)
    with pytest.raises(errors.BrokerError, match=f"^Kafka at {nobody} does not answer: [^\n]*$"):
        submit.submit(written(hand_written.BUNDLE, tmp_path), chosen)


def test_a_cluster_that_is_not_there_is_one_line(road: Road, tmp_path: Path) -> None:
    nobody = f"http://localhost:{ports.free()}"
    chosen = dataclasses.replace(road.chosen, flink=nobody)
    with pytest.raises(errors.ClusterError, match=f"^Flink at {nobody} does not answer: [^\n]*$"):
        submit.submit(written(hand_written.BUNDLE, tmp_path), chosen)


def test_sql_that_flink_refuses_is_one_line_and_starts_no_job(road: Road, tmp_path: Path) -> None:
    main, attending = hand_written.VIEW.tables
    broken = dataclasses.replace(main, query="SELECT nope FROM meetings")
    view = dataclasses.replace(hand_written.VIEW, tables=(broken, attending))
    made = dataclasses.replace(hand_written.BUNDLE, views=(view,))
    with pytest.raises(
        errors.ClusterError, match=r"^Flink refuses table `sessions` of job `sessions`: [^\n]*'nope' not found[^\n]*$"
    ):
        road.submit(written(made, tmp_path))
    assert [job for job in cluster.jobs(road.chosen.flink) if job.name.startswith(road.prefix)] == []


def test_an_app_that_runs_is_only_replaced_when_asked(road: Road, tmp_path: Path) -> None:
    folder = written(hand_written.BUNDLE, tmp_path)
    first = road.submit(folder)
    with pytest.raises(errors.ClusterError, match=r"already runs on .*; --replace cancels it first"):
        road.submit(folder)
    second = submit.submit(folder, road.chosen, replace=True, using=road.submitter)
    road.jobs[:] = [job.job_id for job in second.jobs]
    assert [road.job_state(job.job_id) for job in first.jobs] == ["CANCELED"]
    assert second.topics == ()
