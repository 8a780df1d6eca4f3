"""The transaction protocol in simulated time: every history has a serial order; broken protocols are found out."""

from __future__ import annotations

import importlib.util
import os
import random
import signal
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flink_jobs import entities, locks, messages, transactions
from tests.flink_jobs import simulation as sim

REFS = tuple(f"n/{letter}" for letter in "abcde")
TRIALS = 1000  # the rarest fault shows in one of some five hundred
NARROW = transactions.Limits(waiting=3, asking=2)
MANY = int(os.environ.get("ONTO_TRANSACTIONS", "5000"))  # of the large run; 100000 and more by option

steps = st.one_of(
    st.builds(sim.Read, st.sampled_from(REFS)),
    st.builds(sim.Add, st.sampled_from(REFS)),
    st.builds(sim.Follow, st.sampled_from(REFS)),
    st.just(sim.Raise()),
)


@st.composite
def scenarios(draw: st.DrawFn, most: int) -> sim.Scenario:
    count = draw(st.integers(1, most))
    commands = tuple(
        sim.Command(
            f"r{number}",
            draw(st.sampled_from(REFS)),
            tuple(draw(st.lists(steps, min_size=1, max_size=5))),
            draw(st.integers(0, 60)),
            draw(st.integers(1, 3)),
            draw(st.booleans()),
            draw(st.none() | st.integers(0, 200)),
        )
        for number in range(count)
    )
    restarts = tuple(draw(st.lists(st.integers(1, 300), max_size=3)))
    return sim.Scenario(
        REFS,
        commands,
        draw(st.sampled_from([2, 10, 60])),
        restarts,
        skew=draw(st.sampled_from([0, 100])),
        cramped=draw(st.sampled_from([0.0, 0.0, 0.2, 0.6])),
        limits=draw(st.sampled_from([transactions.LIMITS, NARROW])),
    )


@given(scenarios(6), st.integers(0, 2**32))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_small_histories_equal_a_serial_order(scenario: sim.Scenario, seed: int) -> None:
    history = sim.run(scenario, random.Random(seed))
    assert sim.faults(history) == []
    assert next(sim.serial_orders(history), None) is not None


