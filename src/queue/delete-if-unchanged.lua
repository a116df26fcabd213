-- Deletes a dead letter, unless the same message was stored again since the caller read it.
-- KEYS: the dead letters, the index by time. ARGV: the id of the dead letter, when it was stored (ms).
local at = redis.call("ZSCORE", KEYS[2], ARGV[1])
if not at or tonumber(at) ~= tonumber(ARGV[2]) then
  return 0
end
redis.call("ZREM", KEYS[2], ARGV[1])
return redis.call("HDEL", KEYS[1], ARGV[1])
