"""Run as many random programs or modules as wanted; what fails is made small and printed, to be pasted as a case.

$ python -m tests.programs --seed 0 --number 1000
$ python -m tests.programs --flink --number 100        on a real Flink, which this starts
$ python -m tests.programs --modules --number 10000
"""

from __future__ import annotations

import contextlib
import resource
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import click

from onto.verify import running
from tests.programs import check, getters, modules, shrink, survive

MEMORY = 6 * 2**30  # what one program may take, before it fails instead of the machine
EVERY = 50


@click.command()
@click.option("--seed", default=0, show_default=True, help="The first seed; the others follow.")
@click.option("--number", default=1000, show_default=True, help="How many.")
@click.option("--modules", "any_module", is_flag=True, help="Random modules, which have to be survived only.")
@click.option("--flink", is_flag=True, help="Programs on a real Flink; what fails there only is not made small.")
@click.option("--getters", "count", default=8, show_default=True, help="How many a program has.")
@click.option("--depth", default=3, show_default=True, help="How deep their expressions are.")
@click.option("--shrinking", default=60.0, show_default=True, help="Seconds to make one failure small.")
def main(seed: int, number: int, any_module: bool, flink: bool, count: int, depth: int, shrinking: float) -> None:
    """Check random programs, or random modules, and print what fails; the exit code says whether anything did."""
    if any_module and flink:
        raise click.UsageError("--modules are survived only, not run: leave --flink out")
    warnings.simplefilter("ignore")  # of Python, about what random programs say
    with contextlib.ExitStack() as opened:
        stack = opened.enter_context(running.stack(Path("none"), click.echo)) if flink else None
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))  # after the JVMs: they would inherit it
        raise SystemExit(1 if _failed(seed, number, any_module, stack, count, depth, shrinking) else 0)


def _failed(
    seed: int, number: int, any_module: bool, stack: running.Stack | None, count: int, depth: int, shrinking: float
) -> int:
    began = time.monotonic()
    seen: Counter[tuple[str, str]] = Counter()
    for done, one in enumerate(range(seed, seed + number), start=1):
        text = modules.module(Random(one)) if any_module else getters.program(one, count, depth)
        failure = survive.survive(text) if any_module else next(iter(check.check(text, one, stack=stack)), None)
        if failure is not None:
            place = (failure.kind, failure.place if failure.kind == "crash" else str(one))
            seen[place] += 1
            if seen[place] == 1:
                _show(one, text, failure, any_module, shrinking)
        if done % EVERY == 0 or done == number:
            click.echo(f"# {done} done, {seen.total()} failed, {time.monotonic() - began:.0f} s")
    return seen.total()


def _show(seed: int, text: str, failure: check.Failure, any_module: bool, seconds: float) -> None:
    click.secho(f"\n# ---- seed {seed}: {failure.kind} {failure.place}: {failure.text}", bold=True)
    shows = _survives(failure) if any_module else _still(failure, seed)
    small = shrink.shrink(text, shows, seconds) if seconds else text
    click.echo(small if any_module else _own(small))


def _still(failure: check.Failure, seed: int) -> Callable[[str], bool]:
    return lambda text: bool(text) and any(one.is_like(failure) for one in check.check(text, seed))


def _survives(failure: check.Failure) -> Callable[[str], bool]:
    def shows(text: str) -> bool:
        found = survive.survive(text) if text else None
        return found is not None and found.is_like(failure)

    return shows


def _own(text: str) -> str:
    """Return the part of a program that is not the same in all."""
    head, mark, view = text.partition("class Page(")
    helpers = head.partition("def half(")[2].partition("\n\n")[2]
    return helpers + mark + view


if __name__ == "__main__":
    main()
