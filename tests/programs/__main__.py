"""Run as many random programs as wanted; what fails is made small and printed.

$ python -m tests.programs --seed 0 --number 1000
"""

from __future__ import annotations

import resource
import time

import click

from tests.programs import check, getters, shrink

MEMORY = 6 * 2**30  # what one program may take, before it fails instead of the machine


@click.command()
@click.option("--seed", default=0, show_default=True, help="The first program's seed; the others follow.")
@click.option("--number", default=1000, show_default=True)
@click.option("--getters", "count", default=8, show_default=True)
@click.option("--depth", default=3, show_default=True)
@click.option("--shrinking", default=90.0, show_default=True, help="Seconds to make one failure small.")
@click.option("--kind", multiple=True, help="Look for failures of these kinds only.")
def main(seed: int, number: int, count: int, depth: int, shrinking: float, kind: tuple[str, ...]) -> None:
    """Check programs and print what fails, small."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    began, failed = time.monotonic(), 0
    for one in range(seed, seed + number):
        text = getters.program(one, count, depth)
        for failure in check.check(text, one):
            if kind and failure.kind not in kind:
                continue
            failed += 1
            click.secho(f"\n# ---- seed {one}: {failure.kind} {failure.place}: {failure.text}", bold=True)
            if shrinking:
                small = shrink.shrink(text, shows(failure, one), shrinking)
                told = [again for again in check.check(small, one) if again.is_like(failure)]
                click.echo(f"# {told[0].text if told else 'gone'}")
                click.echo(view_of(small))
            break
        if (one - seed) % 50 == 49:
            click.echo(f"# {one - seed + 1} programs, {failed} failed, {time.monotonic() - began:.0f} s")


def shows(failure: check.Failure, seed: int):
    """Return what says whether a program still fails like that."""

    def still(text: str) -> bool:
        return bool(text) and any(one.is_like(failure) for one in check.check(text, seed))

    return still


def view_of(text: str) -> str:
    """Return the part of a program that is not the same in all."""
    head, mark, view = text.partition("class Page(")
    helpers = head.partition("def half(")[2]
    return (helpers and helpers.split("\n\n", 1)[-1]) + mark + view


if __name__ == "__main__":
    main()
