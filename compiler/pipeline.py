"""The passes in order: text → facts → model → getter IR → plan → SQL, functions, manifest.

    run("examples.meeting_room", Settings())  →  Compiled(findings, app, plan, bundle, files)

A pass that added an error ends the run; what was found until then is all reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata

from compiler import (
    build,
    emit_sql,
    emit_statefun,
    emit_udf,
    manifest,
    methods,
    model,
    optimize,
    packages,
    plan,
    purity,
    reach,
    read,
    relate,
    resolve,
)
from compiler.diagnostics import Diagnostic, Log
from onto import bundle


@dataclass(frozen=True, slots=True)
class Compiled:
    """What one run found and made; later results are None where an error came first."""

    found: tuple[Diagnostic, ...]
    sources: Mapping[str, str]  # file as shown → its text
    app: model.App | None = None
    program: build.Program | None = None
    plan: plan.Plan | None = None
    bundle: bundle.Bundle | None = None
    files: Mapping[str, str] | None = None  # of the bundle, by path
    commands: reach.Found = field(default_factory=reach.Found)

    @property
    def failed(self) -> bool:
        """Tell whether an error was found."""
        return any(one.is_error for one in self.found)


def run(name: str, settings: emit_sql.Settings, requirements: tuple[str, ...] = ()) -> Compiled:
    """Compile the app of that module name or path; its getters may import the `requirements`."""
    log = Log()
    facts = read.read(name, log)
    app = resolve.resolve(facts, log)
    sources = facts.sources
    purity.check(app, log)  # and build: getters are independent of each other, and of what is wrong elsewhere
    found = methods.find(app, log)
    program = build.build(app, log)
    if log.has_errors:
        return Compiled(tuple(log.found), sources, app, program)
    made = relate.relate(app, program, log)
    if log.has_errors:
        return Compiled(tuple(log.found), sources, app, program, made)
    packages.check(made, app, requirements, log)
    if log.has_errors:
        return Compiled(tuple(log.found), sources, app, program, made)
    made = optimize.optimize(made)
    sql = emit_sql.emit(made, app, settings)
    version = onto_version()
    files = {
        **sql.files(),
        **{f"udfs/{path}": text for path, text in emit_udf.emit(made, app, version).items()},
        **emit_statefun.files(app, found, settings),
    }
    commands, settable = emit_statefun.registry(app, found.methods), emit_statefun.setters(app, found.setters)
    described = manifest.manifest(app, made, sql, commands, settable, version, settings.prefix, requirements)
    return Compiled(
        tuple(log.found),
        sources,
        app,
        program,
        made,
        described,
        files,
        found,
    )


def onto_version() -> str:
    """Return the installed version of onto."""
    return metadata.version("onto")
