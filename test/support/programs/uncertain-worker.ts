// A worker for a test of lost answers. Every seventh commit of a transaction succeeds, and then reports an error.
import { Kafka } from "kafkajs";
import { createLogger } from "../../../src/shared/logger.ts";
import { runProgram } from "../../../src/shared/lifecycle.ts";
import { startWorker } from "../../../workers/start-worker.ts";
import { readWorkerConfig } from "../../../workers/worker-config.ts";

const loseEvery = 7;

await runProgram(async (onFatal) => {
  const config = readWorkerConfig();
  const log = createLogger("worker", config.logLevel);
  let commits = 0;
  const { producer } = Kafka.prototype;
  Kafka.prototype.producer = function createUncertainProducer(options) {
    const created = producer.call(this, options);
    const begin = created.transaction;
    created.transaction = async () => {
      const transaction = await begin();
      const { commit } = transaction;
      transaction.commit = async () => {
        await commit();
        commits += 1;
        if (commits % loseEvery !== 0) return;
        log.info({ event: "answer.lost" });
        throw new Error("the answer to a commit is lost");
      };
      return transaction;
    };
    return created;
  };
  const { lifecycle } = await startWorker(config, log, { onFatal });
  lifecycle.stopOnSignals(config.shutdownTimeoutMs);
});
