"""Methods that take all memory, and what is left for their failure: each is answered, and the next call is fine."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# In a process of its own: the limit holds for all of it, and from then on.
PROGRAM = """
from __future__ import annotations

import gc, json, sys

from flink_jobs import entities, memory, messages, programs, transactions
from onto import methods
from onto.attrs import attrs
from onto.domain_model import DomainModel


class Hog(DomainModel):
    class Meta:
        collection_name = "hogs"

    meals: int = attrs.nothing

    def eat(self) -> int:
        self.meals = (self.meals or 0) + 1
        return self.meals

    def texts(self) -> None:
        kept = []
        while True:
            kept.append("x" * 7 + str(len(kept)))

    def links(self) -> None:
        self.eat()
        last = None
        while True:
            last = (last,)

    def blocks(self) -> None:
        kept = []
        while True:
            kept.append(bytearray(100_000))

    def again(self) -> None:
        try:
            self.blocks()
        except MemoryError as error:
            kept = [error]
            while True:
                kept.append(str(len(kept)))

    def whole(self) -> list[int]:
        found = []
        try:
            while True:
                found.append([len(found)])
        except MemoryError:
            return found


memory.limit(48 * 2**20)
hog = entities.Entity("hogs/a")
served = programs.Programs(methods.Models([Hog]), frozenset(), seconds=60)


def call(name, args):
    sent = messages.Call(f"{name} {hog.version}", name, args)
    effects = transactions.handle(hog, sent, served, 1, transactions.LIMITS)
    return next(one.reply for one in effects if isinstance(one, transactions.Answer))


call("new", {"meals": 0})
for name in sys.argv[1:]:
    told = call(name, {})
    print(json.dumps([told["error"]["type"], call("eat", {})["ok"], hog.version]), flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only there is memory limited")
def test_a_method_that_fills_all_memory_is_answered_and_changes_nothing() -> None:
    names = ["texts", "links", "blocks", "again", "whole", "texts"]
    done = subprocess.run([sys.executable, "-c", PROGRAM, *names], capture_output=True, text=True, check=False)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one[1:] for one in told] == [[count, count + 1] for count in range(1, len(names) + 1)], done.stderr
    assert {one[0] for one in told} <= {"MemoryError", "SystemError"}  # CPython itself may fail to say which
