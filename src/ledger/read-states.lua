--[[
  Reads states together with the proof that they are complete: the checkpoint must be what its owner last wrote.

  KEYS[1]  states       hash  userId -> "<offset>|<state JSON>"
  KEYS[2]  checkpoint   hash  barrier, barrierId, offset, cluster
  ARGV[1]  barrier      of the owner
  ARGV[2]  offset       the checkpoint that owner last wrote
  ARGV[3…] user ids

  Output   {1, value | false, …}       in the order of the ids
           {0, barrier | false}        the checkpoint differs
]]
local checkpoint = redis.call("HMGET", KEYS[2], "barrier", "offset")
if checkpoint[1] ~= ARGV[1] or checkpoint[2] ~= ARGV[2] then
  return { 0, checkpoint[1] }
end
if #ARGV == 2 then
  return { 1 }
end
local ids = {}
for i = 3, #ARGV do
  ids[#ids + 1] = ARGV[i]
end
local values = redis.call("HMGET", KEYS[1], unpack(ids))
table.insert(values, 1, 1)
return values
