--[[
  Ends a lease and stores the loaded value in its place, if there is one. Stores nothing when an invalidation has deleted the lease.
  An invalidation that moved the generation leaves the value in the old generation, where it is invalid.

  KEYS[1]  entry        "value:<generation>:<JSON>" or "lease:<generation>:<token>"
  ARGV[1]  token        of the lease
  ARGV[2]  JSON         the loaded value; "" to store nothing
  ARGV[3]  ms           until the value expires

  Output   1 stored, 0 not
]]
local generation, token = string.match(redis.call("GET", KEYS[1]) or "", "^lease:(%d+):(.+)$")
if token ~= ARGV[1] then
  return 0
end
if ARGV[2] == "" then
  redis.call("DEL", KEYS[1])
  return 0
end
redis.call("SET", KEYS[1], "value:" .. generation .. ":" .. ARGV[2], "PX", ARGV[3])
return 1
