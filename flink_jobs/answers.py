"""An answer to StateFun, written as the bytes that protobuf would make of it.

    answer([record("onto", "out", "accounts", "a", b"{…}"), state("entity", "onto/json", b"[…]")])   →  a FromFunction

What comes of a call is two records, which are a message in a message in a message each: to make objects of them all
costs as much as a small method. Field numbers and the messages' shapes are those of StateFun's generated classes.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from statefun.kafka_egress_pb2 import KafkaProducerRecord
from statefun.request_reply_pb2 import Address, FromFunction, TypedValue

Part = bytes  # of the result of an invocation; parts one after the other are their sum

_RECORD_TYPE = "type.googleapis.com/io.statefun.sdk.egress.KafkaProducerRecord"
_RESULT = FromFunction.InvocationResponse
_MUTATION = FromFunction.PersistedValueMutation


def record(namespace: str, egress: str, topic: str, key: str, value: bytes) -> Part:
    """Return a record for a topic."""
    written = key.encode()
    inner = b"%b%b%b%b%b%b%b" % (
        _KEY, _size(written), written, _VALUE_BYTES, _size(value), value, _topic(topic)
    )  # fmt: skip
    typed = b"%b%b%b" % (_typed(_RECORD_TYPE), _size(inner), inner)
    sent = b"%b%b%b" % (_egress(namespace, egress), _size(typed), typed)
    return b"%b%b%b" % (_EGRESSES, _size(sent), sent)


def message(namespace: str, kind: str, id_: str, typename: str, value: bytes) -> Part:
    """Return a message for another function."""
    sent = FromFunction.Invocation(
        target=Address(namespace=namespace, type=kind, id=id_),
        argument=TypedValue(typename=typename, has_value=True, value=value),
    ).SerializeToString()
    return b"%b%b%b" % (_MESSAGES, _size(sent), sent)


def state(name: str, typename: str, value: bytes | None) -> Part:
    """Return what changes a value of the function; None removes it."""
    if value is None:
        sent = _MUTATION(state_name=name, mutation_type=_MUTATION.DELETE).SerializeToString()
    else:
        typed = b"%b%b%b" % (_typed(typename), _size(value), value)
        sent = b"%b%b%b" % (_modified(name), _size(typed), typed)
    return b"%b%b%b" % (_MUTATIONS, _size(sent), sent)


def answer(parts: Iterable[Part]) -> bytes:
    """Return the whole answer."""
    result = b"".join(parts)
    return b"%b%b%b" % (_INVOCATION_RESULT, _size(result), result)


def _tag(kind: Any, name: str) -> bytes:
    """Return what comes before a field of bytes, a text or a message."""
    return _number(kind.DESCRIPTOR.fields_by_name[name].number << 3 | 2)


def _number(value: int) -> bytes:
    """Return a number in protobuf's form: seven bits in a byte, the least first, the highest bit for more."""
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


def _size(of: bytes) -> bytes:
    size = len(of)
    return _SIZES[size] if size < len(_SIZES) else _number(size)


_SIZES = tuple(_number(size) for size in range(8192))
_KEY, _VALUE_BYTES = _tag(KafkaProducerRecord, "key"), _tag(KafkaProducerRecord, "value_bytes")
_EGRESSES, _MESSAGES = _tag(_RESULT, "outgoing_egresses"), _tag(_RESULT, "outgoing_messages")
_MUTATIONS, _INVOCATION_RESULT = _tag(_RESULT, "state_mutations"), _tag(FromFunction, "invocation_result")


@functools.lru_cache(maxsize=1024)
def _topic(name: str) -> bytes:
    return bytes(KafkaProducerRecord(topic=name).SerializeToString())


@functools.lru_cache(maxsize=64)
def _typed(typename: str) -> bytes:
    """Return the beginning of a typed value, up to the length of the value."""
    return bytes(TypedValue(typename=typename, has_value=True).SerializeToString()) + _tag(TypedValue, "value")


@functools.lru_cache(maxsize=64)
def _egress(namespace: str, kind: str) -> bytes:
    begun = FromFunction.EgressMessage(egress_namespace=namespace, egress_type=kind).SerializeToString()
    return bytes(begun) + _tag(FromFunction.EgressMessage, "argument")


@functools.lru_cache(maxsize=64)
def _modified(name: str) -> bytes:
    begun = _MUTATION(state_name=name, mutation_type=_MUTATION.MODIFY).SerializeToString()
    return bytes(begun) + _tag(_MUTATION, "state_value")
