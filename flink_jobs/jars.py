"""The Java libraries that the local stack needs: a lock file in, verified paths out.

    jars.kafka()      →  (…/kafka_2.13-4.1.1.jar, …/kafka-clients-4.1.1.jar, …)
    jars.connector()  →  …/flink-sql-connector-kafka-5.0.0-2.2.jar

`jars.lock` lists every file with its SHA-256; jgo downloads what the Maven cache does not hold yet. After a
version change below, `python -m flink_jobs.jars` resolves anew and rewrites the lock.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import jgo
import rich.console
import rich.progress
from jgo import maven

from onto import errors

KAFKA = "org.apache.kafka:kafka_2.13:4.1.1"
CONNECTOR = "org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2"
SQL_GATEWAY = "org.apache.flink:flink-sql-gateway:2.2.1"  # the wheel has the SQL client, but not this half of it
STATEFUN = "org.apache.flink:statefun-flink-distribution:3.3.0"
STATEFUN_FLINK = (  # the Flink that this StateFun needs, beside the libraries that these bring
    "org.apache.flink:flink-clients:1.16.2",
    "org.apache.flink:flink-runtime-web:1.16.2",
    "org.apache.flink:flink-statebackend-rocksdb:1.16.2",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.17.1",
    "org.apache.logging.log4j:log4j-core:2.17.1",
)
LOCK = Path(__file__).with_name("jars.lock")

# Called with a file's name and size in bytes; the function that it opens is told of each chunk's length.
Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True, slots=True)
class Jar:
    """One locked file: `coordinate` is group:artifact:version, `sha256` is hexadecimal."""

    coordinate: str
    sha256: str


def kafka(progress: Progress | None = None) -> tuple[Path, ...]:
    """Return a Kafka broker's class path; ClusterError when a file can be neither found nor downloaded."""
    return tuple(_fetch(jar, progress) for jar in _locked("kafka"))


def connector(progress: Progress | None = None) -> Path:
    """Return Flink's Kafka connector; ClusterError when it can be neither found nor downloaded."""
    return _fetch(_locked("connector")[0], progress)


def sql_gateway(progress: Progress | None = None) -> tuple[Path, ...]:
    """Return what Flink's SQL client needs beside the wheel; ClusterError as the others."""
    return tuple(_fetch(jar, progress) for jar in _locked("sql_gateway"))


def statefun(progress: Progress | None = None) -> tuple[Path, ...]:
    """Return the class path of StateFun with its Flink; ClusterError as the others."""
    return tuple(_fetch(jar, progress) for jar in _locked("statefun"))


def missing(*, statefun: bool = False) -> tuple[str, ...]:
    """Return the coordinates of the locked files that are not in the Maven cache yet."""
    wanted = (*_locked("kafka"), *_locked("connector"), *(_locked("statefun") if statefun else ()))
    return tuple(jar.coordinate for jar in wanted if not _cached(jar.coordinate).exists())


@contextmanager
def shown(console: rich.console.Console) -> Iterator[Progress]:
    """Show downloads on `console` as progress bars while the context is open."""
    with rich.progress.Progress(
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.DownloadColumn(),
        console=console,
        transient=True,
    ) as bars:

        @contextmanager
        def one(name: str, size: int) -> Iterator[Callable[[int], None]]:
            task = bars.add_task(f"downloading {name}", total=size)
            yield lambda count: bars.advance(task, count)
            bars.remove_task(task)

        yield one


def relock() -> None:
    """Resolve what is named above with all that they need, download it, and rewrite the lock file."""
    closures = {
        "kafka": [f"{each.groupId}:{each.artifactId}:{each.version}" for each in jgo.resolve(KAFKA)],
        "connector": [CONNECTOR],  # an uber jar
        "sql_gateway": [SQL_GATEWAY],
        "statefun": [STATEFUN, *_closure(STATEFUN_FLINK)],
    }
    lock = {
        name: {coordinate: _sha256(_download(coordinate, None)) for coordinate in coordinates}
        for name, coordinates in closures.items()
    }
    LOCK.write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")


def _closure(roots: tuple[str, ...]) -> list[str]:
    """Return the libraries and all that they need, of each the newest version that any of them asks for."""
    newest: dict[str, str] = {}
    for root in roots:
        for each in jgo.resolve(root):
            name = f"{each.groupId}:{each.artifactId}"
            newest[name] = max(newest.get(name, ""), each.version, key=_ordered)
    return [f"{name}:{version}" for name, version in newest.items()]


def _ordered(version: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in version.split(".")]


def _locked(name: str) -> tuple[Jar, ...]:
    lock = json.loads(LOCK.read_text(encoding="utf-8"))
    return tuple(Jar(coordinate, sha256) for coordinate, sha256 in lock[name].items())


def _fetch(jar: Jar, progress: Progress | None) -> Path:
    cache = _cached(jar.coordinate).parent
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / "onto.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two stacks may want the same file at the same time
            return _verified(jar, progress)
    except OSError as error:
        raise errors.ClusterError(f"{cache}: cannot keep Java libraries ({error.strerror or error})") from error


def _verified(jar: Jar, progress: Progress | None) -> Path:
    path = _download(jar.coordinate, progress)
    if _sha256(path) == jar.sha256:
        return path
    path.unlink()  # most often a download that was cut short: once more, then give up
    path = _download(jar.coordinate, progress)
    if _sha256(path) != jar.sha256:
        path.unlink()
        raise errors.ClusterError(f"{jar.coordinate}: the download does not have the locked SHA-256; refused")
    return path


def _download(coordinate: str, progress: Progress | None) -> Path:
    group, artifact, version = coordinate.split(":")
    context = maven.MavenContext(resolver=maven.PythonResolver(progress_callback=progress), timeout=60)
    try:
        return context.project(group, artifact).at_version(version).artifact().resolve()
    except (OSError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise errors.ClusterError(f"{coordinate}: cannot be downloaded ({reason[:160]})") from error


def _cached(coordinate: str) -> Path:
    group, artifact, version = coordinate.split(":")
    context = maven.MavenContext()
    located = context.project(group, artifact).at_version(version).artifact()
    return context.repo_cache / located.component.path_prefix / located.cached_filename


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    relock()
