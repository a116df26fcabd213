-- Drops a dead letter, unless it was put aside anew since somebody looked.
-- KEYS: the letters, the index by time. ARGV: the letter's id, when it was put aside (ms).
local at = redis.call("ZSCORE", KEYS[2], ARGV[1])
if not at or tonumber(at) ~= tonumber(ARGV[2]) then
  return 0
end
redis.call("ZREM", KEYS[2], ARGV[1])
return redis.call("HDEL", KEYS[1], ARGV[1])
