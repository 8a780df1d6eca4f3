"""`onto verify`: an app's views on generated data, in this process and on a real Flink, which have to agree.

$ onto verify examples.shop
seed 4711: 100 cases, 2 views
equal: 100 cases in 341 waves, in process and on Flink
"""

from __future__ import annotations

import random
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import rich.console
import rich.progress

from onto import errors
from onto.cli import options, sources

if TYPE_CHECKING:
    from compiler import pipeline
    from onto import app as apps
    from onto.verify import search

EQUAL, DIFFERENT, NOT_COMPILED = 0, 1, 2


@click.command("verify")
@click.argument("app")
@click.option("--seed", type=click.IntRange(0), help="Draw the cases of an earlier run again [a new seed].")
@click.option("--cases", type=click.IntRange(1), default=100, show_default=True, help="How many histories to draw.")
@click.option("--view", metavar="NAME", help="Compare this view only.")
@options.folder
def command(app: str, seed: int | None, cases: int, view: str | None, **flags: Any) -> None:
    """Compare what APP's views hold in this process with what its job holds on Flink, on generated data.

    A difference is printed as a small test to paste. The exit code is 0 without any, 1 with one, and 2 when the app
    does not compile. Uses the stack that `onto up` runs, if it does; else one of its own, which ends with the command.
    """
    from onto import app as apps

    chosen = options.settings_from(flags)
    made = sources.compiled(app, chosen)
    if made.failed:
        sources.report(made, as_json=False)
        sys.exit(NOT_COMPILED)
    found = apps.load(app)
    views = _views(found, view)
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    click.echo(f"seed {seed}: {cases} cases, {len(views)} view{'s' if len(views) > 1 else ''}")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))  # so that what was started is stopped
    findings = _searched(made, found, views, seed, cases, Path(chosen.folder))
    for one in findings:
        _show(one, found, app)
    if findings:
        click.echo(
            f"different: {len(findings)} field{'s' if len(findings) > 1 else ''}; `--seed {seed}` draws this again"
        )
        sys.exit(DIFFERENT)


def _views(found: apps.App, name: str | None) -> list[str]:
    names = [one.__name__ for one in found.views]
    if name is None:
        return names
    if name not in names:
        raise errors.OntoError(f"{found.name} has no view {name} (views: {', '.join(names)})")
    return [name]


def _searched(
    made: pipeline.Compiled, found: apps.App, views: list[str], seed: int, number: int, folder: Path
) -> list[search.Finding]:
    from onto.verify import cases, running, search

    console = rich.console.Console(stderr=True, highlight=False)
    assert made.bundle is not None
    read = frozenset(one.name for one in made.bundle.sources)

    def tell(step: str) -> None:
        console.print(f"[dim]{step}[/dim]")

    with rich.progress.Progress(
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as bar:
        drawn = cases.draw(found, seed, number, read)
        waves = sum(len(one.waves) for one in drawn)
        with running.stack(folder, tell) as stack:
            tell("starting the job")
            with running.started(made, stack) as job:
                task = bar.add_task("comparing waves", total=waves)
                heard = search.Progress(lambda more: bar.advance(task, more), tell)
                findings = search.Search(made, found, job, frozenset(views), heard).run(drawn)
    if not findings:
        click.echo(f"equal: {len(drawn)} cases in {waves} waves, in process and on Flink")
    return findings


def _show(one: search.Finding, found: apps.App, app: str) -> None:
    from onto.verify import pasted

    view = next(each for each in found.views if each.__name__ == one.difference.view)
    place = ".".join(each for each in (one.difference.view, one.difference.field) if each)
    click.secho(f"\n{place} differs", bold=True)
    if one.again:
        click.echo(f"  in process  {one.difference.expected!r}\n  on Flink    {one.difference.found!r}")
    else:
        click.echo("  once, and not again: it depends on the order in which changes came; the whole case follows")
    target = found.name if Path(app).exists() else app
    click.echo(f"\n{pasted.text(view, one.difference.field, one.case, target)}")
