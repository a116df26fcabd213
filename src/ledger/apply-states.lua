--[[
  Applies published states and moves the checkpoint, all or nothing, if the checkpoint is what its owner last wrote. A state is
  replaced only by a state of a higher Kafka offset, so a late write cannot undo a later one.

  KEYS[1]  states       hash  userId -> "<offset>|<state JSON>"
  KEYS[2]  checkpoint   hash  barrier, barrierId, offset, cluster
  ARGV[1]  barrier      of the owner
  ARGV[2]  offset       the checkpoint that owner last wrote
  ARGV[3]  offset       the new checkpoint
  ARGV[4…] userId, offset, state JSON ("" to delete the user), and so on

  Output   {1}                  done
           {0, barrier | false} the checkpoint differs; nothing was changed
]]
local checkpoint = redis.call("HMGET", KEYS[2], "barrier", "offset")
if checkpoint[1] ~= ARGV[1] or checkpoint[2] ~= ARGV[2] then
  return { 0, checkpoint[1] }
end
for i = 4, #ARGV, 3 do
  local current = redis.call("HGET", KEYS[1], ARGV[i])
  if not current or tonumber(string.match(current, "^%d+")) < tonumber(ARGV[i + 1]) then
    if ARGV[i + 2] == "" then
      redis.call("HDEL", KEYS[1], ARGV[i])
    else
      redis.call("HSET", KEYS[1], ARGV[i], ARGV[i + 1] .. "|" .. ARGV[i + 2])
    end
  end
end
redis.call("HSET", KEYS[2], "offset", ARGV[3])
return { 1 }
