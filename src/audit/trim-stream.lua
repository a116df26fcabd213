--[[
  Removes entries that are too old or too many. Entries that the group has not been given or has not acknowledged stay,
  whatever their age, because Kafka does not have them.

  Of the entries about denials, which strangers can cause, only the latest stay, so that they cannot push out the others.

  KEYS[1]  stream
  KEYS[2]  sorted set: ids of entries about denials, by time
  ARGV[1]  group
  ARGV[2]  ms         older entries are removed
  ARGV[3]  max        number of entries to keep
  ARGV[4]  max        number of surplus entries to remove in one call
  ARGV[5]  max        number of entries about denials to keep

  Output   {removed, id of the oldest entry that Kafka does not have | ""}
]]
local function parts(id)
  local ms, sequence = string.match(id, "^(%d+)-(%d+)$")
  return tonumber(ms), tonumber(sequence)
end
local function earlier(a, b)
  local aMs, aSequence = parts(a)
  local bMs, bSequence = parts(b)
  if aMs ~= bMs then
    return aMs < bMs
  end
  return aSequence < bSequence
end

local pending = redis.call("XPENDING", KEYS[1], ARGV[1])
local delivered
for _, flat in ipairs(redis.call("XINFO", "GROUPS", KEYS[1])) do
  local group = {}
  for i = 1, #flat, 2 do
    group[flat[i]] = flat[i + 1]
  end
  if group["name"] == ARGV[1] then
    delivered = group["last-delivered-id"]
  end
end

local upcoming = redis.call("XRANGE", KEYS[1], "(" .. delivered, "+", "COUNT", 1)[1]
local waiting = pending[1] > 0 and pending[2] or upcoming and upcoming[1]
local ms, sequence = parts(delivered)
local keepFrom = waiting or string.format("%.0f-%.0f", ms, sequence + 1)

local surplusDenials = math.min(redis.call("ZCARD", KEYS[2]) - tonumber(ARGV[5]), tonumber(ARGV[4]))
if surplusDenials > 0 then
  for _, id in ipairs(redis.call("ZRANGE", KEYS[2], 0, surplusDenials - 1)) do
    if earlier(id, keepFrom) then
      redis.call("XDEL", KEYS[1], id)
      redis.call("ZREM", KEYS[2], id)
    end
  end
end

local tooOld = ARGV[2] .. "-0"
local tooMany = "0-0"
local surplus = math.min(redis.call("XLEN", KEYS[1]) - tonumber(ARGV[3]), tonumber(ARGV[4]))
if surplus > 0 then
  local oldest = redis.call("XRANGE", KEYS[1], "-", "+", "COUNT", surplus + 1)
  tooMany = oldest[#oldest][1]
end
local cut = earlier(tooOld, tooMany) and tooMany or tooOld
if earlier(keepFrom, cut) then
  cut = keepFrom
end
redis.call("ZREMRANGEBYSCORE", KEYS[2], "-inf", "(" .. parts(cut))
return { redis.call("XTRIM", KEYS[1], "MINID", cut), waiting or "" }
