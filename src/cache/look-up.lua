--[[
  Looks up an entry. If there is none, the caller becomes its only loader.

  KEYS[1]  entry        "value:<generation>:<JSON>" or "lease:<generation>:<token>"
  KEYS[2]  generation   number; absent for entries that have none (their generation is 0)
  ARGV[1]  token        of the lease, if it is granted
  ARGV[2]  ms           until that lease expires

  Output   {"hit", JSON}
           {"leased", token}   the caller loads it
           {"busy", token}     the holder of that lease loads it
]]
local generation = KEYS[2] and redis.call("GET", KEYS[2]) or "0"
local entry = redis.call("GET", KEYS[1])
if entry then
  local kind, of, at = string.match(entry, "^(%a+):(%d+):()")
  if of == generation then
    return { kind == "value" and "hit" or "busy", string.sub(entry, at) }
  end
end
redis.call("SET", KEYS[1], "lease:" .. generation .. ":" .. ARGV[1], "PX", ARGV[2])
return { "leased", ARGV[1] }
