"""One entity's part in all transactions: a message comes in, state changes, effects go out. No I/O, no clock.

    entity = entities.Entity("accounts/a", version=3, document={…})
    handle(entity, Call("r1", "transfer", {"to": "b", "amount": 5}), programs, now=1000, limits=Limits())
    →  [Send("accounts/b", Ask("accounts/a#r1@1000", 1, 1000, "X", "accounts/a"))]

Check-out, replay, commit: the entity that is called (the root) runs the whole method. Where it touches an entity that
is not at hand, the run is dropped, that entity is locked, and the method runs again from its top once the document is
there. A run that reaches its end with everything at hand is the commit: each owner is sent its new document. Messages
and state changes arrive exactly once, and in order between two entities, so nobody has to vote.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, assert_never

from flink_jobs import entities, locks, messages, replies
from onto import wire

MESSAGE_LIMIT = 2_000  # characters of an error's message
OVERLOADED = "Overloaded"  # the error of a call of which nothing came and that may be made again, under the same id
LATE = "DeadlineExceeded"  # the error of a call that was not begun, and is not to be any more


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one entity and one transaction may take."""

    seen: int = 32  # replies kept per entity, for commands that come again
    waiting: int = 1000  # commands that wait or run at one entity
    asking: int = 1000  # transactions of other entities that wait for one, and as many that hold it together
    entities: int = 1000  # entities that one transaction may lock
    reply: int = 1_000_000  # bytes of a reply, which has to fit a record


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Need:
    """The method touched entities that are not at hand."""

    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The method returned; `writes` are the documents that it leaves changed (None: deleted)."""

    result: Any
    writes: Mapping[str, messages.Document | None]


@dataclass(frozen=True, slots=True)
class Failed:
    """The method raised, or could not be run; nothing has changed."""

    type: str
    message: str


Outcome = Need | Done | Failed


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of a call: `ts` and `x` stay the same over all replays, and so what is made of them."""

    x: str
    ts: int
    ref: str
    call: messages.Call
    documents: Mapping[str, messages.Document | None]  # all that is at hand, the root's own among them


class Programs(Protocol):
    """The methods: what the protocol asks of whoever runs them. Answers depend on the arguments alone."""

    def mode(self, call: messages.Call) -> messages.Mode:
        """Return how a call locks its root: S if it changes nothing."""

    def mode_of(self, call: messages.Call, ref: str) -> messages.Mode:
        """Return how a call locks another entity: S if it changes nothing there."""

    def run(self, attempt: Attempt) -> Outcome:
        """Run a method once, from its top."""


@dataclass(frozen=True, slots=True)
class Send:
    """A message for another entity."""

    ref: str
    message: messages.Message


@dataclass(frozen=True, slots=True)
class Answer:
    """The reply to a command; a `repeated` one was given before, and is no news."""

    call: messages.Call
    reply: replies.Reply
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """The entity's document is another one now."""

    x: str
    version: int
    before: messages.Document | None
    after: messages.Document | None


Effect = Send | Answer | Changed


def handle(
    entity: entities.Entity,
    message: messages.Message,
    programs: Programs,
    now: int,
    limits: Limits,
    room: bool = True,
    sendable: int = sys.maxsize,
) -> list[Effect]:
    """Take in one message for `entity`, change it, and return what goes out, in order.

    Without `room` to keep more for it, calls that would have to wait are not begun, and those that get documents ended.
    Of its document, `sendable` bytes go out to transactions that may share it; the others have it when one is done.
    """
    turn = _Turn(entity, programs, now, limits, room, sendable)
    match message:
        case messages.Call():
            turn.call(message)
        case messages.Ask(x, at, ts, mode, root):
            turn.asked(locks.Lock(x, at, ts, mode, root))
        case messages.Grant():
            turn.granted(message)
        case messages.Commit(x, at, document):
            if entity.locks.held_by(x, at):
                turn.write(x, document)
                entity.locks.drop(x)
        case messages.Release(x, at):
            if entity.locks.is_for(x, at):
                entity.locks.drop(x)
        case messages.Wound(x, at, ref):
            turn.wounded(x, at, ref)
        case messages.Refuse(x, at, ref):
            turn.refused(x, at, ref)
        case _:
            assert_never(message)
    turn.settle()
    return turn.effects


