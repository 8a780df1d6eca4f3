"""Answers as bytes are those that protobuf's own classes make."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from statefun.kafka_egress_pb2 import KafkaProducerRecord
from statefun.request_reply_pb2 import FromFunction

from flink_jobs import answers

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
VALUES = st.one_of(
    st.binary(max_size=300),
    st.sampled_from([127, 128, 8191, 8192, 16383, 16384, 2_100_000]).map(lambda size: b"x" * size),
)


@given(st.lists(st.tuples(TEXTS, TEXTS, VALUES), max_size=3), st.none() | VALUES, st.lists(st.tuples(TEXTS, VALUES)))
def test_an_answer_is_what_protobuf_makes(
    records: list[tuple[str, str, bytes]], state: bytes | None, sent: list[tuple[str, bytes]]
) -> None:
    parts = [answers.record("onto", "out", *one) for one in records]
    parts += [answers.message("onto", "accounts", id_, "onto/message", value) for id_, value in sent]
    parts.append(answers.state("entity", "onto/json", state))

    wanted = FromFunction()
    result = wanted.invocation_result
    for topic, key, value in records:
        egress = result.outgoing_egresses.add(egress_namespace="onto", egress_type="out")
        egress.argument.typename = "type.googleapis.com/io.statefun.sdk.egress.KafkaProducerRecord"
        egress.argument.has_value = True
        egress.argument.value = KafkaProducerRecord(topic=topic, key=key, value_bytes=value).SerializeToString()
    for id_, value in sent:
        message = result.outgoing_messages.add()
        message.target.namespace, message.target.type, message.target.id = "onto", "accounts", id_
        message.argument.typename, message.argument.has_value, message.argument.value = "onto/message", True, value
    mutation = result.state_mutations.add(state_name="entity")
    if state is None:
        mutation.mutation_type = FromFunction.PersistedValueMutation.DELETE
    else:
        mutation.mutation_type = FromFunction.PersistedValueMutation.MODIFY
        mutation.state_value.typename, mutation.state_value.has_value = "onto/json", True
        mutation.state_value.value = state

    found = FromFunction.FromString(answers.answer(parts))
    for one, other in zip(found.invocation_result.outgoing_egresses, result.outgoing_egresses, strict=True):
        record = KafkaProducerRecord.FromString(one.argument.value)
        assert record == KafkaProducerRecord.FromString(other.argument.value)
        one.argument.value = other.argument.value  # the order of fields is free
    assert found == wanted


def test_an_answer_without_content_is_one_too() -> None:
    assert FromFunction.FromString(answers.answer([])).HasField("invocation_result")
