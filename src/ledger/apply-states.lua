--[[
  Applies published states and moves the checkpoint, all or nothing, if the ledger is whole, the claim is its owner's and the
  checkpoint is what that owner last wrote. A state is replaced only by a state of a higher Kafka offset, so a late write cannot undo a later one.

  KEYS[1]  ledger       hash, see shard-ledger.ts
  ARGV[1]  barrier id   of the owner
  ARGV[2]  offset       the checkpoint that owner last wrote
  ARGV[3]  offset       the new checkpoint
  ARGV[4]  digest       of the record just below the new checkpoint
  ARGV[5…] userId, offset, state JSON ("" to delete the user), and so on

  Output   {1}                  done
           {0, barrier | false} the ledger differs; nothing was changed
]]
local proof = redis.call("HMGET", KEYS[1], " barrierId", " offset", " users", " barrier")
local users = tonumber(proof[3] or "")
if proof[1] ~= ARGV[1] or proof[2] ~= ARGV[2] or not users or redis.call("HLEN", KEYS[1]) ~= users + 7 then
  return { 0, proof[4] }
end
for i = 5, #ARGV, 3 do
  local current = redis.call("HGET", KEYS[1], ARGV[i])
  if not current or tonumber(string.match(current, "^%d+") or "-1") < tonumber(ARGV[i + 1]) then
    if ARGV[i + 2] == "" then
      users = users - redis.call("HDEL", KEYS[1], ARGV[i])
    else
      users = users + redis.call("HSET", KEYS[1], ARGV[i], ARGV[i + 1] .. "|" .. ARGV[i + 2])
    end
  end
end
redis.call("HSET", KEYS[1], " offset", ARGV[3], " last", ARGV[4], " users", users)
return { 1 }
