"""Options that several commands share, and how they become settings.

@options.connection
def command(**flags): chosen = options.settings_from(flags)
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from onto import settings

F = TypeVar("F", bound=Callable[..., Any])


def as_json(function: F) -> F:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Write JSON for other programs.")(function)


def folder(function: F) -> F:
    """Add `--folder`."""
    return click.option("--folder", metavar="DIR", help="Where local services keep everything [.onto].")(function)


def connection(function: F) -> F:
    """Add the options that say where Kafka and Flink are."""
    for option in (
        click.option("--prefix", "topic_prefix", metavar="TEXT", help="Put before every topic's name."),
        click.option("--flink", metavar="URL", help="REST address of a Flink session cluster."),
        click.option("--bootstrap-servers", metavar="HOST:PORT", help="Addresses of Kafka."),
    ):
        function = option(function)
    return folder(function)


def datastore(function: F) -> F:
    """Add the options with which methods run in this process instead of on the stack."""
    for option in (
        click.option("--app", metavar="APP", help="The app's module or path, for one that was not compiled."),
        click.option("--database", metavar="URL", help="Run methods here, on this datastore, without a stack."),
    ):
        function = option(function)
    return function


def bundle(function: F) -> F:
    """Add `--bundle`."""
    return click.option(
        "--bundle",
        "bundle_folder",
        default="build",
        show_default=True,
        metavar="DIR",
        help="The compiled app.",
    )(function)


def settings_from(flags: dict[str, Any]) -> settings.Settings:
    """Return the settings for the current folder, with `flags` on top."""
    return settings.load(Path.cwd(), os.environ, flags)
