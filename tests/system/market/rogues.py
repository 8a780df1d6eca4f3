"""Methods that go wrong in every way that user code can."""

from __future__ import annotations

from onto.attrs import attrs
from onto.domain_model import DomainModel


class SilentError(Exception):
    """An error that cannot say what is wrong."""

    def __str__(self) -> str:
        raise RuntimeError("no message")


class Rogue(DomainModel):
    """Somebody whose methods raise whatever there is to be raised, once something has been changed."""

    class Meta:
        collection_name = "rogues"

    harm: int = attrs.nothing
    mate = attrs.relation(dm_cls="Rogue")

    def do(self, what: str) -> None:
        self.harm += 1
        if self.mate is not None:
            self.mate.harm += 1
        match what:
            case "exit":
                raise SystemExit(3)
            case "interrupt":
                raise KeyboardInterrupt
            case "leave":
                raise GeneratorExit
            case "exhaust":
                raise MemoryError("all gone")
            case "stop":
                raise StopIteration
            case "silent":
                raise SilentError
            case "half":
                raise ValueError("\ud800")
            case "bug":
                self.harm = int(what)
            case "assert":
                assert self.harm < 0

    def dig(self, depth: int) -> int:
        self.harm += 1
        return 1 + self.dig(depth + 1) if depth >= 0 else 0

    def grow(self) -> None:
        self.harm += 1
        whole = [0]
        while True:
            whole = whole * 64  # refused before it is filled: to fill it takes about as long as a method may run

    def spin(self) -> None:
        while True:
            try:
                self.harm += 1
            except Exception:
                continue

    def answer(self, what: str) -> object:
        self.harm += 1
        match what:
            case "nan":
                return float("nan")
            case "set":
                return {1, 2}
            case "loop":
                found: list[object] = []
                found.append(found)
                return found
            case "half":
                return "\ud800"
        return None

    def well(self) -> int:
        self.harm += 1
        return self.harm
