"""What somebody would write by hand with StateFun's SDK: the same update of the same state, for the same topics.

    hand/hand        keeps the account, replies and publishes the change
    hand/hand_once   also knows the commands that it has answered, as onto does

Neither reads types, checks sizes, limits time or survives a command that is wrong.
"""

from __future__ import annotations

import datetime
import json
from typing import Any

import statefun
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from flink_jobs import functions_app

EGRESS, REPLIES = "onto/out", "bank-replies"
KEPT = 32  # replies, as many as onto keeps
COMMAND = statefun.make_json_type("onto/command")
STATE = statefun.make_json_type("hand/state")


def handler() -> statefun.RequestReplyHandler:
    """Return what answers StateFun's requests."""
    functions = statefun.StatefulFunctions()

    @functions.bind("hand/hand", [statefun.ValueSpec("account", STATE)])
    def hand(context: Any, message: Any) -> None:
        command = message.as_type(COMMAND)
        _reply(context, command, _answer(context, command, "hand"))

    kept = statefun.ValueSpec("seen", STATE, expire_after_write=datetime.timedelta(minutes=10))

    @functions.bind("hand/hand_once", [statefun.ValueSpec("account", STATE), kept])
    def hand_once(context: Any, message: Any) -> None:
        command = message.as_type(COMMAND)
        seen = context.storage.seen or []
        for request_id, reply in seen:
            if request_id == command["request_id"]:
                _reply(context, command, reply)
                return
        reply = _answer(context, command, "hand_once")
        context.storage.seen = [*seen, [command["request_id"], reply]][-KEPT:]
        _reply(context, command, reply)

    return statefun.RequestReplyHandler(functions)


def create() -> Starlette:
    """Return the endpoint."""
    served = handler()

    async def answer(request: Request) -> Response:
        return Response(await served.handle_async(await request.body()), media_type="application/octet-stream")

    async def health(_: Request) -> Response:
        return PlainTextResponse("by hand")

    routes = [Route(functions_app.PATH, answer, methods=["POST"]), Route(functions_app.HEALTH, health)]
    return Starlette(routes=routes)


def _answer(context: Any, command: dict[str, Any], collection: str) -> dict[str, Any]:
    doc_id = context.address.id
    version, before = context.storage.account or (0, None)
    args = command["args"]
    if command["method"] == "new":
        place = {"obj_type": "Account", "doc_id": doc_id, "doc_ref": f"{collection}/{doc_id}"}
        after, result = {"owner": args["owner"], "balance": args["balance"], **place}, None
    elif args["amount"] < 0:
        return {"error": {"type": "ValueError", "message": f"{args['amount']} is no deposit"}}
    else:
        after = {**before, "balance": before["balance"] + args["amount"]}
        result = after["balance"]
    context.storage.account = [version + 1, after]
    change = {"op": "c" if before is None else "u", "before": before, "after": after}
    _record(context, collection, doc_id, {**change, "x": command["request_id"], "v": version + 1})
    return {"ok": result, "token": [[collection, doc_id, version + 1]]}


def _reply(context: Any, command: dict[str, Any], reply: dict[str, Any]) -> None:
    _record(context, REPLIES, command["request_id"], reply)


def _record(context: Any, topic: str, key: str, value: Any) -> None:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    context.send_egress(statefun.kafka_egress_message(typename=EGRESS, topic=topic, key=key, value=text))
