package example;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Produced;

/** Adds the user of each order: {@code {"amount": 9.99}} becomes {@code {"amount": 9.99, "customer": "Ada Lovelace", "email": …}}. */
final class OrdersWithUsers {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Serde<JsonNode> VALUES = Serdes.serdeFrom(
    (topic, value) -> value == null ? null : value.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8),
    (topic, bytes) -> bytes == null ? null : parse(bytes)
  );

  static Topology topology(Topics topics) {
    StreamsBuilder builder = new StreamsBuilder();
    // The topic is compacted: a table of the current users. A tombstone, of a deleted user or of the bridge itself, has no row.
    KTable<String, JsonNode> users = builder.table(topics.users(), Consumed.with(Serdes.String(), VALUES));
    builder
      .stream(topics.orders(), Consumed.with(Serdes.String(), VALUES))
      .leftJoin(users, OrdersWithUsers::describe, Joined.with(Serdes.String(), VALUES, VALUES))
      .peek((userId, order) -> System.out.println(userId + " " + order))
      .to(topics.output(), Produced.with(Serdes.String(), VALUES));
    return builder.build();
  }

  /** {@code user} is null for a user that is deleted or unknown. */
  private static JsonNode describe(JsonNode order, JsonNode user) {
    ObjectNode described = order.deepCopy();
    if (user == null) return described.putNull("customer").putNull("email");
    return described
      .put("customer", (user.get("firstName").asText() + " " + user.get("lastName").asText()).strip())
      .put("email", user.path("emailAddress").path(0).textValue());
  }

  private static JsonNode parse(byte[] bytes) {
    try {
      return JSON.readTree(bytes);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }
}
