--[[
  Counts each id that was not counted before. All ids belong to the same hour.

  KEYS[1]  seen         set of ids
  KEYS[2]  hour         hash  event -> count
  KEYS[3]  day          hash  event -> count
  KEYS[4]  active       HyperLogLog of user ids; omitted without an active user
  ARGV[1]  event
  ARGV[2]  ms           expiry of KEYS[1], Unix time
  ARGV[3]  ms           expiry of KEYS[2] and KEYS[3]
  ARGV[4]  ms           expiry of KEYS[4]
  ARGV[5]  user         active user
  ARGV[6…] ids          at most 5,000

  Output   number of new ids
]]
local counted = redis.call("SADD", KEYS[1], unpack(ARGV, 6))
if counted > 0 then
  redis.call("PEXPIREAT", KEYS[1], ARGV[2])
  for i = 2, 3 do
    redis.call("HINCRBY", KEYS[i], ARGV[1], counted)
    redis.call("PEXPIREAT", KEYS[i], ARGV[3])
  end
  if KEYS[4] then
    redis.call("PFADD", KEYS[4], ARGV[5])
    redis.call("PEXPIREAT", KEYS[4], ARGV[4])
  end
end
return counted
