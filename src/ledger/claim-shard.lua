--[[
  Makes a new owner the only one whose writes are accepted, if no other owner has claimed the ledger since it inspected it.

  KEYS[1]  states       hash  userId -> "<offset>|<state JSON>"
  KEYS[2]  checkpoint   hash  barrier, barrierId, offset, cluster, replication
  ARGV[1]  barrier      that the new owner saw, "" for none
  ARGV[2]  barrier      of the new owner
  ARGV[3]  barrier id   of the new owner
  ARGV[4]  cluster      of the new owner
  ARGV[5]  replication  id of the data, as the new owner saw it
  ARGV[6]  "reuse" the states and the checkpoint's offset, or "rebuild" both from nothing

  Output   1 claimed, 0 another owner has claimed the ledger
]]
if (redis.call("HGET", KEYS[2], "barrier") or "") ~= ARGV[1] then
  return 0
end
if ARGV[6] == "rebuild" then
  redis.call("UNLINK", KEYS[1])
  redis.call("HSET", KEYS[2], "offset", "0")
end
redis.call("HSET", KEYS[2], "barrier", ARGV[2], "barrierId", ARGV[3], "cluster", ARGV[4], "replication", ARGV[5])
return 1
