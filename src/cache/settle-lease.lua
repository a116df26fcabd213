--[[
  Ends a lease: puts what was loaded in its place, or nothing. Does neither when the lease is gone, which is what an
  invalidation makes of it (it deletes the entry, or moves the generation): what was loaded before it is old.

  KEYS[1]  entry        "value:<generation>:<JSON>" or "lease:<generation>:<token>"
  KEYS[2]  generation   number; absent for entries that have none (their generation is 0)
  ARGV[1]  token        of the lease
  ARGV[2]  JSON         what was loaded; "" for nothing to keep
  ARGV[3]  ms           until the value expires

  Output   1 kept, 0 not
]]
local generation = KEYS[2] and redis.call("GET", KEYS[2]) or "0"
if redis.call("GET", KEYS[1]) ~= "lease:" .. generation .. ":" .. ARGV[1] then
  return 0
end
if ARGV[2] == "" then
  redis.call("DEL", KEYS[1])
  return 0
end
redis.call("SET", KEYS[1], "value:" .. generation .. ":" .. ARGV[2], "PX", ARGV[3])
return 1
