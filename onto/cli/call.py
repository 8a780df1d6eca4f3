"""`onto call MODEL DOC_ID METHOD name=value…`: a domain method by hand, and what it returned.

$ onto call Ticket t1 mark attending=true
null
$ onto call Ticket t1 mark attending=maybe
onto: Ticket.mark: attending: 'maybe' is not true or false        (exit code 1; nothing was sent)
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onto import bundle, errors
from onto.cli import options

if TYPE_CHECKING:
    from onto import domain_model
    from onto.mapper import shape


@click.command("call")
@click.argument("model_name", metavar="MODEL")
@click.argument("doc_id")
@click.argument("method")
@click.argument("arguments", nargs=-1, metavar="[NAME=VALUE]...")
@options.bundle
@options.connection
@click.option("--request-id", metavar="TEXT", help="Call again under this id: it is applied once.")
@click.option("--seconds", default=30.0, show_default=True, help="Wait so long; a call not begun by then never is.")
@click.option("--wait", is_flag=True, help="Return when the views include what the call changed.")
@options.as_json
def command(
    model_name: str, doc_id: str, method: str, arguments: tuple[str, ...], bundle_folder: str,
    request_id: str | None, seconds: float, wait: bool, as_json: bool, **flags: Any,
) -> None:  # fmt: skip
    """Call METHOD of the MODEL with that DOC_ID, and write what it returns as JSON.

    Values are text, numbers, true, false, null or JSON, as the method's parameters have it; an entity is given by its
    doc_id. Every model also has new NAME=VALUE..., save document=JSON and delete.
    """
    from onto import app, gateway, methods

    chosen = options.settings_from(flags)
    made = bundle.read(Path(bundle_folder))
    models = methods.Models.around(app.load(made.app).models)
    model = models.named(model_name)
    if model is None:
        raise errors.OntoError(_unknown(f"{made.app} has no model `{model_name}`", model_name, made))
    args = parse(model, method, arguments)
    prefix = chosen.topic_prefix or made.topic_prefix
    with gateway.Gateway(chosen.bootstrap_servers, made.replies_topic, prefix=prefix, properties=chosen.kafka) as calls:
        reply = calls.call(
            model.collection_name(), doc_id, method, args, model=model_name, request_id=request_id, seconds=seconds
        )
    if wait:
        from onto.consume import inclusion

        inclusion.wait(reply.token, made, chosen.bootstrap_servers, prefix=prefix, properties=chosen.kafka)
    if as_json:
        told = {"ok": reply.result, "request_id": reply.request_id, "token": [list(one) for one in reply.token]}
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo(json.dumps(reply.result, ensure_ascii=False))


def parse(model: type[domain_model.DomainModel], method: str, given: Iterable[str]) -> dict[str, Any]:
    """Return the arguments of a call as they travel; OntoError says which does not fit, and how it should."""
    from onto import methods, signature

    texts = dict(map(_pair, given))
    found = methods.method_of(methods.defining(model, method), method)
    if found is not None:
        typed = signature.of(found)
        shapes = {one.name: one.shape for one in typed.params}
        args = {name: _value(shapes.get(name), text) for name, text in texts.items()}
        typed.load(args)  # says what is wrong before anything is sent
        return args
    known_attributes = model._attributes if method == "new" else {}
    return {
        name: _value(known_attributes[name].value_shape() if name in known_attributes else None, text)
        for name, text in texts.items()
    }


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.UsageError(f"`{text}` is no argument; write name=value")
    return name, value


def _value(of: shape.Shape | None, text: str) -> Any:
    """Read a value as its parameter's type has it in JSON: text stays text where text is wanted."""
    from onto.mapper import shape

    match of:
        case shape.Number() | shape.Moment() | shape.RelationTo() | shape.Choice():
            return None if text == "null" else text
        case shape.Plain(kind) if kind not in (bool, int, float):
            return None if text == "null" else text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _unknown(message: str, name: str, made: bundle.Bundle) -> str:
    known = list(dict.fromkeys(one.model for one in made.methods))
    near: list[str] = difflib.get_close_matches(name, known, n=1)
    return f"{message}; did you mean `{near[0]}`?" if near else f"{message}; with methods: {', '.join(known)}"
