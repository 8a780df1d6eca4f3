"""Serve the StateFun endpoint of a bundle.

ONTO_BUNDLE=build python -m flink_jobs.endpoint --port 8000 --workers 2
"""

from __future__ import annotations

import argparse

import uvicorn

from flink_jobs import short_http

KEEP_ALIVE = 120  # seconds that StateFun's connections may be idle


def main() -> None:
    """Serve until a signal ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1)
    chosen = parser.parse_args()
    uvicorn.run(
        "flink_jobs.functions_app:create",
        factory=True,
        host=chosen.host,
        port=chosen.port,
        workers=chosen.workers,
        http=short_http.Protocol,
        timeout_keep_alive=KEEP_ALIVE,
        access_log=False,
        log_level="warning",
        proxy_headers=False,
    )


if __name__ == "__main__":
    main()
