"""The log4j configuration of the stack's JVMs: everything to the console, which the warden keeps.

properties("WARN", {"org.apache.kafka": "INFO"})   →  "rootLogger.level = WARN\\n…logger.0.name = org.apache.kafka\\n…"
"""

from __future__ import annotations

from collections.abc import Mapping


def properties(level: str, loggers: Mapping[str, str] | None = None) -> str:
    """Return the configuration; `loggers` are the levels of those that have another."""
    lines = [
        f"rootLogger.level = {level}",
        "rootLogger.appenderRef.out.ref = Out",
        "appender.out.name = Out",
        "appender.out.type = Console",
        "appender.out.layout.type = PatternLayout",
        "appender.out.layout.pattern = %d{ISO8601} %-5p %c{1} %m%n",
    ]
    for number, (name, own) in enumerate((loggers or {}).items()):
        lines += [f"logger.{number}.name = {name}", f"logger.{number}.level = {own}"]
    return "".join(f"{line}\n" for line in lines)
