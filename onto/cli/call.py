"""`onto call MODEL DOC_ID METHOD name=value…`: a domain method by hand, and what it returned; a view takes `set`.

$ onto call Ticket t1 mark attending=true
null
$ onto call MeetingSession m1 set in_session=true
null
$ onto call Ticket t1 mark attending=maybe
onto: Ticket.mark: attending: 'maybe' is not true or false        (exit code 1; nothing was sent)
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onto import errors
from onto.cli import calls, options

if TYPE_CHECKING:
    from onto import domain_model, view_model
    from onto.app import App
    from onto.mapper import shape


@click.command("call")
@click.argument("model_name", metavar="MODEL|VIEW")
@click.argument("doc_id")
@click.argument("method")
@click.argument("arguments", nargs=-1, metavar="[NAME=VALUE]...")
@options.bundle
@options.datastore
@options.connection
@click.option("--request-id", metavar="TEXT", help="Call again under this id: it is applied once.")
@click.option("--seconds", default=30.0, show_default=True, help="Wait so long; a call not begun by then never is.")
@click.option("--wait", is_flag=True, help="Return when the views include what the call changed.")
@options.as_json
def command(
    model_name: str, doc_id: str, method: str, arguments: tuple[str, ...], bundle_folder: str, app: str | None,
    request_id: str | None, seconds: float, wait: bool, as_json: bool, **flags: Any,
) -> None:  # fmt: skip
    """Call METHOD of the MODEL with that DOC_ID, and write what it returns as JSON.

    Values are text, numbers, true, false, null or JSON, as the method's parameters have it; an entity is given by its
    doc_id. Every model also has new NAME=VALUE..., save document=JSON and delete. A VIEW, by the DOC_ID of its root,
    has set NAME=VALUE..., which runs the setters of these attributes.

    The stack runs the method; or this process on a datastore, if --database, the settings or boiler.yaml name one.
    """
    from onto import calling, wire

    place = calls.place(Path(bundle_folder), app, flags, keep=request_id is not None)
    collection, args = command_of(place.app, model_name, method, arguments, doc_id)
    with place.opened() as sender:
        called = wire.Command(calling.new_id(request_id), method, args, model_name, calling.deadline(seconds))
        sent = sender.send(collection, doc_id, called)
        reply = calling.Pending(sent, called.request_id, seconds, sender.forget).reply()
    if wait:
        place.wait(reply.token)
    if as_json:
        told = {"ok": reply.result, "request_id": reply.request_id, "token": [list(one) for one in reply.token]}
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo(json.dumps(reply.result, ensure_ascii=False))


def command_of(
    loaded: App, name: str, method: str, arguments: Iterable[str], doc_id: str
) -> tuple[str, dict[str, Any]]:
    """Return the collection where a call of a model or view goes, and its arguments as they travel."""
    from onto import methods, setting

    models = methods.Models.around(loaded.models, loaded.views)
    model, view = models.named(name), models.view(name)
    if model is not None:
        args = parse(model, method, arguments)
        if method == "save" and methods.method_of(model, method) is None and isinstance(args.get("document"), dict):
            _check_document(model, doc_id, args["document"])
        return model.collection_name(), args
    if view is not None:
        if method != methods.SET:
            raise methods.NoSuchMethodError(f"{name} is a view and has no method `{method}`; it has {methods.SET}")
        return setting.root_of(view).collection_name(), parse_values(view, arguments)
    known = [one.__name__ for one in (*loaded.models, *loaded.views)]
    hint = errors.meant(name, known) or f"; there are: {', '.join(known)}"
    raise errors.OntoError(f"{loaded.name} has no model or view `{name}`{hint}")


def parse(model: type[domain_model.DomainModel], method: str, given: Iterable[str]) -> dict[str, Any]:
    """Return the arguments of a call as they travel; OntoError says which does not fit, and how it should."""
    from onto import methods, signature

    texts = _pairs(given)
    found = methods.method_of(methods.defining(model, method), method)
    if found is not None:
        typed = signature.of(found)
        shapes = {one.name: one.shape for one in typed.params}
        args = {name: _value(name, shapes.get(name), text) for name, text in texts.items()}
        typed.load(args)  # says what is wrong before anything is sent
        return args
    known_attributes = model._attributes if method == "new" else {}
    return {
        name: _value(name, known_attributes[name].value_shape() if name in known_attributes else None, text)
        for name, text in texts.items()
    }


def parse_values(view: type[view_model.ViewModel], given: Iterable[str]) -> dict[str, Any]:
    """Return the attributes of a view to set, as they travel; OntoError says which does not fit, and how it should."""
    from onto import setting

    known = view._attributes
    values = {
        name: _value(name, known[name].value_shape() if name in known else None, text)
        for name, text in _pairs(given).items()
    }
    setting.load_values(view, values)  # says what is wrong before anything is sent
    return values


def _check_document(model: type[domain_model.DomainModel], doc_id: str, document: dict[str, Any]) -> None:
    """Say what would be lost or refused of a document in stored form."""
    from onto import loading
    from onto.mapper import load

    try:
        loading.check(model, doc_id, document)
    except (ValueError, load.MappingError) as error:
        raise errors.OntoError(str(error)) from error


def _pairs(given: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.UsageError(f"`{text}` is no argument; write name=value")
        if name in found:
            raise click.UsageError(f"`{name}` is given twice")
        found[name] = value
    return found


def _value(name: str, of: shape.Shape | None, text: str) -> Any:
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
        match of:
            case shape.ListOf() | shape.SetOf():
                raise click.UsageError(f'`{name}` is a list, in JSON: write {name}=\'["a", "b"]\'') from None
            case shape.DictOf() | shape.Embedded():
                raise click.UsageError(f"`{name}` is an object, in JSON: write {name}='{{\"a\": …}}'") from None
        return text
