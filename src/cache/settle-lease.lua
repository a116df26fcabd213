--[[
  Ends a lease: puts what was loaded in its place, or nothing. Does neither when an invalidation has deleted the lease; and
  one that moved the generation leaves the value behind in the old one. Either way what was loaded before it is old.

  KEYS[1]  entry        "value:<generation>:<JSON>" or "lease:<generation>:<token>"
  ARGV[1]  token        of the lease
  ARGV[2]  JSON         what was loaded; "" for nothing to keep
  ARGV[3]  ms           until the value expires

  Output   1 kept, 0 not
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
