"""Whatever the source says, the compiler answers with findings or a bundle, never with an exception of its own."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from random import Random

import pytest

from compiler import emit_sql, pipeline
from tests.compiler import casefile

CASES = [one for path in sorted((Path(__file__).parent / "cases").glob("*.case")) for one in casefile.read(path)]
TOKEN = re.compile(r"\w+|[^\w\s]|\s+")
STRANGE = ("None", "0", '""', "[]", "{}", "self", "self.store", "lambda x: x", "len", "sorted", "not", "1.5", "()", "*")
SEEDS, EACH = 8, 25


def _mutated(random: Random, text: str) -> str:
    """Return a source with lines or tokens gone, doubled, swapped or replaced; it parses where that came easily."""
    for _ in range(5):
        lines = text.split("\n")
        for _ in range(random.choice((1, 1, 2, 3))):
            _change(random, lines)
        changed = "\n".join(lines)
        try:
            ast.parse(changed)
        except SyntaxError:
            continue
        return changed
    return changed


def _change(random: Random, lines: list[str]) -> None:
    place = random.randrange(len(lines))
    match random.choice(("delete", "double", "swap", "token", "token", "token", "token")):
        case "delete" if len(lines) > 1:
            del lines[place]
        case "double":
            lines.insert(place, random.choice(lines))
        case "swap":
            other = random.randrange(len(lines))
            lines[place], lines[other] = lines[other], lines[place]
        case _:
            lines[place] = _line(random, lines[place], random.choice(lines))


def _line(random: Random, line: str, other: str) -> str:
    tokens = TOKEN.findall(line)
    words = [index for index, token in enumerate(tokens) if not token.isspace()]
    others = [token for token in TOKEN.findall(other) if not token.isspace()]
    if not words or not others:
        return line
    index = random.choice(words)
    tokens[index] = random.choice((random.choice(others), random.choice(STRANGE), "", tokens[index] * 2))
    return "".join(tokens)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_mutated_source_has_findings_or_a_bundle(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(seed)
    for number in range(EACH):
        case = random.choice(CASES)
        folder = tmp_path / str(number)
        case.write(folder)
        file = folder / random.choice(sorted(case.files))
        text = _mutated(random, file.read_text(encoding="utf-8"))
        file.write_text(text, encoding="utf-8")
        monkeypatch.chdir(folder)
        try:
            made = pipeline.run(case.app, emit_sql.Settings())
        except Exception as error:
            raise AssertionError(f"{case.title}: {error!r} on\n{text}") from error
        assert made.failed == (made.bundle is None)


HEAD = """from onto.attrs import attrs
from onto.domain_model import DomainModel
from onto.store import Store, reference
from onto.view_model import ViewModel


class Talk(DomainModel):
    limits: {annotation} = attrs.nothing


class TalkStore(Store):
    talk = reference(dm_cls=Talk)


class Card(ViewModel):
    store: TalkStore

    @attrs.getter
    def field(self):
        return {value}
"""


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("dict[str, int]", "{one.key: 1 for one in ().readers.values()}"),
        (r"dict['\ud800', int]", "self.store.talk.limits"),
    ],
    ids=["an attribute of an empty tuple", "half a surrogate pair as an annotation"],
)
def test_a_strange_source_has_findings_or_a_bundle(
    annotation: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = HEAD.replace("{annotation}", annotation).replace("{value}", value)
    (tmp_path / "strange.py").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    made = pipeline.run("strange", emit_sql.Settings())
    assert made.failed == (made.bundle is None)
