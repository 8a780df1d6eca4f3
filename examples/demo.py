"""`make demo`: the meeting room, compiled, run on a Kafka and a Flink of its own, and watched while it changes.

Every change is a call of a domain method: it runs as a StateFun function, and the view follows.

    python -m examples.demo               →  a live table in a terminal, plain lines elsewhere
    python -m examples.demo --svg out.svg →  the same, and a picture of it

The exit code is 0 only if, after every call, the documents read back from Kafka are those that the in-process engine
computes after the same call. Everything runs in a temporary folder and is gone at the end.
"""

from __future__ import annotations

import argparse
import io
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich import console, live, table, text

from compiler import emit_sql, pipeline
from examples import feed
from examples.meeting_room import data, models, views
from flink_jobs import cluster, jars, local, serve, submit, submitter
from onto import boiler, bundle, consume, errors, gateway, rows, settings, wire

APP = "examples.meeting_room"
PAUSE = 2.5  # seconds to look at a change, in a terminal
DEADLINE = 60.0  # seconds until a change has to be visible
STEP = 0.1
SHAPE = cluster.Shape(slots=2, task_heap_mb=512, jobmanager_heap_mb=512)

Documents = Mapping[str, Mapping[str, Any]]  # key → the document as JSON


MODELS = {one.collection_name(): one for one in (models.User, models.Ticket, models.Location, models.Meeting)}


@dataclass(frozen=True)
class Call:
    """A domain method, the entity that it is called on, and what is passed."""

    collection: str
    doc_id: str
    method: str
    args: Mapping[str, Any]

    def __str__(self) -> str:
        passed = ", ".join(f"{name}={value!r}" for name, value in self.args.items() if name != "document")
        return f"{MODELS[self.collection].__name__} {self.doc_id}: {self.method}({passed})"


class DemoError(errors.OntoError):
    """Flink's documents did not become what the in-process engine says."""


