"""Measure how compile time grows with the number of views.

    python -m benchmarks.compile_time.measure --views 25 50 100 200 --rounds 5

Every compilation runs in a fresh process; sizes take turns, so that a busy moment hits them alike.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.compile_time import synthetic

_ONE = """
import json, sys, time
from compiler import emit_sql, pipeline

started, cpu = time.perf_counter(), time.process_time()
made = pipeline.run(sys.argv[1], emit_sql.Settings())
seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
print(json.dumps({"failed": made.failed, "seconds": seconds, "cpu": cpu}))
"""


def main() -> None:
    """Compile apps of all sizes and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--views", type=int, nargs="+", default=[25, 50, 100, 200])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    chosen = parser.parse_args()
    taken: dict[int, list[dict[str, float]]] = {views: [] for views in chosen.views}
    with tempfile.TemporaryDirectory() as folder:
        for views in chosen.views:
            synthetic.write(Path(folder) / str(views), views)
        for _ in range(chosen.rounds):
            for views in chosen.views:
                taken[views].append(_compile(Path(folder) / str(views)))
    figures = [_figures(views, taken[views], taken[chosen.views[0]], chosen.views[0]) for views in chosen.views]
    print(f"{'views':>6} {'getters':>8} {'seconds':>8} {'CPU s':>8} {'CPU per view, to the smallest':>30}")
    for row in figures:
        print(
            f"{row['views']:>6} {row['views'] * synthetic.GETTERS:>8} {row['seconds']:>8.2f} {row['cpu']:>8.2f} "
            f"{row['growth']:>30.2f}"
        )
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def _compile(folder: Path) -> dict[str, float]:
    path = os.pathsep.join(entry for entry in (os.getcwd(), os.environ.get("PYTHONPATH", "")) if entry)
    done = subprocess.run(
        [sys.executable, "-c", _ONE, synthetic.PACKAGE],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    if answer["failed"]:
        raise SystemExit("the synthetic app does not compile")
    return answer  # type: ignore[no-any-return] # as printed above


def _figures(
    views: int, runs: list[dict[str, float]], smallest: list[dict[str, float]], least: int
) -> dict[str, float]:
    ratios = [(run["cpu"] / views) / (base["cpu"] / least) for run, base in zip(runs, smallest, strict=True)]
    return {
        "views": views,
        "seconds": statistics.median(run["seconds"] for run in runs),
        "cpu": statistics.median(run["cpu"] for run in runs),
        "growth": statistics.median(ratios),
    }


if __name__ == "__main__":
    main()
