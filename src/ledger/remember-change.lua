--[[
  Remembers a change of a user that the ledger does not have yet, unless a newer one is already remembered.
  KEYS[1]  pending      hash, see pending-changes.ts
  ARGV[1]  user id
  ARGV[2]  recency      of the changed state
  ARGV[3]  state JSON
  ARGV[4]  lifetime     of the hash, in ms
  Output   1
]]
local known = redis.call("HGET", KEYS[1], ARGV[1])
if not known or tonumber(string.match(known, "^%d+")) <= tonumber(ARGV[2]) then
  redis.call("HSET", KEYS[1], ARGV[1], ARGV[2] .. "|" .. ARGV[3])
end
redis.call("PEXPIRE", KEYS[1], ARGV[4])
return 1
