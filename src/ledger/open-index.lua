--[[
  Reads what a list of users needs to know of one shard, at one moment.
  KEYS[1]  ledger       hash, see shard-ledger.ts
  KEYS[2]  index        sorted set, see ledger-entry.ts
  KEYS[3]  pending      hash, see pending-changes.ts
  ARGV[1]  min          of the wanted users in the index, as ZLEXCOUNT takes it
  ARGV[2]  max
  Output   {1 if no part of ledger and index is lost | 0, barrier | false, checkpoint | false, number of members below the wanted ones,
            number of wanted members, (user id, pending value, value in the ledger | false) of each pending change}
]]
local proof = redis.call("HMGET", KEYS[1], " users", " members", " barrier", " offset")
local users, members = tonumber(proof[1] or ""), tonumber(proof[2] or "")
local whole = users and members and redis.call("HLEN", KEYS[1]) == users + 8 and redis.call("ZCARD", KEYS[2]) == members
local below = redis.call("ZLEXCOUNT", KEYS[2], "-", "(" .. string.sub(ARGV[1], 2))
local reply = { whole and 1 or 0, proof[3], proof[4], below, redis.call("ZLEXCOUNT", KEYS[2], ARGV[1], ARGV[2]) }
local pending = redis.call("HGETALL", KEYS[3])
for i = 1, #pending, 2 do
  reply[#reply + 1] = pending[i]
  reply[#reply + 1] = pending[i + 1]
  reply[#reply + 1] = redis.call("HGET", KEYS[1], pending[i])
end
return reply
