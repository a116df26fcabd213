--[[
  Applies published states and moves the checkpoint, all or nothing, if the ledger is whole, the claim is its owner's and the
  checkpoint is what that owner last wrote. A state is replaced only by a state of a higher Kafka offset, so a late write cannot undo a
  later one. The index changes with the states, and a pending change is removed as soon as its user's state is as new.
  KEYS[1]  ledger       hash, see shard-ledger.ts
  KEYS[2]  index        sorted set, see ledger-entry.ts
  KEYS[3]  pending      hash, see pending-changes.ts
  ARGV[1]  barrier id   of the owner
  ARGV[2]  offset       the checkpoint that owner last wrote
  ARGV[3]  offset       the new checkpoint
  ARGV[4]  digest       of the record just below the new checkpoint
  ARGV[5…] userId, offset, places in the index (a line each), state JSON ("" to delete the user), recency of the state, and so on
  Output   {1}                  done
           {0, barrier | false} the ledger differs; nothing was changed
]]
-- Only places that differ are written: most changes of a user leave the name, the address and the time of creation.
local function move(userId, former, places)
  local nextFormer, nextPlace = string.gmatch(former, "[^\n]+"), string.gmatch(places, "[^\n]+")
  repeat
    local left, entered = nextFormer(), nextPlace()
    if left ~= entered then
      if left then
        redis.call("ZREM", KEYS[2], left .. ":" .. userId)
      end
      if entered then
        redis.call("ZADD", KEYS[2], 0, entered .. ":" .. userId)
      end
    end
  until not left and not entered
end

local proof = redis.call("HMGET", KEYS[1], " barrierId", " offset", " users", " barrier", " members")
local users = tonumber(proof[3] or "")
if proof[1] ~= ARGV[1] or proof[2] ~= ARGV[2] or not users or redis.call("HLEN", KEYS[1]) ~= users + 8
  or redis.call("ZCARD", KEYS[2]) ~= tonumber(proof[5]) then
  return { 0, proof[4] }
end
local hasPending = redis.call("EXISTS", KEYS[3]) == 1
for i = 5, #ARGV, 5 do
  local userId, offset, places, state = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local current = redis.call("HGET", KEYS[1], userId)
  if not current or tonumber(string.match(current, "^%d+") or "-1") < tonumber(offset) then
    local former = current and string.match(current, "^%d+|([^|]*)|") or ""
    if former ~= places then
      move(userId, former, places)
    end
    if state == "" then
      users = users - redis.call("HDEL", KEYS[1], userId)
    else
      users = users + redis.call("HSET", KEYS[1], userId, offset .. "|" .. places .. "|" .. state)
    end
  end
  if hasPending then
    local pending = redis.call("HGET", KEYS[3], userId)
    if pending and tonumber(string.match(pending, "^%d+")) <= tonumber(ARGV[i + 4]) then
      redis.call("HDEL", KEYS[3], userId)
    end
  end
end
local members = redis.call("ZCARD", KEYS[2])
redis.call("HSET", KEYS[1], " offset", ARGV[3], " last", ARGV[4], " users", users, " members", members)
return { 1 }
