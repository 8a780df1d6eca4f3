"""What `up` and `submit` share: serving the domain methods of a compiled app on the local stack.

serving.serve(Path("build"), flags, console)   →  the endpoint and StateFun answer; nothing for an app without methods
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rich.console

from onto.cli import options


def serve(built: Path, flags: dict[str, Any], console: rich.console.Console) -> None:
    """Serve the methods of the bundle in `built` and wait until they can be called."""
    start(built, flags, console)()


def start(built: Path, flags: dict[str, Any], console: rich.console.Console) -> Callable[[], None]:
    """Begin to serve them; return what waits."""
    from flink_jobs import jars, serve, statefun

    if not statefun.exists(built):
        return lambda: None
    if missing := serve.missing():
        packages = " and ".join(missing)
        console.print(f"[yellow]domain methods are not served: {packages} not installed (`onto doctor`)[/yellow]")
        return lambda: None
    chosen = options.settings_from(flags)
    console.print("[dim]starting StateFun and the endpoint of the app's methods[/dim]", highlight=False)
    with contextlib.ExitStack() as opened:
        progress = opened.enter_context(jars.shown(console)) if console.is_terminal else None
        return serve.serve(Path(chosen.folder), built, chosen, progress)
