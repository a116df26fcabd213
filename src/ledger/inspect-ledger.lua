--[[
  Reads a checkpoint and the replication id of the data. A replica that becomes the master has a new id, and beside it the id of the
  master whose data it continues. It may lack the last writes that this master acknowledged.

  KEYS[1]  checkpoint   hash  barrier, barrierId, offset, cluster, replication

  Output   {replication id | "" when INFO is not allowed, 1 if a replica became the master since the last claim | 0, name, value, …}
]]
local info = redis.pcall("INFO", "replication")
local id, continued = "", ""
if type(info) == "string" then
  id = string.match(info, "master_replid:(%x+)") or ""
  continued = string.match(info, "master_replid2:(%x+)") or ""
end
local claimed = redis.call("HGET", KEYS[1], "replication")
local failedOver = claimed and claimed ~= "" and claimed ~= id and string.find(continued, "[1-9a-f]")
local reply = redis.call("HGETALL", KEYS[1])
table.insert(reply, 1, failedOver and 1 or 0)
table.insert(reply, 1, id)
return reply
