package example;

import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

/**
 * Without arguments: joins the orders with the users until it is stopped. With the arguments {@code order <user id> <amount>}: writes one
 * order.
 */
public final class Main {
  private static final String BROKERS = setting("KAFKA_BROKERS", "127.0.0.1:9092");
  private static final Topics TOPICS = new Topics(
    setting("KAFKA_STATE_TOPIC", "user.state"),
    setting("ORDERS_TOPIC", "orders"),
    setting("OUTPUT_TOPIC", "orders-with-users")
  );

  public static void main(String[] args) throws Exception {
    if (args.length == 0) {
      join();
    } else if (args.length == 3 && args[0].equals("order")) {
      writeOrder(args[1], Double.parseDouble(args[2]));
    } else {
      System.err.println("arguments: none, or: order <user id> <amount>");
      System.exit(1);
    }
  }

  private static void join() throws Exception {
    TOPICS.createMissing(BROKERS);
    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, setting("KAFKA_GROUP_ID", "example-java-streams"));
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, BROKERS);
    config.put(StreamsConfig.STATE_DIR_CONFIG, setting("DATA_FOLDER", "data"));
    // Sets isolation.level=read_committed too, without which the table would have users of aborted transactions.
    config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);

    KafkaStreams streams = new KafkaStreams(OrdersWithUsers.topology(TOPICS), config);
    CountDownLatch stopped = new CountDownLatch(1);
    streams.setUncaughtExceptionHandler((error) -> {
      System.err.println(error);
      stopped.countDown();
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
    System.out.println("joins " + TOPICS.orders() + " with " + TOPICS.users());
    stopped.await();
    System.exit(1);
  }

  private static void writeOrder(String userId, double amount) throws Exception {
    TOPICS.createMissing(BROKERS);
    Map<String, Object> config = new HashMap<>(Map.of("bootstrap.servers", BROKERS));
    try (var producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
      // The same key as the user's events, and Java's default partitioner: the order lands in the user's partition.
      producer.send(new ProducerRecord<>(TOPICS.orders(), userId, "{\"amount\":" + amount + "}")).get();
    }
  }

  private static String setting(String name, String defaultValue) {
    String value = System.getenv(name);
    return value == null || value.isBlank() ? defaultValue : value;
  }
}
