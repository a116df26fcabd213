--[[
  Reads states together with the proof that they are complete: the claim must be the owner's, the checkpoint what
  that owner last wrote, and no field may be missing.

  KEYS[1]  ledger       hash, see shard-ledger.ts
  KEYS[2]  index        sorted set, see ledger-entry.ts
  ARGV[1]  barrier id   of the owner
  ARGV[2]  offset       the checkpoint that owner last wrote
  ARGV[3…] user ids

  Output   {1, value | false, …}       in the order of the ids
           {0, barrier | false}        the ledger differs
]]
local proof = redis.call("HMGET", KEYS[1], " barrierId", " offset", " users", " barrier", " members")
local users = tonumber(proof[3] or "")
if proof[1] ~= ARGV[1] or proof[2] ~= ARGV[2] or not users or redis.call("HLEN", KEYS[1]) ~= users + 8
  or redis.call("ZCARD", KEYS[2]) ~= tonumber(proof[5]) then
  return { 0, proof[4] }
end
if #ARGV == 2 then
  return { 1 }
end
local ids = {}
for i = 3, #ARGV do
  ids[#ids + 1] = ARGV[i]
end
local values = redis.call("HMGET", KEYS[1], unpack(ids))
table.insert(values, 1, 1)
return values
