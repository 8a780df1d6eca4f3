package org.apache.flink.statefun.flink.io.kafka.binders.ingress.v1;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.flink.statefun.flink.io.generated.AutoRoutable;
import org.apache.flink.statefun.flink.io.generated.RoutingConfig;
import org.apache.flink.statefun.sdk.kafka.KafkaIngressDeserializer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Brings every record of a command topic to a function, also one without a key or without a value.
 *
 * <p>The class of this name in StateFun's distribution throws for those: the job ends, begins again, reads the record again,
 * and so on for ever. Here an empty text takes the place of what is missing, and the endpoint refuses it as it refuses every
 * command that is malformed. This class is put before the distribution in the class path; `make ingress` compiles it.
 */
public final class RoutableKafkaIngressDeserializer implements KafkaIngressDeserializer<Message> {
  private static final long serialVersionUID = 1L;

  private final Map<String, RoutingConfig> targets;

  public RoutableKafkaIngressDeserializer(Map<String, RoutingConfig> targets) {
    this.targets = targets;
  }

  @Override
  public Message deserialize(ConsumerRecord<byte[], byte[]> command) {
    byte[] key = command.key();
    byte[] value = command.value();
    return AutoRoutable.newBuilder()
        .setConfig(targets.get(command.topic()))
        .setId(key == null ? "" : new String(key, StandardCharsets.UTF_8))
        .setPayloadBytes(value == null ? ByteString.EMPTY : ByteString.copyFrom(value))
        .build();
  }
}