@given(scenarios(25), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_histories_have_no_circle(scenario: sim.Scenario, seed: int) -> None:
    assert sim.faults(sim.run(scenario, random.Random(seed))) == []


def test_a_large_history_has_no_circle() -> None:
    """At full size (ONTO_TRANSACTIONS=100000) where changes are merged; other runs of the tests play a share."""
    rng = random.Random(2026)
    history = sim.run(_crowd(rng, MANY, refs=150), rng)
    assert sim.faults(history) == []
    assert len(history.runs) >= MANY
    assert history.wounds >= MANY // 50


def test_a_crowded_entity_refuses_some_and_lets_all_others_through() -> None:
    """Some read it and are many at once, some change it; what is refused has changed nothing, and comes again."""
    rng = random.Random(3)
    refs = ("n/hot", *(f"n/{number}" for number in range(200)))
    commands = tuple(
        sim.Command(
            f"r{number}",
            refs[1 + number % 200],
            (sim.Add("n/hot") if number % 7 == 0 else sim.Read("n/hot"), sim.Add(refs[1 + number % 200])),
            rng.randrange(1000),
            copies=1 + number % 2,
        )
        for number in range(600)
    )
    limits = transactions.Limits(asking=50)
    history = sim.run(sim.Scenario(refs, commands, cramped=0.1, limits=limits), rng)
    assert sim.faults(history) == []
    assert len(history.runs) >= 100
    refused = [reply for given in history.replies.values() for _, reply in given if "error" in reply]
    assert {one["error"]["type"] for one in refused} == {transactions.OVERLOADED}
    assert any(one["error"]["message"] == "n/hot has too many calls that wait for it" for one in refused)
    assert history.largest < 5_000


def test_a_hot_entity_lets_everybody_through() -> None:
    rng = random.Random(7)
    refs = ("n/hot", "n/warm", "n/cold")
    commands = tuple(
        sim.Command(
            f"r{number}",
            rng.choice(refs),
            (sim.Add("n/hot"), sim.Add(rng.choice(refs)), sim.Add("n/hot")),
            rng.randrange(0, 500),
        )
        for number in range(300)
    )
    assert sim.faults(sim.run(sim.Scenario(refs, commands), rng)) == []


def _crowd(rng: random.Random, count: int, refs: int) -> sim.Scenario:
    names = tuple(f"n/{number}" for number in range(refs))
    commands = []
    for number in range(count):
        some = [names[min(int(rng.expovariate(6) * refs), refs - 1)] for _ in range(3)]
        program = rng.choice(
            [
                (sim.Add(some[0]),),
                (sim.Read(some[0]),),
                (sim.Add(some[0]), sim.Add(some[1])),
                (sim.Read(some[0]), sim.Read(some[1]), sim.Read(some[2])),
                (sim.Read(some[0]), sim.Add(some[1]), sim.Raise()),
                (sim.Follow(some[0]), sim.Add(some[2])),
            ]
        )
        commands.append(
            sim.Command(
                f"r{number}", some[0], program, rng.randrange(count * 8), rng.choice([1, 1, 1, 2]), rng.random() < 0.5
            )
        )
    restarts = tuple(rng.randrange(count * 8) for _ in range(3))
    return sim.Scenario(names, tuple(commands), restarts=restarts, checkpoint_every=count // 3, skew=100)


# ---------------------------------------------------------------- single rules


class _Echo:
    """Programs that need what their arguments name, and write it."""

    def mode(self, call: messages.Call) -> messages.Mode:
        return call.args.get("mode", "X")

    def mode_of(self, call: messages.Call, ref: str) -> messages.Mode:
        return "S" if ref in call.args.get("shares", ()) else self.mode(call)

    def run(self, attempt: transactions.Attempt) -> transactions.Outcome:
        wanted = tuple(ref for ref in attempt.call.args.get("refs", ()) if ref not in attempt.documents)
        if wanted:
            return transactions.Need(wanted)
        writes = {ref: {"by": attempt.x} for ref in attempt.call.args.get("writes", (attempt.ref,))}
        return transactions.Done("done", writes)


def _handle(entity: entities.Entity, message: messages.Message, now: int = 100, **limits: int) -> Any:
    return transactions.handle(entity, message, _Echo(), now, transactions.Limits(**limits))


def test_a_method_of_one_entity_is_one_message_and_leaves_no_locks() -> None:
    entity = entities.Entity("n/a")
    effects = _handle(entity, messages.Call("r", "m", {}))
    assert [type(one).__name__ for one in effects] == ["Changed", "Answer"]
    assert effects[1].reply == {"ok": "done", "token": [["n", "a", 1]]}
    assert entities.dump_control(entity) is None


def test_a_transaction_over_two_entities_asks_once_and_commits_both() -> None:
    root, other = entities.Entity("n/a"), entities.Entity("n/b")
    asked = _handle(root, messages.Call("r", "m", {"refs": ["n/b"], "writes": ["n/a", "n/b"]}))
    assert [one.ref for one in asked] == ["n/b"]
    granted = _handle(other, asked[0].message)
    effects = _handle(root, granted[0].message)
    assert [type(one).__name__ for one in effects] == ["Changed", "Send", "Answer"]
    assert effects[2].reply["token"] == [["n", "a", 1], ["n", "b", 1]]
    assert [type(one).__name__ for one in _handle(other, effects[1].message)] == ["Changed"]
    assert other.document == {"by": "n/a#r@100"}
    assert not root.locks
    assert not other.locks


def test_a_repeated_command_is_answered_without_effect() -> None:
    entity = entities.Entity("n/a")
    first = _handle(entity, messages.Call("r", "m", {}))
    again = _handle(entity, messages.Call("r", "m", {}))
    assert again == [transactions.Answer(messages.Call("r", "m", {}), first[1].reply, repeated=True)]
    assert entity.version == 1


def test_a_command_whose_deadline_passed_while_it_waited_is_not_run() -> None:
    entity = entities.Entity("n/a")
    first = _handle(entity, messages.Call("r1", "m", {"refs": ["n/b"]}))
    assert _handle(entity, messages.Call("r2", "m", {}, deadline=150)) == []
    sent = first[0].message
    effects = _handle(entity, messages.Grant(sent.x, sent.at, "n/b", None, 0), now=200)
    assert [one.reply.get("error", {}).get("type") for one in effects if isinstance(one, transactions.Answer)] == [
        None,
        "DeadlineExceeded",
    ]


def test_an_entity_with_too_much_to_do_says_so_and_takes_the_command_later() -> None:
    entity = entities.Entity("n/a")
    first = _handle(entity, messages.Call("r1", "m", {"refs": ["n/b"]}), waiting=1)
    assert _handle(entity, messages.Call("r2", "m", {}), waiting=1)[0].reply["error"]["type"] == "Overloaded"
    sent = first[0].message
    _handle(entity, messages.Grant(sent.x, sent.at, "n/b", None, 0))
    assert _handle(entity, messages.Call("r2", "m", {}))[-1].reply["ok"] == "done"


def test_without_room_a_call_that_would_wait_is_not_begun_and_is_taken_later() -> None:
    entity = entities.Entity("n/a")
    call, limits = messages.Call("r1", "m", {"refs": ["n/b"]}), transactions.Limits()
    refused = transactions.handle(entity, call, _Echo(), 100, limits, room=False)
    assert [one.reply["error"]["type"] for one in refused if isinstance(one, transactions.Answer)] == ["Overloaded"]
    assert entities.dump(entity) is None
    local = transactions.handle(entity, messages.Call("r2", "m", {}), _Echo(), 100, limits, room=False)
    assert [type(one).__name__ for one in local] == ["Changed", "Answer"]
    assert len(_handle(entity, call)) == 1
    (refused,) = transactions.handle(entity, messages.Call("r3", "m", {}), _Echo(), 100, limits, room=False)
    assert refused.reply["error"]["type"] == "Overloaded"
    assert len(entity.locks.queue) == 0


def test_without_room_a_call_that_gets_a_document_ends_and_gives_back_what_it_has() -> None:
    entity = entities.Entity("n/a")
    asked = _handle(entity, messages.Call("r1", "m", {"refs": ["n/b", "n/c"]}))
    _handle(entity, messages.Call("r2", "m", {}))
    grant = messages.Grant(asked[0].message.x, asked[0].message.at, "n/b", {"large": True}, 1)
    effects = transactions.handle(entity, grant, _Echo(), 100, transactions.Limits(), room=False)
    assert [one.message for one in effects[:2]] == [messages.Release(one.message.x, one.message.at) for one in asked]
    assert effects[2].reply["error"]["type"] == "Overloaded"
    assert effects[-1].reply["ok"] == "done"  # the call that waited for it
    assert not entity.locks
    assert entity.seen.find("r1") is None


def test_a_transaction_may_not_lock_everything() -> None:
    entity = entities.Entity("n/a")
    refs = [f"n/{number}" for number in range(5)]
    effects = _handle(entity, messages.Call("r1", "m", {"refs": refs}), entities=5)
    assert effects[-1].reply["error"]["type"] == "TooManyEntities"
    assert not entity.locks


def test_a_reply_that_no_record_holds_is_an_error_and_nothing_changes() -> None:
    entity, other = entities.Entity("n/a"), entities.Entity(f"n/{'b' * 90}")
    asked = _handle(entity, messages.Call("r1", "m", {"refs": [other.ref], "writes": [other.ref]}), reply=100)
    granted = _handle(other, asked[0].message)
    effects = _handle(entity, granted[0].message, reply=100)
    assert isinstance(effects[0].message, messages.Release)
    assert effects[1].reply["error"]["type"] == "ResultTooLarge"


def test_what_was_compiled_as_read_only_changes_nothing() -> None:
    entity = entities.Entity("n/a")
    effects = _handle(entity, messages.Call("r1", "m", {"mode": "S"}))
    assert effects[-1].reply["error"]["type"] == "ReadOnlyMethod"
    assert entity.version == 0


def test_what_a_changing_call_only_reads_it_shares_and_may_not_write() -> None:
    root, other = entities.Entity("n/a"), entities.Entity("n/c")
    refs = {"refs": ["n/b", "n/c"], "shares": ["n/c"]}
    asked = [one.message for one in _handle(root, messages.Call("r1", "m", {**refs, "writes": ["n/c"]}))]
    assert [(one.mode, one.root) for one in asked] == [("X", "n/a"), ("S", "n/a")]
    (reader,) = _handle(other, messages.Ask("n/z#r@1", 1, 1, "S", "n/z"))
    (granted,) = _handle(other, asked[1])
    assert (reader.ref, granted.ref) == ("n/z", "n/a")
    _handle(root, messages.Grant(asked[0].x, asked[0].at, "n/b", None, 0))
    effects = _handle(root, granted.message)
    assert effects[-1].reply["error"]["type"] == "ReadOnlyMethod"
    assert [type(one.message).__name__ for one in effects[:-1]] == ["Release", "Release"]


def test_what_only_another_version_of_the_app_changes_is_locked_anew() -> None:
    root, other = entities.Entity("n/a"), entities.Entity("n/b")
    args = {"refs": ["n/b"], "shares": ["n/b"], "writes": ["n/b"]}
    (asked,) = _handle(root, messages.Call("r1", "m", args))
    (granted,) = _handle(other, asked.message)
    root = entities.load("n/a", (entities.dump(root) or b"").replace(b'"shares":["n/b"]', b'"shares":[]'))
    (again,) = _handle(root, granted.message)
    assert (again.message.at, again.message.mode) == (asked.message.at + 1, "X")
    (granted,) = _handle(other, again.message)
    assert _handle(root, granted.message)[-1].reply == {"ok": "done", "token": [["n", "b", 1]]}


def test_readers_share_and_a_writer_waits_for_them() -> None:
    entity = entities.Entity("n/a")
    for number, mode in enumerate("SSX"):
        _handle(entity, messages.Ask(f"n/r{number}#r@{number}", 1, number, mode, f"n/r{number}"))
    assert [one.x for one in entity.locks.holders] == ["n/r0#r@0", "n/r1#r@1"]
    assert [one.x for one in entity.locks.queue] == ["n/r2#r@2"]


def test_only_younger_holders_are_wounded_and_only_once() -> None:
    table = locks.Locks()
    table.ask(locks.Lock("young", 1, 20, "X", "n/y"))
    table.admit(9)
    table.ask(locks.Lock("old", 1, 10, "X", "n/o"))
    assert [one.x for one in table.wounds()] == ["young"]
    assert table.wounds() == []
    table.ask(locks.Lock("youngest", 1, 30, "X", "n/z"))
    assert table.wounds() == []


def test_where_too_many_wait_the_youngest_is_refused_and_no_command_of_its_own() -> None:
    entity = entities.Entity("n/a")
    _handle(entity, messages.Ask("n/z#r@1", 1, 1, "X", "n/z"))
    _handle(entity, messages.Call("r", "m", {}), now=3)
    for ts in (7, 9):
        assert _handle(entity, messages.Ask(f"n/r#r@{ts}", 1, ts, "X", "n/r"), asking=2) == []
    refused = _handle(entity, messages.Ask("n/r#r@8", 4, 8, "S", "n/r"), asking=2)
    assert refused == [transactions.Send("n/r", messages.Refuse("n/r#r@9", 1, "n/a"))]
    assert [one.ts for one in entity.locks.queue] == [3, 7, 8]


def test_a_refused_transaction_gives_back_what_it_has_and_may_be_called_again() -> None:
    root = entities.Entity("n/a")
    call = messages.Call("r1", "m", {"refs": ["n/b", "n/c"]})
    asked = [one.message for one in _handle(root, call)]
    assert _handle(root, messages.Refuse(asked[1].x, asked[1].at + 1, "n/c")) == []  # of another time
    released, answer = _handle(root, messages.Refuse(asked[1].x, asked[1].at, "n/c"))
    assert released == transactions.Send("n/b", messages.Release(asked[0].x, asked[0].at))
    told = {"type": "Overloaded", "message": "n/c has too many calls that wait for it"}
    assert answer.reply == {"error": told}
    assert entities.dump(root) is None
    assert len(_handle(root, call)) == 2


def test_who_waits_no_longer_is_not_let_in() -> None:
    entity = entities.Entity("n/a")
    (held,) = _handle(entity, messages.Ask("n/z#r@1", 1, 1, "X", "n/z"))
    _handle(entity, messages.Ask("n/r#r@2", 3, 2, "X", "n/r"))
    _handle(entity, messages.Release("n/r#r@2", 3))
    assert _handle(entity, messages.Release("n/z#r@1", held.message.at)) == []
    assert not entity.locks


def test_what_more_may_not_be_sent_waits_for_those_who_have_it() -> None:
    entity = entities.Entity("n/a", 1, {"text": "x" * 100})
    _handle(entity, messages.Ask("n/z#r@1", 1, 1, "X", "n/z"))
    for ts in range(2, 10):
        _handle(entity, messages.Ask(f"n/r#r@{ts}", 1, ts, "S", "n/r"))
    limits = transactions.Limits()
    first = transactions.handle(entity, messages.Release("n/z#r@1", 1), _Echo(), 100, limits, sendable=350)
    assert [one.message.x for one in first] == ["n/r#r@2", "n/r#r@3", "n/r#r@4"]
    older = transactions.handle(entity, messages.Ask("n/r#r@0", 1, 0, "S", "n/r"), _Echo(), 100, limits, sendable=-1)
    assert [one.message.x for one in older] == ["n/r#r@0"]  # it may be waited for
    rest = transactions.handle(entity, messages.Release("n/r#r@2", 1), _Echo(), 100, limits)
    assert len(rest) == 5


def test_every_message_and_table_survives_json() -> None:
    call = messages.Call("r", "m", {"a": 1}, 5, "Model")
    ask = messages.Ask("x", 1, 2, "S", "n/a")
    for message in (
        call, ask, messages.Grant("x", 1, "n/a", {"b": None}, 3), messages.Commit("x", 1, None),
        messages.Release("x", 1), messages.Wound("x", 1, "n/a"), messages.Refuse("x", 1, "n/a"),
    ):  # fmt: skip
        assert messages.load(messages.dump(message)) == message


def test_all_that_is_kept_of_an_entity_survives_its_text() -> None:
    """Whatever the texts in it hold: the parts of the text begin lines, and no text in JSON does."""
    assert entities.dump(entities.Entity("n/a")) is None
    odd = "a,\n[b],\nnull,\n"
    for document in (None, {"value": odd}):
        entity = entities.Entity("n/a", 3, document)
        _handle(entity, messages.Call("r0", "m", {"writes": [], "said": odd}))
        _handle(entity, messages.Call("r1", "m", {"refs": ["n/b"], "writes": ["n/b"], "said": odd}, model=odd))
        _handle(entity, messages.Call(odd, "m", {"said": odd}))
        again = entities.load("n/a", entities.dump(entity))
        assert again == entity
        assert (again.version, again.document) == (3, document)
        assert len(again.running) == len(again.locks.queue) == len(again.seen) == 1
    entity = entities.Entity("n/a", 2, None)
    assert entities.load("n/a", entities.dump(entity)) == entity


# ---------------------------------------------------------------- protocols that are wrong

# name, module, what is written there, what stands there instead
MUTANTS = (
    ("everybody is let in", "locks", 'return one.mode == "X" or other.mode == "X"', "return False"),
    ("readers let writers in", "locks", 'return one.mode == "X" or other.mode == "X"',
     'return one.mode == "X" and other.mode == "X"'),
    ("nobody is wounded", "locks", "return True\n        return False", "return False\n        return False"),
    ("the older one is wounded", "locks", "if waiter.age > holder.age:", "if waiter.age < holder.age:"),
    ("whoever comes last is let in first", "locks", "first = self.queue.pop(0)", "first = self.queue.pop()"),
    ("what is ahead does not count", "locks", "blocked = blocked or _conflict(holder, waiter)",
     "blocked = _conflict(holder, waiter)"),
    ("wounded, and keeps the document", "transactions",
     "            self._ask(transaction, ref)\n\n    def refused", "            pass\n\n    def refused"),
    ("wounded, and does not run again", "transactions",
     "            self._ask(transaction, ref)\n\n    def refused",
     "            self._send(ref, messages.Release(x, at))\n\n    def refused"),
    ("runs while something is under way", "transactions",
     "if all(out.held for out in transaction.refs.values()):",
     "if any(out.held for out in transaction.refs.values()):"),
    ("the commit frees before it writes nothing", "transactions",
     "                turn.write(x, document)\n", "                pass\n"),
    ("the commit does not free", "transactions",
     "                turn.write(x, document)\n                entity.locks.drop(x)",
     "                turn.write(x, document)"),
    ("a release is ignored", "transactions",
     "        case messages.Release(x, at):\n            if entity.locks.is_for(x, at):",
     "        case messages.Release(x, at):\n            if False:"),
    ("who gives up waiting goes on waiting", "transactions",
     "            if entity.locks.is_for(x, at):", "            if entity.locks.held_by(x, at):"),
    ("who is refused waits for ever", "transactions",
     "        del transaction.refs[ref]  # nothing of it is locked there\n", "        return\n"),
    ("who is refused keeps what it has", "transactions",
     "        del transaction.refs[ref]  # nothing of it is locked there\n", "        transaction.refs.clear()\n"),
    ("who is refused is still in the queue", "locks",
     "        self.queue = [one for one in self.queue if one not in shed]\n", ""),
    ("older ones wait for younger ones where there is no more room", "locks",
     "and any(holder.age < self.queue[0].age for holder in self.holders)", "and self.holders"),
    ("a repeated command is run again", "transactions",
     "if kept is not None:", "if False:"),
    ("a command that waits is taken twice", "transactions",
     "if any(one.call is not None and one.call.request_id == call.request_id for one in waiting):", "if False:"),
    ("a command that runs is taken twice", "transactions",
     "if any(one.call.request_id == call.request_id for one in self.entity.running.values()):", "if False:"),
    ("what is only read is freed early", "transactions",
     "        at_hand[own] = self.entity.document\n",
     "        at_hand[own] = self.entity.document\n        self.entity.locks.drop(transaction.x)\n"),
    ("unchanged documents stay locked", "transactions",
     "                self._send(ref, messages.Release(transaction.x, out.at))\n        if self.entity",
     "                pass\n        if self.entity"),
    ("own changes are forgotten", "transactions",
     "                    self.write(transaction.x, writes[ref])", "                    pass"),
    ("readers see what is kept, not what is", "transactions",
     "        at_hand[own] = self.entity.document\n", "        at_hand.setdefault(own, None)\n"),
    ("replies are not kept", "transactions",
     "self.entity.seen.keep(call.request_id, reply, self.now, self.limits.seen)", "pass"),
    ("what fails keeps its locks", "transactions",
     "self._end(transaction, {}, _error(kind, message))",
     "self.entity.running.pop(transaction.x, None)\n"
     "                self._answer(transaction.call, _error(kind, message))"),
    ("everybody shares what is locked elsewhere", "transactions",
     "            self._send(ref, messages.Ask(transaction.x, transaction.asked, transaction.ts, mode, root))",
     "            self._send(ref, messages.Ask(transaction.x, transaction.asked, transaction.ts, 'S', root))"),
    ("what is only read is given back at once", "transactions",
     "            if not self.room:\n",
     "            if self._mode(transaction.call, grant.ref) == 'S':\n"
     "                self._send(grant.ref, messages.Release(grant.x, grant.at))\n"
     "            if not self.room:\n"),
    ("what is only read is not locked", "transactions",
     "                for ref in refs:\n                    self._ask(transaction, ref)",
     "                for ref in refs:\n                    self._ask(transaction, ref)\n"
     "                    if self._mode(transaction.call, ref) == 'S':\n"
     "                        self._send(ref, messages.Release(transaction.x, transaction.asked))"),
    ("the versions of others are not told", "transactions",
     "out.held, out.document, out.version = True, grant.document, grant.version",
     "out.held, out.document = True, grant.document"),
    ("a commit writes what it never locked", "transactions",
     "            self.entity.locks.drop(transaction.x)\n        self._answer",
     "            self.entity.locks.holders.clear()\n        self._answer"),
    ("whoever comes alone locks nothing while it waits for others", "transactions",
     "self.entity.locks.holders.append(locks.Lock(x, 0, ts, mode, own))", "pass"),
    ("versions do not grow", "transactions", "self.entity.version += 1", "self.entity.version += 0"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "module", "there", "instead"), MUTANTS, ids=[one[0] for one in MUTANTS])
def test_a_wrong_protocol_is_found_out(name: str, module: str, there: str, instead: str) -> None:
    mutant = _mutant(module, there, instead)
    assert any(_is_wrong(mutant, seed) for seed in range(TRIALS)), f"nothing was wrong with `{name}`"


def test_the_right_protocol_stands_the_same_trials() -> None:
    assert not any(_is_wrong(transactions, seed) for seed in range(TRIALS))


def _is_wrong(module: ModuleType, seed: int) -> bool:
    rng = random.Random(seed)
    refs = REFS[: rng.choice([2, 2, 3, 5])]
    crowd = rng.choice([_writers, _readers])
    commands = tuple(
        sim.Command(f"r{number}", *crowd(rng, refs), rng.randrange(80), rng.choice([1, 1, 2]), rng.random() < 0.3)
        for number in range(rng.choice([4, 8, 16]))
    )
    restarts = (rng.randrange(1, 150),) if rng.random() < 0.3 else ()
    scenario = sim.Scenario(
        refs,
        commands,
        rng.choice([3, 20, 60]),
        restarts,
        skew=rng.choice([0, 80, 400]),
        cramped=rng.choice([0, 0, 0, 0.1, 0.5]),
        limits=rng.choice([transactions.LIMITS, transactions.LIMITS, NARROW]),
    )
    before = signal.signal(signal.SIGALRM, _endless)
    signal.setitimer(signal.ITIMER_REAL, 5.0)
    try:
        return bool(sim.faults(sim.run(scenario, rng, module)))
    except (AssertionError, KeyError, ValueError, IndexError):
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _writers(rng: random.Random, refs: tuple[str, ...]) -> tuple[str, tuple[sim.Step, ...]]:
    kinds = [sim.Read, sim.Add, sim.Add, sim.Follow]
    steps = [rng.choice(kinds)(rng.choice(refs)) for _ in range(rng.choice([1, 2, 3, 4]))]
    return rng.choice(refs), (*steps, *((sim.Raise(),) if rng.random() < 0.2 else ()))


def _readers(rng: random.Random, refs: tuple[str, ...]) -> tuple[str, tuple[sim.Step, ...]]:
    """Reports over several entities, between which single entities change."""
    root = rng.choice(refs)
    if rng.random() < 0.5:
        return root, (sim.Add(root),)
    return root, (sim.Read(root), *(sim.Read(ref) for ref in rng.sample(refs, len(refs))))


def _endless(*_: object) -> None:
    raise AssertionError("one message keeps its entity busy for ever")


def _mutant(module: str, there: str, instead: str) -> ModuleType:
    """Return a `transactions` that has the change in it, itself or in the lock table that it uses."""
    changed = _load_changed(module, there, instead)
    if module == "transactions":
        return changed
    # The entities of the simulation hold lock tables of the real class, so that is where the change has to be.
    whole = _load_changed("transactions", "", "")
    patched = {
        name: getattr(changed.Locks, name)
        for name in ("ask", "admit", "is_for", "shed", "wounds", "_keeps_older_waiting")
    }

    def handle(entity: entities.Entity, *rest: Any) -> Any:
        before = {name: getattr(locks.Locks, name) for name in patched}
        for name, function in patched.items():
            setattr(locks.Locks, name, function)
        try:
            return transactions.handle(entity, *rest)
        finally:
            for name, function in before.items():
                setattr(locks.Locks, name, function)

    for name in ("Send", "Answer", "Changed", "Need", "Done", "Failed", "Limits"):
        setattr(whole, name, getattr(transactions, name))
    whole.handle = handle  # type: ignore[attr-defined]
    return whole


def _load_changed(module: str, there: str, instead: str) -> ModuleType:
    path = Path(transactions.__file__).with_name(f"{module}.py")
    source = path.read_text(encoding="utf-8")
    if there:
        assert source.count(there) == 1, f"{there!r} stands {source.count(there)} times in {module}.py"
        source = source.replace(there, instead)
    name = f"mutant_{module}"
    spec = importlib.util.spec_from_loader(name, loader=None)
    assert spec is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made  # dataclasses look their module up
    exec(compile(source, str(path), "exec"), vars(made))
    return made
