--[[
  Makes a new owner the only one whose writes are accepted, if the ledger is still as that owner inspected it: not claimed by
  another owner since, and whole if its states are to be reused.
  KEYS[1]  ledger       hash, see shard-ledger.ts
  KEYS[2]  index        sorted set, see ledger-entry.ts
  ARGV[1]  barrier id   that the new owner saw, "" for none
  ARGV[2]  barrier      of the new owner
  ARGV[3]  barrier id   of the new owner
  ARGV[4]  cluster      of the new owner
  ARGV[5]  replication  id of the data, as the new owner saw it
  ARGV[6]  "reuse" the states and the checkpoint, or "rebuild" both from nothing
  Output   1 claimed, 0 the ledger has changed
]]
local proof = redis.call("HMGET", KEYS[1], " barrierId", " users", " members")
if (proof[1] or "") ~= ARGV[1] then
  return 0
end
if ARGV[6] == "rebuild" then
  redis.call("UNLINK", KEYS[1], KEYS[2])
  redis.call("HSET", KEYS[1], " offset", "0", " last", "", " users", "0", " members", "0")
else
  local users = tonumber(proof[2] or "")
  if not users or redis.call("HLEN", KEYS[1]) ~= users + 8 or redis.call("ZCARD", KEYS[2]) ~= tonumber(proof[3]) then
    return 0
  end
end
redis.call("HSET", KEYS[1], " barrier", ARGV[2], " barrierId", ARGV[3], " cluster", ARGV[4], " replication", ARGV[5])
return 1
