--[[
  Reads the values of the next users of the index, in its order.
  KEYS[1]  ledger       hash, see shard-ledger.ts
  KEYS[2]  index        sorted set, see ledger-entry.ts
  ARGV[1]  min          of the wanted users in the index, as ZRANGEBYLEX takes it
  ARGV[2]  max
  ARGV[3]  count        of users to look at
  ARGV[4]  text         in lowercase ASCII; only values that contain it are returned, compared without case. "" for all
  Output   {last member that was looked at | "" at the end, value, …}
]]
local members = redis.call("ZRANGEBYLEX", KEYS[2], ARGV[1], ARGV[2], "LIMIT", 0, ARGV[3])
if #members == 0 then
  return { "" }
end
local ids = {}
for i, member in ipairs(members) do
  ids[i] = string.match(member, "[^:]+$")
end
local reply = { #members < tonumber(ARGV[3]) and "" or members[#members] }
for _, value in ipairs(redis.call("HMGET", KEYS[1], unpack(ids))) do
  if value and (ARGV[4] == "" or string.find(string.lower(value), ARGV[4], 1, true)) then
    reply[#reply + 1] = value
  end
end
return reply
