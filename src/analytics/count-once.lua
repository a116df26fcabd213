--[[
  Counts those ids that were not counted before, all of which happened in one hour.

  KEYS[1]  seen         set of ids
  KEYS[2]  hour         hash  event -> how often
  KEYS[3]  day          hash  event -> how often
  KEYS[4]  active       HyperLogLog of user ids; absent where nobody was active
  ARGV[1]  event
  ARGV[2]  ms           when KEYS[1] ends, Unix time
  ARGV[3]  ms           when KEYS[2] and KEYS[3] end
  ARGV[4]  ms           when KEYS[4] ends
  ARGV[5]  user         that was active
  ARGV[6…] ids          at most 5,000

  Output   how many were counted
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
