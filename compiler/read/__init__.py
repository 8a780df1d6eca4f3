"""Text to facts: parses an app and the project modules that it imports, and runs none of it.

    read("examples.shop", log)  →  Facts("examples.shop", {"examples.shop.models": …, …})

libcst lives in this package and nowhere else.
"""

from __future__ import annotations

import io
import sys
import tokenize
import warnings
from collections import deque
from pathlib import Path

import libcst as cst
from libcst import metadata

from compiler import facts
from compiler.diagnostics import NOWHERE, Log, Span, alternatives
from compiler.read import declarations, project


def read(app: str, log: Log, *, here: Path | None = None) -> facts.Facts:
    """Read an app, given by module name or by path as seen from `here` (the working directory)."""
    found = project.locate(app, here or Path.cwd())
    if isinstance(found, str):
        log.add("E102", NOWHERE, found, hint="give a module such as `shop.views`, a .py file or a package folder")
        return facts.Facts(app, {})
    reader = _Reader(found, log)
    reader.run()
    return facts.Facts(found.app, reader.modules, reader.sources, frozenset(reader.broken))


class _Reader:
    def __init__(self, found: project.Project, log: Log) -> None:
        self.modules: dict[str, facts.Module] = {}
        self.sources: dict[str, str] = {}
        self.broken: set[str] = set()
        self._project = found
        self._log = log
        self._waiting = deque(found.entries)
        self._seen = {one.path for one in found.entries}

    def run(self) -> None:
        while self._waiting:
            file = self._waiting.popleft()
            self._check_name(file)
            module = self._read_file(file)
            if module is None:
                self.broken.add(file.module)
                continue
            self.modules[module.name] = module
            for member in _imports(module.members):
                self._follow(member)

    def _check_name(self, file: project.SourceFile) -> None:
        """Report a module that Python, which has one of that name itself, may not find: which it imports varies."""
        first, _, below = file.module.partition(".")
        if first in sys.stdlib_module_names and not below:
            place = Span(self._project.shown(file.path), 1, 1, 1, 2)
            message = f"the module `{first}` has the name of one of Python's own"
            hint = f"give the {'folder' if file.is_package else 'file'} another name: `import {first}` finds either"
            self._log.add("E106", place, message, hint=hint)

    def _follow(self, one: facts.Import) -> None:
        targets = [one.module]
        if one.attribute not in (None, "*"):
            targets.append(f"{one.module}.{one.attribute}")
        files = [self._project.find(target) for target in targets]
        if files[0] is None and self._is_ours(one):
            self.broken.add(one.module)
            hint = alternatives(one.module, self._project.siblings(one.module), "the package has")
            self._log.add("E105", one.span, f"the project has no module `{one.module}`", hint=hint)
        for file in files:
            if file is not None and file.path not in self._seen:
                self._seen.add(file.path)
                self._waiting.append(file)

    def _is_ours(self, one: facts.Import) -> bool:
        """Tell whether a module that was not found had to be in the project: its package is."""
        parent, _, _ = one.module.rpartition(".")
        return (
            bool(parent)
            and not self._project.has_package(one.module)
            and (self._project.has_package(parent) and parent in self.modules)
        )

    def _read_file(self, file: project.SourceFile) -> facts.Module | None:
        shown = self._project.shown(file.path)
        source = self._text(file.path, shown)
        if source is None:
            return None
        self.sources[shown] = source
        try:
            _check_syntax(source, shown)
            tree = cst.parse_module(source)
            positions = metadata.MetadataWrapper(tree, unsafe_skip_copy=True).resolve(metadata.PositionProvider)
        except SyntaxError as error:
            self._log.add("E101", _place(error, shown), f"{error.msg}")
            return None
        except cst.ParserSyntaxError as error:
            place = Span(shown, error.raw_line, error.raw_column + 1, error.raw_line, error.raw_column + 2)
            self._log.add("E101", place, error.message)
            return None
        except RecursionError:
            self._log.add("E101", Span(shown, 1, 1, 1, 2), "the file is nested too deeply")
            return None
        return declarations.module_facts(file.module, shown, source, tree, positions, is_package=file.is_package)

    def _text(self, path: Path, shown: str) -> str | None:
        start = Span(shown, 1, 1, 1, 2)
        try:
            data = path.read_bytes()
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            return data.decode(encoding)
        except (UnicodeDecodeError, SyntaxError, LookupError):
            self._log.add(
                "E103",
                start,
                f"`{shown}` is not text in the encoding that it declares (UTF-8 unless it says)",
            )
        except OSError as error:
            self._log.add("E103", start, f"`{shown}` cannot be read: {error.strerror}")
        return None


def _imports(members: tuple[facts.Member, ...]) -> list[facts.Import]:
    found: list[facts.Import] = []
    for member in members:
        if isinstance(member, facts.Import):
            found.append(member)
        elif isinstance(member, facts.Class):
            found.extend(_imports(member.members))
    return found


def _check_syntax(source: str, shown: str) -> None:
    # Python's own parser refuses more than libcst's and says it better. Compiling runs nothing.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(source, shown, "exec", dont_inherit=True)
        except ValueError as error:  # a null byte, on older versions
            raise SyntaxError(str(error), (shown, 1, 1, "", 1, 2)) from error


def _place(error: SyntaxError, shown: str) -> Span:
    line, column = error.lineno or 1, error.offset or 1
    end_line, end_column = error.end_lineno or line, error.end_offset or column + 1
    if (end_line, end_column) <= (line, column):
        end_line, end_column = line, column + 1
    return Span(shown, line, column, end_line, end_column)
