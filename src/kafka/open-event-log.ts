import type { KafkaConfig } from "./client/kafka-config.ts";
import type { Logger } from "../shared/logger.ts";
import { createKafka } from "./client/create-kafka.ts";
import { createRecordCopier, type RecordCopier } from "./publishing/record-copier.ts";
import { checkTransactions } from "./publishing/check-transactions.ts";
import { type CheckedTopics, checkTopics, ensureTopics } from "./topics/ensure-topics.ts";
import type { KafkaProblem } from "./topics/find-kafka-problems.ts";
import { type FollowOptions, followTopic } from "./consuming/follow-topic.ts";
import { joinShardGroup, type ShardGroup, type ShardGroupListener } from "./consuming/join-shard-group.ts";
import { createShardPublisher, type ShardPublisher } from "./publishing/shard-publisher.ts";
import {
  countPartitions,
  growTopics,
  type PartitionCounts,
  readEndOffset,
  readEndOffsets,
} from "./topics/partitions.ts";
import { readClusterId } from "./client/create-kafka.ts";
import { findLastRecords } from "./consuming/consumer-lag.ts";
import { findMisplaced, type MisplacedStates } from "./consuming/find-misplaced.ts";
import { readGroupLag } from "./consuming/consumer-lag.ts";

/** All that the rest of the bridge knows of Kafka. Nothing connects before the first call. Every call throws while Kafka is unavailable. */
export interface EventLog {
  /** See {@link ensureTopics}. */
  ensureTopics(): Promise<readonly KafkaProblem[]>;
  /** See {@link checkTopics}. */
  checkTopics(): Promise<CheckedTopics>;
  /** See {@link checkTransactions}. */
  checkTransactions(): Promise<void>;
  countPartitions(): Promise<PartitionCounts>;
  /** See {@link growTopics}. */
  growTopics(partitions: number): Promise<void>;
  /** See {@link findMisplaced}. */
  findMisplaced(shardOf: (userId: string) => number, signal: AbortSignal): Promise<MisplacedStates>;
  /** See {@link findLastRecords}; of the events topic. */
  findLastEvents(signal: AbortSignal): Promise<ReadonlyMap<number, bigint>>;
  /** See {@link readGroupLag}; of the events topic. */
  groupLag(groupId: string, lastEvents: ReadonlyMap<number, bigint>): Promise<bigint>;
  /** See {@link readEndOffset}; of the state topic. */
  stateEnd(shard: number): Promise<bigint>;
  /** See {@link readEndOffsets}; of the state topic. */
  stateEnds(): Promise<ReadonlyMap<number, bigint>>;
  /** The id of the cluster: a ledger made from another cluster is worth nothing. */
  clusterId(): Promise<string>;
  /** See {@link createShardPublisher}; `beforeCommit` is called when a batch is written and its commit not yet asked for. */
  openPublisher(shard: number, beforeCommit?: () => Promise<void>, movesAmong?: number): Promise<ShardPublisher>;
  /** See {@link joinShardGroup}. */
  joinGroup(listener: ShardGroupListener): Promise<ShardGroup>;
  /** See {@link followTopic}. */
  follow(options: FollowOptions): Promise<void>;
  /** See {@link createRecordCopier}; a topic that is missing gets as many partitions as there are shards. */
  openCopier(topic: string): Promise<RecordCopier>;
}

export function openEventLog(config: KafkaConfig, log: Logger): EventLog {
  const kafka = createKafka(config, log);
  const follow = (options: FollowOptions) => followTopic(kafka, config.groupId, options);
  return {
    ensureTopics: () => ensureTopics(kafka, config),
    checkTopics: () => checkTopics(kafka, config),
    checkTransactions: () => checkTransactions(kafka, config),
    countPartitions: () => countPartitions(kafka, config),
    growTopics: (partitions) => growTopics(kafka, config, partitions),
    findMisplaced: (shardOf, signal) => findMisplaced({ follow, topic: config.stateTopic, shardOf, signal }),
    findLastEvents: (signal) => findLastRecords(kafka, follow, config.eventsTopic, signal),
    groupLag: (groupId, lastEvents) => readGroupLag(kafka, groupId, config.eventsTopic, lastEvents),
    stateEnd: (shard) => readEndOffset(kafka, config.stateTopic, shard),
    stateEnds: () => readEndOffsets(kafka, config.stateTopic),
    clusterId: () => readClusterId(kafka),
    openPublisher: (shard, beforeCommit, movesAmong) =>
      createShardPublisher(
        { kafka, config, ...(beforeCommit && { beforeCommit }), ...(movesAmong && { movesAmong }) },
        shard,
      ),
    joinGroup: (listener) => joinShardGroup(kafka, config, listener, log),
    follow,
    openCopier: (topic) => createRecordCopier(kafka, topic, config.shards),
  };
}
