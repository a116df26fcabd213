package example;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;

/** The topics of the example. All have the same number of partitions, because a join needs that. */
record Topics(String users, String orders, String output) {
  /** Creates the topics of the orders with as many partitions as the bridge's topic of users has. Fails when that does not exist. */
  void createMissing(String brokers) throws Exception {
    try (var admin = Admin.create(java.util.Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, brokers))) {
      Set<String> existing = admin.listTopics().names().get();
      int partitions = admin.describeTopics(List.of(users)).allTopicNames().get().get(users).partitions().size();
      List<NewTopic> missing = List.of(orders, output)
        .stream()
        .filter((topic) -> !existing.contains(topic))
        .map((topic) -> new NewTopic(topic, Optional.of(partitions), Optional.empty()))
        .toList();
      admin.createTopics(missing).all().get();
    }
  }
}
