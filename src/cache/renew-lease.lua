--[[
  Extends a lease, unless the entry was invalidated.

  KEYS[1]  entry        "value:<generation>:<JSON>" or "lease:<generation>:<token>"
  ARGV[1]  token        of the lease
  ARGV[2]  ms           until it expires

  Output   1 renewed, 0 the lease has ended
]]
if string.match(redis.call("GET", KEYS[1]) or "", "^lease:%d+:(.+)$") ~= ARGV[1] then
  return 0
end
return redis.call("PEXPIRE", KEYS[1], ARGV[2])