@dataclass(slots=True)
class _Turn:
    """One message's way through its entity."""

    entity: entities.Entity
    programs: Programs
    now: int
    limits: Limits
    room: bool
    sendable: int
    effects: list[Effect] = field(default_factory=list)

    # ------------------------------------------------------------ what has come

    def call(self, call: messages.Call) -> None:
        """Answer a command that was here before, or let it wait for its turn, behind the earlier ones."""
        kept = self.entity.seen.find(call.request_id)
        if kept is not None:
            self.effects.append(Answer(call, kept, repeated=True))
            return
        if not self.entity.locks and not self.entity.running:
            self._alone(call)
            return
        waiting = [one for one in self.entity.locks.queue if one.call is not None]
        if any(one.call is not None and one.call.request_id == call.request_id for one in waiting):
            return
        if any(one.call.request_id == call.request_id for one in self.entity.running.values()):
            return
        if len(waiting) + len(self.entity.running) >= self.limits.waiting:
            self._answer(call, _error(OVERLOADED, f"{self.entity.ref} has {self.limits.waiting} commands to do"))
            return
        if not self.room:
            self._answer(call, self._full())
            return
        earlier = [one.ts for one in waiting] + [one.ts for one in self.entity.running.values()]
        ts = max(self.now, *(one + 1 for one in earlier)) if earlier else self.now
        lock = locks.Lock(self._name(call, ts), 0, ts, self.programs.mode(call), self.entity.ref, call)
        self.entity.locks.ask(lock)

    def _name(self, call: messages.Call, ts: int) -> str:
        return f"{self.entity.ref}#{call.request_id}@{ts}"

    def _alone(self, call: messages.Call) -> None:
        """Run a call while nobody holds or waits for anything here; it takes the lock only if it needs others."""
        if self._is_late(call):
            self._answer(call, _late(call))
            return
        x, ts, own, mode = self._name(call, self.now), self.now, self.entity.ref, self.programs.mode(call)
        outcome = self.programs.run(Attempt(x, ts, own, call, {own: self.entity.document}))
        if isinstance(outcome, Need) and not self.room:
            self._answer(call, self._full())
            return
        transaction = entities.Transaction(x, ts, call, {own: entities.CheckedOut(0, held=True, mode=mode)})
        if isinstance(outcome, Need):
            self.entity.locks.holders.append(locks.Lock(x, 0, ts, mode, own))
            self.entity.running[x] = transaction
        self._follow(transaction, outcome)

    def asked(self, lock: locks.Lock) -> None:
        """Let a transaction of another root wait; refuse the youngest where too many do."""
        self.entity.locks.ask(lock)
        for one in self.entity.locks.shed(self.limits.asking, self.entity.ref):
            self._send(one.root, messages.Refuse(one.x, one.at, self.entity.ref))

    def granted(self, grant: messages.Grant) -> None:
        """Take what a transaction of this root has asked for."""
        transaction = self.entity.running.get(grant.x)
        if transaction is None:
            return
        out = transaction.refs.get(grant.ref)
        if out is not None and out.at == grant.at:
            out.held, out.document, out.version = True, grant.document, grant.version
            if not self.room:
                self._end(transaction, {}, self._full())

    def wounded(self, x: str, at: int, ref: str) -> None:
        """Give a document back to an older transaction, and ask for it again; the others stay."""
        transaction = self.entity.running.get(x)
        if transaction is None:
            return  # it has ended, and with it this lock
        out = transaction.refs.get(ref)
        if out is not None and out.at == at and out.held:
            self._ask(transaction, ref)

    def refused(self, x: str, at: int, ref: str) -> None:
        """End a transaction that cannot have what it has asked for."""
        transaction = self.entity.running.get(x)
        if transaction is None or (out := transaction.refs.get(ref)) is None or out.at != at:
            return
        del transaction.refs[ref]  # nothing of it is locked there
        self._end(transaction, {}, _error(OVERLOADED, f"{ref} has too many calls that wait for it"))

    def write(self, x: str, document: messages.Document | None) -> None:
        """Hold another document from now on."""
        before, after = self.entity.document, None if document is None else wire.Written.of(document)
        self.entity.version += 1
        self.entity.document = after
        self.effects.append(Changed(x, self.entity.version, before, after))

    # ------------------------------------------------------------ what follows from it

    def settle(self) -> None:
        """Admit, wound and run until nothing more follows."""
        moved = bool(self.entity.locks or self.entity.running)
        while moved:
            moved = False
            for lock in self.entity.locks.admit(self._most()):
                moved = True
                self._admitted(lock)
            for holder in self.entity.locks.wounds():
                moved = True
                if holder.root == self.entity.ref:
                    self.wounded(holder.x, holder.at, self.entity.ref)
                else:
                    self._send(holder.root, messages.Wound(holder.x, holder.at, self.entity.ref))
            for transaction in list(self.entity.running.values()):
                if all(out.held for out in transaction.refs.values()):
                    moved = True
                    self._run(transaction)

    def _most(self) -> int:
        """Return how many may hold the lock together; whoever of them ends lets others in."""
        size = len(wire.text_of(self.entity.document))
        return min(self.limits.asking, len(self.entity.locks.holders) + self.sendable // size)

    def _admitted(self, lock: locks.Lock) -> None:
        if lock.root != self.entity.ref:
            own = messages.Grant(lock.x, lock.at, self.entity.ref, self.entity.document, self.entity.version)
            self._send(lock.root, own)
            self.sendable -= len(wire.text_of(self.entity.document))
        elif lock.call is None:
            out = self.entity.running[lock.x].refs[self.entity.ref]
            out.held = True
        else:
            out = entities.CheckedOut(lock.at, held=True, mode=lock.mode)
            self.entity.running[lock.x] = entities.Transaction(lock.x, lock.ts, lock.call, {self.entity.ref: out})
            if self._is_late(lock.call):
                self._end(self.entity.running[lock.x], {}, _late(lock.call))

    def _run(self, transaction: entities.Transaction) -> None:
        own = self.entity.ref
        at_hand = {ref: out.document for ref, out in transaction.refs.items()}
        at_hand[own] = self.entity.document
        self._follow(
            transaction, self.programs.run(Attempt(transaction.x, transaction.ts, own, transaction.call, at_hand))
        )

    def _follow(self, transaction: entities.Transaction, outcome: Outcome) -> None:
        """Do what a run of a transaction's method has led to."""
        match outcome:
            case Need(refs):
                if len(transaction.refs) + len(refs) > self.limits.entities:
                    error = f"`{transaction.call.method}` reaches more than {self.limits.entities} entities"
                    self._end(transaction, {}, _error("TooManyEntities", error))
                    return
                for ref in refs:
                    self._ask(transaction, ref)
            case Failed(kind, message):
                self._end(transaction, {}, _error(kind, message))
            case Done(result, writes):
                weak = [ref for ref in writes if transaction.refs[ref].mode == "S"]
                if weak:
                    self._strengthen(transaction, weak)
                    return
                token = [[*_place(ref), self._version(transaction, ref) + 1] for ref in writes]
                reply = wire.Written.of({"ok": result, "token": token})
                if len(reply.text) > self.limits.reply:
                    error = f"the reply has {len(reply.text)} bytes; at most {self.limits.reply} fit a record"
                    self._end(transaction, {}, _error("ResultTooLarge", error))
                    return
                self._end(transaction, writes, reply)
            case _:
                assert_never(outcome)

    def _strengthen(self, transaction: entities.Transaction, refs: list[str]) -> None:
        """Ask anew for what a run has changed and only shares: it began under a version of the app that did not."""
        if wrong := [ref for ref in refs if self._mode(transaction.call, ref) == "S"]:
            error = f"`{transaction.call.method}` was compiled as only reading {', '.join(wrong)} and changed it"
            self._end(transaction, {}, _error("ReadOnlyMethod", error))
            return
        for ref in refs:
            self._ask(transaction, ref)

    def _version(self, transaction: entities.Transaction, ref: str) -> int:
        return self.entity.version if ref == self.entity.ref else transaction.refs[ref].version

    def _mode(self, call: messages.Call, ref: str) -> messages.Mode:
        return self.programs.mode(call) if ref == self.entity.ref else self.programs.mode_of(call, ref)

    def _ask(self, transaction: entities.Transaction, ref: str) -> None:
        transaction.asked += 1
        mode = self._mode(transaction.call, ref)
        transaction.refs[ref] = entities.CheckedOut(transaction.asked, mode=mode)
        if ref == self.entity.ref:
            self.entity.locks.ask(locks.Lock(transaction.x, transaction.asked, transaction.ts, mode, ref))
        else:
            root = self.entity.ref
            self._send(ref, messages.Ask(transaction.x, transaction.asked, transaction.ts, mode, root))

    def _end(
        self, transaction: entities.Transaction, writes: Mapping[str, messages.Document | None], reply: replies.Reply
    ) -> None:
        """Commit, at this very moment for everybody: whoever reads any of these documents has to lock it first."""
        for ref, out in transaction.refs.items():
            if ref == self.entity.ref:
                if ref in writes:
                    self.write(transaction.x, writes[ref])
            elif ref in writes:
                self._send(ref, messages.Commit(transaction.x, out.at, writes[ref]))
            else:
                self._send(ref, messages.Release(transaction.x, out.at))
        if self.entity.running.pop(transaction.x, None) is not None:
            self.entity.locks.drop(transaction.x)
        self._answer(transaction.call, reply)

    def _answer(self, call: messages.Call, reply: replies.Reply) -> None:
        """Reply, and keep the reply unless the call can be run again without effect, or is to be made again later."""
        reply = wire.Written.of(reply)
        self.effects.append(Answer(call, reply))
        if self.programs.mode(call) == "X" and not ("error" in reply and reply["error"]["type"] == OVERLOADED):
            self.entity.seen.keep(call.request_id, reply, self.now, self.limits.seen)

    def _full(self) -> replies.Reply:
        return _error(OVERLOADED, f"the calls at {self.entity.ref} hold too many bytes, in arguments and documents")

    def _is_late(self, call: messages.Call) -> bool:
        return call.deadline is not None and call.deadline < self.now

    def _send(self, ref: str, message: messages.Message) -> None:
        self.effects.append(Send(ref, message))


def _late(call: messages.Call) -> replies.Reply:
    return _error(LATE, f"the deadline of `{call.method}` passed before its turn came")


def _error(kind: str, message: str) -> replies.Reply:
    return {"error": {"type": kind, "message": message[:MESSAGE_LIMIT]}}


def _place(ref: str) -> Iterable[str]:
    collection, _, doc_id = ref.partition("/")
    return collection, doc_id
