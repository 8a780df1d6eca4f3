"""The JVMs' logging: one appender, and a level of its own for each logger named."""

from __future__ import annotations

from flink_jobs import console_log


def test_each_logger_has_its_level_beside_the_root() -> None:
    lines = console_log.properties("WARN", {"org.apache.kafka": "INFO", "kafka.server": "ERROR"}).splitlines()
    assert lines[0] == "rootLogger.level = WARN"
    assert lines[-4:] == [
        "logger.0.name = org.apache.kafka", "logger.0.level = INFO", "logger.1.name = kafka.server",
        "logger.1.level = ERROR",
    ]  # fmt: skip
    assert console_log.properties("WARN") == "".join(f"{line}\n" for line in lines[:-4])
