--[[
  Reads a ledger's proof and the replication id of the data. A replica that becomes the master has a new id, and beside it the id of
  the master whose data it continues. It may lack the last writes that this master acknowledged.

  KEYS[1]  ledger       hash, see shard-ledger.ts
  KEYS[2]  index        sorted set, see ledger-entry.ts
  ARGV     names of the fields to read

  Output   {replication id | "" when INFO is not allowed, 1 if a replica became the master since the last claim | 0,
            number of fields, number of members of the index, value | "" of each field read}
]]
local info = redis.pcall("INFO", "replication")
local id, continued = "", ""
if type(info) == "string" then
  id = string.match(info, "master_replid:(%x+)") or ""
  continued = string.match(info, "master_replid2:(%x+)") or ""
end
local claimed = redis.call("HGET", KEYS[1], " replication")
local failedOver = claimed and claimed ~= "" and claimed ~= id and string.find(continued, "[1-9a-f]")
local reply = { id, failedOver and 1 or 0, redis.call("HLEN", KEYS[1]), redis.call("ZCARD", KEYS[2]) }
for _, value in ipairs(redis.call("HMGET", KEYS[1], unpack(ARGV))) do
  reply[#reply + 1] = value or ""
end
return reply
