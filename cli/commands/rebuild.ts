import type { Command } from "commander";
import { allShards } from "../../src/domain/shard-of.ts";
import { forgetLedger } from "../../src/ledger/shard-ledger.ts";
import { shardPrefix } from "../../src/redis/keys.ts";
import { addJsonOption, addYesOption, confirm, type JsonOption, type YesOption } from "../context/arguments.ts";
import { runCommand } from "../context/cli-context.ts";
import { exitCodes } from "../context/exit-codes.ts";

/** `bridge rebuild`: has the workers rebuild the ledger from Kafka. */
export function addRebuildCommand(program: Command): void {
  addYesOption(addJsonOption(program.command("rebuild")))
    .description("rebuild the ledger from Kafka; a running worker begins within seconds, any other when it starts")
    .option("--shard <n...>", "rebuild these shards only")
    .action((options: JsonOption & YesOption & { shard?: string[] }) =>
      runCommand(options, async ({ config, redis, print, result }) => {
        const all = allShards(config.shards).map(String);
        const shards = options.shard ?? all;
        const unknown = shards.find((shard) => !all.includes(shard));
        if (unknown !== undefined) throw new Error(`There is no shard ${unknown}.`);
        await confirm(
          `This deletes the ledgers of the shards ${shards.join(", ")}, which workers rebuild from Kafka`,
          options,
        );
        for (const shard of shards) {
          await forgetLedger(redis, shardPrefix(config.redis.prefix, Number(shard)));
          print(`shard ${shard}: its owner rebuilds it`);
        }
        result({ shards: shards.map(Number) });
        return exitCodes.ok;
      }),
    );
}