@dataclass
class Screen:
    """What the demo shows: a story line by line and, in a terminal, the documents below it."""

    out: console.Console
    picture: console.Console | None = None
    shown: live.Live | None = None
    before: Documents = field(default_factory=dict)

    def say(self, line: str, style: str = "") -> None:
        """Tell the next line of the story."""
        for one in filter(None, (self.out, self.picture)):
            one.print(text.Text(line, style))

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Keep the documents at the bottom of a terminal for as long as the context is open."""
        if not self.out.is_terminal:
            yield
            return
        with live.Live(_table({}, {}), console=self.out, auto_refresh=False) as self.shown:
            yield
        self.shown = None

    def show(self, now: Documents) -> None:
        """Show the documents as they are, marked by how they differ from when a change began."""
        if self.shown is not None:
            self.shown.update(_table(now, self.before), refresh=True)

    def settle(self, now: Documents) -> None:
        """Show what a change led to, and remember it for the next one."""
        if self.picture is not None and _lists(now) != _lists(self.before):
            self.picture.print(_table(now, self.before))
        if self.shown is None:
            for key, document in now.items():
                if document != self.before.get(key):
                    self.out.print(text.Text(f"    {key}: {_line(document)}"))
            for key in self.before.keys() - now.keys():
                self.out.print(text.Text(f"    {key}: gone"))
        self.before = now


@dataclass
class Pair:
    """The view as Flink keeps it and as the in-process engine does, after the same calls."""

    stack: local.Stack
    engine: boiler.Engine
    calls: gateway.Gateway
    consumer: consume.Consumer
    screen: Screen

    def make(self, *calls: Call) -> tuple[float, float]:
        """Make calls on both; return the seconds until they were answered and those until the view had followed."""
        for one in calls:
            self.engine.call(MODELS[one.collection], one.doc_id, one.method, **one.args)
        started = time.monotonic()
        sent = [
            self.calls.send(
                one.collection,
                one.doc_id,
                wire.Command(uuid.uuid4().hex, one.method, one.args, MODELS[one.collection].__name__),
            )
            for one in calls
        ]
        for reply in sent:
            reply.result(DEADLINE)
        return time.monotonic() - started, self._follow(started)

    def _follow(self, started: float) -> float:
        wanted = {key: rows.to_json(document) for key, document in self.engine.documents(views.MeetingSession).items()}
        while (found := self._found()) != wanted:
            self.screen.show(found)
            if time.monotonic() - started > DEADLINE:
                raise DemoError(f"after {DEADLINE:.0f} s Kafka holds\n{found}\nand not, as it should,\n{wanted}")
            self._refuse_failures()
            self.consumer.poll(STEP)
        seconds = time.monotonic() - started
        self.screen.show(found)
        self.screen.settle(found)
        return seconds

    def _found(self) -> Documents:
        return {str(key[0]): rows.to_json(document) for key, document in sorted(self.consumer.documents.items())}

    def _refuse_failures(self) -> None:
        for job in cluster.jobs(self.stack.flink):
            if job.state in cluster.ENDED:
                raise DemoError(f"{job.name} has ended: {cluster.last_failure(self.stack.flink, job.job_id)}")


def main() -> int:
    """Run the demo; return its exit code."""
    options = argparse.ArgumentParser(prog="python -m examples.demo", description="Watch a view change.")
    options.add_argument("--svg", type=Path, metavar="FILE", help="leave a picture of the terminal")
    chosen = options.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))  # so that what was started is stopped
    out = console.Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    picture = None
    if chosen.svg is not None:
        picture = console.Console(record=True, width=100, file=io.StringIO(), force_terminal=True, highlight=False)
        picture.print("$ make demo")
    try:
        _run(Screen(out, picture))
    except KeyboardInterrupt:
        out.print("stopped; nothing is left running")
        return 130
    except errors.OntoError as error:
        out.print(text.Text(f"demo: {error}", "red"))
        return 1
    if picture is not None:
        picture.save_svg(str(chosen.svg), title="onto", code_format=SVG)
    return 0


def _run(screen: Screen) -> None:
    started = time.monotonic()
    with ExitStack() as opened:
        temporary = tempfile.TemporaryDirectory(prefix="onto-demo-", ignore_cleanup_errors=True)
        folder = Path(opened.enter_context(temporary))
        made = _compile(folder / "build", screen)
        stack = _start(folder / "stack", screen, opened)
        chosen = settings.Settings(folder=str(stack.folder), bootstrap_servers=stack.kafka, flink=stack.flink)
        screen.say("starting StateFun for the methods, submitting the job to Flink", "dim")
        with submitter.Submitter(stack.folder / "flink") as using:
            served = serve.serve(stack.folder, folder / "build", chosen)
            submit.submit(folder / "build", chosen, using=using)
        served()
        calls = opened.enter_context(gateway.Gateway(stack.kafka, made.replies_topic))
        consumer = opened.enter_context(consume.Consumer(made.view("meeting_sessions"), stack.kafka))
        with screen.watching():
            _play(Pair(stack, boiler.Engine([views.MeetingSession]), calls, consumer, screen))
        seconds = time.monotonic() - started
        screen.say(f"equal to the in-process engine after every call; {seconds:.0f} s in all", "green")
        screen.say("stopping Kafka, Flink and StateFun", "dim")


def _compile(folder: Path, screen: Screen) -> bundle.Bundle:
    started = time.monotonic()
    done = pipeline.run(APP, emit_sql.Settings())
    if done.bundle is None or done.files is None:
        raise DemoError(f"{APP} does not compile; `onto check {APP}` says why")
    bundle.write(done.bundle, done.files, folder)
    tables = ", ".join(one.name for view in done.bundle.views for one in view.tables)
    screen.say(f"compiled {APP} in {time.monotonic() - started:.1f} s to Flink SQL: tables {tables}")
    return done.bundle


def _start(folder: Path, screen: Screen, opened: ExitStack) -> local.Stack:
    with ExitStack() as downloading:
        progress = downloading.enter_context(jars.shown(screen.out)) if screen.out.is_terminal else None
        if jars.missing(statefun=True):
            screen.say("downloading Kafka, StateFun and Flink's connector, once", "dim")
        stack = local.Stack(folder, shape=SHAPE, progress=progress, tell=lambda step: screen.say(step, "dim"))
        return opened.enter_context(stack)


def _play(pair: Pair) -> None:
    screen = pair.screen
    entities = feed.stored(data)
    screen.say(f"{len(entities)} entities are saved; the job makes one view of each meeting", "bold")
    pair.make(*(_call(one) for one in entities))
    people = {one.doc_id: one.after for one in entities if one.collection == "users" and one.after}
    for change in feed.steps(data):
        _pause(pair)
        screen.say(f"→ {_story(change, people)}", "bold")
        call = _call(change)
        answered, visible = pair.make(call)
        screen.say(f"  {call} answered after {answered:.1f} s, visible after {visible:.1f} s", "dim")
    _pause(pair)


def _call(change: wire.Change) -> Call:
    """Return the call that makes a change."""
    if change.after is None:
        return Call(change.collection, change.doc_id, "delete", {})
    if change.collection == "tickets" and change.before is not None:
        return Call(change.collection, change.doc_id, "mark", {"attending": change.after["attendance"]})
    return Call(change.collection, change.doc_id, "save", {"document": change.after})


def _pause(pair: Pair) -> None:
    if pair.screen.shown is not None:
        until = time.monotonic() + PAUSE
        pair.consumer.run(lambda _: None, until=lambda: time.monotonic() > until)


def _story(change: wire.Change, people: Mapping[str, wire.StoredDocument]) -> str:
    place = f"{change.collection}/{change.doc_id}"
    document = change.after or change.before or {}
    who = people.get(document.get("user", ""))
    if change.collection == "tickets" and who is not None:
        name = who.get("nickname") or f"{who['firstName']} {who['lastName']}"
        said = "withdraws" if change.after is None else "comes" if document["attendance"] else "does not come any more"
        return f"{name} {said} ({place})"
    done = {"c": "is known now", "u": "has changed", "d": "is deleted"}[change.op]
    return f"{place} {done}"


def _table(now: Documents, before: Documents) -> table.Table:
    made = table.Table(title="MeetingSession, read from Kafka", title_justify="left")
    for name in ("meeting", "open", "address", "attending", "aids"):
        made.add_column(name)
    for key, document in now.items():
        old = before.get(key, {})
        made.add_row(
            text.Text(key, "bold"),
            _cell(document, old, "inSession", lambda value: "yes" if value else "no"),
            _cell(document, old, "address", lambda value: str(value or "-")),
            _attending(document["attending"] or [], old.get("attending") or []),
            _cell(document, old, "numHearingAidRequested", str),
        )
    return made


def _cell(new: Mapping[str, Any], old: Mapping[str, Any], name: str, spell: Callable[[Any], str]) -> text.Text:
    return text.Text(spell(new[name]), "green" if old and old[name] != new[name] else "")


def _attending(new: list[Mapping[str, Any]], old: list[Mapping[str, Any]]) -> text.Text:
    lines = [text.Text(_person(one), "" if one in old or not old else "green") for one in new]
    lines += [text.Text(_person(one), "red strike") for one in old if one not in new]
    return text.Text("\n").join(lines) if lines else text.Text("nobody", "dim")


def _person(one: Mapping[str, Any]) -> str:
    return f"{one['name']}, {one['organization']}"


def _lists(documents: Documents) -> list[Any]:
    return [one["attending"] for one in documents.values() if one["attending"]]


def _line(document: Mapping[str, Any]) -> str:
    people = "; ".join(map(_person, document["attending"] or [])) or "nobody"
    return f"attending {people} (hearing aids: {document['numHearingAidRequested']}, address: {document['address']})"


# rich's own format fetches its font from elsewhere, which a picture in a README must not.
SVG = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: {char_height}px;
  line-height: {line_height}px; }}
.{unique_id}-title {{ font-family: sans-serif; font-weight: bold; font-size: 18px; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


if __name__ == "__main__":
    sys.exit(main())
