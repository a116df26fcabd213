import { execa } from "execa";
import { installKafka } from "../../../dev/stack/install-kafka.ts";
import { javaArguments } from "../../../dev/stack/java-arguments.ts";

const classes: Readonly<Record<string, string>> = {
  "kafka-configs.sh": "kafka.admin.ConfigCommand",
};

/** Runs a command line of Kafka's own tools, for example `kafka-configs.sh --alter …`. Throws with its output when it fails. */
export async function runKafkaCommand(line: string): Promise<void> {
  const [script = "", ...args] = line.split(" ");
  const mainClass = classes[script];
  if (mainClass === undefined) throw new Error(`no class is known for ${script}`);
  await execa("java", [...javaArguments(await installKafka(() => {})), mainClass, ...args]);
}
